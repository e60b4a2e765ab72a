import { DayOfWeek, LastWeek, RecurrenceType } from '../../../protocol/classes/recurrence.ts';
import { WeekdayNames } from '../zones/vtimezone.ts';

/** Recurrences of devices as RRULE (RFC 5545 3.3.10), the way back from recurrence.ts. */

/** What a Recurrence of an event or a task has in common. */
export interface DeviceRecurrence {
  readonly type: number;
  readonly interval?: number | undefined;
  readonly occurrences?: number | undefined;
  readonly weekOfMonth?: number | undefined;
  readonly dayOfWeek?: number | undefined;
  readonly dayOfMonth?: number | undefined;
  readonly monthOfYear?: number | undefined;
  readonly firstDayOfWeek?: number | undefined;
}

/** Days that DayOfWeek names, `MO,TU`. */
const daysOf = (mask: number): string => WeekdayNames.filter((_, day) => (mask & (1 << day)) !== 0).join(',');

/** Working days and days of the weekend are sets of which one is meant; all seven are days of the month. */
const nthDay = (mask: number, weekOfMonth: number): string => {
  const position = weekOfMonth === LastWeek ? -1 : weekOfMonth;
  if (mask === DayOfWeek.day) return `BYMONTHDAY=${position}`;
  const days = daysOf(mask);
  return days.includes(',') ? `BYDAY=${days};BYSETPOS=${position}` : `BYDAY=${position}${days}`;
};

/** The parts of a rule that say on which days, by Type; `undefined` for what says too little. */
const patternOf = (recurrence: DeviceRecurrence): string[] | undefined => {
  const { type, dayOfWeek = 0, dayOfMonth, weekOfMonth, monthOfYear } = recurrence;
  const month = monthOfYear === undefined ? [] : [`BYMONTH=${monthOfYear}`];
  const monthDay = dayOfMonth === undefined ? [] : [`BYMONTHDAY=${dayOfMonth}`];
  switch (type) {
    case RecurrenceType.daily:
      // Devices name working days as days of a daily pattern, too ([MS-ASCAL] 2.2.2.15).
      return dayOfWeek === 0 ? ['FREQ=DAILY'] : ['FREQ=WEEKLY', `BYDAY=${daysOf(dayOfWeek)}`];
    case RecurrenceType.weekly:
      return dayOfWeek === 0 ? ['FREQ=WEEKLY'] : ['FREQ=WEEKLY', `BYDAY=${daysOf(dayOfWeek)}`];
    case RecurrenceType.monthly:
      return ['FREQ=MONTHLY', ...monthDay];
    case RecurrenceType.yearly:
      return ['FREQ=YEARLY', ...month, ...monthDay];
    case RecurrenceType.monthlyNth:
      return dayOfWeek === 0 || !weekOfMonth ? undefined : ['FREQ=MONTHLY', nthDay(dayOfWeek, weekOfMonth)];
    case RecurrenceType.yearlyNth:
      return dayOfWeek === 0 || !weekOfMonth ? undefined : ['FREQ=YEARLY', ...month, nthDay(dayOfWeek, weekOfMonth)];
    default:
      return undefined;
  }
};

/**
 * The value of RRULE; `undefined` for a recurrence that says too little.
 *
 * @param until value of UNTIL: a date for what begins on a date, else in UTC (RFC 5545 3.3.10)
 */
export const rruleOf = (recurrence: DeviceRecurrence, until: string | undefined): string | undefined => {
  const pattern = patternOf(recurrence);
  if (pattern === undefined) return undefined;
  const { interval = 1, occurrences, firstDayOfWeek } = recurrence;
  const [frequency, ...days] = pattern;
  return [
    frequency,
    ...(interval > 1 ? [`INTERVAL=${interval}`] : []),
    ...(until !== undefined ? [`UNTIL=${until}`] : occurrences ? [`COUNT=${occurrences}`] : []),
    ...days,
    // Monday is what it is anyway.
    ...(firstDayOfWeek === undefined || firstDayOfWeek === 1 ? [] : [`WKST=${WeekdayNames[firstDayOfWeek]}`]),
  ].join(';');
};
