import { civilDay, DayMs, daysInMonth, localTime, nthWeekday } from '../zones/local-time.ts';
import { WeekdayNames } from '../zones/vtimezone.ts';
import { parseTime } from './icalendar.ts';

/**
 * Occurrences of a RRULE (RFC 5545 3.3.10) in local time, where rules are meant: plain arithmetic whose cost is bounded,
 * whatever the rule says.
 */

/** Parts of a RRULE, in lower case; those that begin with `by` are lists. */
export type RuleParts = Readonly<Record<string, string | readonly string[]>>;

/** Takes the value of a RRULE apart. */
export const ruleParts = (value: string): RuleParts =>
  Object.fromEntries(
    value
      .trim()
      .toUpperCase()
      .split(';')
      .flatMap((part) => {
        const [name = '', text = ''] = part.split('=');
        const key = name.trim().toLowerCase();
        if (text === '') return [];
        return [[key, key.startsWith('by') ? text.split(',').map((piece) => piece.trim()) : text.trim()] as const];
      }),
  );

/** Days that are looked at for one rule: 80 years of days, some 20 ms. */
export const MaxDays = 30_000;

interface Rule {
  readonly freq: string;
  readonly interval: number;
  readonly count: number;
  readonly until: number;
  readonly weekStart: number;
  readonly months: readonly number[];
  readonly monthDays: readonly number[];
  readonly yearDays: readonly number[];
  readonly weeks: readonly number[];
  readonly weekdays: readonly { readonly day: number; readonly nth: number }[];
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  readonly seconds: readonly number[];
  readonly positions: readonly number[];
}

const listOf = (parts: RuleParts, name: string): readonly string[] => {
  const value = parts[name];
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
};

const numbersOf = (parts: RuleParts, name: string): number[] =>
  listOf(parts, name)
    .map(Number)
    .filter((number) => Number.isInteger(number));

const textIn = (parts: RuleParts, name: string): string => listOf(parts, name)[0] ?? '';

const weekdayIn = (text: string): { day: number; nth: number } => {
  const [, nth, name] = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(text) ?? [];
  return { day: WeekdayNames.indexOf(name ?? ''), nth: Number(nth ?? 0) };
};

/** @param untilWall the local time of UNTIL */
const ruleOf = (parts: RuleParts, untilWall: number | undefined): Rule => ({
  freq: textIn(parts, 'freq'),
  interval: Math.max(1, Number(parts.interval ?? 1) || 1),
  count: Number(parts.count ?? 0) || Number.POSITIVE_INFINITY,
  until: untilWall ?? Number.POSITIVE_INFINITY,
  weekStart: Math.max(0, parts.wkst === undefined ? 1 : WeekdayNames.indexOf(textIn(parts, 'wkst'))),
  months: numbersOf(parts, 'bymonth'),
  monthDays: numbersOf(parts, 'bymonthday'),
  yearDays: numbersOf(parts, 'byyearday'),
  weeks: numbersOf(parts, 'byweekno'),
  weekdays: listOf(parts, 'byday')
    .map(weekdayIn)
    .filter(({ day }) => day >= 0),
  hours: numbersOf(parts, 'byhour'),
  minutes: numbersOf(parts, 'byminute'),
  seconds: numbersOf(parts, 'bysecond'),
  positions: numbersOf(parts, 'bysetpos'),
});

/** A day that is asked about. */
interface Day {
  readonly at: number;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
}

const dayAt = (at: number): Day => {
  const number = Math.floor(at / DayMs);
  const { year, month, day } = civilDay(number);
  return { at, year, month, day, weekday: (((number + 4) % 7) + 7) % 7 };
};

const startOfDay = (wall: number): number => Math.floor(wall / DayMs) * DayMs;

/** Whether a number is in a list that may count from the end. */
const isIn = (list: readonly number[], value: number, length: number): boolean =>
  list.length === 0 || list.includes(value) || list.includes(value - length - 1);

/** The part of the rule that DTSTART fills in, where the rule says no day itself. */
const completed = (rule: Rule, start: Day): Rule => {
  const { freq, months, monthDays, yearDays, weeks, weekdays } = rule;
  const hasDays = monthDays.length + yearDays.length + weekdays.length > 0;
  const ownWeekday = [{ day: start.weekday, nth: 0 }];
  if (freq === 'WEEKLY') return weekdays.length > 0 ? rule : { ...rule, weekdays: ownWeekday };
  if (hasDays || (freq !== 'YEARLY' && freq !== 'MONTHLY')) return rule;
  if (weeks.length > 0) return { ...rule, weekdays: ownWeekday };
  const isYearly = freq === 'YEARLY' && months.length === 0;
  return { ...rule, monthDays: [start.day], months: isYearly ? [start.month] : months };
};

const matches = (rule: Rule, day: Day): boolean =>
  (rule.months.length === 0 || rule.months.includes(day.month)) &&
  (rule.monthDays.length === 0 || isIn(rule.monthDays, day.day, daysInMonth(day.year, day.month))) &&
  (rule.yearDays.length === 0 || isIn(rule.yearDays, yearDay(day), yearLength(day.year))) &&
  (rule.weeks.length === 0 || isInWeek(rule, day)) &&
  (rule.weekdays.length === 0 || rule.weekdays.some((wanted) => isWeekday(rule, day, wanted)));

const yearDay = ({ at, year }: Day): number => Math.floor((at - Date.UTC(year, 0, 1)) / DayMs) + 1;
const yearLength = (year: number): number => (Date.UTC(year + 1, 0, 1) - Date.UTC(year, 0, 1)) / DayMs;

/** The nth one counts in the month, and in the year where a yearly rule names no month. */
const isWeekday = (rule: Rule, day: Day, { day: weekday, nth }: { day: number; nth: number }): boolean => {
  if (day.weekday !== weekday) return false;
  if (nth === 0 || (rule.freq !== 'YEARLY' && rule.freq !== 'MONTHLY')) return true;
  if (rule.freq === 'MONTHLY' || rule.months.length > 0) {
    return nthWeekday(day.year, day.month, weekday, nth) === day.day;
  }
  const number = yearDay(day);
  return Math.ceil(number / 7) === nth || -Math.ceil((yearLength(day.year) - number + 1) / 7) === nth;
};

/** Start of the first week of a year: the one with at least four of its days. */
const firstWeek = (year: number, weekStart: number): number => {
  const newYear = dayAt(Date.UTC(year, 0, 1));
  const back = (newYear.weekday - weekStart + 7) % 7;
  return newYear.at + (back <= 3 ? -back : 7 - back) * DayMs;
};

const isInWeek = ({ weeks, weekStart }: Rule, { at, year }: Day): boolean => {
  const [begin, end] = [firstWeek(year, weekStart), firstWeek(year + 1, weekStart)];
  if (at < begin || at >= end) return false;
  return isIn(weeks, Math.floor((at - begin) / (7 * DayMs)) + 1, Math.round((end - begin) / (7 * DayMs)));
};

/** The kth period of a rule: its first day and how many it has. */
type Periods = (k: number) => { readonly first: number; readonly days: number };

const periodsOf = ({ freq, interval, weekStart }: Rule, start: Day): Periods | undefined => {
  switch (freq) {
    case 'YEARLY':
      return (k) => ({ first: Date.UTC(start.year + k * interval, 0, 1), days: yearLength(start.year + k * interval) });
    case 'MONTHLY':
      return (k) => {
        const first = Date.UTC(start.year, start.month - 1 + k * interval, 1);
        return { first, days: Math.round((Date.UTC(start.year, start.month + k * interval, 1) - first) / DayMs) };
      };
    case 'WEEKLY': {
      const first = start.at - ((start.weekday - weekStart + 7) % 7) * DayMs;
      return (k) => ({ first: first + 7 * k * interval * DayMs, days: 7 });
    }
    case 'DAILY':
      return (k) => ({ first: start.at + k * interval * DayMs, days: 1 });
    default:
      return undefined;
  }
};

/** Times of one day that a rule may name; no plan of a day has more, and they multiply. */
const MaxTimes = 100;

/** Times within a day, in milliseconds. */
const timesOf = ({ hours, minutes, seconds }: Rule, start: number): number[] => {
  const { hour, minute, second } = localTime(start);
  const or = (list: readonly number[], own: number): readonly number[] => (list.length > 0 ? list : [own]);
  return or(hours, hour)
    .slice(0, MaxTimes)
    .flatMap((h) => or(minutes, minute).map((m) => h * 60 + m))
    .slice(0, MaxTimes)
    .flatMap((m) => or(seconds, second).map((s) => (m * 60 + s) * 1_000))
    .slice(0, MaxTimes)
    .sort((a, b) => a - b);
};

/** Those of a period that BYSETPOS means. */
const picked = (walls: readonly number[], positions: readonly number[]): readonly number[] => {
  if (positions.length === 0) return walls;
  const indexes = positions.map((position) => (position > 0 ? position - 1 : walls.length + position));
  return walls.filter((_, index) => indexes.includes(index));
};

const Units: Readonly<Record<string, number>> = { HOURLY: 3_600_000, MINUTELY: 60_000, SECONDLY: 1_000 };

/** Rules that repeat within a day, step by step. */
function* shortSteps(rule: Rule, start: number): Generator<number> {
  const unit = Units[rule.freq];
  if (unit === undefined) return;
  for (let k = 0; k < MaxDays; k++) {
    const wall = start + k * unit * rule.interval;
    const { hour, minute, second } = localTime(wall);
    const isMeant =
      matches(rule, dayAt(startOfDay(wall))) &&
      isIn(rule.hours, hour, 0) &&
      (rule.freq === 'HOURLY' || isIn(rule.minutes, minute, 0)) &&
      (rule.freq !== 'SECONDLY' || isIn(rule.seconds, second, 0));
    if (isMeant) yield wall;
  }
}

/** Rules of days, weeks, months and years, period by period from the kth on. */
function* longSteps(rule: Rule, start: number, periods: Periods, from: number): Generator<number> {
  const times = timesOf(rule, start);
  let looked = 0;
  for (let k = from; looked < MaxDays; k++) {
    const { first, days } = periods(k);
    if (!Number.isFinite(first) || first > rule.until) return;
    looked += days;
    const walls: number[] = [];
    for (let index = 0; index < days; index++) {
      const day = dayAt(first + index * DayMs);
      // None of the rest of this month.
      if (rule.months.length > 0 && !rule.months.includes(day.month))
        index += daysInMonth(day.year, day.month) - day.day;
      else if (matches(rule, day)) walls.push(...times.map((time) => day.at + time));
    }
    yield* picked(walls, rule.positions);
  }
}

/** The first period that can reach `from`; a rule with COUNT must be counted from its beginning. */
const firstPeriod = (rule: Rule, periods: Periods, from: number): number => {
  if (Number.isFinite(rule.count) || !Number.isFinite(from)) return 0;
  const begin = periods(0).first;
  const each = (periods(1_000).first - begin) / 1_000;
  // Years and months differ in length: two periods of margin.
  return Math.max(0, Math.floor((from - begin) / each) - 2);
};

/**
 * Local times at which a rule begins, in order, the first not before `start`; it ends with the rule, or
 * when {@link MaxDays} days were looked at.
 *
 * @param untilOf the local time of UNTIL
 * @param from what comes before may be left out
 */
export function* ruleWalls(
  parts: RuleParts,
  start: number,
  untilOf: (until: NonNullable<ReturnType<typeof parseTime>>) => number,
  from = Number.NEGATIVE_INFINITY,
): Generator<number> {
  const until = parseTime(parts.until);
  const day = dayAt(startOfDay(start));
  const rule = completed(ruleOf(parts, until === undefined ? undefined : untilOf(until)), day);
  const periods = periodsOf(rule, day);
  const walls =
    periods === undefined ? shortSteps(rule, start) : longSteps(rule, start, periods, firstPeriod(rule, periods, from));
  let left = rule.count;
  for (const wall of walls) {
    if (wall < start) continue;
    if (wall > rule.until || left-- <= 0) return;
    yield wall;
  }
}
