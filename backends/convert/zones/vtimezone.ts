import { type CalendarComponent, parseTime, properties, property } from '../calendar/icalendar.ts';
import type { ZoneClock } from './iana.ts';
import { DayMs, daysInMonth, localTime, MinuteMs, nthWeekday, wallMs, weekday } from './local-time.ts';

/** A VTIMEZONE (RFC 5545, 3.6.5) as a clock: only as much of it is worked out as one question needs. */

/** STANDARD and DAYLIGHT components that are used, the newest: long histories have two hundred. */
const MaxObservances = 100;

/** Dates of RDATE that are used of an observance. */
const MaxDates = 200;

/** One rule for when an offset begins. All times are UTC, in milliseconds. */
interface Observance {
  /** Minutes from UTC before and from then on. */
  readonly before: number;
  readonly after: number;
  /** Onsets that are told one by one. */
  readonly onsets: readonly number[];
  readonly yearly: Yearly | undefined;
}

interface Yearly {
  readonly month: number;
  /** Day of the month of the onset in a year. */
  readonly dayIn: (year: number) => number | undefined;
  /** Milliseconds after midnight. */
  readonly time: number;
  readonly first: number;
  readonly until: number;
}

/** The clock of a VTIMEZONE; `undefined` when it tells no offset. */
export const vtimezoneClock = (zone: CalendarComponent): ZoneClock | undefined => {
  const observances = zone.components
    .filter(({ name }) => name === 'standard' || name === 'daylight')
    .flatMap((component) => observanceOf(component) ?? [])
    .sort((a, b) => (b.onsets[0] ?? 0) - (a.onsets[0] ?? 0))
    .slice(0, MaxObservances);
  const earliest = observances.at(-1);
  if (earliest === undefined) return undefined;
  return { offsetAt: (ms) => latest(observances, ms)?.after ?? earliest.before };
};

const latest = (observances: readonly Observance[], ms: number): Observance | undefined => {
  let [found, onset]: [Observance | undefined, number] = [undefined, Number.NEGATIVE_INFINITY];
  for (const observance of observances) {
    const begun = lastOnset(observance, ms);
    if (begun > onset) [found, onset] = [observance, begun];
  }
  return found;
};

/** The last onset that is not after `ms`. */
const lastOnset = ({ onsets, yearly, before }: Observance, ms: number): number => {
  let last = Number.NEGATIVE_INFINITY;
  for (const onset of onsets) if (onset <= ms && onset > last) last = onset;
  if (yearly === undefined) return last;
  const year = localTime(ms + before * MinuteMs).year;
  for (const candidate of [year, year - 1]) {
    const day = yearly.dayIn(candidate);
    if (day === undefined) continue;
    const midnight = wallMs({ year: candidate, month: yearly.month, day, hour: 0, minute: 0, second: 0 });
    const onset = midnight + yearly.time - before * MinuteMs;
    if (onset <= ms && onset >= yearly.first && onset <= yearly.until) return Math.max(last, onset);
  }
  return last;
};

const observanceOf = (component: CalendarComponent): Observance | undefined => {
  const start = parseTime(property(component, 'dtstart')?.values[0]);
  const [before, after] = [offsetOf(component, 'tzoffsetfrom'), offsetOf(component, 'tzoffsetto')];
  if (start === undefined || after === undefined) return undefined;
  const from = before ?? after;
  const utc = (wall: number): number => wall - from * MinuteMs;
  const dates = properties(component, 'rdate')
    .flatMap(({ values }) => values)
    .slice(0, MaxDates)
    .flatMap((value) => parseTime(value)?.wall ?? []);
  return {
    before: from,
    after,
    onsets: [start.wall, ...dates].map(utc),
    yearly: yearlyOf(component, start.wall, utc(start.wall), from),
  };
};

/** Minutes of a UTC offset, `+01:00` or `+0100`. */
const offsetOf = (component: CalendarComponent, name: string): number | undefined => {
  const value = property(component, name)?.values[0];
  const match = typeof value === 'string' ? /^([+-])(\d\d):?(\d\d)(?::?\d\d)?$/.exec(value.trim()) : null;
  if (match === null) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === '-' ? -minutes || 0 : minutes;
};

/** Parts of a RRULE as jCal has them. */
type Recur = Readonly<Record<string, unknown>>;

const yearlyOf = (component: CalendarComponent, wall: number, first: number, before: number): Yearly | undefined => {
  const recur = property(component, 'rrule')?.values[0] as Recur | undefined;
  if (recur === undefined || recur === null || recur.freq !== 'YEARLY') return undefined;
  const { month, day } = localTime(wall);
  const ruleMonth = Number(firstOf(recur.bymonth) ?? month);
  const [, nth, name] = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(String(firstOf(recur.byday) ?? '')) ?? [];
  const until = parseTime(recur.until);
  return {
    month: ruleMonth,
    dayIn: dayRule(ruleMonth, day, Number(nth ?? 0), WeekdayNames.indexOf(name ?? ''), monthDays(recur.bymonthday)),
    time: wall - Math.floor(wall / DayMs) * DayMs,
    first,
    until: until === undefined ? Number.POSITIVE_INFINITY : until.wall - (until.isUtc ? 0 : before * MinuteMs),
  };
};

/** Names of days in RRULE, from Sunday on. */
export const WeekdayNames: readonly string[] = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value);

const monthDays = (value: unknown): number[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value])
    .map(Number)
    .filter((day) => day >= 1 && day <= 31);

/** The day of the month that a rule means: the nth weekday, the weekday among given days, or the day of DTSTART. */
const dayRule =
  (month: number, day: number, nth: number, dayOfWeek: number, days: readonly number[]) =>
  (year: number): number | undefined => {
    if (month < 1 || month > 12) return undefined;
    if (dayOfWeek >= 0 && nth !== 0) return nthWeekday(year, month, dayOfWeek, nth);
    const possible = days.filter((candidate) => candidate <= daysInMonth(year, month));
    if (dayOfWeek >= 0) return possible.find((candidate) => weekday(year, month, candidate) === dayOfWeek);
    return days.length > 0 ? possible[0] : day;
  };
