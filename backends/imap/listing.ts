import { IdSet } from '../contract/id-set.ts';
import type { Listing } from '../contract/items.ts';
import type { OpenMailbox } from './account.ts';
import type { Connection } from './connection.ts';
import { searchDay, secondsOfDate, uidFetch, uidSearch } from './fetch.ts';
import { isVisibleFlag } from './flags.ts';
import { readStatus } from './positions.ts';
import { type Snapshot, There, takeSnapshot, uidsThere } from './snapshot.ts';
import { markOf, writeCursor, writePosition } from './state-marks.ts';
import { type Argument, atom, quoted, textOf } from './tokens.ts';

/** Keywords of one mailbox whose changes are followed where only a snapshot tells of them: one SEARCH each. */
const FollowedKeywords = 30;

const Day = 86_400_000;

/** Every message not older than `since`, in a number of round trips that does not grow with the mailbox. */
export const listMailbox = async (mailbox: OpenMailbox, since: Date | undefined): Promise<Listing> => {
  const { connection, selected, epoch } = mailbox;
  const mark = markOf(connection.tracking, selected);
  if (mark === undefined) return listBySnapshot(mailbox, since);
  const uids = await notOlder(
    connection,
    since,
    await uidSearch(connection, [atom('UNDELETED'), ...sinceDay(since, -1)]),
  );
  const position = writePosition(connection.tracking, { ...selected, modSeq: selected.highestModSeq });
  return { ids: IdSet.numbered(epoch, uids), cursor: writeCursor(mark), position: position ?? '' };
};

const listBySnapshot = async (mailbox: OpenMailbox, since: Date | undefined): Promise<Listing> => {
  const { connection, epoch } = mailbox;
  const { snapshot, position } = await lookAround(mailbox);
  const there = new Set(uidsThere(snapshot));
  const candidates =
    since === undefined
      ? [...there]
      : (await uidSearch(connection, sinceDay(since, -1))).filter((uid) => there.has(uid));
  const uids = await notOlder(connection, since, candidates);
  const cursor = writeCursor({ kind: 's', uidValidity: mailbox.selected.uidValidity, snapshot });
  return { ids: IdSet.numbered(epoch, uids), cursor, position };
};

/** SEARCH SINCE goes by the day of the server's own time zone (RFC 9051, 6.4.4), so a day is added on either side. */
const sinceDay = (since: Date | undefined, days: number): Argument[] =>
  since === undefined ? [] : [atom('SINCE'), atom(searchDay(new Date(since.getTime() + days * Day)))];

/** Leaves out what a search by day found too much: only messages of the days around `since` are looked at. */
const notOlder = async (
  connection: Connection,
  since: Date | undefined,
  candidates: readonly number[],
): Promise<readonly number[]> => {
  if (since === undefined || candidates.length === 0) return candidates;
  const certain = new Set(await uidSearch(connection, sinceDay(since, 2)));
  const doubtful = candidates.filter((uid) => !certain.has(uid));
  if (doubtful.length === 0) return candidates;
  const old = new Set<number>();
  await uidFetch(connection, doubtful, [atom('INTERNALDATE')], ({ uid, values }) => {
    if (secondsOfDate(textOf(values.get('INTERNALDATE'))) * 1_000 < since.getTime()) old.add(uid);
  });
  return candidates.filter((uid) => !old.has(uid));
};

/**
 * Takes a snapshot of a mailbox that keeps no mod-sequences: one SEARCH for each flag in use. An
 * answer is a list of numbers, a tenth of what FETCH FLAGS of every message would be.
 */
export const lookAround = async (mailbox: OpenMailbox): Promise<{ snapshot: Snapshot; position: string }> => {
  const { connection, selected } = mailbox;
  // Courier leaves UIDNEXT out of SELECT. It is asked for first: a position may be too old, never too new.
  const uidNext = selected.uidNext || (await uidNextOf(mailbox));
  const all = await uidSearch(connection, [atom('ALL')]);
  const having = new Map<string, readonly number[]>();
  for (const [flag, criteria] of followedFlags(selected.flags)) {
    having.set(flag, all.length === 0 ? [] : await uidSearch(connection, criteria));
  }
  const deleted = new Set(having.get('\\deleted'));
  const unseen = all.length - (having.get('\\seen')?.length ?? 0);
  having.delete('\\deleted');
  const there = all.filter((uid) => !deleted.has(uid));
  const state = { uidValidity: selected.uidValidity, modSeq: undefined, uidNext, exists: all.length };
  return { snapshot: takeSnapshot(there, having), position: writePosition('none', { ...state, unseen }) ?? '' };
};

const uidNextOf = async ({ connection, folder }: OpenMailbox): Promise<number> => {
  let uidNext = 0;
  await connection.run('STATUS', [quoted(folder.wireName), [atom('UIDNEXT')]], {
    STATUS: (line) => {
      uidNext = readStatus(line)?.[1].uidNext ?? 0;
    },
  });
  return uidNext;
};

const SystemFlags = ['SEEN', 'ANSWERED', 'FLAGGED', 'DRAFT', 'DELETED'];

const followedFlags = (inUse: readonly string[]): Map<string, readonly Argument[]> => {
  const system = SystemFlags.map((flag) => [`\\${flag.toLowerCase()}`, [atom(flag)]] as const);
  const keywords = inUse
    .filter((flag) => flag !== There && !flag.startsWith('\\') && isVisibleFlag(flag))
    .slice(0, FollowedKeywords)
    .map((keyword) => [keyword, [atom('KEYWORD'), atom(keyword)]] as const);
  return new Map<string, readonly Argument[]>([...system, ...keywords]);
};
