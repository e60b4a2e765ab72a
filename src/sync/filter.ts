import type { ItemClass } from '../../backends/contract/folders.ts';

const SecondsPerDay = 86_400;

/** Days that a FilterType looks back; `undefined`: all ([MS-ASCMD] 2.2.3.68.2). */
const DaysBack: Readonly<Record<number, number | undefined>> = {
  0: undefined,
  1: 1,
  2: 3,
  3: 7,
  4: 14,
  5: 30,
  6: 90,
  7: 180,
  8: undefined,
};

/** FilterTypes that a class takes ([MS-ASCMD] 2.2.3.68.2, table). */
const Allowed: Readonly<Record<ItemClass, readonly number[]>> = {
  Email: [0, 1, 2, 3, 4, 5],
  Calendar: [0, 4, 5, 6, 7],
  Tasks: [0, 8],
  // Ignored for contacts and notes, so none is refused.
  Contacts: [0, 1, 2, 3, 4, 5, 6, 7, 8],
  Notes: [0, 1, 2, 3, 4, 5, 6, 7, 8],
};

/** The FilterType of tasks that are not done ([MS-ASCMD] 2.2.3.68.2). */
const IncompleteTasks = 8;

/** Tasks that are done are over at 0 for filters, the others never. */
const AfterCompleted = 1;

const Filtered: readonly ItemClass[] = ['Email', 'Calendar', 'Tasks'];

/** Whether a class takes a FilterType. */
export const filterAllowed = (itemClass: ItemClass, filterType: number): boolean =>
  Allowed[itemClass].includes(filterType);

/** The day (since 1970, UTC) of an instant in milliseconds. Mail ages by whole days. */
export const dayOf = (milliseconds: number): number => Math.floor(milliseconds / 1000 / SecondsPerDay);

/**
 * The floor of a filter in seconds since 1970: items before it are outside. It moves once a day, so
 * that one look-up a folder, filter and day is enough. `-Infinity`: no floor.
 */
export const floorOf = (itemClass: ItemClass, filterType: number, day: number): number => {
  if (itemClass === 'Tasks' && filterType === IncompleteTasks) return AfterCompleted;
  const days = Filtered.includes(itemClass) ? DaysBack[filterType] : undefined;
  return days === undefined ? Number.NEGATIVE_INFINITY : (day - days) * SecondsPerDay;
};

/** The floor as a date for a listing; `undefined`: all. */
export const floorDate = (floor: number): Date | undefined =>
  floor === Number.NEGATIVE_INFINITY ? undefined : new Date(floor * 1000);
