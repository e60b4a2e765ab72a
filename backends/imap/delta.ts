import type { ImapResponse } from 'imapflow';
import { BackendError } from '../contract/errors.ts';
import { IdSet } from '../contract/id-set.ts';
import type { Changed, Changes, Position } from '../contract/items.ts';
import type { OpenMailbox } from './account.ts';
import type { Connection } from './connection.ts';
import { type Fetched, readFetch, secondsOfDate, uidFetch, uidSearch } from './fetch.ts';
import { readFlags } from './flags.ts';
import { lookAround } from './listing.ts';
import type { Resync } from './select.ts';
import { parseRuns } from './sequence.ts';
import { compareSnapshots } from './snapshot.ts';
import { type Mark, markOf, writeCursor, writePosition } from './state-marks.ts';
import { type Argument, atom, sequence, textOf, wordsOf } from './tokens.ts';

/** Marks of mailboxes that keep mod-sequences. */
type ModSeqMark = Exclude<Mark, { kind: 's' }>;

/** The runs in `* VANISHED (EARLIER) 5:9` (RFC 7162, 3.2.10). */
const vanishedRuns = (line: ImapResponse): readonly number[] => {
  const set = textOf(line.attributes?.at(-1));
  return set === undefined ? [] : parseRuns(set);
};

/** What the server told, while it selected the mailbox, about what had happened since a mark. */
export class Catchup implements Resync {
  readonly uidValidity: bigint;
  readonly modSeq: bigint;
  /** Flags of the changed messages by UID. */
  readonly flags = new Map<number, readonly string[]>();
  /** Runs of UIDs that are gone. */
  vanished: number[] = [];

  constructor(mark: { readonly uidValidity: bigint; readonly modSeq: bigint }) {
    this.uidValidity = mark.uidValidity;
    this.modSeq = mark.modSeq;
  }

  readonly handlers = {
    FETCH: (line: ImapResponse) => {
      const fetched = readFetch(line);
      if (fetched?.values.has('FLAGS')) this.flags.set(fetched.uid, wordsOf(fetched.values.get('FLAGS')));
    },
    VANISHED: (line: ImapResponse) => {
      for (const uid of vanishedRuns(line)) this.vanished.push(uid);
    },
  };

  restart(): void {
    this.flags.clear();
    this.vanished = [];
  }
}

/** What happened since `mark`; `catchup` is what SELECT told, where the mailbox was selected for it (QRESYNC). */
export const changesSince = async (
  mailbox: OpenMailbox,
  mark: Mark,
  catchup: Catchup | undefined,
): Promise<Changes> => {
  if (mark.uidValidity !== mailbox.selected.uidValidity) {
    throw new BackendError('cursorRefused', { detail: 'UIDVALIDITY changed' });
  }
  const now = markOf(mailbox.connection.tracking, mailbox.selected);
  if (mark.kind === 's') return changesBySnapshot(mailbox, mark, now);
  if (now === undefined || now.kind !== mark.kind || now.modSeq < mark.modSeq) {
    throw new BackendError('cursorRefused', { detail: 'the mod-sequences went back' });
  }
  const isFilled = catchup !== undefined && mailbox.isFresh && mailbox.connection.tracking === 'qresync';
  const found = isFilled ? await fromCatchup(mailbox, catchup) : await fromFetch(mailbox, mark, now);
  return { ...found, cursor: writeCursor(now), position: positionNow(mailbox) };
};

const positionNow = ({ connection, selected }: OpenMailbox): Position =>
  writePosition(connection.tracking, { ...selected, modSeq: selected.highestModSeq }) ?? '';

type Found = Pick<Changes, 'changed' | 'gone'>;

/** QRESYNC: SELECT has told everything but the dates. */
const fromCatchup = async ({ connection, epoch }: OpenMailbox, catchup: Catchup): Promise<Found> => {
  const dates = await datesOf(connection, [...catchup.flags.keys()]);
  const changed: Changed[] = [];
  const runs = [...catchup.vanished];
  for (const [uid, flags] of catchup.flags) {
    const { deleted, revision } = readFlags(flags);
    const at = dates.get(uid);
    if (deleted || at === undefined) runs.push(uid, uid);
    else changed.push({ id: `${epoch}.${uid}`, revision, at });
  }
  return { changed, gone: { removed: setOfRuns(epoch, runs) } };
};

const datesOf = async (connection: Connection, uids: readonly number[]): Promise<Map<number, number>> => {
  const dates = new Map<number, number>();
  await uidFetch(connection, uids, [atom('INTERNALDATE')], ({ uid, values }) => dates.set(uid, dateIn(values)));
  return dates;
};

const dateIn = (values: Fetched['values']): number => secondsOfDate(textOf(values.get('INTERNALDATE')));

/** Runs longer than this are joined as runs; shorter ones as numbers, of which there may be many. */
const LongRun = 1_000;

const setOfRuns = (epoch: string, runs: readonly number[]): IdSet => {
  let set = IdSet.empty;
  const single: number[] = [];
  for (let i = 0; i < runs.length; i += 2) {
    const [start, end] = [runs[i] as number, runs[i + 1] as number];
    if (end - start >= LongRun) set = set.union(IdSet.run(epoch, start, end));
    else for (let uid = start; uid <= end; uid++) single.push(uid);
  }
  return set.union(IdSet.numbered(epoch, single));
};

/** What FETCH CHANGEDSINCE told. */
interface FetchedChanges {
  readonly changed: readonly Changed[];
  /** Runs of UIDs that are gone or marked as deleted. */
  readonly removed: readonly number[];
  /** Messages that are there and came after the mark. */
  readonly arrived: number;
  readonly exists: number;
}

/**
 * On a mailbox that is selected already, or without QRESYNC, changes come by FETCH CHANGEDSINCE.
 * CONDSTORE alone does not tell removals: they show in the count, and only when it does not add up,
 * everything that is there is named.
 */
const fromFetch = async (mailbox: OpenMailbox, mark: ModSeqMark, now: ModSeqMark): Promise<Found> => {
  const { connection, epoch } = mailbox;
  if (mark.kind === 'q' && mark.modSeq === now.modSeq) return { changed: [], gone: { removed: IdSet.empty } };
  const { changed, removed, arrived, exists } = await fetchChanges(mailbox, mark);
  if (mark.kind === 'q' || mark.exists + arrived === exists) {
    return { changed, gone: { removed: setOfRuns(epoch, removed) } };
  }
  const present = await uidSearch(connection, [atom('UNDELETED')]);
  return { changed, gone: { present: IdSet.numbered(epoch, present) } };
};

/**
 * All UIDs there can be. `1:*` ends with the last message that is there, and servers that take it at its
 * word (Cyrus) do not tell of messages beyond it that are gone (RFC 7162, 3.2.6).
 */
const EveryUid = '1:4294967295';

const fetchChanges = async (
  { connection, epoch, selected }: OpenMailbox,
  mark: ModSeqMark,
): Promise<FetchedChanges> => {
  const changed: Changed[] = [];
  const removed: number[] = [];
  let arrived = 0;
  let { exists } = selected;
  const vanished = mark.kind === 'q' ? [atom('VANISHED')] : [];
  const since: Argument = [atom('CHANGEDSINCE'), atom(mark.modSeq.toString()), ...vanished];
  const items: Argument = [atom('UID'), atom('FLAGS'), atom('INTERNALDATE')];
  await connection.run('UID FETCH', [sequence(EveryUid), items, since], {
    FETCH: (line) => {
      const fetched = readFetch(line);
      if (!fetched?.values.has('INTERNALDATE')) return;
      const { uid, values } = fetched;
      const state = readFlags(wordsOf(values.get('FLAGS')));
      if (mark.kind === 'c' && uid >= mark.uidNext) arrived++;
      if (state.deleted) removed.push(uid, uid);
      else changed.push({ id: `${epoch}.${uid}`, revision: state.revision, at: dateIn(values) });
    },
    VANISHED: (line) => {
      connection.noteRemoval(line);
      for (const uid of vanishedRuns(line)) removed.push(uid);
    },
    EXISTS: (line) => {
      exists = Number(line.command);
    },
  });
  return { changed, removed, arrived, exists };
};

/**
 * Neither: the snapshot in the cursor is compared with a new one. Where the mailbox has got
 * mod-sequences meanwhile, they go on from here: those of before the new snapshot, so nothing is missed.
 */
const changesBySnapshot = async (
  mailbox: OpenMailbox,
  mark: Extract<Mark, { kind: 's' }>,
  now: ReturnType<typeof markOf>,
): Promise<Changes> => {
  const { connection, epoch, selected } = mailbox;
  const { snapshot, position } = await lookAround(mailbox);
  const difference = compareSnapshots(mark.snapshot, snapshot);
  const changed: Changed[] = [];
  await uidFetch(connection, difference.changed, [atom('FLAGS'), atom('INTERNALDATE')], ({ uid, values }) => {
    const { deleted, revision } = readFlags(wordsOf(values.get('FLAGS')));
    if (!deleted) changed.push({ id: `${epoch}.${uid}`, revision, at: dateIn(values) });
  });
  const found = { changed, gone: { removed: IdSet.numbered(epoch, difference.gone) } };
  if (now !== undefined) return { ...found, cursor: writeCursor(now), position: positionNow(mailbox) };
  return { ...found, cursor: writeCursor({ kind: 's', uidValidity: selected.uidValidity, snapshot }), position };
};
