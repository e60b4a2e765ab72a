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
  const date = civilDay(Math.floor(ms / DayMs));
  const seconds = Math.floor((ms - Math.floor(ms / DayMs) * DayMs) / 1_000);
  const minutes = Math.floor(seconds / 60);
  return { ...date, hour: Math.floor(minutes / 60), minute: minutes % 60, second: seconds % 60 };
};

/** Days from the first of March of the year 0 to 1970, and of 400, 100, 4 and 1 years that begin in March. */
const [Epoch, Era, Century, Four, Year] = [719_468, 146_097, 36_524, 1_460, 365];

/**
 * The date of a day, counted from 1970, in the Gregorian calendar. Rules are worked out day by day, and a `Date` takes
 * ten times as long. Years are counted from March, so that the leap day is their last.
 */
export const civilDay = (days: number): Pick<LocalTime, 'year' | 'month' | 'day'> => {
  const era = Math.floor((days + Epoch) / Era);
  const ofEra = days + Epoch - era * Era;
  const leaps = Math.floor(ofEra / Four) - Math.floor(ofEra / Century) + Math.floor(ofEra / (Era - 1));
  const yearOfEra = Math.floor((ofEra - leaps) / Year);
  const ofYear = ofEra - (Year * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  // Five months from March on have 153 days.
  const sinceMarch = Math.floor((5 * ofYear + 2) / 153);
  const month = sinceMarch < 10 ? sinceMarch + 3 : sinceMarch - 9;
  const day = ofYear - Math.floor((153 * sinceMarch + 2) / 5) + 1;
  return { year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day };
};

const MonthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** Days of a month; 0 of one that there is none of. */
export const daysInMonth = (year: number, month: number): number =>
  (MonthLengths[month - 1] ?? 0) + (month === 2 && isLeap(year) ? 1 : 0);

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
