import ICAL from 'ical.js';
import type { TaskRecurrence } from '../../../protocol/classes/task.ts';
import { recurrenceOf } from '../calendar/recurrence.ts';
import { AllowedInTasks, checkRecurrence, refusedRecurrence } from '../calendar/recurrence-check.ts';
import { rruleOf } from '../calendar/rrule.ts';
import { dateText, timeOfLine, timeText } from '../calendar/times.ts';
import { type LineComponent, lineEndIn, linesOf, makeLine, replaceLines } from '../lines/content-lines.ts';
import { single } from '../lines/fields.ts';
import { localTime, weekday } from '../zones/local-time.ts';
import { instantOf, type TaskField, wallOf, type ZoneRules } from './field.ts';

/**
 * Recurrence ([MS-ASTASK] 2.2.2.20): RRULE. A rule that EAS cannot express is not shown, and stays.
 * Regenerate and DeadOccur have no place in iCalendar and get properties of their own.
 */

const Regenerate = single('X-POSTRIDER-REGENERATE');
const DeadOccur = single('X-POSTRIDER-DEAD-OCCUR');

/** What a series begins with: DTSTART, and for want of one DUE. */
const startOf = (todo: LineComponent) => timeOfLine(['DTSTART', 'DUE'].flatMap((name) => linesOf(todo, name))[0]);

const ruleOf = (value: string): Record<string, unknown> | undefined => {
  try {
    return ICAL.parse.property(`RRULE:${value}`)[3] as unknown as Record<string, unknown>;
  } catch {
    return undefined;
  }
};

const read = (todo: LineComponent, rules: ZoneRules): TaskRecurrence | undefined => {
  const rule = ruleOf(linesOf(todo, 'RRULE')[0]?.value ?? '');
  const start = startOf(todo);
  if (rule?.freq === undefined || start === undefined) return undefined;
  const wall = start.isUtc ? wallOf(start.wall, rules.home) : start.wall;
  const { year, month, day } = localTime(wall);
  const found = recurrenceOf(
    rule,
    { month, day, dayOfWeek: weekday(year, month, day) },
    (until) => new Date(until.isUtc ? wallOf(until.wall, rules.home) : until.wall),
  );
  if (found === undefined) return undefined;
  return {
    ...found,
    start: new Date(wall),
    regenerate: Regenerate.read(todo) === '1',
    deadOccur: DeadOccur.read(todo) === '1',
  };
};

/** UNTIL is of the kind of DTSTART (RFC 5545 3.3.10). */
const untilOf = (todo: LineComponent, until: Date | undefined, rules: ZoneRules): string | undefined => {
  if (until === undefined) return undefined;
  const start = startOf(todo);
  if (start === undefined || start.isDate) return dateText(until.getTime());
  return `${timeText(instantOf({ wall: until.getTime(), isDate: false, isUtc: false, tzid: undefined }, rules))}Z`;
};

/** What a recurrence says, whatever a device leaves out that is so anyway. */
const meaningOf = (recurrence: TaskRecurrence | undefined): string =>
  recurrence === undefined
    ? ''
    : JSON.stringify([
        rruleOf(recurrence, recurrence.until?.toISOString()),
        recurrence.start ?? null,
        recurrence.regenerate === true,
        recurrence.deadOccur === true,
      ]);

export const recurrence: TaskField = {
  names: ['recurrence'],
  same: (wanted, before) => meaningOf(wanted.recurrence) === meaningOf(before.recurrence),
  read: (todo, rules) => ({ recurrence: read(todo, rules) }),
  write: (todo, { recurrence: wanted }, { recurrence: before }, { rules }) => {
    const old = linesOf(todo, 'RRULE');
    // What was not shown is not taken away by its absence.
    if (wanted === undefined && before === undefined) return todo;
    const rule = wanted === undefined ? undefined : wantedRule(todo, wanted, rules);
    const lines = rule === undefined ? [] : [makeLine({ name: 'RRULE', value: rule }, lineEndIn(todo))];
    const repeated = withStart(replaceLines(todo, old, lines), wanted);
    const regenerated = Regenerate.write(repeated, wanted?.regenerate ? '1' : undefined);
    return DeadOccur.write(regenerated, wanted?.deadOccur ? '1' : undefined);
  },
};

/** The value of RRULE for a device's recurrence. Throws BackendError `rejected` for one that means nothing. */
const wantedRule = (todo: LineComponent, wanted: TaskRecurrence, rules: ZoneRules): string => {
  checkRecurrence(wanted, AllowedInTasks);
  // MS-ASTASK_R37011.
  if (wanted.start === undefined) throw refusedRecurrence('the recurrence has no start');
  // Occurrences count, not Until, where both are there (MS-ASTASK_R37013).
  const rule = rruleOf(wanted, wanted.occurrences ? undefined : untilOf(todo, wanted.until, rules));
  if (rule === undefined) throw refusedRecurrence('the recurrence says too little');
  return rule;
};

/** A rule needs something to begin with. */
const withStart = (todo: LineComponent, wanted: TaskRecurrence | undefined): LineComponent => {
  if (wanted?.start === undefined || startOf(todo) !== undefined) return todo;
  const parameters = [{ name: 'VALUE', values: ['DATE'] }];
  const value = dateText(wanted.start.getTime());
  return replaceLines(todo, [], [makeLine({ name: 'DTSTART', parameters, value }, lineEndIn(todo))]);
};
