/** Local time: what a calendar and a clock on the wall show, without a zone. Plain arithmetic, no `Date` of this machine. */

/** A moment on the wall. Months count from 1. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export const MinuteMs = 60_000;
export const DayMs = 86_400_000;

/** The milliseconds that this moment would have if it were UTC: local times become numbers to compare and add to. */
export const wallMs = ({ year, month, day, hour, minute, second }: LocalTime): number => {
  const date = new Date(0);
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, 0);
  return date.getTime();
};

/** The moment on the wall that {@link wallMs} gives these milliseconds. */
export const localTime = (ms: number): LocalTime => {
  const date = new Date(ms);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
};

/** Days of a month. */
export const daysInMonth = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** Day of the week, 0 Sunday to 6 Saturday. */
export const weekday = (year: number, month: number, day: number): number =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay();

/**
 * Day of the month of the `nth` such weekday, counted from the end where `nth` is negative; `undefined`
 * when the month has not that many.
 */
export const nthWeekday = (year: number, month: number, dayOfWeek: number, nth: number): number | undefined => {
  const days = daysInMonth(year, month);
  const first = 1 + ((dayOfWeek - weekday(year, month, 1) + 7) % 7);
  const last = first + 7 * Math.floor((days - first) / 7);
  const day = nth > 0 ? first + 7 * (nth - 1) : last + 7 * (nth + 1);
  return day >= 1 && day <= days ? day : undefined;
};
