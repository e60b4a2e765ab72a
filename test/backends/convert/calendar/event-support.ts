import ICAL from 'ical.js';
import type { EventPatch, ObjectRequest } from '../../../../backends/contract/groupware.ts';
import { newEvent, patchEvent, readEvent } from '../../../../backends/convert/calendar/event.ts';
import type { EventContext } from '../../../../backends/convert/calendar/event-source.ts';
import { ZoneBook } from '../../../../backends/convert/calendar/event-zones.ts';
import type { CalendarEvent, Recurrence } from '../../../../protocol/classes/event.ts';
import { decodeTimeZone, type TimeZone, type ZoneDate } from '../../../../protocol/types/time-zone.ts';

/** What the tests of events share: texts, and two ways to work occurrences out that know nothing of the code under test. */

const book = new ZoneBook();
export const now = Date.UTC(2026, 2, 1, 12);

export const contextIn = (home: string, at = now): EventContext => ({
  home: book.home(home),
  me: { addresses: ['anna@example.org'], name: 'Anna Ek' },
  book,
  now: at,
});
export const berlin = contextIn('Europe/Berlin');

export const old: ObjectRequest = { form: 'instants', preferences: [] };
export const fresh: ObjectRequest = { form: 'days', preferences: [] };
export const forms = [
  ['14.1', old],
  ['16.1', fresh],
] as const;

export const utc = (...parts: [number, number, number, number?, number?]): Date => new Date(Date.UTC(...parts));

export const calendar = (...lines: string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');
export const vevent = (...lines: string[]): string[] => ['BEGIN:VEVENT', 'UID:1', ...lines, 'END:VEVENT'];
export const one = (...lines: string[]): string => calendar(...vevent(...lines));

export const read = (text: string, request = old, context = berlin): CalendarEvent => {
  const event = readEvent(text, request, context);
  if (event === undefined) throw new Error('no event');
  return event;
};

export const patch = (
  text: string,
  set: CalendarEvent,
  options: Partial<EventPatch> & { context?: EventContext } = {},
): string => {
  const { context = berlin, cleared = [], seen = old, instance } = options;
  return patchEvent(text, { set, cleared, seen, instance }, context) ?? '';
};

export const made = (set: CalendarEvent, seen = old, context = berlin): string =>
  newEvent({ set, cleared: [], seen }, 'name-1', context);

/** The text without what every change leaves behind. */
export const unstamped = (text: string): string => text.replace(/^(LAST-MODIFIED|SEQUENCE):.*\r?\n/gm, '');

/** What a phone sends that was changed in nothing: all of what it has, but for what only a server says. */
export const echoed = (event: CalendarEvent, seen: ObjectRequest): CalendarEvent =>
  seen.form === 'instants' ? event : { ...event, uid: undefined, exceptions: undefined, dtStamp: undefined };

const Minute = 60_000;
const Day = 86_400_000;

const changeAt = (date: ZoneDate, year: number): number => {
  const first = new Date(Date.UTC(year, date.month - 1, 1)).getUTCDay();
  let day = 1 + ((date.dayOfWeek - first + 7) % 7) + 7 * (Math.min(date.day, 5) - 1);
  while (day > new Date(Date.UTC(year, date.month, 0)).getUTCDate()) day -= 7;
  return Date.UTC(year, date.month - 1, day, date.hour, date.minute, date.second);
};

/** Minutes to add to UTC, as a phone reads a TimeZone. */
export const phoneOffset = (zone: TimeZone, at: number): number => {
  const standard = -(zone.bias + zone.standardBias);
  const daylight = -(zone.bias + zone.daylightBias);
  if (zone.standardDate === undefined || zone.daylightDate === undefined) return standard;
  const year = new Date(at + standard * Minute).getUTCFullYear();
  const [begin, end] = [
    changeAt(zone.daylightDate, year) - standard * Minute,
    changeAt(zone.standardDate, year) - daylight * Minute,
  ];
  const isDaylight = begin < end ? at >= begin && at < end : at >= begin || at < end;
  return isDaylight ? daylight : standard;
};

const phoneUtc = (zone: TimeZone, wall: number): number => {
  const [before, after] = [phoneOffset(zone, wall - Day), phoneOffset(zone, wall + Day)];
  const early = wall - before * Minute;
  if (phoneOffset(zone, early) === before) return early;
  const late = wall - after * Minute;
  return phoneOffset(zone, late) === after ? late : early;
};

const nthOfMonth = (day: number, mask: number, week: number): boolean => {
  const date = new Date(day);
  const days: number[] = [];
  for (let d = 1; d <= new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(); d++) {
    const at = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), d);
    if ((mask & (1 << new Date(at).getUTCDay())) !== 0) days.push(at);
  }
  return (week === 5 ? days.at(-1) : days[week - 1]) === day;
};

/** Whether a phone shows a series on a day ([MS-ASCAL] 2.2.2.37.1). */
const isOn = (r: Recurrence, day: number, start: number): boolean => {
  const [date, first] = [new Date(day), new Date(start)];
  const months = (date.getUTCFullYear() - first.getUTCFullYear()) * 12 + date.getUTCMonth() - first.getUTCMonth();
  const years = date.getUTCFullYear() - first.getUTCFullYear();
  const interval = r.interval ?? 1;
  const weekStart = (at: number) => at - ((new Date(at).getUTCDay() - (r.firstDayOfWeek ?? 0) + 7) % 7) * Day;
  const isMonth = date.getUTCMonth() + 1 === r.monthOfYear;
  switch (r.type) {
    case 0:
      return ((day - start) / Day) % interval === 0;
    case 1: {
      const weeks = Math.round((weekStart(day) - weekStart(start)) / (7 * Day));
      return weeks % interval === 0 && ((r.dayOfWeek ?? 0) & (1 << date.getUTCDay())) !== 0;
    }
    case 2:
      return months % interval === 0 && date.getUTCDate() === r.dayOfMonth;
    case 3:
      return months % interval === 0 && nthOfMonth(day, r.dayOfWeek ?? 0, r.weekOfMonth ?? 0);
    case 5:
      return years % interval === 0 && isMonth && date.getUTCDate() === r.dayOfMonth;
    default:
      return years % interval === 0 && isMonth && nthOfMonth(day, r.dayOfWeek ?? 0, r.weekOfMonth ?? 0);
  }
};

/** The moments at which a series begins by its recurrence alone. */
function* regular(
  recurrence: Recurrence | undefined,
  zone: TimeZone,
  wall: number,
): Generator<{ at: number; wall: number }> {
  const { until, occurrences = Number.POSITIVE_INFINITY } = recurrence ?? { occurrences: 1 };
  const first = Math.floor(wall / Day) * Day;
  let count = 0;
  for (let day = first; count < occurrences; day += Day) {
    const at = phoneUtc(zone, day + (wall - first));
    if (until !== undefined && at > until.getTime()) return;
    if (recurrence !== undefined && !isOn(recurrence, day, first)) continue;
    count++;
    yield { at, wall: day + (wall - first) };
  }
}

/** Begin and end of all occurrences that a phone shows, in order, up to `end`; of days their dates. */
export const phoneOccurrences = (event: CalendarEvent, end: number): [string, string][] => {
  const zone = decodeTimeZone(event.timezone ?? new Uint8Array(172)) as TimeZone;
  const start = event.startTime?.getTime() ?? 0;
  const length = (event.endTime?.getTime() ?? 0) - start;
  const wall = phoneWall(zone, start);
  const dayLength = phoneWall(zone, start + length) - wall;
  const exceptions = new Map(
    (event.exceptions ?? []).map((e) => [(e.exceptionStartTime ?? e.instanceId)?.getTime(), e] as const),
  );
  const found: [number, number][] = [];
  for (const one of regular(event.recurrence, zone, wall)) {
    if (one.at > end + Day) break;
    const exception = exceptions.get(one.at);
    if (exception?.deleted === true) continue;
    const to = event.allDayEvent ? phoneUtc(zone, one.wall + dayLength) : one.at + length;
    found.push([exception?.startTime?.getTime() ?? one.at, exception?.endTime?.getTime() ?? to]);
  }
  return shown(found, end);
};

const phoneWall = (zone: TimeZone, at: number): number => at + phoneOffset(zone, at) * Minute;

const shown = (found: readonly (readonly [number, number])[], end: number): [string, string][] =>
  found
    .filter(([at]) => at <= end)
    .sort((a, b) => a[0] - b[0])
    .map(([at, to]) => [new Date(at).toISOString(), new Date(to).toISOString()]);

const formats = new Map<string, Intl.DateTimeFormat>();
const shownAt = new Map<string, number>();

/** What a clock in a zone shows, by the system's own tables. */
export const clockIn = (zone: string, at: number): number => {
  const key = `${zone} ${at}`;
  const shown = shownAt.get(key) ?? askedClock(zone, at);
  if (shownAt.size > 200_000) shownAt.clear();
  shownAt.set(key, shown);
  return shown;
};

const askedClock = (zone: string, at: number): number => {
  const known = formats.get(zone);
  const format =
    known ??
    new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium', calendar: 'gregory' });
  formats.set(zone, format);
  return Date.parse(`${format.format(at).replace(' ', 'T')}Z`);
};

/** The first moment at which a clock in a zone shows this; where it never does, as if the change had not been. */
export const momentIn = (zone: string, wall: number): number => {
  const before = clockIn(zone, wall - Day) - (wall - Day);
  if (clockIn(zone, wall - before) === wall) return wall - before;
  const after = clockIn(zone, wall + Day) - (wall + Day);
  return clockIn(zone, wall - after) === wall ? wall - after : wall - before;
};

/**
 * Begin and end of all occurrences by ical.js, whose times here have no zone (`local`): they become
 * moments by the system's tables.
 */
export const icalOccurrences = (local: string, zone: string, end: number): [string, string][] => {
  const root = new ICAL.Component(ICAL.parse(local));
  const [master, ...others] = root.getAllSubcomponents('vevent').map((component) => new ICAL.Event(component));
  if (master === undefined) return [];
  for (const other of others) master.relateException(other);
  const wallOf = (time: ICAL.Time): number =>
    Date.UTC(time.year, time.month - 1, time.day, time.hour, time.minute, time.second);
  const found: [number, number][] = [];
  // The exact length of the first is that of all (RFC 5545 3.8.5.3).
  const length = momentIn(zone, wallOf(master.endDate)) - momentIn(zone, wallOf(master.startDate));
  const iterator = master.iterator();
  for (let next = iterator.next(); next && wallOf(next) <= end + 2 * Day; next = iterator.next()) {
    const { startDate, endDate, item } = master.getOccurrenceDetails(next);
    const at = momentIn(zone, wallOf(startDate));
    const isOwn = item !== master;
    const to = startDate.isDate || isOwn ? momentIn(zone, wallOf(endDate)) : at + length;
    found.push([at, to]);
  }
  return shown(found, end);
};
