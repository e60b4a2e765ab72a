import { isBackendError } from '../../backends/contract/errors.ts';
import type { Folder, FolderId, FolderStore, ItemClass } from '../../backends/contract/folders.ts';
import type { StateStore, Write } from '../state/contract.ts';
import { collectionDocument, decodeCollection, writeCollection } from '../sync/collection-state.ts';
import { InitialSyncKey, type SyncKey } from '../sync/sync-key.ts';
import type { FolderSyncScope } from './folder-sync.ts';
import {
  type DeviceFolder,
  type Hierarchy,
  isUserFolder,
  RootId,
  sortedByDepth,
  subtreeOf,
  userFolderType,
} from './hierarchy.ts';
import { baseOf, freeIdFrom, HierarchyCollection, nextState } from './hierarchy-key.ts';
import { type HierarchyState, loadHierarchy, writeHierarchy } from './hierarchy-state.ts';

/** Why a folder was not made, changed or removed; each command has its own Status for it. */
export type EditRefusal =
  | 'invalidSyncKey'
  /** No such folder. */
  | 'notFound'
  | 'parentNotFound'
  /** There is one of that name, which the device knows. */
  | 'exists'
  /** The folder (for a new one, the parent) is special, or the user may not change it. */
  | 'protected'
  /** The name or the place is one that a folder cannot have. */
  | 'impossible';

/** What came of an edit. */
export type EditOutcome =
  | { readonly refused: EditRefusal }
  | {
      readonly syncKey: string;
      /** CollectionId of the folder. */
      readonly collectionId: string;
      /** Folders that got other ids by being renamed. */
      readonly renamed: ReadonlyMap<FolderId, FolderId>;
    };

/** A folder that a device wants. */
export interface NewFolder {
  readonly parentId: string;
  readonly name: string;
  readonly itemClass: ItemClass;
}

/** A folder as a device wants it to become. */
export interface FolderChange {
  readonly collectionId: string;
  readonly parentId: string;
  readonly name: string;
}

/** What an edit is made on. */
interface View {
  readonly folders: FolderStore;
  /** What the device has. */
  readonly base: Hierarchy;
  /** What it was told last, which it may not have got: the newest that is known of each CollectionId. */
  readonly told: Hierarchy;
  readonly nextId: number;
}

/** What an edit made of the device's hierarchy. */
interface Edited {
  readonly hierarchy: Hierarchy;
  readonly collectionId: string;
  readonly nextId?: number;
  readonly renamed?: ReadonlyMap<FolderId, FolderId>;
  /** The folder's collection is to be forgotten. */
  readonly removed?: boolean;
}

type Edit = (view: View) => Promise<Edited | EditRefusal>;

/** How often a commit is tried again when another request of the partnership came between. */
const CommitTries = 5;

/** Longest name of a folder in characters ([MS-ASCMD] 2.2.3.49.3, R2194). */
const MaxNameLength = 256;

/**
 * Makes a folder ([MS-ASCMD] 2.2.1.3). One that is there already and that the device has not been told of
 * is taken for the one that it wants: either an earlier try of this request made it, whose answer was
 * lost, or somebody else was quicker, and two folders of one name there cannot be.
 */
export const createFolder = (scope: FolderSyncScope, syncKey: string, wanted: NewFolder): Promise<EditOutcome> =>
  edit(scope, syncKey, async ({ folders, base, told, nextId }) => {
    if (!isName(wanted.name)) return 'impossible';
    const parent = parentOf(base, told, wanted.parentId);
    if (parent === undefined) return 'parentNotFound';
    const { name, itemClass } = wanted;
    const id = await create(folders, { parentId: parent.id, name, itemClass });
    if (base.some(({ folder }) => folder === id)) return 'exists';
    const known = told.find(({ folder }) => folder === id)?.collectionId;
    const collectionId = known ?? String(nextId);
    const type = userFolderType(itemClass);
    const made: DeviceFolder = { collectionId, parentId: wanted.parentId, name, type, folder: id, itemClass };
    return { hierarchy: [...base, made], collectionId, nextId: known === undefined ? nextId + 1 : nextId };
  });

/** Renames or moves a folder ([MS-ASCMD] 2.2.1.6). */
export const updateFolder = (scope: FolderSyncScope, syncKey: string, change: FolderChange): Promise<EditOutcome> =>
  edit(scope, syncKey, async ({ folders, base, told }) => {
    const folder = knownAs(base, told, change.collectionId);
    if (folder === undefined) return 'notFound';
    if (!isUserFolder(folder)) return 'protected';
    if (!isName(change.name) || subtreeOf(base, folder.collectionId).has(change.parentId)) return 'impossible';
    const parent = parentOf(base, told, change.parentId);
    if (parent === undefined) return 'parentNotFound';
    const place = { parentId: parent.id, name: change.name };
    const renamed = await rename(folders, base, folder, place);
    if (typeof renamed === 'string') return renamed;
    const { collectionId, parentId, name } = change;
    const hierarchy = base.map((one) => ({
      ...one,
      folder: renamed.get(one.folder) ?? one.folder,
      ...(one.collectionId === collectionId
        ? { parentId, name, folder: renamed.get(folder.folder) ?? folder.folder }
        : {}),
    }));
    return { hierarchy: sortedByDepth(hierarchy), collectionId, renamed };
  });

/**
 * Removes a folder with its items ([MS-ASCMD] 2.2.1.4). One that the device knows and that is gone counts
 * as removed. Folders below it go with it; the device is told of them by its next FolderSync.
 */
export const deleteFolder = (scope: FolderSyncScope, syncKey: string, collectionId: string): Promise<EditOutcome> =>
  edit(scope, syncKey, async ({ folders, base, told }) => {
    const folder = knownAs(base, told, collectionId);
    if (folder === undefined) return 'notFound';
    if (!isUserFolder(folder)) return 'protected';
    await ignoring('notFound', folders.remove(folder.folder));
    return { hierarchy: base.filter((one) => one.collectionId !== collectionId), collectionId, removed: true };
  });

/**
 * Runs an edit on what the device has at its SyncKey, and commits what the device has afterwards: that
 * and no more, so that whatever else changed meanwhile goes out with the next FolderSync. Edits can be
 * repeated, so that an answer that was lost, and a server that died, cost nothing.
 */
const edit = async (scope: FolderSyncScope, syncKey: string, make: Edit): Promise<EditOutcome> => {
  const { keys, store, partition, folders } = scope;
  const key = syncKey === InitialSyncKey ? undefined : keys.parse([partition, HierarchyCollection], syncKey);
  if (key === undefined) return { refused: 'invalidSyncKey' };
  for (let tries = 0; tries < CommitTries; tries++) {
    const { state, revision } = await loadHierarchy(store, partition);
    const base = baseOf(state, key);
    if (base === undefined) return { refused: 'invalidSyncKey' };
    const view = { folders, base, told: state?.current ?? base, nextId: freeIdFrom(state, key) };
    const edited = await make(view).catch(refusalOf);
    if (typeof edited === 'string') return { refused: edited };
    const next = stateAfter(state, key, view, edited);
    const writes = [writeHierarchy(next, revision), ...(await collectionWrites(store, partition, edited))];
    if (!(await store.commit(partition, writes))) continue;
    const { collectionId, renamed = new Map() } = edited;
    return { syncKey: keys.format([partition, HierarchyCollection], next), collectionId, renamed };
  }
  throw new Error('Other requests of this device keep changing the folder hierarchy');
};

const stateAfter = (state: HierarchyState | undefined, key: SyncKey, { base, nextId }: View, edited: Edited) =>
  nextState(state, key, { base, hierarchy: edited.hierarchy, nextId: edited.nextId ?? nextId });

/** What a backend's refusal means; what is no refusal is thrown on. */
const refusalOf = (error: unknown): EditRefusal => {
  if (isBackendError(error, 'notFound')) return 'parentNotFound';
  if (isBackendError(error, 'exists')) return 'exists';
  if (isBackendError(error, 'forbidden')) return 'protected';
  if (isBackendError(error, 'rejected', 'tooLarge', 'unsupported')) return 'impossible';
  throw error;
};

/** Collections of renamed folders go on under the new id; that of a removed one is forgotten. */
const collectionWrites = async (
  store: StateStore,
  partition: string,
  { hierarchy, collectionId, renamed, removed }: Edited,
): Promise<Write[]> => {
  if (removed) return [{ name: collectionDocument(collectionId), value: null }];
  if (renamed === undefined || renamed.size === 0) return [];
  const moved = new Set(renamed.values());
  const affected = hierarchy.filter(({ folder }) => moved.has(folder));
  const documents = await store.load(
    partition,
    affected.map((one) => collectionDocument(one.collectionId)),
  );
  return affected.flatMap(({ collectionId: id, folder }) => {
    const document = documents.get(collectionDocument(id));
    return document === undefined
      ? []
      : [writeCollection(id, { ...decodeCollection(document.value), folder }, document)];
  });
};

const isName = (name: string): boolean =>
  name.trim() !== '' && [...name].length <= MaxNameLength && !/\p{Cc}|\p{Surrogate}/u.test(name);

const knownAs = (base: Hierarchy, told: Hierarchy, collectionId: string): DeviceFolder | undefined => {
  const sameId = (folder: DeviceFolder): boolean => folder.collectionId === collectionId;
  return base.some(sameId) ? (told.find(sameId) ?? base.find(sameId)) : undefined;
};

const parentOf = (base: Hierarchy, told: Hierarchy, parentId: string): { id: FolderId | undefined } | undefined => {
  if (parentId === RootId) return { id: undefined };
  const parent = knownAs(base, told, parentId);
  return parent === undefined ? undefined : { id: parent.folder };
};

/** Makes a folder, or finds the one of that name. */
const create = async (folders: FolderStore, wanted: Parameters<FolderStore['create']>[0]): Promise<FolderId> => {
  try {
    return await folders.create(wanted);
  } catch (error) {
    if (!isBackendError(error, 'exists')) throw error;
    const there = findAt(await folders.list(), wanted);
    if (there === undefined) throw error;
    return there.id;
  }
};

const findAt = (
  folders: readonly Folder[],
  wanted: { readonly parentId?: FolderId | undefined; readonly name: string; readonly itemClass: ItemClass },
): Folder | undefined =>
  folders.find(
    ({ parentId, name, itemClass }) =>
      parentId === wanted.parentId && itemClass === wanted.itemClass && name.normalize() === wanted.name.normalize(),
  );

/**
 * Renames a folder and tells which folders got other ids by that: on servers that have none of their own
 * an id goes with the path. One that is gone from its old place and stands in the new one, where the
 * device knows none, was put there by an earlier try.
 */
const rename = async (
  store: FolderStore,
  base: Hierarchy,
  folder: DeviceFolder,
  place: { readonly parentId: FolderId | undefined; readonly name: string },
): Promise<ReadonlyMap<FolderId, FolderId> | EditRefusal> => {
  try {
    const id = await store.update(folder.folder, place);
    return id === folder.folder ? new Map() : followed(base, folder, id, await store.list());
  } catch (error) {
    if (!isBackendError(error, 'notFound')) throw error;
    const folders = await store.list();
    const there = findAt(folders, { ...place, itemClass: folder.itemClass });
    if (there !== undefined && !base.some((one) => one.folder === there.id)) {
      return followed(base, folder, there.id, folders);
    }
    const parentGone = place.parentId !== undefined && !folders.some(({ id }) => id === place.parentId);
    return parentGone ? 'parentNotFound' : 'notFound';
  }
};

/** Old and new ids of a renamed folder and of what is below it, by their names. */
const followed = (
  base: Hierarchy,
  folder: DeviceFolder,
  id: FolderId,
  folders: readonly Folder[],
): ReadonlyMap<FolderId, FolderId> => {
  const ids = new Map([[folder.folder, id]]);
  const byCollection = new Map([[folder.collectionId, id]]);
  for (const one of sortedByDepth(base)) {
    const parentId = byCollection.get(one.parentId);
    const now =
      parentId === undefined ? undefined : findAt(folders, { parentId, name: one.name, itemClass: one.itemClass })?.id;
    if (now === undefined) continue;
    byCollection.set(one.collectionId, now);
    ids.set(one.folder, now);
  }
  return ids;
};

const ignoring = async (code: 'notFound', work: Promise<void>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    if (!isBackendError(error, code)) throw error;
  }
};
