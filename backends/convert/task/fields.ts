import type { CalendarTime } from '../calendar/icalendar.ts';
import { secrecyOf, sensitivityOf } from '../calendar/secrecy.ts';
import { timeOfLine, timeParts } from '../calendar/times.ts';
import { type LineComponent, lineEndIn, linesOf, makeLine, replaceLines } from '../lines/content-lines.ts';
import { list, single } from '../lines/fields.ts';
import { DayMs } from '../zones/local-time.ts';
import { utcOfLocal } from '../zones/time-zone.ts';
import { reminder } from './alarm.ts';
import { instantOf, type TaskField, type TaskPart, wallOf, type ZoneRules } from './field.ts';
import { recurrence } from './recurrence.ts';

/** How the elements of a task stand in a VTODO; elements that say one thing together are one field. */

const subject = single('SUMMARY');
const categories = list('CATEGORIES');

const text: TaskField = {
  names: ['subject'],
  read: (todo) => ({ subject: subject.read(todo) }),
  write: (todo, wanted) => subject.write(todo, wanted.subject || undefined),
};

const labels: TaskField = {
  names: ['categories'],
  read: (todo) => ({ categories: categories.read(todo) }),
  write: (todo, wanted) => categories.write(todo, wanted.categories),
};

/** PRIORITY 1 to 4 is high, 5 and none normal, 6 to 9 low (RFC 5545 3.8.1.9). */
const importanceOf = (priority: number): number => (priority >= 1 && priority <= 4 ? 2 : priority >= 6 ? 0 : 1);
const Priorities: Readonly<Record<number, string>> = { 0: '9', 2: '1' };
const priority = single('PRIORITY');

const importance: TaskField = {
  names: ['importance'],
  read: (todo) => ({ importance: importanceOf(Number(priority.read(todo) ?? 0) || 0) }),
  write: (todo, wanted) => priority.write(todo, Priorities[wanted.importance ?? 1]),
};

const secrecy = single('CLASS');

const sensitivity: TaskField = {
  names: ['sensitivity'],
  read: (todo) => ({ sensitivity: sensitivityOf(secrecy.read(todo)) }),
  write: (todo, wanted) => secrecy.write(todo, secrecyOf(wanted.sensitivity)),
};

const line = (todo: LineComponent, name: string, value: string) => makeLine({ name, value }, lineEndIn(todo));

const setLine = (todo: LineComponent, name: string, value: string | undefined): LineComponent =>
  replaceLines(todo, linesOf(todo, name), value === undefined ? [] : [line(todo, name, value)]);

/** COMPLETED, or STATUS and PERCENT-COMPLETE without a time; taken back, the task needs action again. */
const completion: TaskField = {
  names: ['complete', 'dateCompleted'],
  read: (todo, rules) => {
    const at = timeOfLine(linesOf(todo, 'COMPLETED')[0]);
    const isDone = linesOf(todo, 'STATUS')[0]?.value.trim().toUpperCase() === 'COMPLETED';
    if (at === undefined && !isDone) return { complete: false };
    const when = at ?? timeOfLine(['DTSTAMP', 'LAST-MODIFIED'].flatMap((name) => linesOf(todo, name))[0]);
    return { complete: true, dateCompleted: new Date(when === undefined ? 0 : instantOf(when, rules)) };
  },
  write: (todo, { complete, dateCompleted }, before, { now }) => {
    if (complete !== true) {
      if (before.complete !== true) return todo;
      const open = setLine(setLine(todo, 'COMPLETED', undefined), 'PERCENT-COMPLETE', undefined);
      return setLine(open, 'STATUS', 'NEEDS-ACTION');
    }
    const at = timeParts({ wall: dateCompleted?.getTime() ?? now, isDate: false, isUtc: true, tzid: undefined }).value;
    return setLine(setLine(setLine(todo, 'COMPLETED', at), 'STATUS', 'COMPLETED'), 'PERCENT-COMPLETE', '100');
  },
};

/**
 * DUE and DTSTART. A task of a day is due on that day wherever the user is; its UTC date is the
 * user's midnight. The local date of a device is the day that counts ([MS-ASTASK] 2.2.2.12).
 */
const moment = (
  property: 'DUE' | 'DTSTART',
  local: 'dueDate' | 'startDate',
  utc: 'utcDueDate' | 'utcStartDate',
): TaskField => ({
  names: [local, utc],
  read: (todo, rules) => {
    const time = timeOfLine(linesOf(todo, property)[0]);
    if (time === undefined) return {};
    const instant = time.isDate ? utcOfLocal(rules.home, time.wall) : instantOf(time, rules);
    return { [local]: new Date(time.isDate ? time.wall : wallOf(instant, rules.home)), [utc]: new Date(instant) };
  },
  write: (todo, wanted, before, { rules }) => {
    const old = linesOf(todo, property);
    const [day, instant] = [changed(wanted, before, local), changed(wanted, before, utc)];
    const wall = (
      day ?? (instant === undefined ? undefined : new Date(wallOf(instant.getTime(), rules.home)))
    )?.getTime();
    if (wall === undefined) return replaceLines(todo, old, []);
    const parts = timeParts(timeFor(wall, instant?.getTime(), timeOfLine(old[0]), rules));
    return replaceLines(todo, old, [makeLine({ name: property, ...parts }, lineEndIn(todo))]);
  },
});

/** Of two dates of one moment, those that the device changed; both when it changed none or both. */
const changed = (wanted: TaskPart, before: TaskPart, name: 'dueDate' | 'startDate' | 'utcDueDate' | 'utcStartDate') => {
  const other = (
    { dueDate: 'utcDueDate', utcDueDate: 'dueDate', startDate: 'utcStartDate', utcStartDate: 'startDate' } as const
  )[name];
  const [mine, theirs] = [wanted[name], wanted[other]];
  const isStale = mine?.getTime() === before[name]?.getTime() && theirs?.getTime() !== before[other]?.getTime();
  return isStale && theirs !== undefined ? undefined : mine;
};

/** Midnight is a day; another time stays in the zone in which the old one was written. */
const timeFor = (
  wall: number,
  instant: number | undefined,
  old: CalendarTime | undefined,
  rules: ZoneRules,
): CalendarTime => {
  if (wall % DayMs === 0) return { wall, isDate: true, isUtc: false, tzid: undefined };
  const at = instant ?? utcOfLocal(rules.home, wall);
  if (old === undefined || old.isDate || old.isUtc) return { wall: at, isDate: false, isUtc: true, tzid: undefined };
  return { ...old, wall: wallOf(at, rules.clockOf(old)) };
};

/** Outlook's own order of tasks, which nothing else knows ([MS-ASTASK] 2.2.2.19). */
const ordinal = single('X-POSTRIDER-ORDINAL-DATE');
const subOrdinal = single('X-POSTRIDER-SUB-ORDINAL-DATE');
const order: TaskField = {
  names: ['ordinalDate', 'subOrdinalDate'],
  read: (todo) => {
    const date = new Date(ordinal.read(todo) ?? Number.NaN);
    return { ordinalDate: Number.isNaN(date.getTime()) ? undefined : date, subOrdinalDate: subOrdinal.read(todo) };
  },
  write: (todo, { ordinalDate, subOrdinalDate }) =>
    subOrdinal.write(ordinal.write(todo, ordinalDate?.toISOString()), subOrdinalDate),
};

/** In the order in which they are written: the recurrence looks at the dates. */
export const taskFields: readonly TaskField[] = [
  text,
  labels,
  importance,
  sensitivity,
  completion,
  moment('DTSTART', 'startDate', 'utcStartDate'),
  moment('DUE', 'dueDate', 'utcDueDate'),
  reminder,
  recurrence,
  order,
];
