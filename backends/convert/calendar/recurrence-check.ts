import { RecurrenceType } from '../../../protocol/classes/recurrence.ts';
import { BackendError } from '../../contract/errors.ts';

/** Recurrences of devices that mean nothing: events and tasks refuse them alike. */

/** What of a recurrence is looked at. */
interface CheckedRecurrence {
  readonly type: number;
  readonly dayOfMonth?: number | undefined;
  readonly dayOfWeek?: number | undefined;
  readonly monthOfYear?: number | undefined;
  readonly weekOfMonth?: number | undefined;
  readonly calendarType?: number | undefined;
  readonly firstDayOfWeek?: number | undefined;
}

/** Types of a recurrence in which an element may stand. */
export type AllowedTypes = readonly (readonly [keyof CheckedRecurrence, readonly number[]])[];

const { daily, weekly, monthly, monthlyNth, yearly, yearlyNth } = RecurrenceType;

/** Those of events ([MS-ASCAL] 3.2.5.3). */
export const AllowedInEvents: AllowedTypes = [
  ['dayOfMonth', [monthly, yearly]],
  ['dayOfWeek', [daily, weekly, monthlyNth, yearlyNth]],
  ['monthOfYear', [yearly, yearlyNth]],
  ['weekOfMonth', [monthlyNth, yearlyNth]],
];

/** Those of tasks ([MS-ASTASK] 2.2.2.4, 2.2.2.9, 2.2.2.10, 2.2.2.33). */
export const AllowedInTasks: AllowedTypes = [
  ...AllowedInEvents.filter(([name]) => name !== 'monthOfYear'),
  ['calendarType', [monthly, monthlyNth, yearly, yearlyNth]],
];

/** Calendars that count days as RRULE does: the default one and the forms of the Gregorian ([MS-ASCAL] 2.2.2.10). */
const Gregorian: readonly number[] = [0, 1, 2, 9, 10, 11, 12];

/** A recurrence that no rule can be made of. */
export const refusedRecurrence = (detail: string): BackendError => new BackendError('rejected', { detail });

/** Throws BackendError `rejected` for a recurrence that means nothing. */
export const checkRecurrence = (recurrence: CheckedRecurrence, allowed: AllowedTypes): void => {
  const { type, firstDayOfWeek = 0, calendarType = 0 } = recurrence;
  for (const [name, types] of allowed) {
    if (recurrence[name] !== undefined && !types.includes(type))
      throw refusedRecurrence(`${name} in a recurrence of type ${type}`);
  }
  if (firstDayOfWeek < 0 || firstDayOfWeek > 6) throw refusedRecurrence('FirstDayOfWeek is no day');
  if (!Gregorian.includes(calendarType))
    throw refusedRecurrence(`recurrences of calendar ${calendarType} cannot be kept`);
};
