import type { ImapResponse } from 'imapflow';
import { BackendError } from '../contract/errors.ts';
import type { MovedItem } from '../contract/folders.ts';
import type { ItemId, Revision } from '../contract/items.ts';
import type { MailPatch } from '../contract/mail.ts';
import type { OpenMailbox } from './account.ts';
import type { Connection } from './connection.ts';
import { fetchOne } from './content.ts';
import { uidSearch } from './fetch.ts';
import { type FlagState, flagChange, readFlags } from './flags.ts';
import { expandRuns, parseRuns, sequenceSets, uidsOf } from './sequence.ts';
import { atom, bigintOf, quoted, responseCode, sequence, textOf, wordsOf } from './tokens.ts';

/**
 * Changes one message's flags: one command for those set, one for those taken off.
 *
 * @returns the revision that the change alone leads to: what another client does in the same moment is not in it, so
 * that the device is told of it
 */
export const updateFlags = async (
  mailbox: OpenMailbox,
  id: ItemId,
  patch: MailPatch,
  expected: Revision | undefined,
): Promise<Revision> => {
  const before = await flagsOf(mailbox, id);
  if (expected !== undefined && before.revision !== expected) throw new BackendError('conflict');
  const { add, remove } = flagChange(patch, before);
  if (add.length + remove.length === 0) return before.revision;
  const set = sequence(sequenceSets(uidsOf(mailbox.epoch, [id]))[0] as string);
  if (add.length > 0) await mailbox.connection.run('UID STORE', [set, atom('+FLAGS.SILENT'), add.map(atom)]);
  if (remove.length > 0) await mailbox.connection.run('UID STORE', [set, atom('-FLAGS.SILENT'), remove.map(atom)]);
  const removed = new Set(remove.map((flag) => flag.toLowerCase()));
  return readFlags([...before.all.filter((flag) => !removed.has(flag.toLowerCase())), ...add]).revision;
};

/** The flags of one message; throws `notFound`, also for one that is marked as deleted. */
export const flagsOf = async (mailbox: OpenMailbox, id: ItemId): Promise<FlagState> => {
  const values = await fetchOne(mailbox, id, [atom('FLAGS')]);
  const state = readFlags(wordsOf(values.get('FLAGS')));
  if (state.deleted) throw new BackendError('notFound', { detail: 'message' });
  return state;
};

/** Flags that say something of a message for itself, and not of its content. */
const OwnFlags = new Set(['\\recent', '\\deleted']);

/** Gives a message flags that another one has, whatever they mean. */
export const addFlags = async (
  { connection, epoch }: OpenMailbox,
  id: ItemId,
  flags: readonly string[],
): Promise<void> => {
  const wanted = flags.filter((flag) => !OwnFlags.has(flag.toLowerCase()));
  if (wanted.length === 0) return;
  const set = sequence(sequenceSets(uidsOf(epoch, [id]))[0] as string);
  await connection.run('UID STORE', [set, atom('+FLAGS.SILENT'), wanted.map(atom)]);
};

/** Removes messages for good: exactly those named, never what another program has marked. */
export const removeForGood = async ({ connection }: OpenMailbox, uids: readonly number[]): Promise<void> => {
  for (const set of sequenceSets(uids)) {
    await connection.run('UID STORE', [sequence(set), atom('+FLAGS.SILENT'), [atom('\\Deleted')]]);
    // Without UIDPLUS only EXPUNGE is left, which also removes what others have marked: the
    // messages stay marked, which devices see as gone.
    if (connection.has('UIDPLUS')) await connection.run('UID EXPUNGE', [sequence(set)]);
  }
};

/** Moves messages to another mailbox and tells where each went; those that are not there are left out. */
export const moveTo = async (
  mailbox: OpenMailbox,
  uids: readonly number[],
  targetWireName: string,
): Promise<readonly MovedItem[]> => {
  const moved: MovedItem[] = [];
  for (const set of sequenceSets(uids)) moved.push(...(await moveSet(mailbox, set, targetWireName)));
  return moved;
};

const moveSet = async (mailbox: OpenMailbox, set: string, targetWireName: string): Promise<readonly MovedItem[]> => {
  const { connection, epoch } = mailbox;
  const there = await uidSearch(connection, [atom('UID'), sequence(set), atom('UNDELETED')]);
  if (there.length === 0) return [];
  const copied = new Map<number, ItemId>();
  for (const existing of sequenceSets(there)) {
    for (const pair of await copySet(connection, existing, targetWireName)) copied.set(...pair);
  }
  if (!connection.has('MOVE')) await removeForGood(mailbox, there);
  return there.map((uid) => ({ id: `${epoch}.${uid}`, newId: copied.get(uid) }));
};

/** Runs MOVE, or COPY where there is none, and reads COPYUID (RFC 4315, 3). */
const copySet = async (connection: Connection, set: string, target: string): Promise<ReadonlyMap<number, ItemId>> => {
  let ids: ReadonlyMap<number, ItemId> = new Map();
  const command = connection.has('MOVE') ? 'UID MOVE' : 'UID COPY';
  const read = (line: ImapResponse) => {
    ids = copyUid(line) ?? ids;
  };
  read(await connection.run(command, [sequence(set), quoted(target)], { OK: read }));
  return ids;
};

/** `[COPYUID <uidvalidity> <uids here> <uids there>]`, the nth to the nth. */
const copyUid = (line: ImapResponse): Map<number, ItemId> | undefined => {
  const code = responseCode(line);
  const uidValidity = code?.name === 'COPYUID' ? bigintOf(code.values[0]) : undefined;
  const [from, to] = [textOf(code?.values[1]), textOf(code?.values[2])];
  if (uidValidity === undefined || from === undefined || to === undefined) return undefined;
  const targets = expandRuns(parseRuns(to));
  const pairs = expandRuns(parseRuns(from)).map((uid, i) => [uid, targets[i]] as const);
  return new Map(
    pairs.flatMap(([uid, target]) => (target === undefined ? [] : [[uid, `${uidValidity.toString(36)}.${target}`]])),
  );
};
