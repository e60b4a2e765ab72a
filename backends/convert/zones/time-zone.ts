import { fixedZone, type TimeZone, type ZoneDate } from '../../../protocol/types/time-zone.ts';
import { ianaClock, type OffsetChange, offsetChanges, windowsOfIana, type ZoneClock } from './iana.ts';
import { DayMs, daysInMonth, localTime, MinuteMs, nthWeekday, wallMs, weekday } from './local-time.ts';

/** The rules of a zone, as EAS writes them, and offsets out of such rules. */

/**
 * The TimeZone of a clock as it is in force at `at` (milliseconds since 1970). A TimeZone holds one rule for all years:
 * it is the one of the year of `at`, counted so that it fits the years after as well wherever a yearly rule
 * can. In a year in which a zone changes for good, or more than twice, it has the one offset of that moment.
 */
export const timeZoneOf = (clock: ZoneClock, at: number, iana?: string): TimeZone => {
  const offset = clock.offsetAt(at);
  const year = localTime(at + offset * MinuteMs).year;
  const changes = changesOf(clock, year);
  const [into, back] = pairOf(changes);
  if (into === undefined || back === undefined) return named(fixedZone(0 - offset), iana);
  return named(
    {
      ...fixedZone(0 - back.after),
      standardDate: yearlyDate(clock, back, year),
      daylightDate: yearlyDate(clock, into, year),
      daylightBias: back.after - into.after,
    },
    iana,
  );
};

/** The TimeZone of a zone of the tz database; `undefined` when there is no such zone. */
export const timeZoneOfIana = (iana: string, at: number): TimeZone | undefined => {
  const clock = ianaClock(iana);
  return clock === undefined ? undefined : timeZoneOf(clock, at, iana);
};

/** Changes in a year of local time. */
const changesOf = (clock: ZoneClock, year: number): OffsetChange[] => {
  const [start, end] = [Date.UTC(year, 0, 1) - DayMs, Date.UTC(year + 1, 0, 1) + DayMs];
  return offsetChanges(clock, start, end).filter(({ at, before }) => localTime(at + before * MinuteMs).year === year);
};

/** Into daylight time and back: two changes that take each other back. */
const pairOf = (changes: readonly OffsetChange[]): [OffsetChange | undefined, OffsetChange | undefined] => {
  const [first, second] = changes;
  if (changes.length !== 2 || first === undefined || second === undefined) return [undefined, undefined];
  if (first.before !== second.after || first.after !== second.before) return [undefined, undefined];
  return first.after > first.before ? [first, second] : [second, first];
};

/** Years after that a rule is compared with: the same day is the fourth and the last of its kind for up to six years. */
const YearsAhead = 7;

/**
 * A change as a rule for every year, in the local time before it. Both counts that fit the day (the fourth
 * and the last Sunday) are tried on the years after; a count that fits none is as good as the other.
 */
const yearlyDate = (clock: ZoneClock, change: OffsetChange, year: number): ZoneDate => {
  const wall = localTime(change.at + change.before * MinuteMs);
  const { month, day, hour, minute, second } = wall;
  const dayOfWeek = weekday(year, month, day);
  const dateFor = (count: number): ZoneDate => ({
    ...{ year: 0, month, dayOfWeek, day: count, hour, minute, second, millisecond: 0 },
  });
  const count = Math.ceil(day / 7);
  if (count === 5 || day + 7 <= daysInMonth(year, month)) return dateFor(count);
  for (let next = year + 1; next <= year + YearsAhead; next++) {
    const [fourth, last] = [changeInYear(dateFor(4), next), changeInYear(dateFor(5), next)];
    if (fourth === last) continue;
    const isFourth = isChange(clock, fourth - change.before * MinuteMs, change);
    return dateFor(isFourth ? 4 : 5);
  }
  return dateFor(5);
};

const isChange = (clock: ZoneClock, at: number, { before, after }: OffsetChange): boolean =>
  clock.offsetAt(at - MinuteMs) === before && clock.offsetAt(at) === after;

/** Windows' names of the zone; the one of daylight time follows from the other. */
const named = (zone: TimeZone, iana: string | undefined): TimeZone => {
  const standardName = (iana === undefined ? undefined : windowsOfIana(iana)) ?? '';
  if (standardName === '') return zone;
  return { ...zone, standardName, daylightName: standardName.replace(/\bStandard\b/, 'Daylight') };
};

/** When a rule changes the clock in a year, as {@link wallMs} of the local time before it. */
export const changeInYear = (date: ZoneDate, year: number): number => {
  const { month, dayOfWeek, day, hour, minute, second, millisecond } = date;
  const dayOfMonth = date.year !== 0 ? day : nthWeekday(year, month, dayOfWeek, day >= 5 ? -1 : Math.max(1, day));
  return wallMs({ year, month, day: dayOfMonth ?? 1, hour, minute, second }) + millisecond;
};

/** Minutes to add to UTC to get the local time of a TimeZone at a moment (milliseconds since 1970). */
export const offsetOfTimeZone = (zone: TimeZone, at: number): number => {
  const standard = 0 - (zone.bias + zone.standardBias);
  const { standardDate, daylightDate } = zone;
  if (standardDate === undefined || daylightDate === undefined) return standard;
  const daylight = 0 - (zone.bias + zone.daylightBias);
  const year = localTime(at + standard * MinuteMs).year;
  const begins = changeInYear(daylightDate, year) - standard * MinuteMs;
  const ends = changeInYear(standardDate, year) - daylight * MinuteMs;
  // South of the equator daylight time spans the new year.
  const isDaylight = begins < ends ? at >= begins && at < ends : at >= begins || at < ends;
  return isDaylight ? daylight : standard;
};

/** A TimeZone as a clock. */
export const clockOfTimeZone = (zone: TimeZone): ZoneClock => ({ offsetAt: (ms) => offsetOfTimeZone(zone, ms) });

/**
 * The moment (milliseconds since 1970) of a local time. One that a change skips is taken with the
 * offset before the change, one that comes twice is the first of both (RFC 5545, 3.3.5).
 */
export const utcOfLocal = (clock: ZoneClock, wall: number): number => {
  const [before, after] = [clock.offsetAt(wall - DayMs), clock.offsetAt(wall + DayMs)];
  const early = wall - before * MinuteMs;
  if (before === after || clock.offsetAt(early) === before) return early;
  const late = wall - after * MinuteMs;
  return clock.offsetAt(late) === after ? late : early;
};
