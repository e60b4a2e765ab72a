import { newEvent, readEvent } from '../../backends/convert/calendar/event.ts';
import { ZoneBook } from '../../backends/convert/calendar/event-zones.ts';
import { readCard } from '../../backends/convert/contact/card.ts';
import { readTodo } from '../../backends/convert/task/todo.ts';
import { can, type ProtocolVersion } from '../../protocol/versions.ts';
import type { GroupwareItem } from '../../src/sync/groupware-port.ts';
import type { Chance } from '../support/chance.ts';

/** What two phones and another program do to contacts, events and tasks. */

/** One class of items in the random runs. */
export interface DavItems {
  /** A new object as the other program makes it. */
  native(name: string, chance: Chance): string;
  /** An edit by the other program. */
  edited(text: string, chance: Chance): string;
  /** A new item of a phone. */
  item(name: string, chance: Chance, version: ProtocolVersion): GroupwareItem;
  /** What a phone changes of an item. */
  change(chance: Chance, version: ProtocolVersion): GroupwareItem;
  /** An object as a phone must hold it. */
  read(text: string, version: ProtocolVersion): GroupwareItem | undefined;
  /** The element by which everybody knows an item; it never changes. */
  readonly name: 'lastName' | 'subject';
  /** Elements that are compared. */
  readonly compared: readonly string[];
}

const word = (chance: Chance): string => `word ${chance.below(1_000)}`;

/** A text with another value of a property, which it has or gets. */
const withLine = (text: string, name: string, value: string, end: string): string => {
  const found = new RegExp(`^${name}[;:].*$`, 'm');
  if (found.test(text)) return text.replace(found, `${name}:${value}`);
  return text.replace(`END:${end}`, `${name}:${value}\r\nEND:${end}`);
};

const calendar = (...lines: string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//other//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');

const contacts: DavItems = {
  native: (name, chance) =>
    ['BEGIN:VCARD', 'VERSION:3.0', `UID:${name}`, `N:${name};Jane;;;`, `FN:Jane ${name}`, `TITLE:${word(chance)}`]
      .concat('TEL;TYPE=CELL:1', 'X-OTHER;P=1:kept', 'END:VCARD', '')
      .join('\r\n'),
  edited: (text, chance) => withLine(text, chance.percent(50) ? 'TITLE' : 'NICKNAME', word(chance), 'VCARD'),
  item: (name, chance) => ({ lastName: name, firstName: 'Joe', jobTitle: word(chance), fileAs: `${name}, Joe` }),
  change: (chance) =>
    chance.percent(50) ? { jobTitle: word(chance) } : { mobilePhoneNumber: `+49 ${chance.below(1_000)}` },
  read: (text) => readCard(text)?.contact,
  name: 'lastName',
  compared: ['firstName', 'jobTitle', 'nickName', 'mobilePhoneNumber', 'categories'],
};

const book = new ZoneBook();
const context = { home: book.home('UTC'), me: { addresses: [] }, book, now: Date.UTC(2026, 2, 1) };
const requestOf = (version: ProtocolVersion) => ({
  preferences: [],
  form: can(version, 'calendarInstances') ? ('days' as const) : ('instants' as const),
});

const place = (version: ProtocolVersion, text: string): GroupwareItem =>
  can(version, 'calendarInstances') ? { location: { displayName: text } } : { locationText: text };

const at = (chance: Chance): Date => new Date(Date.UTC(2026, 5, 1 + chance.below(28), chance.below(20)));
const span = (startTime: Date): GroupwareItem => ({ startTime, endTime: new Date(startTime.getTime() + 3_600_000) });

const events: DavItems = {
  native: (name, chance) => {
    const event = { subject: name, ...span(at(chance)), locationText: word(chance) };
    const text = newEvent({ set: event, cleared: [], seen: requestOf('14.1') }, name, context);
    const rule = chance.percent(30) ? 'RRULE:FREQ=WEEKLY;COUNT=5\r\n' : '';
    return text.replace('END:VEVENT', `${rule}X-OTHER;P=1:kept\r\nEND:VEVENT`);
  },
  edited: (text, chance) => withLine(text, chance.percent(50) ? 'LOCATION' : 'CATEGORIES', word(chance), 'VEVENT'),
  item: (name, chance, version) => ({
    ...{ subject: name, ...span(at(chance)), allDayEvent: false, busyStatus: 2, sensitivity: 0 },
    ...place(version, word(chance)),
    ...(chance.percent(30) ? { recurrence: { type: 0, interval: 2, occurrences: 4 } } : {}),
  }),
  change: (chance, version) => (chance.percent(60) ? place(version, word(chance)) : { busyStatus: chance.below(4) }),
  read: (text, version) => readEvent(text, requestOf(version), context),
  name: 'subject',
  compared: ['startTime', 'endTime', 'locationText', 'location', 'busyStatus', 'categories'],
};

const tasks: DavItems = {
  native: (name, chance) =>
    calendar(
      'BEGIN:VTODO',
      `UID:${name}`,
      `SUMMARY:${name}`,
      `PRIORITY:${1 + chance.below(9)}`,
      'X-OTHER:kept',
      'END:VTODO',
    ),
  edited: (text, chance) =>
    chance.percent(50)
      ? withLine(text, 'PRIORITY', String(1 + chance.below(9)), 'VTODO')
      : withLine(text, 'CATEGORIES', word(chance), 'VTODO'),
  item: (name, chance) => ({
    subject: name,
    importance: chance.below(3),
    complete: false,
    reminderSet: false,
    sensitivity: 0,
  }),
  change: (chance) =>
    chance.percent(50)
      ? { importance: chance.below(3) }
      : { complete: true, dateCompleted: new Date(Date.UTC(2026, 3, 1 + chance.below(20))) },
  read: (text) => readTodo(text, book.home('UTC').clock)?.task,
  name: 'subject',
  compared: ['importance', 'complete', 'dateCompleted', 'categories'],
};

/** The classes of the random runs. */
export const ItemsOf = { Contacts: contacts, Calendar: events, Tasks: tasks } as const;
export type DavClass = keyof typeof ItemsOf;

/** What of an item is compared, as text. */
export const essence = (itemClass: DavClass, item: GroupwareItem | undefined): string => {
  const { name, compared } = ItemsOf[itemClass];
  return JSON.stringify([name, ...compared].map((one) => item?.[one] ?? null));
};
