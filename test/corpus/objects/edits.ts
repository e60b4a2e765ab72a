import type { ObjectRequest } from '../../../backends/contract/groupware.ts';
import type { GroupwareClass } from '../../../src/sync/absent-elements.ts';
import type { GroupwareItem } from '../../../src/sync/groupware-port.ts';

/** Edits of single fields as users make them, and the properties that may differ after each. */
export interface Edit {
  readonly name: string;
  /** Elements that the user changes, `undefined` for those that are taken away; `undefined`: the item has nothing of the kind. */
  change(told: GroupwareItem): GroupwareItem | undefined;
  /** Devices that make it; all unless told. */
  readonly form?: ObjectRequest['form'];
  /** Names of the properties that may differ. */
  readonly properties: RegExp;
  /** Elements that follow from the edited ones. */
  readonly follows?: readonly string[];
  /** Lines that may differ at most, before and after; one unless told. */
  readonly lines?: number;
}

const set = (name: string, value: unknown, properties: RegExp, more: Partial<Edit> = {}): Edit => ({
  name: `${name} is set`,
  change: (told) => (JSON.stringify(told[name]) === JSON.stringify(value) ? undefined : { [name]: value }),
  properties,
  ...more,
});

const clear = (name: string, properties: RegExp, more: Partial<Edit> & { needs?: string } = {}): Edit => ({
  name: `${name} is taken away`,
  change: (told) =>
    told[name] === undefined || told[more.needs ?? name] === undefined ? undefined : { [name]: undefined },
  properties,
  ...more,
});

const both = (name: string, value: unknown, properties: RegExp, more: Partial<Edit> = {}): Edit[] => [
  set(name, value, properties, more),
  clear(name, properties, more),
];

const body = { type: 1, data: 'Other words,\r\nnot cut.' };

/** FN follows the names; FileAs that comes back beside other names is kept. */
const Names = { follows: ['fileAs', 'lastName'], lines: 3 };
/** What moves up is pinned to where the device sees it. */
const Slots = { lines: 8 };

const contactEdits: readonly Edit[] = [
  set('lastName', 'Ånders, x', /^(N|FN|X-EVOLUTION-FILE-AS)$/, Names),
  // A name alone may be that of FN, which cannot be taken away.
  clear('lastName', /^(N|FN|X-EVOLUTION-FILE-AS)$/, { ...Names, needs: 'firstName' }),
  ...['firstName', 'middleName', 'title', 'suffix'].flatMap((name) =>
    both(name, 'Ånders, x', /^(N|FN|X-EVOLUTION-FILE-AS)$/, Names),
  ),
  ...both('nickName', 'Nick', /^(NICKNAME|N|FN|X-EVOLUTION-FILE-AS)$/, Names),
  ...both('companyName', 'Corp; Ltd', /^(ORG|N|FN|X-EVOLUTION-FILE-AS)$/, Names),
  ...both('department', 'R&D', /^ORG$/),
  ...both('jobTitle', 'Boss', /^TITLE$/),
  ...both('officeLocation', '3.15', /^X-(POSTRIDER|EVOLUTION)-OFFICE$/),
  ...both('spouse', 'Kim', /^(X-SPOUSE|X-ABRELATEDNAMES|X-ABLABEL|RELATED|X-EVOLUTION-SPOUSE)$/i, { lines: 4 }),
  ...both('managerName', 'Kim', /^(X-MANAGER|X-EVOLUTION-MANAGER|X-ABRELATEDNAMES|X-ABLABEL|RELATED)$/i, { lines: 4 }),
  ...both('children', ['Kit', 'Lou'], /^(RELATED|X-CHILDREN|X-POSTRIDER-CHILD)$/, { lines: 4 }),
  ...both('birthday', new Date(Date.UTC(1980, 1, 29)), /^BDAY$/),
  ...both('anniversary', new Date(Date.UTC(2004, 1, 29)), /ANNIVERSARY$/),
  ...['email1Address', 'email2Address', 'email3Address'].flatMap((name) =>
    both(name, `${name}@x.example`, /^(EMAIL|N|FN|X-EVOLUTION-FILE-AS)$/, {
      ...Slots,
      follows: ['fileAs', 'lastName'],
    }),
  ),
  ...['imAddress', 'imAddress2'].flatMap((name) => both(name, `xmpp:${name}@x`, /^(IMPP|X-AIM|X-[A-Z-]+)$/, Slots)),
  ...[
    ...['homePhoneNumber', 'home2PhoneNumber', 'homeFaxNumber', 'businessPhoneNumber', 'business2PhoneNumber'],
    ...['businessFaxNumber', 'mobilePhoneNumber', 'pagerNumber', 'carPhoneNumber', 'radioPhoneNumber'],
    ...['assistantPhoneNumber', 'companyMainPhone'],
  ].flatMap((name) => both(name, '+1 (2) 3', /^TEL$/, Slots)),
  ...['home', 'business', 'other'].flatMap((of) =>
    ['Street', 'City', 'State', 'PostalCode', 'Country'].flatMap((part) =>
      both(`${of}Address${part}`, 'Neu; 1, 2', /^ADR$/, Slots),
    ),
  ),
  ...both('webPage', 'http://new.example/', /^URL$/, { lines: 2 }),
  ...both('categories', ['x', 'y,z'], /^CATEGORIES$/, { lines: 2 }),
  set('picture', new Uint8Array([0xff, 0xd8, 0xff, 1]), /^PHOTO$/, { lines: 2 }),
  ...both('yomiFirstName', 'ヨミ', /^X-PHONETIC-FIRST-NAME$/),
  ...both('customerId', '7', /^X-POSTRIDER-CUSTOMER-ID$/),
  set('fileAs', 'Under this', /^X-EVOLUTION-FILE-AS$|^X-POSTRIDER-FILE-AS$/),
  set('body', body, /^NOTE$/),
];

const todoAt = (day: number) => new Date(Date.UTC(2026, 4, day));

/** A reminder stays at the moment at which the device shows it, so it is told by that and not by its distance. */
const Reminder = 'BEGIN|END|TRIGGER|ACTION|DESCRIPTION';

/** One that had no moment has one as soon as the task has a date. */
const Reminders = ['reminderSet', 'reminderTime'];

const taskEdits: readonly Edit[] = [
  ...both('subject', 'New, subject', /^SUMMARY$/),
  ...both('categories', ['x', 'y,z'], /^CATEGORIES$/, { lines: 2 }),
  ...[0, 1, 2].map((value) => set('importance', value, /^PRIORITY$/)),
  ...[0, 1, 2, 3].map((value) => set('sensitivity', value, /^CLASS$/)),
  {
    name: 'it is done',
    change: ({ complete }) => (complete === true ? undefined : { complete: true, dateCompleted: todoAt(3) }),
    properties: /^(COMPLETED|STATUS|PERCENT-COMPLETE)$/,
    lines: 5,
  },
  {
    name: 'it is not done after all',
    change: ({ complete }) => (complete === true ? { complete: false, dateCompleted: undefined } : undefined),
    properties: /^(COMPLETED|STATUS|PERCENT-COMPLETE)$/,
    lines: 5,
  },
  {
    name: 'it is due on another day',
    change: () => ({ dueDate: todoAt(3), utcDueDate: new Date(todoAt(3).getTime() - 7_200_000) }),
    properties: new RegExp(`^(DUE|DURATION|${Reminder})$`),
    follows: Reminders,
    lines: 6,
  },
  {
    name: 'it is due no more',
    change: ({ dueDate }) => (dueDate === undefined ? undefined : { dueDate: undefined, utcDueDate: undefined }),
    properties: new RegExp(`^(DUE|DURATION|${Reminder})$`),
    follows: Reminders,
    lines: 6,
  },
  {
    name: 'it begins on another day',
    change: ({ recurrence }) =>
      recurrence === undefined
        ? { startDate: todoAt(1), utcStartDate: new Date(todoAt(1).getTime() - 7_200_000) }
        : undefined,
    properties: new RegExp(`^(DTSTART|${Reminder})$`),
    follows: Reminders,
    lines: 6,
  },
  set('body', body, /^DESCRIPTION$/),
];

const noteEdits: readonly Edit[] = [
  // It is never taken away by being left out (MS-ASNOTE_R10003).
  set('subject', 'New, subject', /^SUMMARY$/),
  ...both('categories', ['x', 'y,z'], /^CATEGORIES$/, { lines: 2 }),
  set('body', body, /^DESCRIPTION$/, { lines: 2 }),
];

const endsLater = ({ allDayEvent, endTime }: GroupwareItem): GroupwareItem | undefined =>
  allDayEvent !== true && endTime instanceof Date ? { endTime: new Date(endTime.getTime() + 1_800_000) } : undefined;

const eventEdits: readonly Edit[] = [
  ...both('subject', 'New, subject', /^SUMMARY$/),
  ...both('categories', ['x', 'y,z'], /^CATEGORIES$/, { lines: 2 }),
  ...[0, 2, 3].map((value) => set('sensitivity', value, /^CLASS$/)),
  ...[0, 1, 2, 3].map((value) => set('busyStatus', value, /^(TRANSP|X-MICROSOFT-CDO-BUSYSTATUS)$/, { lines: 2 })),
  set('locationText', 'Hall', /^(LOCATION|GEO|X-APPLE-STRUCTURED-LOCATION)$/, { lines: 3, form: 'instants' }),
  set('location', { displayName: 'Hall' }, /^(LOCATION|GEO|X-APPLE-STRUCTURED-LOCATION)$/, { lines: 3, form: 'days' }),
  set('body', body, /^(DESCRIPTION|X-ALT-DESC)$/, { lines: 2 }),
  {
    name: 'it ends half an hour later',
    change: (told) => (told.recurrence === undefined ? endsLater(told) : undefined),
    properties: /^(DTEND|DURATION)$/,
    lines: 2,
  },
  {
    name: 'each of it ends half an hour later',
    // From 16.0 on exceptions do not survive that (MS-ASCAL_R2114).
    form: 'instants',
    change: (told) => (told.recurrence === undefined ? undefined : endsLater(told)),
    properties: /^(DTEND|DURATION)$/,
    // Occurrences that are told one by one are as long as the series.
    follows: ['exceptions'],
    lines: 2,
  },
];

/** The edits of each class. */
export const Edits: Readonly<Record<GroupwareClass, readonly Edit[]>> = {
  Contacts: contactEdits,
  Calendar: eventEdits,
  Tasks: taskEdits,
  Notes: noteEdits,
};
