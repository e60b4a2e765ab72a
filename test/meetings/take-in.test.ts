import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BackendError } from '../../backends/contract/errors.ts';
import type { EventStore } from '../../backends/contract/groupware.ts';
import { meetings } from '../../backends/convert/calendar/meetings.ts';
import { mailComposer } from '../../backends/convert/mail/composer.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { type TakeInScope, takeIn } from '../../src/meetings/take-in.ts';
import { meeting } from '../support/meeting-people.ts';
import { quietLog } from '../support/system.ts';
import { type AnnaStores, openAnna } from './anna.ts';

/** What mails about meetings do to the calendar, on the local store. */

const seen = { preferences: [], form: 'days' } as const;
let anna: AnnaStores;
let events: EventStore;
let finds: number;
let isAway: boolean;
let isOwn: boolean;
let moved: string[];

beforeEach(async () => {
  anna = await openAnna();
  const store = anna.events;
  [finds, isAway, isOwn, moved] = [0, false, true, []];
  events = {
    ...store,
    isOwn: async () => isOwn,
    find: async (folder, uid) => {
      finds++;
      if (isAway) throw new BackendError('unavailable');
      return store.find(folder, uid);
    },
  };
  await events.create(
    anna.calendar,
    { set: { ...meeting('Plan', 3, ['ben@example.test']), uid: 'plan' }, cleared: [], seen },
    'plan',
  );
});
afterEach(() => anna.close());

const scope = (): TakeInScope => ({
  meetings,
  composer: mailComposer,
  user: { addresses: ['anna@example.test'] },
  mail: anna.mail,
  events,
  calendars: async () => [
    { collectionId: '5', parentId: '0', name: 'Calendar', type: 8, folder: anna.calendar, itemClass: 'Calendar' },
  ],
  store: anna.state,
  partition: 'account/anna',
  now: Date.now,
  log: quietLog(),
  moved: (folder) => void moved.push(folder),
});

/** An answer of Ben's, and a device that fetches it. */
const fetchReply = async (
  status: string,
  dateReceived = new Date(),
  messageClass = 'IPM.Schedule.Meeting.Resp.Pos',
) => {
  const stamp = `${new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')}`;
  const lines = ['UID:plan', `DTSTAMP:${stamp}`, 'SEQUENCE:1', `ATTENDEE;PARTSTAT=${status}:mailto:ben@example.test`];
  const text = ['BEGIN:VCALENDAR', 'METHOD:REPLY', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''];
  const header = ['From: Ben <ben@example.test>', 'Content-Type: text/calendar; method=REPLY', '', ''];
  const message = bytesSource(Buffer.from([...header, ...text].join('\r\n')));
  const { id } = await anna.mail.append(anna.inbox, message, {}, `reply ${status} ${stamp} ${Math.random()}`);
  const fetched = { folder: anna.inbox, id, email: { messageClass, dateReceived } };
  await takeIn(scope(), fetched);
  return fetched;
};

const status = async (): Promise<number | undefined> => {
  const id = (await anna.events.find(anna.calendar, 'plan')) ?? '';
  for await (const read of events.read(anna.calendar, [id], seen)) {
    if (read.outcome === 'item') return read.item.attendees?.[0]?.attendeeStatus;
  }
  return undefined;
};

test('an answer is taken in once, whichever device fetches it', async () => {
  const fetched = await fetchReply('ACCEPTED');
  expect([await status(), moved, finds]).toEqual([3, [anna.calendar], 1]);
  await takeIn(scope(), fetched);
  expect(finds).toBe(1);
});

test('other mail and old mail costs nothing', async () => {
  await fetchReply('ACCEPTED', new Date(), 'IPM.Note');
  await fetchReply('ACCEPTED', new Date(Date.now() - 15 * 86_400_000));
  expect([await status(), finds]).toEqual([5, 0]);
});

test('a calendar that is away holds nothing up: the mail is tried again with the next one', async () => {
  isAway = true;
  await fetchReply('ACCEPTED');
  isAway = false;
  expect(await status()).toBe(5);
  await fetchReply('ACCEPTED');
  expect([await status(), finds]).toEqual([3, 3]);
});

test('a calendar of somebody else who was invited to the same is left alone', async () => {
  isOwn = false;
  await fetchReply('ACCEPTED');
  expect([await status(), finds]).toEqual([5, 0]);
});

test('a mail that is gone, or says nothing, is no trouble', async () => {
  await takeIn(scope(), {
    folder: anna.inbox,
    id: '1.999',
    email: { messageClass: 'IPM.Schedule.Meeting.Canceled', dateReceived: new Date() },
  });
  const { id } = await anna.mail.append(anna.inbox, bytesSource(Buffer.from('Subject: x\r\n\r\nx\r\n')), {}, 'plain');
  await takeIn(scope(), {
    folder: anna.inbox,
    id,
    email: { messageClass: 'IPM.Schedule.Meeting.Request', dateReceived: new Date() },
  });
  expect([await status(), moved, finds]).toEqual([5, [], 0]);
});
