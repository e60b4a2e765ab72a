import { createHash } from 'node:crypto';
import { BackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import { IdSet } from '../../backends/contract/id-set.ts';
import type { Changed, Changes, Cursor, ItemId, Listing, Position } from '../../backends/contract/items.ts';
import type { AnyGroupwareStore } from '../sync/groupware-port.ts';
import { MemberIds } from './member-ids.ts';

/** What several folders of one class have and what happened in them, told as of one folder. */

/** Folders, and the store that has them. */
export interface MemberFolders {
  readonly store: AnyGroupwareStore;
  /** The one that shows them comes first. */
  readonly folders: readonly FolderId[];
  /** Whether one of the given folders may be there although it is not among them, as it cannot be asked now. */
  areAway(folders: readonly FolderId[]): Promise<boolean>;
  readonly signal?: AbortSignal | undefined;
}

/** How far each folder was read. */
type Cursors = ReadonlyMap<FolderId, Cursor>;

const CursorStart = 'merged ';

/** A cursor of the first folder alone is as it is. */
const writeCursor = (cursors: Cursors): Cursor => {
  const [only, ...more] = cursors.values();
  return only !== undefined && more.length === 0 ? only : CursorStart + JSON.stringify([...cursors]);
};

/** Throws `cursorRefused` for one that is damaged. */
const readCursor = (first: FolderId, text: Cursor): Cursors => {
  if (!text.startsWith(CursorStart)) return new Map([[first, text]]);
  try {
    return new Map(JSON.parse(text.slice(CursorStart.length)) as [FolderId, Cursor][]);
  } catch {
    throw new BackendError('cursorRefused', { detail: 'it is damaged' });
  }
};

/** The position of folders that are shown as one: of several a digest of theirs. */
export const mergedPosition = (positions: ReadonlyMap<FolderId, Position>): Position => {
  const [only, ...more] = positions.values();
  if (only !== undefined && more.length === 0) return only;
  const sorted = [...positions].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url').slice(0, 22);
};

type Told = readonly (readonly [folder: FolderId, { readonly cursor: Cursor; readonly position: Position }])[];

const marksOf = (told: Told): { readonly cursor: Cursor; readonly position: Position } => ({
  cursor: writeCursor(new Map(told.map(([folder, { cursor }]) => [folder, cursor]))),
  position: mergedPosition(new Map(told.map(([folder, { position }]) => [folder, position]))),
});

/** Every item of the folders. */
export const listMembers = async (
  { store, folders, signal }: MemberFolders,
  since: Date | undefined,
): Promise<Listing> => {
  const shown = new MemberIds(folders);
  const told = await Promise.all(
    folders.map(async (folder) => [folder, await store.list(folder, since, signal)] as const),
  );
  const ids = told.reduce((all, [folder, listing]) => all.union(shown.allShown(folder, listing.ids)), IdSet.empty);
  return { ids, ...marksOf(told) };
};

/**
 * Items of a folder that came to the others that are told one by one, which takes that they are read. If
 * there are more, the device compares all that it has instead.
 */
export const MaxArrived = 1_000;

/**
 * What happened in the folders since a cursor, folders that came and went among that. Throws `cursorRefused`, and
 * `unavailable` while one of them cannot be asked: nobody knows what is in it.
 */
export const changesOfMembers = async (members: MemberFolders, cursor: Cursor): Promise<Changes> => {
  const { folders } = members;
  const cursors = readCursor(folders[0] ?? '', cursor);
  const missing = [...cursors.keys()].filter((folder) => !folders.includes(folder));
  if (missing.length > 0 && (await members.areAway(missing)))
    throw new BackendError('unavailable', { detail: 'the server of one of the folders does not answer' });
  const told = await Promise.all(
    folders.map(async (folder) => [folder, await memberChanges(members, folder, cursors.get(folder))] as const),
  );
  const shown = new MemberIds(folders);
  return {
    changed: told.flatMap(([folder, { changed }]) =>
      changed.map((one) => ({ ...one, id: shown.shown(folder, one.id) })),
    ),
    gone: await goneOf(members, told, missing.length > 0),
    ...marksOf(told),
  };
};

const memberChanges = (
  { store, signal }: MemberFolders,
  folder: FolderId,
  cursor: Cursor | undefined,
): Promise<Changes> => (cursor === undefined ? allAsNew(store, folder, signal) : store.changes(folder, cursor, signal));

/** A folder that was not among the others before: all of it is new. */
const allAsNew = async (
  store: AnyGroupwareStore,
  folder: FolderId,
  signal: AbortSignal | undefined,
): Promise<Changes> => {
  const { ids, cursor, position } = await store.list(folder, undefined, signal);
  if (ids.size > MaxArrived) throw new BackendError('cursorRefused', { detail: 'a large folder came' });
  const changed = await revisionsOf(store, folder, [...ids], signal);
  return { changed, gone: { removed: IdSet.empty }, cursor, position };
};

const revisionsOf = async (
  store: AnyGroupwareStore,
  folder: FolderId,
  ids: readonly ItemId[],
  signal: AbortSignal | undefined,
): Promise<Changed[]> => {
  const changed: Changed[] = [];
  for await (const read of store.read(folder, ids, { preferences: [], form: 'instants' }, signal)) {
    if (read.outcome === 'item') changed.push({ id: read.id, revision: read.revision, at: read.at });
    // What cannot be read is set aside where it is read for the device.
    else if (read.outcome === 'unreadable') changed.push({ id: read.id, revision: '', at: Number.POSITIVE_INFINITY });
  }
  return changed;
};

/**
 * What is gone. Nothing names what was in a folder that went, and some servers cannot tell removals: then what is
 * there is named instead, of all folders.
 */
const goneOf = async (
  { store, folders, signal }: MemberFolders,
  told: readonly (readonly [FolderId, Changes])[],
  hasLeft: boolean,
): Promise<Changes['gone']> => {
  const shown = new MemberIds(folders);
  const namesPresent = hasLeft || told.some(([, { gone }]) => 'present' in gone);
  const sets = await Promise.all(
    told.map(async ([folder, { gone }]) => {
      if ('present' in gone) return shown.allShown(folder, gone.present);
      return shown.allShown(folder, namesPresent ? (await store.list(folder, undefined, signal)).ids : gone.removed);
    }),
  );
  const all = sets.reduce((sum, set) => sum.union(set), IdSet.empty);
  return namesPresent ? { present: all } : { removed: all };
};
