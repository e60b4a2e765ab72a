import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BackendError } from '../../backends/contract/errors.ts';
import type { MailStore } from '../../backends/contract/mail.ts';
import type { Email } from '../../protocol/classes/email.ts';
import type { StateStore } from '../../src/state/contract.ts';
import { accountPartition } from '../../src/state/partitions.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { AccountDocuments } from '../../src/sync/account-documents.ts';
import { FilingDocument, MaxFiledConversations, StoredFiling } from '../../src/sync/filing.ts';
import { StoredFollowUps } from '../../src/sync/follow-up.ts';

const Partition = accountPartition('anna');
const Now = Date.UTC(2026, 10, 23, 10);

let state: StateStore;
let loads: (readonly string[])[];
let moves: string[];
let folders: Set<string>;

beforeEach(() => {
  const sqlite = openSqliteState(':memory:');
  loads = [];
  moves = [];
  folders = new Set(['inbox', 'sent', 'project', 'other']);
  state = {
    ...{ list: sqlite.list.bind(sqlite), commit: sqlite.commit.bind(sqlite), drop: sqlite.drop.bind(sqlite) },
    ...{ partitions: sqlite.partitions.bind(sqlite), close: () => sqlite.close() },
    load: (partition, names) => {
      loads.push(names);
      return sqlite.load(partition, names);
    },
  };
});
afterEach(() => state.close());

/** Where mails are moved to, and which folders there are. */
const mail = {
  move: async (from: string, ids: readonly string[], target: string) => {
    if (!folders.has(target)) throw new BackendError('notFound');
    moves.push(`${ids.join()} ${from} ${target}`);
    return [];
  },
  positions: async (asked: readonly string[]) =>
    new Map(asked.filter((one) => folders.has(one)).map((one) => [one, 'p'])),
} as Pick<MailStore, 'move' | 'positions'> as MailStore;

/** What another request works with. */
const fresh = () => {
  const documents = new AccountDocuments(state, Partition, [FilingDocument]);
  const followUps = new StoredFollowUps(documents);
  const filing = new StoredFiling({ documents, followUps, now: () => Now, touched: () => {} });
  return { followUps, filing };
};

const thread = (n: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? n : n >> 8));

let mails = 0;
const arrived = (n: number, more: Partial<Email> = {}): Email => ({
  subject: `mail ${++mails}`,
  dateReceived: new Date(Now + 1000),
  conversationId: thread(n),
  ...more,
});

const file = (email: Email, folder = 'inbox') => fresh().filing.file(mail, folder, '1', email);

const order = { target: 'project', unmoved: ['sent'] };

test('mail of an ordered conversation is moved, wherever it comes to; other mail stays', async () => {
  await fresh().filing.keep(thread(1), order);
  expect([await file(arrived(1)), await file(arrived(1), 'other')]).toEqual([true, true]);
  expect([await file(arrived(2)), await file(arrived(1, { conversationId: undefined }))]).toEqual([false, false]);
  expect(moves).toEqual(['1 inbox project', '1 other project']);
});

test('what lies in the folder already, is not the user’s to file, was there before, or was filed once, stays', async () => {
  await fresh().filing.keep(thread(1), order);
  const email = arrived(1);
  expect(await file(email)).toBe(true);
  expect(await file(email)).toBe(false);
  expect([await file(arrived(1), 'project'), await file(arrived(1), 'sent')]).toEqual([false, false]);
  expect(await file(arrived(1, { dateReceived: new Date(Now - 120_000) }))).toBe(false);
  // Mail servers tell whole seconds, of a clock of their own.
  expect(await file(arrived(1, { dateReceived: new Date(Now - 999) }))).toBe(true);
});

test('the last order counts, a renamed folder is followed, and one that is gone ends the order', async () => {
  const { filing } = fresh();
  await filing.keep(thread(1), order);
  await filing.keep(thread(1), { ...order, target: 'other' });
  await filing.renamed('other', 'another');
  folders.add('another');
  await file(arrived(1));
  folders.delete('another');
  expect(await file(arrived(1))).toBe(false);
  folders.add('another');
  expect(await file(arrived(1))).toBe(false);
  expect(moves).toEqual(['1 inbox another']);
});

test('a mail that cannot be moved stays, one whose server is away is tried again', async () => {
  await fresh().filing.keep(thread(1), order);
  const failing = (code: 'forbidden' | 'unavailable') =>
    ({ ...mail, move: () => Promise.reject(new BackendError(code)) }) as MailStore;
  expect(await fresh().filing.file(failing('forbidden'), 'inbox', '1', arrived(1))).toBe(false);
  const away = fresh().filing.file(failing('unavailable'), 'inbox', '1', arrived(1));
  await expect(away).rejects.toMatchObject({ code: 'unavailable' });
  expect(await file(arrived(1))).toBe(true);
});

test('the oldest of too many orders is forgotten', async () => {
  const { filing } = fresh();
  for (let n = 1; n <= MaxFiledConversations + 1; n++) await filing.keep(thread(n), order);
  expect([await file(arrived(1)), await file(arrived(2))]).toEqual([false, true]);
});

test('who has no order pays no reading of the state for it', async () => {
  const { filing, followUps } = fresh();
  for (let i = 0; i < 3; i++) {
    await followUps.complete('inbox', '1', {});
    expect(await filing.file(mail, 'inbox', '1', arrived(1))).toBe(false);
  }
  expect(loads).toEqual([[expect.stringMatching(/^follow-up\//), FilingDocument]]);
});

test('a store that fails is asked again', async () => {
  let down = true;
  const failing: StateStore = {
    ...state,
    load: (partition, names) => (down ? Promise.reject(new Error('down')) : state.load(partition, names)),
  };
  const documents = new AccountDocuments(failing, Partition, [FilingDocument]);
  await expect(documents.load('a')).rejects.toThrow('down');
  down = false;
  expect(await documents.load(FilingDocument)).toBeUndefined();
});
