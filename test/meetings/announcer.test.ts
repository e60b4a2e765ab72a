import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BackendError, isBackendError } from '../../backends/contract/errors.ts';
import type { EventStore } from '../../backends/contract/groupware.ts';
import type { MeetingMessage } from '../../backends/contract/meetings.ts';
import { codeOf } from '../../backends/contract/test-kit/harness.ts';
import { meetings } from '../../backends/convert/calendar/meetings.ts';
import type { CalendarEvent } from '../../protocol/classes/event.ts';
import { AnnouncementBook } from '../../src/meetings/announcement-book.ts';
import { MeetingAnnouncer } from '../../src/meetings/announcer.ts';
import { readEvent } from '../../src/meetings/calendars.ts';
import { invited, meeting } from '../support/meeting-people.ts';
import { type AnnaStores, openAnna } from './anna.ts';

/** What is told of changes when the server dies between them and their mails, on the local store. */

const seen = { preferences: [], form: 'days' } as const;
let anna: AnnaStores;
let events: EventStore;
let folder: string;
let id: string;
/** What the mail system took, by the name of each mail. */
let sent: Map<string, MeetingMessage>;
let mailIsDown: boolean;
let asked: number;

beforeEach(async () => {
  anna = await openAnna();
  ({ events, calendar: folder } = anna);
  const set = meeting('Plan', 3, ['ben@example.test']);
  ({ id } = await events.create(folder, { set, cleared: [], seen }, 'plan'));
  [sent, mailIsDown, asked] = [new Map(), false, 0];
});
afterEach(() => anna.close());

/** The announcer of one request. */
const announcer = (serverSends = false, user = 'anna@example.test') =>
  new MeetingAnnouncer({
    meetings,
    user: { addresses: [user] },
    events,
    folder,
    book: new AnnouncementBook(anna.state, 'partnership/anna/phone'),
    serverSends: async () => {
      asked++;
      return serverSends;
    },
    send: async (message, name) => {
      if (mailIsDown) throw new BackendError('unavailable');
      sent.set(name, message);
    },
    now: Date.now,
  });

const change = (set: CalendarEvent, by = announcer()) =>
  by.changing(id, (first) => events.update(folder, id, { set, cleared: [], seen }, undefined, first));

const told = (): string[] =>
  [...sent.values()].map(({ method, recipients }) => `${method} ${recipients.map(({ email }) => email)}`);

test('a change whose mail cannot go out is told by the next request, once', async () => {
  mailIsDown = true;
  expect(await codeOf(change({ subject: 'Plan B' }))).toBe('unavailable');
  expect(await codeOf(announcer().prepare())).toBe('unavailable');
  mailIsDown = false;
  await announcer().prepare();
  expect(told()).toEqual(['REQUEST ben@example.test']);
  await announcer().prepare();
  expect(sent.size).toBe(1);
});

test('mails that went out before the server died keep their names', async () => {
  const book = new AnnouncementBook(anna.state, 'partnership/anna/phone');
  let opened: Awaited<ReturnType<AnnouncementBook['of']>> = [];
  const first = announcer();
  await first.changing(id, async (before) => {
    const result = await events.update(
      folder,
      id,
      { set: { attendees: [invited('carl@example.test')] }, cleared: [], seen },
      undefined,
      before,
    );
    opened = await book.of(folder);
    return result;
  });
  const names = [...sent.keys()];
  expect(told()).toEqual(['REQUEST carl@example.test', 'CANCEL ben@example.test']);
  await book.open(opened);
  await announcer().prepare();
  expect([...sent.keys()]).toEqual(names);
});

test('what was recorded and never stored is told to nobody', async () => {
  const first = announcer().changing(id, async (before) => {
    await before((await readEvent(events, folder, id))?.text ?? '', '');
    throw new BackendError('unavailable');
  });
  expect(await codeOf(first)).toBe('unavailable');
  await announcer().prepare();
  expect(told()).toEqual([]);
});

test('a change that was refused is forgotten, though somebody else changed the same', async () => {
  const refused = announcer().changing(id, async (before) => {
    const text = (await readEvent(events, folder, id))?.text ?? '';
    await before(text, text.replace('SUMMARY:Plan', 'SUMMARY:Mine'));
    await events.update(folder, id, { set: { subject: 'Theirs' }, cleared: [], seen });
    throw new BackendError('conflict');
  });
  expect(await codeOf(refused)).toBe('conflict');
  await announcer().prepare();
  expect(told()).toEqual([]);
});

test('removed meetings are cancelled, also after a crash; all else costs no mail', async () => {
  const { id: alone } = await events.create(folder, { set: meeting('Alone', 3, []), cleared: [], seen }, 'alone');
  mailIsDown = true;
  const removed = announcer().removing([id, alone], () => events.remove(folder, [id, alone], 'permanent'));
  await removed.catch((error: unknown) => expect(isBackendError(error, 'unavailable')).toBe(true));
  mailIsDown = false;
  await announcer().prepare();
  expect(told()).toEqual(['CANCEL ben@example.test']);
});

test('a calendar whose server tells people is not told of here', async () => {
  await change({ subject: 'Plan B' }, announcer(true));
  await announcer(true).added(id, 'plan');
  await announcer(true).removing([id], () => events.remove(folder, [id], 'permanent'));
  expect([told(), asked]).toEqual([[], 3]);
});

test('but for those whom that server could not tell (RFC 6638 7.3)', async () => {
  await change({ attendees: ['ben', 'carl', 'dora'].map((name) => invited(`${name}@example.test`)) }, announcer(true));
  const marks = { ben: '2.0', carl: '3.7', dora: '"5.1,5.2"' };
  const marked = Object.entries(marks).reduce(
    (text, [name, code]) => text.replace(`CN=${name};`, `CN=${name};SCHEDULE-STATUS=${code};`),
    (await readEvent(events, folder, id))?.text ?? '',
  );
  await events.objects.replace(folder, id, marked, (await readEvent(events, folder, id))?.revision ?? '');
  await change({ subject: 'Plan B' }, announcer(true));
  await announcer(true).removing([id], () => events.remove(folder, [id], 'permanent'));
  const open = 'carl@example.test,dora@example.test';
  expect(told()).toEqual([`REQUEST ${open}`, `CANCEL ${open}`]);
});

test('nobody asks the calendar’s server about what people need not know', async () => {
  await change({ reminder: 5 });
  await change({ subject: 'Plan B' }, announcer(false, 'ben@example.test'));
  expect([told(), asked]).toEqual([[], 0]);
});

test('an Add that is repeated names its mails alike', async () => {
  await announcer().added(id, 'plan');
  const names = [...sent.keys()];
  await announcer().added(id, 'plan');
  expect([[...sent.keys()], told()]).toEqual([names, ['REQUEST ben@example.test']]);
});
