import { breathe } from '../contract/breathe.ts';
import { BackendError } from '../contract/errors.ts';
import { IdSet } from '../contract/id-set.ts';
import type { Changed, Changes, Cursor, Listing } from '../contract/items.ts';
import type { ObjectChanges } from '../contract/objects.ts';
import { joinNumbers, splitNumbers } from './ids.ts';
import { type FolderRow, type LocalStore, positionOf } from './store.ts';

/** Rows read between two breaths: some 10 ms of work. */
const SliceRows = 5000;

/**
 * The messages of a folder received at `since` (seconds) or later. The cursor is that of the start,
 * so what happens between two slices is told by the next `changes`.
 */
export const listMessages = async (
  store: LocalStore,
  folder: FolderRow,
  since: number,
  signal: AbortSignal | undefined,
): Promise<Listing> => {
  const uids: number[] = [];
  let last = { received: since, uid: 0 };
  for (;;) {
    const rows = store.read(() =>
      store.database
        .prepare(`SELECT received, uid FROM messages
          WHERE folder = ? AND received >= ? AND (received > ? OR uid > ?) ORDER BY received, uid LIMIT ${SliceRows}`)
        .all<{ received: number; uid: number }>(folder.id, last.received, last.received, last.uid),
    );
    for (const row of rows) uids.push(row.uid);
    last = rows.at(-1) ?? last;
    if (rows.length < SliceRows) break;
    await breathe(signal);
  }
  const position = positionOf(folder);
  return { ids: IdSet.numbered(String(folder.epoch), uids), cursor: position, position };
};

/** What happened in a folder of mail after `cursor`. Throws `cursorRefused`. */
export const changesSince = async (
  store: LocalStore,
  folder: FolderRow,
  cursor: Cursor,
  signal: AbortSignal | undefined,
): Promise<Changes> => {
  const { changed, ...rest } = await rowsSince<ChangedRow>(store, ChangedAfter, folder, cursor, signal);
  return { ...rest, changed: changed.map((row) => changedOfRow(folder, row)) };
};

/** What happened in a folder of objects after `cursor`. Throws `cursorRefused`. */
export const objectChangesSince = async (
  store: LocalStore,
  folder: FolderRow,
  cursor: Cursor,
  signal: AbortSignal | undefined,
): Promise<ObjectChanges> => {
  const { changed, ...rest } = await rowsSince<RevisionRow>(store, ChangedObjectsAfter, folder, cursor, signal);
  return { ...rest, changed: changed.map(({ uid, revision }) => ({ id: joinNumbers(folder.epoch, uid), revision })) };
};

const rowsSince = async <Row extends SliceRow>(
  store: LocalStore,
  changedAfter: string,
  folder: FolderRow,
  cursor: Cursor,
  signal: AbortSignal | undefined,
): Promise<Omit<Changes, 'changed'> & { readonly changed: readonly Row[] }> => {
  const since = checkedCursor(folder, cursor);
  const changed = await readSlices<Row>(store, changedAfter, folder, since, signal);
  const removed = await readSlices<SliceRow>(store, RemovedAfter, folder, since, signal);
  const position = positionOf(folder);
  return {
    changed,
    gone: {
      removed: IdSet.numbered(
        String(folder.epoch),
        removed.map(({ uid }) => uid),
      ),
    },
    cursor: position,
    position,
  };
};

/** A cursor of another epoch, older than the removals kept, or of a future that a restored backup lost, is refused. */
const checkedCursor = (folder: FolderRow, cursor: Cursor): number => {
  const [epoch, modseq] = splitNumbers(cursor) ?? [0, 0];
  if (epoch !== folder.epoch || modseq < folder.forgotten || modseq > folder.modseq) {
    throw new BackendError('cursorRefused');
  }
  return modseq;
};

interface SliceRow {
  readonly modseq: number;
  readonly uid: number;
}

interface RevisionRow extends SliceRow {
  readonly revision: string;
}

interface ChangedRow extends RevisionRow {
  readonly received: number;
}

const After = 'folder = ? AND modseq >= ? AND modseq <= ? AND (modseq > ? OR uid > ?)';
const Slice = `ORDER BY modseq, uid LIMIT ${SliceRows}`;
const ChangedAfter = `SELECT modseq, uid, revision, received FROM messages WHERE ${After} ${Slice}`;
const ChangedObjectsAfter = `SELECT modseq, uid, revision FROM objects WHERE ${After} ${Slice}`;
const RemovedAfter = `SELECT modseq, uid FROM removals WHERE ${After} ${Slice}`;

/**
 * Rows after the change `since` up to the folder's last. One that changes again between two slices
 * leaves this range and is told by the next `changes`.
 */
const readSlices = async <Row extends SliceRow>(
  store: LocalStore,
  sql: string,
  folder: FolderRow,
  since: number,
  signal: AbortSignal | undefined,
): Promise<Row[]> => {
  const found: Row[] = [];
  let last: SliceRow = { modseq: since, uid: Number.MAX_SAFE_INTEGER };
  for (;;) {
    const { modseq, uid } = last;
    const rows = store.read(() => store.database.prepare(sql).all<Row>(folder.id, modseq, folder.modseq, modseq, uid));
    for (const row of rows) found.push(row);
    last = rows.at(-1) ?? last;
    if (rows.length < SliceRows) return found;
    await breathe(signal);
  }
};

const changedOfRow = ({ epoch }: FolderRow, { uid, revision, received }: ChangedRow): Changed => ({
  id: joinNumbers(epoch, uid),
  revision,
  at: received,
});
