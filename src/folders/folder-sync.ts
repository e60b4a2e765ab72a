import type { FolderStore, SeenFolders } from '../../backends/contract/folders.ts';
import type { Partition, StateStore } from '../state/contract.ts';
import { InitialSyncKey, type SyncKey, type SyncKeys } from '../sync/sync-key.ts';
import { changeCount, compareHierarchies, type Hierarchy, type HierarchyChanges, hierarchyOf } from './hierarchy.ts';
import { baseOf, freeIdFrom, HierarchyCollection, hasLost, nextState } from './hierarchy-key.ts';
import { type HierarchyState, loadHierarchy, writeHierarchy } from './hierarchy-state.ts';

/** What FolderSync works with. */
export interface FolderSyncScope {
  readonly keys: SyncKeys;
  readonly store: StateStore;
  readonly partition: Partition;
  readonly folders: FolderStore;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** What FolderSync answers; `undefined`: the key is forged, foreign or too old (Status 9). */
export interface FolderSyncOutcome {
  readonly syncKey: string;
  readonly changes: HierarchyChanges;
  readonly count: number;
}

/** How often a commit is tried again when another request of the partnership came between. */
const CommitTries = 5;

/** Synchronises the hierarchy of a partnership ([MS-ASCMD] 2.2.1.5). */
export const syncFolders = async (scope: FolderSyncScope, syncKey: string): Promise<FolderSyncOutcome | undefined> => {
  const { keys, store, partition } = scope;
  const key = syncKey === InitialSyncKey ? undefined : keys.parse([partition, HierarchyCollection], syncKey);
  if (key === undefined && syncKey !== InitialSyncKey) return undefined;
  const seen = await lookAt(scope);
  for (let tries = 0; tries < CommitTries; tries++) {
    const { state, revision } = await loadHierarchy(store, partition);
    const base = key === undefined ? [] : baseOf(state, key);
    if (base === undefined) return undefined;
    const step = stepOf(state, base, seen, key ?? { chain: nextChain(scope, state), generation: 0 });
    if (step.state === undefined || (await store.commit(partition, [writeHierarchy(step.state, revision)]))) {
      const next = step.state ?? (state as HierarchyState);
      const syncKeyNow = keys.format([partition, HierarchyCollection], next);
      return { syncKey: syncKeyNow, changes: step.changes, count: changeCount(step.changes) };
    }
  }
  throw new Error('Other requests of this device keep changing the folder hierarchy');
};

const lookAt = async ({ folders, signal }: FolderSyncScope): Promise<SeenFolders> =>
  folders.look === undefined ? { folders: await folders.list(signal), isAway: () => false } : folders.look(signal);

const nextChain = ({ now }: FolderSyncScope, state: HierarchyState | undefined): number =>
  Math.max(Math.floor(now() / 1000), (state?.chain ?? 0) + 1);

interface Step {
  readonly changes: HierarchyChanges;
  /** The state to store; `undefined`: nothing changed. */
  readonly state: HierarchyState | undefined;
}

const stepOf = (
  state: HierarchyState | undefined,
  base: Hierarchy,
  { folders, isAway }: SeenFolders,
  key: SyncKey,
): Step => {
  const { hierarchy, nextId } = hierarchyOf(folders, state?.current ?? [], freeIdFrom(state, key), isAway);
  const difference = compareHierarchies(base, hierarchy);
  const changes = hasLost(state, key) ? withNames(difference, hierarchy) : difference;
  const current = state !== undefined && state.chain === key.chain && state.generation === key.generation;
  if (current && changeCount(changes) === 0) return { changes, state: undefined };
  return { changes, state: nextState(state, key, { base, hierarchy, nextId }) };
};

/** What a device is told whose key is newer than the store's: it may know folders by other names. */
const withNames = (changes: HierarchyChanges, hierarchy: Hierarchy): HierarchyChanges => {
  const added = new Set(changes.added.map(({ collectionId }) => collectionId));
  return { ...changes, updated: hierarchy.filter(({ collectionId }) => !added.has(collectionId)) };
};

/** The hierarchy's changes since the device last asked, for Ping: whether there are any. */
export const hierarchyMoved = async (scope: FolderSyncScope): Promise<boolean> => {
  const { state } = await loadHierarchy(scope.store, scope.partition);
  if (state === undefined) return true;
  const { folders, isAway } = await lookAt(scope);
  const { hierarchy } = hierarchyOf(folders, state.current, state.nextId, isAway);
  return changeCount(compareHierarchies(state.current, hierarchy)) > 0;
};
