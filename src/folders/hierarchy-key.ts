import type { SyncKey } from '../sync/sync-key.ts';
import { type Hierarchy, RootId, userFolderType } from './hierarchy.ts';
import type { HierarchyState } from './hierarchy-state.ts';

/** Name of the hierarchy as a collection, for its SyncKeys. */
export const HierarchyCollection = 'hierarchy';

/** Folders that a device is told to forget after the store lost commits: more than anybody makes in the time lost. */
const MostLostIds = 1_000;

/**
 * What the device has at a key. An authentic key that is newer than the store's comes from a store
 * that lost commits: the newest hierarchy known, and what may have been added to it, is the best guess,
 * and the difference is sent. From a store that knows no hierarchy at all there is nothing to guess, and the device begins anew.
 */
export const baseOf = (state: HierarchyState | undefined, key: SyncKey): Hierarchy | undefined => {
  if (state === undefined || key.chain < state.chain) return undefined;
  if (isNewer(key, state)) return [...state.current, ...lostFolders(state, key)];
  if (key.generation === state.generation) return state.current;
  return key.generation === state.previous?.generation ? state.previous.hierarchy : undefined;
};

const isNewer = (key: SyncKey, { chain, generation }: HierarchyState): boolean =>
  key.chain > chain || (key.chain === chain && key.generation > generation);

/** Whether the store lost commits that the device has got. */
export const hasLost = (state: HierarchyState | undefined, key: SyncKey): boolean =>
  state !== undefined && key.generation > 0 && isNewer(key, state);

/** The first CollectionId that is certainly free: those that the device may have are below its key's generation. */
export const freeIdFrom = (state: HierarchyState | undefined, key: SyncKey): number =>
  Math.max(state?.nextId ?? 1, hasLost(state, key) ? key.generation : 0);

/**
 * Folders that the device may have got in the commits that the store lost. They are no folders of the
 * backend, so that the device is told to forget them; those that are still there it gets anew.
 */
const lostFolders = (state: HierarchyState, key: SyncKey): Hierarchy =>
  Array.from({ length: Math.min(MostLostIds, Math.max(0, key.generation - state.nextId)) }, (_, i) => ({
    collectionId: String(state.nextId + i),
    parentId: RootId,
    name: '',
    type: userFolderType('Email'),
    folder: '',
    itemClass: 'Email',
  }));

/**
 * The state after the device that has `base` at `key` was told what makes `hierarchy` out of it. A
 * generation is never below the next CollectionId, so that a key tells which ids its device may have.
 */
export const nextState = (
  state: HierarchyState | undefined,
  key: SyncKey,
  { base, hierarchy, nextId }: { readonly base: Hierarchy; readonly hierarchy: Hierarchy; readonly nextId: number },
): HierarchyState => {
  const last = state?.chain === key.chain ? state.generation : 0;
  return {
    chain: key.chain,
    generation: Math.max(last + 1, key.generation + 1, nextId),
    current: hierarchy,
    previous: key.generation === 0 ? undefined : { generation: key.generation, hierarchy: base },
    nextId,
  };
};
