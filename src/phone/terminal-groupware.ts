import { randomUUID } from 'node:crypto';
import type { Contact } from '../../protocol/classes/contact.ts';
import { type CalendarEvent, MeetingStatus } from '../../protocol/classes/event.ts';
import type { Note } from '../../protocol/classes/note.ts';
import type { Task } from '../../protocol/classes/task.ts';
import { readTree, stringOf } from '../../protocol/schema/index.ts';
import { can } from '../../protocol/versions.ts';
import { classFieldsOf } from './class-fields.ts';
import type { Device } from './device.ts';
import { itemNodes } from './item-nodes.ts';
import type { Phone } from './phone.ts';
import type { FolderWish } from './sync-request.ts';
import { answerEvent } from './terminal-meetings.ts';
import { fitted, type Look, oneLine, styled } from './terminal-view.ts';
import { UserMistake } from './user-mistake.ts';

/** Any item but a mail; a field is one of its class or absent. */
type Item = Contact & CalendarEvent & Task & Note;

/** How one class is shown and written. */
interface Kind {
  readonly itemClass: string;
  /** Role of the default folder. */
  readonly role: string;
  readonly title: string;
  /** One line of the list. */
  line(item: Item): string;
  /** What the list is sorted by. */
  order(item: Item): string | number;
  /** A new item out of the user's words. Throws UserMistake. */
  make(text: string, now: Date): Item;
  /** What `set N` makes of an item. Throws UserMistake. */
  edit(item: Item, text: string): Item;
}

/** What the phone asks for: everything, as plain text. */
const Wish: FolderWish = { filterType: 0, windowSize: 100, bodyPreferences: [{ type: 1, truncationSize: 200_000 }] };

const NameWidth = 28;

/** What the user answered to a meeting, by ResponseType. */
const Answers: Readonly<Record<number, string>> = {
  2: '(maybe)',
  3: '(accepted)',
  4: '(declined)',
  5: '(not answered)',
};

/** Words of which the last ones are an address or a number: `Mia Keller mia@example.org +49 30 1234`. */
const contactOf = (text: string): Item => {
  const email1Address = /\S+@\S+/.exec(text)?.[0];
  const mobilePhoneNumber = /\+?\d[\d ()/-]{4,}\d/.exec(text)?.[0];
  const name = [email1Address, mobilePhoneNumber].reduce<string>((rest, part) => rest.replace(part ?? '', ''), text);
  const words = name.trim().split(/\s+/);
  const lastName = words.pop() || undefined;
  if (lastName === undefined) throw new UserMistake('A contact needs a name');
  const firstName = words.join(' ') || undefined;
  return { fileAs: name.trim(), firstName, lastName, email1Address, mobilePhoneNumber };
};

/** `2026-11-24 15:00 60 Dentist`: date, time (UTC), minutes and subject. */
const eventOf = (text: string, now: Date): Item => {
  const [, day, time, minutes = '60', subject] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d)(?: (\d+))? (.+)$/.exec(text) ?? [];
  const startTime = new Date(`${day}T${time}:00Z`);
  if (subject === undefined || Number.isNaN(startTime.getTime())) {
    throw new UserMistake('Write agenda add 2026-11-24 15:00 60 Dentist: date, time (UTC), minutes, subject');
  }
  const endTime = new Date(startTime.getTime() + Number(minutes) * 60_000);
  return {
    ...{ subject, startTime, endTime, dtStamp: now, allDayEvent: false, busyStatus: 2, sensitivity: 0 },
    ...{ meetingStatus: 0, uid: randomUUID() },
  };
};

const textOf = ({ body }: Item): string => stringOf(body?.data ?? '');

const titled = (text: string, what: string): string => {
  if (text.trim() === '') throw new UserMistake(`A ${what} needs some words`);
  return text.trim();
};

const shownDate = (date: Date | undefined): string => date?.toISOString().slice(0, 16).replace('T', ' ') ?? '';

const Kinds = {
  contacts: {
    itemClass: 'Contacts',
    role: 'contacts',
    title: 'Contacts',
    line: ({ fileAs, mobilePhoneNumber, email1Address, companyName }) =>
      `${fitted(oneLine(fileAs ?? ''), NameWidth)} ${oneLine([mobilePhoneNumber, email1Address, companyName].filter(Boolean).join('  '))}`,
    order: ({ fileAs }) => fileAs ?? '',
    make: contactOf,
    edit: (item, text) => {
      const { email1Address = item.email1Address, mobilePhoneNumber = item.mobilePhoneNumber } = contactOf(`x ${text}`);
      return { ...item, email1Address, mobilePhoneNumber };
    },
  },
  agenda: {
    itemClass: 'Calendar',
    role: 'calendar',
    title: 'Agenda',
    line: ({ startTime, allDayEvent, subject, location, locationText, recurrence, responseType, meetingStatus = 0 }) =>
      [
        allDayEvent ? shownDate(startTime).slice(0, 10).padEnd(16) : shownDate(startTime),
        fitted(oneLine(subject ?? ''), NameWidth),
        oneLine(locationText ?? location?.displayName ?? ''),
        recurrence === undefined ? '' : '(repeats)',
        (meetingStatus & MeetingStatus.canceled) !== 0 ? '(cancelled)' : (Answers[responseType ?? 0] ?? ''),
      ].join(' '),
    order: ({ startTime }) => startTime?.getTime() ?? 0,
    make: eventOf,
    edit: (item, text) => ({ ...item, subject: titled(text, 'subject') }),
  },
  tasks: {
    itemClass: 'Tasks',
    role: 'tasks',
    title: 'Tasks',
    line: ({ complete, subject, dueDate }) =>
      `[${complete ? 'x' : ' '}] ${fitted(oneLine(subject ?? ''), NameWidth)} ${shownDate(dueDate).slice(0, 10)}`,
    order: ({ complete, dueDate }) => (complete ? 1e15 : 0) + (dueDate?.getTime() ?? 1e14),
    make: (text) => ({
      subject: titled(text, 'task'),
      complete: false,
      importance: 1,
      sensitivity: 0,
      reminderSet: false,
    }),
    edit: (item, text) => ({ ...item, subject: titled(text, 'task') }),
  },
  notes: {
    itemClass: 'Notes',
    role: 'notes',
    title: 'Notes',
    line: (item) => `${fitted(oneLine(item.subject ?? ''), NameWidth)} ${oneLine(textOf(item))}`,
    order: ({ subject }) => subject ?? '',
    make: (text) => ({
      subject: titled(text, 'note').slice(0, NameWidth),
      messageClass: 'IPM.StickyNote',
      body: { type: 1, data: text },
    }),
    edit: (item, text) => ({ ...item, body: { type: 1, data: titled(text, 'note') } }),
  },
} as const satisfies Readonly<Record<string, Kind>>;

const byOrder = (a: string | number, b: string | number): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));

/** Commands of the terminal that show such items. */
export type GroupwareCommand = keyof typeof Kinds;

/** What a user of the terminal phone does with contacts, events, tasks and notes. */
export class GroupwareDesk {
  readonly #device: Device;
  readonly #phone: Phone;
  readonly #look: Look;
  readonly #now: () => number;
  /** ServerIds by number, the first is 1. */
  readonly #numbers = new Map<GroupwareCommand, readonly string[]>();

  constructor(device: Device, phone: Phone, look: Look, now: () => number) {
    this.#device = device;
    this.#phone = phone;
    this.#look = look;
    this.#now = now;
  }

  /** Runs `contacts`, `contacts add …`, `contacts set N …` or `contacts delete N`; gives what to show. */
  async run(command: GroupwareCommand, rest: string): Promise<string> {
    const kind: Kind = Kinds[command];
    const folderId = this.#phone.mailbox.folders.byRole(kind.role)?.serverId;
    if (folderId === undefined) throw new UserMistake(`This account has no ${command}`);
    await this.#phone.syncFolder(folderId, Wish);
    const [word = '', ...words] = rest.split(' ');
    const edit = this.#edits[word];
    if (word !== '' && edit === undefined)
      throw new UserMistake(`Write ${command}, or ${command} add, set N, delete N`);
    if (edit !== undefined) {
      await edit(kind, folderId, command, words);
      await this.#phone.syncFolder(folderId, Wish);
    }
    return this.#list(kind, folderId, command);
  }

  readonly #edits: Readonly<
    Record<
      string,
      (kind: Kind, folderId: string, command: GroupwareCommand, words: readonly string[]) => void | Promise<void>
    >
  > = {
    answer: async (kind, folderId, command, [number = '', word = '']) => {
      if (command !== 'agenda') throw new UserMistake('Only meetings are answered');
      const serverId = this.#serverId(command, number);
      const { subject = '', organizerEmail: organizer, uid, startTime, endTime } = this.#item(kind, folderId, serverId);
      const answering = { device: this.#device, now: this.#now };
      await answerEvent(answering, serverId, { subject, organizer, uid, startTime, endTime }, word);
    },
    add: (kind, folderId, _command, words) => {
      const item = kind.make(words.join(' '), new Date(this.#now()));
      this.#collection(folderId).add(randomUUID().slice(0, 8), this.#nodes(kind, item));
    },
    set: (kind, folderId, command, [number = '', ...words]) => {
      const serverId = this.#serverId(command, number);
      const item = kind.edit(this.#item(kind, folderId, serverId), words.join(' '));
      this.#collection(folderId).replace(serverId, this.#nodes(kind, item));
    },
    done: (kind, folderId, command, [number = '']) => {
      if (command !== 'tasks') throw new UserMistake('Only tasks get done');
      const serverId = this.#serverId(command, number);
      const dateCompleted = new Date(this.#now());
      const item = { ...this.#item(kind, folderId, serverId), complete: true, dateCompleted };
      this.#collection(folderId).replace(serverId, this.#nodes(kind, item));
    },
    delete: (_kind, folderId, command, [number = '']) =>
      this.#collection(folderId).delete(this.#serverId(command, number)),
  };

  #collection(folderId: string) {
    return this.#phone.mailbox.collection(folderId);
  }

  #serverId(command: GroupwareCommand, number: string): string {
    const serverId = this.#numbers.get(command)?.[Number.parseInt(number, 10) - 1];
    if (serverId === undefined) throw new UserMistake(`There is no number ${number}: type ${command}`);
    return serverId;
  }

  #item({ itemClass }: Kind, folderId: string, serverId: string): Item {
    const nodes = this.#collection(folderId).item(serverId)?.fields ?? [];
    return readTree(classFieldsOf(itemClass, nodes), nodes, { version: this.#device.version }) as Item;
  }

  #nodes({ itemClass }: Kind, item: Item) {
    const isPlaceText = !can(this.#device.version, 'calendarInstances');
    const { location, locationText, ...rest } = item;
    return itemNodes(
      classFieldsOf(itemClass, []),
      isPlaceText ? { ...rest, locationText } : { ...rest, location },
      this.#device.version,
    );
  }

  #list(kind: Kind, folderId: string, command: GroupwareCommand): string {
    const items = this.#collection(folderId)
      .items()
      .map(({ serverId }) => ({ serverId, item: this.#item(kind, folderId, serverId) }));
    items.sort((a, b) => byOrder(kind.order(a.item), kind.order(b.item)));
    this.#numbers.set(
      command,
      items.map(({ serverId }) => serverId),
    );
    const lines = items.map(({ item }, index) => `${String(index + 1).padStart(4)} ${kind.line(item)}`);
    return [styled(this.#look, 'bold', `${kind.title}: ${items.length}`), ...lines].join('\n');
  }
}
