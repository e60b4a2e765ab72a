import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { StateStore } from '../../src/state/contract.ts';
import { packDocument } from '../../src/state/document.ts';
import { accountPartition } from '../../src/state/partitions.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { AccountDocuments } from '../../src/sync/account-documents.ts';
import { StoredFollowUps } from '../../src/sync/follow-up.ts';

const Partition = accountPartition('anna');
const At = Date.UTC(2026, 10, 23, 10);
const Due = { status: 2, flagType: 'Flag', dueDate: new Date(At) };

let state: StateStore;

beforeEach(() => {
  state = openSqliteState(':memory:');
});
afterEach(() => state.close());

/** What another request reads. */
const fresh = () => new StoredFollowUps(new AccountDocuments(state, Partition));

const told = (lastVerbExecuted: number | undefined) => fresh().complete('inbox', '1', { lastVerbExecuted });

test('a verb and its time are shown as long as the flags tell what they told then: MS-ASEMAIL_R510', async () => {
  await fresh().executed('inbox', '1', { verb: 2, at: At, told: 1 });
  const shown = { lastVerbExecuted: 2, lastVerbExecutionTime: new Date(At) };
  expect(await told(1)).toEqual(shown);
  // A mail server without keywords tells nothing of a forward.
  expect(await told(undefined)).toEqual(shown);
  expect(await told(3)).toEqual({ lastVerbExecuted: 3 });
  expect(await fresh().complete('inbox', '2', { lastVerbExecuted: 1 })).toEqual({ lastVerbExecuted: 1 });
});

test('a mail that was forwarded after it was answered shows the forward, one answered elsewhere afterwards the answer', async () => {
  await fresh().executed('inbox', '1', { verb: 3, at: At, told: 1 });
  expect(await told(1)).toMatchObject({ lastVerbExecuted: 3 });
  await fresh().executed('inbox', '1', { verb: 3, at: At, told: 3 });
  expect(await told(1)).toEqual({ lastVerbExecuted: 1 });
});

test('flag and verb do not touch each other, and go along when the mail moves', async () => {
  await fresh().remember('inbox', '1', Due);
  await fresh().executed('inbox', '1', { verb: 2, at: At, told: 1 });
  await fresh().executed('inbox', '2', { verb: 3, at: At, told: 3 });
  await fresh().moved('inbox', 'work', [
    { id: '1', newId: '7' },
    { id: '2', newId: undefined },
    { id: '3', newId: '8' },
  ]);
  const mail = { flag: { status: 2 }, lastVerbExecuted: 1 };
  const moved = { flag: Due, lastVerbExecuted: 2, lastVerbExecutionTime: new Date(At) };
  expect(await fresh().complete('work', '7', mail)).toEqual(moved);
  expect(await fresh().complete('work', '8', mail)).toEqual(mail);
  for (const id of ['1', '2']) expect(await fresh().complete('inbox', id, mail)).toEqual(mail);
  await fresh().remember('work', '7', null);
  expect(await fresh().complete('work', '7', mail)).toEqual({ ...moved, flag: { status: 2 } });
});

test('two requests at once lose nothing of each other', async () => {
  const [one, other] = [fresh(), fresh()];
  await Promise.all([one.complete('inbox', '1', {}), other.complete('inbox', '1', {})]);
  await one.remember('inbox', '1', Due);
  await other.executed('inbox', '1', { verb: 1, at: At, told: 1 });
  expect(await fresh().complete('inbox', '1', { flag: { status: 2 } })).toMatchObject({
    flag: Due,
    lastVerbExecuted: 1,
  });
});

test('text that looks like a date stays text, and every date comes back as one', async () => {
  const date = new Date('2026-11-23T00:00:00.000Z');
  const text = date.toISOString();
  const flag = {
    ...{ status: 2, flagType: text, subject: text, subOrdinalDate: text, reminderSet: true },
    ...{ dateCompleted: date, completeTime: date, startDate: date, dueDate: date },
    ...{ utcStartDate: date, utcDueDate: date, reminderTime: date, ordinalDate: date },
  };
  await fresh().remember('inbox', '6', flag);
  expect((await fresh().complete('inbox', '6', { flag: { status: 2 } })).flag).toEqual(flag);
});

test('whether a flag is news is told: the same flag again is none, and is not written', async () => {
  expect(await fresh().remember('inbox', '5', Due)).toBe(true);
  const [name = ''] = (await state.list(Partition, 'follow-up/')).keys();
  const written = await state.load(Partition, [name]);
  expect(await fresh().remember('inbox', '5', { ...Due })).toBe(false);
  expect(await state.load(Partition, [name])).toEqual(written);
  expect(await fresh().remember('inbox', '5', null)).toBe(true);
  expect(await fresh().remember('inbox', '5', null)).toBe(false);
});

test('what an earlier release wrote, without verbs, is read and completed', async () => {
  await fresh().remember('inbox', '1', Due);
  const [name = ''] = (await state.list(Partition, 'follow-up/')).keys();
  await state.commit(Partition, [{ name, value: packDocument({ flags: { '1': Due } }) }]);
  await fresh().executed('inbox', '1', { verb: 1, at: At, told: 1 });
  expect(await fresh().complete('inbox', '1', { flag: { status: 2 } })).toMatchObject({
    flag: Due,
    lastVerbExecuted: 1,
  });
});

test('of one folder 2,000 mails are kept, the oldest go first; one that is done again is new', async () => {
  const verb = { verb: 1, at: At, told: 1 } as const;
  const followUps = fresh();
  const items = Array.from({ length: 2001 }, (_, i) => ({ id: `a${i}`, newId: `b${i}` }));
  await followUps.executed('inbox', 'old', verb);
  for (const { id } of items.slice(0, 3)) await followUps.executed('inbox', id, verb);
  await followUps.executed('inbox', 'old', { ...verb, verb: 2 });
  const kept = Object.fromEntries(items.map(({ id }) => [id, verb]));
  const [name = ''] = (await state.list(Partition, 'follow-up/')).keys();
  await state.commit(Partition, [{ name, value: packDocument({ flags: {}, verbs: kept }) }]);
  await fresh().executed('inbox', 'last', verb);
  const isKept = async (id: string) => (await fresh().complete('inbox', id, {})).lastVerbExecuted === 1;
  expect([await isKept('a0'), await isKept('a1'), await isKept('a2'), await isKept('last')]).toEqual([
    false,
    false,
    true,
    true,
  ]);
});
