import { Scalars } from '../schema/scalars.ts';

/** Dates outside of elements: the two forms of [MS-ASDTYPE] 2.3 and 2.7.5, always UTC. */

/** Reads either form; `undefined` when the text is none or names a day that does not exist. */
export const parseDateTime = (text: string): Date | undefined => Scalars.dateTime.parse(text);

/**
 * `2000-12-25T08:35:00.000Z` ([MS-ASDTYPE] 2.3).
 *
 * @throws RangeError when the date is invalid or its year is not of four digits
 */
export const formatDateTime = (date: Date): string => required(Scalars.dateTime.format(date));

/**
 * `20001225T083500Z` ([MS-ASDTYPE] 2.7.5).
 *
 * @throws RangeError as {@link formatDateTime}
 */
export const formatCompactDateTime = (date: Date): string => required(Scalars.compactDateTime.format(date));

const required = (text: string | undefined): string => {
  if (text === undefined) throw new RangeError('The date is invalid or its year is not of four digits.');
  return text;
};
