import { RecurrenceType } from '../../../protocol/classes/recurrence.ts';
import { WeekdayNames } from '../zones/vtimezone.ts';
import { type CalendarTime, parseTime } from './icalendar.ts';

/** How something repeats, as EAS can say it ([MS-ASCAL] 2.2.2.35, [MS-ASEMAIL] 2.2.2.60). */

/** A recurrence in the terms of EAS; days and months are those of the meeting's own zone. */
export interface Recurrence {
  readonly type: number;
  readonly interval: number;
  readonly until?: Date | undefined;
  readonly occurrences?: number | undefined;
  readonly weekOfMonth?: number | undefined;
  readonly dayOfMonth?: number | undefined;
  readonly dayOfWeek?: number | undefined;
  readonly monthOfYear?: number | undefined;
  /** 0: the calendar of where the user is ([MS-ASEMAIL] 2.2.2.15). */
  readonly calendarType?: number | undefined;
  readonly isLeapMonth?: boolean | undefined;
  readonly firstDayOfWeek?: number | undefined;
}

/** A RRULE as jCal has it, `{ freq: 'WEEKLY', byday: ['MO'] }`. */
type Recur = Readonly<Record<string, unknown>>;

/** When the series begins, in its own zone. */
export interface SeriesStart {
  readonly month: number;
  readonly day: number;
  /** 0 Sunday. */
  readonly dayOfWeek: number;
}

/** Parts of a rule that EAS cannot say. */
const Unknown = ['bysecond', 'byminute', 'byhour', 'byweekno', 'byyearday', 'rscale'];

/** Bits of all days of the week, of Monday to Friday ([MS-ASEMAIL] 2.2.2.26). */
const EveryDay = 127;

/** `DayOfWeek` of days, by number. */
const mask = (days: readonly number[]): number => days.reduce((bits, day) => bits | (1 << day), 0);

/**
 * A RRULE in the terms of EAS; `undefined` for one that they cannot express. `untilOf` gives the moment of an UNTIL.
 */
export const recurrenceOf = (
  recur: Recur,
  start: SeriesStart,
  untilOf: (until: CalendarTime) => Date,
): Recurrence | undefined => {
  if (Unknown.some((part) => recur[part] !== undefined)) return undefined;
  const pattern = patternOf(recur, start);
  if (pattern === undefined) return undefined;
  const until = parseTime(recur.until);
  const count = Number(recur.count);
  return {
    ...pattern,
    interval: Math.min(999, Math.max(1, Number(recur.interval ?? 1) || 1)),
    until: until === undefined ? undefined : untilOf(until),
    occurrences: until === undefined && count >= 1 ? count : undefined,
    isLeapMonth: false,
    firstDayOfWeek: firstDayOfWeek(recur.wkst),
  };
};

type Pattern = Omit<Recurrence, 'interval' | 'until' | 'occurrences' | 'firstDayOfWeek'>;

const patternOf = (recur: Recur, start: SeriesStart): Pattern | undefined => {
  const days = weekdays(recur.byday);
  const months = numbers(recur.bymonth);
  if (days === undefined || months.length > 1) return undefined;
  if (recur.freq === 'YEARLY') return yearly(recur, days, start, months[0]);
  // "Every week in May" cannot be said.
  if (months.length > 0) return undefined;
  if (recur.freq === 'MONTHLY') return monthly(recur, days, start, RecurrenceType.monthly);
  return numbers(recur.bymonthday).length > 0 || recur.bysetpos !== undefined
    ? undefined
    : daily(recur.freq, days, start);
};

const daily = (freq: unknown, days: readonly Weekday[], start: SeriesStart): Pattern | undefined => {
  const dayOfWeek = mask(days.map(({ day }) => day));
  if (freq === 'WEEKLY') return { type: RecurrenceType.weekly, dayOfWeek: dayOfWeek || 1 << start.dayOfWeek };
  if (freq !== 'DAILY') return undefined;
  // Every working day is a week with five days.
  return dayOfWeek === 0 ? { type: RecurrenceType.daily } : { type: RecurrenceType.weekly, dayOfWeek };
};

/** Days without a month would be days of the whole year. */
const yearly = (
  recur: Recur,
  days: readonly Weekday[],
  start: SeriesStart,
  month: number | undefined,
): Pattern | undefined => {
  if (month === undefined && (days.length > 0 || recur.bymonthday !== undefined)) return undefined;
  const pattern = monthly(recur, days, start, RecurrenceType.yearly);
  return pattern && { ...pattern, monthOfYear: month ?? start.month };
};

/** On a day of the month (`type`), or on a weekday of it (the next type). */
const monthly = (recur: Recur, days: readonly Weekday[], start: SeriesStart, type: number): Pattern | undefined => {
  const [monthDays, positions] = [numbers(recur.bymonthday), numbers(recur.bysetpos)];
  if (days.length === 0) return positions.length > 0 ? undefined : onMonthDay(monthDays, start, type);
  const told = new Set([...days.map(({ nth }) => nth), ...positions].filter((position) => position !== 0));
  // The first Monday and the first Tuesday are not the first of both.
  const isMask = days.length === 1 || days.every(({ nth }) => nth === 0);
  const week = told.size === 1 ? weekOfMonth([...told][0] as number) : undefined;
  if (!isMask || week === undefined || monthDays.length > 0) return undefined;
  return { type: type + 1, calendarType: 0, dayOfWeek: mask(days.map(({ day }) => day)), weekOfMonth: week };
};

const onMonthDay = (monthDays: readonly number[], start: SeriesStart, type: number): Pattern | undefined => {
  const [day = start.day] = monthDays;
  if (monthDays.length > 1) return undefined;
  // The last day of a month is the last of all its days ([MS-ASEMAIL] 2.2.2.26).
  if (day === -1) return { type: type + 1, calendarType: 0, dayOfWeek: EveryDay, weekOfMonth: 5 };
  return day >= 1 && day <= 31 ? { type, calendarType: 0, dayOfMonth: day } : undefined;
};

/** 1 to 4, 5 is the last; none for the last but one. */
const weekOfMonth = (position: number): number | undefined => {
  if (position === -1) return 5;
  return position >= 1 && position <= 5 ? position : undefined;
};

interface Weekday {
  readonly day: number;
  /** 0: none told. */
  readonly nth: number;
}

/** BYDAY; `undefined` when it holds something else. */
const weekdays = (value: unknown): Weekday[] | undefined => {
  const list = value === undefined ? [] : Array.isArray(value) ? value : [value];
  const days = list.map((entry) => {
    const [, nth, name] = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(String(entry)) ?? [];
    return { day: WeekdayNames.indexOf(name ?? ''), nth: Number(nth ?? 0) };
  });
  return days.every(({ day }) => day >= 0) ? days : undefined;
};

const numbers = (value: unknown): number[] =>
  (value === undefined ? [] : Array.isArray(value) ? value : [value]).map(Number);

/** WKST as a number; RFC 5545 begins the week on Monday. jCal has it as a name or as a number from 1. */
const firstDayOfWeek = (value: unknown): number => {
  if (typeof value === 'number') return (value + 6) % 7;
  const named = WeekdayNames.indexOf(String(value));
  return named < 0 ? 1 : named;
};
