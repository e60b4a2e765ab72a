import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ItemClass } from '../../../backends/contract/folders.ts';
import type {
  EventStore,
  GroupwareStore,
  NoteStore,
  ObjectRequest,
  TaskStore,
} from '../../../backends/contract/groupware.ts';
import type { ItemId } from '../../../backends/contract/items.ts';
import type { ObjectKind, ObjectStore } from '../../../backends/contract/objects.ts';
import { LocalAccounts } from '../../../backends/local/accounts.ts';
import { LocalFolders } from '../../../backends/local/folders.ts';
import { LocalObjects } from '../../../backends/local/objects.ts';
import { migrations } from '../../../backends/local/schema.ts';
import { LocalStore } from '../../../backends/local/store.ts';
import { Watchers } from '../../../backends/local/watchers.ts';
import { eventsOf } from '../../../backends/objects/events.ts';
import { notesOf } from '../../../backends/objects/notes.ts';
import { tasksOf } from '../../../backends/objects/tasks.ts';
import { calendarUser } from '../../../backends/objects/user.ts';
import { type Database, openDatabase } from '../../../sqlite/database.ts';
import { migrate } from '../../../sqlite/migrate.ts';

/** Stores of items over native objects, here those of a local account. */

const anna = 'anna@postrider.test';
const now = Date.UTC(2026, 2, 1, 12);
const options = { home: 'Europe/Berlin', me: { addresses: ['Anna@Postrider.test'], name: 'Anna' }, now: () => now };
const seen: ObjectRequest = { form: 'days', preferences: [] };
const utc = (...parts: [number, number, number, number?]): Date => new Date(Date.UTC(...parts));

let database: Database;
let store: LocalStore;

const objectsOf = (component: ObjectKind, itemClass: Exclude<ItemClass, 'Email'>): ObjectStore =>
  new LocalObjects(store, anna, { component, itemClass });

const folderOf = (itemClass: Exclude<ItemClass, 'Email'>): Promise<string> =>
  new LocalFolders(store, anna).create({ name: `My ${itemClass}`, itemClass });

const one = async <Item, Patch>(items: GroupwareStore<Item, Patch>, folder: string, id: ItemId) => {
  for await (const read of items.read(folder, [id], seen)) return read;
  throw new Error('nothing was answered');
};

const textOf = async (objects: ObjectStore, folder: string, id: ItemId): Promise<string> => {
  for await (const read of objects.read(folder, [id])) if (read.outcome === 'item') return read.text;
  return '';
};

beforeAll(async () => {
  database = openDatabase(':memory:');
  migrate(database, migrations);
  const limits = { keptRemovals: 1_000, maxMessageSize: 1_048_576 };
  store = new LocalStore({ database, watchers: new Watchers(), now: () => now, ...limits });
  await new LocalAccounts(store, 10).create(anna, 'secret');
});

afterAll(() => database.close());

describe('events', () => {
  let [folder, objects, events]: [string, ObjectStore, EventStore] = ['', undefined as never, undefined as never];
  beforeAll(async () => {
    folder = await folderOf('Calendar');
    objects = objectsOf('VEVENT', 'Calendar');
    events = eventsOf(objects, options);
  });

  const weekly = {
    ...{ subject: 'Weekly', startTime: utc(2026, 2, 10, 9), endTime: utc(2026, 2, 10, 10) },
    recurrence: { type: 1, interval: 1, dayOfWeek: 4 },
  };

  test("are made in the user's zone, read and found by their UID", async () => {
    const { id } = await events.create(folder, { set: weekly, cleared: [], seen }, 'aa01');
    expect(await textOf(objects, folder, id)).toContain('DTSTART;TZID=Europe/Berlin:20260310T100000\r\n');
    expect(await one(events, folder, id)).toMatchObject({
      ...{ outcome: 'item', at: Number.POSITIVE_INFINITY },
      item: { ...weekly, organizerEmail: 'anna@postrider.test', organizerName: 'Anna', uid: 'aa01' },
    });
    expect(await events.find(folder, 'aa01')).toBe(id);
    expect(await events.find(folder, 'none')).toBeUndefined();
  });

  test('lose one occurrence, and not twice; one that is changed meanwhile is not', async () => {
    const { id, revision } = await events.create(folder, { set: weekly, cleared: [], seen }, 'aa02');
    const after = await events.removeInstance(folder, id, utc(2026, 2, 17, 9), revision);
    expect(await textOf(objects, folder, id)).toContain('EXDATE;TZID=Europe/Berlin:20260317T100000');
    expect(await events.removeInstance(folder, id, utc(2026, 2, 17, 9))).toEqual(after);
    await expect(events.removeInstance(folder, id, utc(2026, 2, 24, 9), revision)).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(events.removeInstance(folder, id, utc(2026, 2, 18))).rejects.toMatchObject({ code: 'notFound' });
  });

  test('are over at the end of their last occurrence', async () => {
    const { id } = await events.create(
      folder,
      { set: { ...weekly, recurrence: undefined }, cleared: [], seen },
      'aa03',
    );
    expect(await one(events, folder, id)).toMatchObject({ at: utc(2026, 2, 10, 10).getTime() / 1_000 });
  });

  test('that begin at no time are set aside, and are not changed', async () => {
    const text = 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n';
    const { id } = await objects.create(folder, text, 'aa04');
    expect(await one(events, folder, id)).toMatchObject({ outcome: 'unreadable' });
    const change = events.update(folder, id, { set: { subject: 'x' }, cleared: [], seen });
    await expect(change).rejects.toMatchObject({ code: 'rejected' });
    await expect(events.removeInstance(folder, id, utc(2026, 1, 1))).rejects.toMatchObject({ code: 'rejected' });
  });
});

describe('tasks', () => {
  let [folder, objects, tasks]: [string, ObjectStore, TaskStore] = ['', undefined as never, undefined as never];
  beforeAll(async () => {
    folder = await folderOf('Tasks');
    objects = objectsOf('VTODO', 'Tasks');
    tasks = tasksOf(objects, options);
  });

  test('are made, read with their text, and changed in one thing', async () => {
    const set = { subject: 'Buy', complete: false, body: { type: 1, data: 'Milk' } };
    const { id } = await tasks.create(folder, { set, cleared: [], seen }, 'bb01');
    expect(await one(tasks, folder, id)).toMatchObject({ outcome: 'item', item: set, at: Number.POSITIVE_INFINITY });
    await tasks.update(folder, id, { set: { complete: true, dateCompleted: utc(2026, 2, 2) }, cleared: [], seen });
    expect(await one(tasks, folder, id)).toMatchObject({ item: { subject: 'Buy', complete: true }, at: 0 });
    await tasks.update(folder, id, { set: {}, cleared: ['body'], seen });
    expect(await textOf(objects, folder, id)).not.toContain('DESCRIPTION');
  });

  test('a text that comes back as it was cut for the device changes nothing (MS-ASCMD_R878)', async () => {
    const short: ObjectRequest = { form: 'days', preferences: [{ type: 1, truncationSize: 4 }] };
    const set = { subject: 'Long', body: { type: 1, data: 'A long text' } };
    const { id, revision } = await tasks.create(folder, { set, cleared: [], seen }, 'bb02');
    const again = await tasks.update(folder, id, {
      set: { body: { type: 1, data: 'A lo' } },
      cleared: [],
      seen: short,
    });
    expect(again.revision).toBe(revision);
  });
});

describe('notes', () => {
  let [folder, objects, notes]: [string, ObjectStore, NoteStore] = ['', undefined as never, undefined as never];
  beforeAll(async () => {
    folder = await folderOf('Notes');
    objects = objectsOf('VJOURNAL', 'Notes');
    notes = notesOf(objects, options);
  });

  test('are made, read with their text, changed, and never too old', async () => {
    const set = { subject: 'Idea', categories: ['a'], body: { type: 1, data: 'Line 1\r\nLine 2' } };
    const { id } = await notes.create(folder, { set, cleared: [], seen }, 'cc01');
    expect(await textOf(objects, folder, id)).toContain('DESCRIPTION:Line 1\\nLine 2\r\n');
    expect(await one(notes, folder, id)).toMatchObject({ outcome: 'item', item: set, at: Number.POSITIVE_INFINITY });
    await notes.update(folder, id, { set: { body: { type: 1, data: 'Other' } }, cleared: [], seen });
    expect(await one(notes, folder, id)).toMatchObject({
      item: { subject: 'Idea', body: { data: 'Other' }, lastModifiedDate: new Date(now) },
    });
  });
});

describe('the user of a calendar', () => {
  test.each([
    [[], 5],
    [['anna@other.test', 'Boss@Other.test'], 3],
  ])('with the addresses %j answered with %d', async (addresses, responseType) => {
    const folder = await new LocalFolders(store, anna).create({
      name: `Invited ${responseType}`,
      itemClass: 'Calendar',
    });
    const text = [
      ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//EN', 'BEGIN:VEVENT', `UID:invited-${responseType}`],
      ...['DTSTAMP:20260301T000000Z', 'DTSTART:20260310T090000Z', 'DTEND:20260310T100000Z', 'SUMMARY:x'],
      'ORGANIZER:mailto:ben@postrider.test',
      'ATTENDEE;PARTSTAT=ACCEPTED:mailto:boss@other.test',
      ...['END:VEVENT', 'END:VCALENDAR', ''],
    ].join('\r\n');
    const objects = objectsOf('VEVENT', 'Calendar');
    const { id } = await objects.create(folder, text, `aa${responseType}`);
    const events = eventsOf(objects, { ...options, me: calendarUser({ account: anna, addresses }) });
    const read = await one(events, folder, id);
    expect(read).toMatchObject({ outcome: 'item', item: { responseType } });
  });
});
