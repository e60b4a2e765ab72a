import { withoutAlarm, withTrigger } from '../calendar/alarm-trigger.ts';
import { durationMs } from '../calendar/icalendar.ts';
import { timeOfLine, timeParts } from '../calendar/times.ts';
import { componentsOf, type LineComponent, linesOf, parameterValues } from '../lines/content-lines.ts';
import { instantOf, type TaskField, type ZoneRules } from './field.ts';

/**
 * ReminderSet and ReminderTime ([MS-ASTASK] 2.2.2.22, 2.2.2.23): the first VALARM that shows
 * something; further ones, and those that send mail, are left alone.
 */

const alarmOf = (todo: LineComponent): LineComponent | undefined =>
  componentsOf(todo, 'VALARM').find(
    (alarm) =>
      linesOf(alarm, 'ACTION')[0]?.value.trim().toUpperCase() !== 'EMAIL' && linesOf(alarm, 'TRIGGER').length > 0,
  );

/** When an alarm rings, in milliseconds since 1970: at a time, or before or after DTSTART or DUE. */
const ringsAt = (todo: LineComponent, alarm: LineComponent, rules: ZoneRules): number | undefined => {
  const [trigger] = linesOf(alarm, 'TRIGGER');
  const time = timeOfLine(trigger);
  if (time !== undefined) return instantOf(time, rules);
  const duration = durationMs(trigger?.value);
  const isEnd = trigger !== undefined && parameterValues(trigger, 'RELATED')[0]?.toUpperCase() === 'END';
  const names = isEnd ? ['DUE'] : ['DTSTART', 'DUE'];
  const anchor = timeOfLine(names.flatMap((name) => linesOf(todo, name))[0]);
  return duration === undefined || anchor === undefined ? undefined : instantOf(anchor, rules) + duration;
};

export const reminder: TaskField = {
  names: ['reminderSet', 'reminderTime'],
  read: (todo, rules) => {
    const alarm = alarmOf(todo);
    const at = alarm === undefined ? undefined : ringsAt(todo, alarm, rules);
    return at === undefined ? { reminderSet: false } : { reminderSet: true, reminderTime: new Date(at) };
  },
  write: (todo, { reminderSet, reminderTime }) => {
    const old = alarmOf(todo);
    if (reminderSet !== true || reminderTime === undefined) return withoutAlarm(todo, old);
    const { value } = timeParts({ wall: reminderTime.getTime(), isDate: false, isUtc: true, tzid: undefined });
    return withTrigger(todo, old, { parameters: [{ name: 'VALUE', values: ['DATE-TIME'] }], value }, 'Task');
  },
};
