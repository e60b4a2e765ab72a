import type { Database } from '../../sqlite/database.ts';
import type { MailFacts } from '../convert/mail/email.ts';
import { type NewContent, writeContent } from './content.ts';
import { revisionOf, type StateRow, stateColumns, stateOfRow, stateValues } from './state.ts';
import type { FolderRow, LocalStore } from './store.ts';

/** A message without its content. */
export interface MessageRow extends StateRow {
  readonly id: number;
  readonly uid: number;
  readonly content: number;
  readonly revision: string;
  /** Seconds since 1970. */
  readonly received: number;
}

/** A message to be stored. */
export interface NewMessage {
  readonly content: NewContent;
  readonly state: MailFacts;
  readonly received: Date;
}

/** One message of a folder; `undefined` when it is not there. */
export const findMessage = (database: Database, folder: number, uid: number): MessageRow | undefined =>
  database
    .prepare(`SELECT id, uid, content, revision, received, ${stateColumns.join(', ')}
      FROM messages WHERE folder = ? AND uid = ?`)
    .get<MessageRow>(folder, uid);

/** Stores a message in a folder; gives its uid and revision. */
export const insertMessage = (
  store: LocalStore,
  folder: FolderRow,
  { content: newContent, state, received }: NewMessage,
): { readonly uid: number; readonly revision: string } => {
  const content = writeContent(store.database, newContent);
  const [uid, modseq, revision] = [takeUid(store.database, folder.id), store.nextModseq(folder.id), revisionOf(state)];
  store.database
    .prepare(`INSERT INTO messages (folder, uid, modseq, received, content, revision, ${stateColumns.join(', ')})
      VALUES (?, ?, ?, ?, ?, ?${', ?'.repeat(stateColumns.length)})`)
    .run(folder.id, uid, modseq, secondsOf(received), content, revision, ...stateValues(state));
  return { uid, revision };
};

/** Stores a state of a message; `false` when that is what it had. */
export const writeState = (store: LocalStore, folder: FolderRow, row: MessageRow, state: MailFacts): boolean => {
  const [before, after] = [stateValues(stateOfRow(row)), stateValues(state)];
  if (JSON.stringify(before) === JSON.stringify(after)) return false;
  store.database
    .prepare(`UPDATE messages SET modseq = ?, revision = ?, ${stateColumns.map((name) => `${name} = ?`).join(', ')}
      WHERE id = ?`)
    .run(store.nextModseq(folder.id), revisionOf(state), ...after, row.id);
  return true;
};

/** Removes messages for good, as one change of the folder. */
export const deleteMessages = (store: LocalStore, folder: FolderRow, rows: readonly MessageRow[]): void => {
  const modseq = store.nextModseq(folder.id);
  for (const { id, uid } of rows) {
    store.database.prepare('DELETE FROM messages WHERE id = ?').run(id);
    recordRemoval(store.database, folder.id, modseq, uid);
  }
  forgetRemovals(store, folder.id, modseq);
};

/** Moves messages, as one change of each folder; gives the new uids in the order of `rows`. */
export const moveMessages = (
  store: LocalStore,
  source: FolderRow,
  target: FolderRow,
  rows: readonly MessageRow[],
): number[] => {
  const [removed, arrived] = [store.nextModseq(source.id), store.nextModseq(target.id)];
  const uids = rows.map(({ id, uid }) => {
    const newUid = takeUid(store.database, target.id);
    store.database
      .prepare('UPDATE messages SET folder = ?, uid = ?, modseq = ? WHERE id = ?')
      .run(target.id, newUid, arrived, id);
    recordRemoval(store.database, source.id, removed, uid);
    return newUid;
  });
  forgetRemovals(store, source.id, removed);
  return uids;
};

/** The next number of an item in a folder. */
export const takeUid = (database: Database, folder: number): number =>
  database
    .prepare('UPDATE folders SET next_uid = next_uid + 1 WHERE id = ? RETURNING next_uid - 1 AS uid')
    .get<{ uid: number }>(folder)?.uid ?? 0;

/** Remembers that an item is gone. */
export const recordRemoval = (database: Database, folder: number, modseq: number, uid: number): void => {
  database.prepare('INSERT INTO removals (folder, modseq, uid) VALUES (?, ?, ?)').run(folder, modseq, uid);
};

/** Drops the oldest removals beyond the number kept; looks only now and then, for counting them costs. */
export const forgetRemovals = (store: LocalStore, folder: number, modseq: number): void => {
  if (modseq % Math.max(1, store.keptRemovals >> 3) !== 0) return;
  const oldest = store.database
    .prepare('SELECT modseq FROM removals WHERE folder = ? ORDER BY modseq DESC, uid DESC LIMIT 1 OFFSET ?')
    .get<{ modseq: number }>(folder, store.keptRemovals);
  if (oldest === undefined) return;
  store.database.prepare('DELETE FROM removals WHERE folder = ? AND modseq <= ?').run(folder, oldest.modseq);
  store.database.prepare('UPDATE folders SET forgotten = ? WHERE id = ?').run(oldest.modseq, folder);
};

/** Whole seconds since 1970, never negative: what FilterType compares. */
const secondsOf = (date: Date): number => Math.max(0, Math.floor(date.getTime() / 1000));
