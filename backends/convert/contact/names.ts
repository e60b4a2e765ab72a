import type { Contact } from '../../../protocol/classes/contact.ts';

/** How a contact is called where it has no name of its own for that: FN and FileAs. */

type Names = Pick<
  Contact,
  'title' | 'firstName' | 'middleName' | 'lastName' | 'suffix' | 'nickName' | 'companyName' | 'email1Address'
>;

const join = (texts: readonly (string | undefined)[], separator = ' '): string =>
  texts.filter((text) => text !== undefined && text !== '').join(separator);

/** The name to show (FN is obligatory): `Dr. Jane Mary Doe Jr.`, else the company, else an address. */
export const displayName = (names: Names): string => {
  const { title, firstName, middleName, lastName, suffix, nickName, companyName, email1Address } = names;
  const own = join([title, firstName, middleName, lastName, suffix]);
  return own || nickName || companyName || email1Address || '';
};

/** The name to file it under, `Doe, Jane Mary` ([MS-ASCNTC] 2.2.2.30); a contact without one is still a contact. */
export const fileAsOf = (names: Names, formatted: string | undefined): string => {
  const { firstName, middleName, lastName } = names;
  const own = join([lastName, join([firstName, middleName])], ', ');
  return own || formatted || displayName(names);
};
