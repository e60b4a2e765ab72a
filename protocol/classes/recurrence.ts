/** Values that the recurrences of Calendar, Tasks and meeting requests share ([MS-ASCAL] 2.2.2.45, [MS-ASTASK] 2.2.2.29). */

/** How an item repeats. */
export const RecurrenceType = {
  daily: 0,
  weekly: 1,
  /** On a day of the month. */
  monthly: 2,
  /** On the nth of some days of the week in the month. */
  monthlyNth: 3,
  /** On a day of a month. */
  yearly: 5,
  /** On the nth of some days of the week in a month. */
  yearlyNth: 6,
} as const;
export type RecurrenceType = (typeof RecurrenceType)[keyof typeof RecurrenceType];

/** Bits of DayOfWeek ([MS-ASCAL] 2.2.2.15); several may be set. */
export const DayOfWeek = {
  sunday: 1,
  monday: 2,
  tuesday: 4,
  wednesday: 8,
  thursday: 16,
  friday: 32,
  saturday: 64,
  /** All days; with MonthlyNth or YearlyNth the last day of the month, by WeekOfMonth 5. */
  day: 127,
} as const;

/** WeekOfMonth that means the last one, whatever its number ([MS-ASCAL] 2.2.2.48). */
export const LastWeek = 5;
