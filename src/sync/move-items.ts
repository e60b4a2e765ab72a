import { BackendError, isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId, MovedItem } from '../../backends/contract/folders.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { MailStore } from '../../backends/contract/mail.ts';
import { MoveItemsStatus } from '../../protocol/status.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import { findFolder, type HierarchyState, loadHierarchy } from '../folders/hierarchy-state.ts';
import { afterSureMove, afterUnsureMove } from './generation.ts';
import { groupwareStore } from './groupware-port.ts';
import { loadMoveBook, type MoveBook, type MoveEntry, tidied, writeMoveBook } from './move-book.ts';
import { commitOverlay } from './overlay.ts';
import { parseServerId, serverIdOf } from './server-id.ts';
import type { SyncScope } from './sync.ts';

/** One Move of a request, in the device's names. */
export interface WantedMove {
  readonly srcMsgId: string;
  readonly srcFldId: string;
  readonly dstFldId: string;
}

/** What became of it. */
export interface MoveResult {
  readonly status: number;
  /** ServerId in the new folder; absent where the store does not tell it. */
  readonly dstMsgId?: string | undefined;
}

/** What became of all of them. */
export interface MovesOutcome {
  /** One a Move, in their order. */
  readonly results: readonly MoveResult[];
  /** Folders that lost or got items. */
  readonly touched: readonly FolderId[];
  /** To be called when the device has got the answer. */
  delivered(): Promise<void>;
}

/** A Move that the backend is asked for. */
interface Job {
  readonly move: WantedMove;
  readonly item: ItemId;
  readonly source: DeviceFolder;
  readonly target: DeviceFolder;
}

/** ServerIds by CollectionId that came into a collection. */
type Arrivals = ReadonlyMap<string, readonly ItemId[]>;

/** How often a commit is tried again when another request of the partnership came between. */
const CommitTries = 5;

/**
 * Moves items ([MS-ASCMD] 2.2.1.12), each once however often the request is repeated. What a request
 * is about to move is recorded before, what became of it afterwards: an item that is gone from its
 * folder although this device never heard where it went, was moved by the request that the server died in.
 *
 * What the device holds is left as it is: the next Sync finds the items gone in one folder and new in
 * the other. Only for devices that keep moved items by themselves the new ones are laid over it.
 */
export const moveItems = async (scope: SyncScope, moves: readonly WantedMove[]): Promise<MovesOutcome> => {
  const [{ state: hierarchy }, { book, revision }] = await Promise.all([
    loadHierarchy(scope.store, scope.partition),
    loadMoveBook(scope.store, scope.partition),
  ]);
  const results = new Map<WantedMove, MoveResult>();
  const jobs: Job[] = [];
  for (const move of moves) {
    const plan = planOf(hierarchy, book, move);
    if ('status' in plan) results.set(move, plan);
    else jobs.push(plan);
  }
  await begin(scope, jobs, book, revision);
  const done = await runJobs(scope, jobs, book);
  for (const [move, result] of done.results) results.set(move, result);
  const arrivals = scope.quirks.keepsMovedItems ? arrivalsOf(results) : new Map();
  await finish(scope, done.results, arrivals);
  if (done.failure !== undefined) throw done.failure;
  return {
    results: moves.map((move) => results.get(move) ?? { status: MoveItemsStatus.moveFailed }),
    touched: [...done.touched],
    delivered: async () => {
      if (arrivals.size > 0) await commitOverlay(scope.store, scope.partition, arrivals, afterSureMove);
    },
  };
};

/** Checks a Move; a known one gets its remembered result. */
const planOf = (hierarchy: HierarchyState | undefined, book: MoveBook, move: WantedMove): Job | MoveResult => {
  const reference = parseServerId(move.srcMsgId);
  const source = findFolder(hierarchy, move.srcFldId);
  if (reference?.collectionId !== move.srcFldId || source === undefined) {
    return { status: MoveItemsStatus.invalidSource };
  }
  if (move.dstFldId === move.srcFldId) return { status: MoveItemsStatus.sameSourceAndDestination };
  const known = book[move.srcMsgId];
  if (known?.done && known.to === move.dstFldId) return { status: MoveItemsStatus.success, dstMsgId: known.dstMsgId };
  const target = findFolder(hierarchy, move.dstFldId);
  if (target === undefined || target.itemClass !== source.itemClass) {
    return { status: MoveItemsStatus.invalidDestination };
  }
  return { move, item: reference.itemId, source, target };
};

/** Records what is about to be moved, as far as it is not recorded yet. */
const begin = async (scope: SyncScope, jobs: readonly Job[], book: MoveBook, revision: number): Promise<void> => {
  const fresh = jobs.filter(({ move }) => book[move.srcMsgId]?.to !== move.dstFldId);
  if (fresh.length === 0) return;
  const at = scope.now();
  const entries = fresh.map(({ move }) => [move.srcMsgId, { to: move.dstFldId, at, done: false }] as const);
  await commitBook(scope, (known) => ({ ...known, ...Object.fromEntries(entries) }), { book, revision });
};

interface JobsDone {
  readonly results: ReadonlyMap<WantedMove, MoveResult>;
  readonly touched: ReadonlySet<FolderId>;
  /** Why the rest was not done: the backend is down, and the device shall come again. */
  readonly failure?: unknown;
}

/** Moves group by group; what was done before the backend went down is recorded all the same. */
const runJobs = async (scope: SyncScope, jobs: readonly Job[], book: MoveBook): Promise<JobsDone> => {
  const results = new Map<WantedMove, MoveResult>();
  const touched = new Set<FolderId>();
  try {
    for (const group of groupsOf(jobs)) {
      const done = await runGroup(scope, group, book);
      for (const [i, { move }] of group.entries()) results.set(move, done[i] ?? { status: MoveItemsStatus.moveFailed });
      const [{ source, target }] = group;
      if (done.some(isSuccess)) for (const { folder } of [source, target]) touched.add(folder);
    }
    return { results, touched };
  } catch (failure) {
    return { results, touched, failure };
  }
};

const isSuccess = ({ status }: MoveResult): boolean => status === MoveItemsStatus.success;

/** Moves the items of one pair of folders by one call to the backend; one result a job. */
const runGroup = async (scope: SyncScope, group: Group, book: MoveBook): Promise<readonly MoveResult[]> => {
  try {
    const moved = await moveGroup(scope, group);
    return group.map((job) => resultOf(job, moved, book));
  } catch (error) {
    if (!isBackendError(error) || isBackendError(error, 'unavailable', 'loginRefused')) throw error;
    const [{ target }] = group;
    const status = isBackendError(error, 'notFound') ? await missingOf(scope, target) : MoveItemsStatus.moveFailed;
    return group.map(() => ({ status }));
  }
};

type Group = readonly [Job, ...Job[]];

const groupsOf = (jobs: readonly Job[]): readonly Group[] => {
  const groups = new Map<string, [Job, ...Job[]]>();
  for (const job of jobs) {
    const name = `${job.source.collectionId} ${job.target.collectionId}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [job]);
    else group.push(job);
  }
  return [...groups.values()];
};

const moveGroup = async (scope: SyncScope, group: Group): Promise<readonly MovedItem[]> => {
  const [{ source, target }] = group;
  const ids = [...new Set(group.map(({ item }) => item))];
  const moved = await storeOf(scope, source).move(source.folder, ids, target.folder);
  if (source.itemClass === 'Email') await scope.followUps.moved(source.folder, target.folder, moved);
  return moved;
};

/** The store of a folder. Throws `unsupported` where the account has none of its class any more. */
const storeOf = ({ backend }: SyncScope, { itemClass }: DeviceFolder): Pick<MailStore, 'move' | 'positions'> => {
  const store = itemClass === 'Email' ? backend.mail : groupwareStore(backend, itemClass);
  if (store === undefined) throw new BackendError('unsupported', { detail: `no backend keeps ${itemClass} any more` });
  return store;
};

/** An item that is not there was moved by an earlier try of this request, if that was recorded; else it is unknown. */
const resultOf = ({ move, item, target }: Job, moved: readonly MovedItem[], book: MoveBook): MoveResult => {
  const found = moved.find(({ id }) => id === item);
  if (found === undefined) {
    const begun = book[move.srcMsgId]?.to === move.dstFldId;
    return { status: begun ? MoveItemsStatus.success : MoveItemsStatus.invalidSource };
  }
  const dstMsgId = found.newId === undefined ? undefined : serverIdOf(target.collectionId, found.newId);
  return { status: MoveItemsStatus.success, dstMsgId };
};

/** Which of the two folders a backend did not find. */
const missingOf = async (scope: SyncScope, target: DeviceFolder): Promise<number> => {
  const there = await storeOf(scope, target).positions([target.folder], scope.signal);
  return there.has(target.folder) ? MoveItemsStatus.invalidSource : MoveItemsStatus.invalidDestination;
};

const arrivalsOf = (results: ReadonlyMap<WantedMove, MoveResult>): Arrivals => {
  const arrivals = new Map<string, ItemId[]>();
  for (const { dstMsgId } of results.values()) {
    const reference = dstMsgId === undefined ? undefined : parseServerId(dstMsgId);
    if (reference === undefined) continue;
    arrivals.set(reference.collectionId, [...(arrivals.get(reference.collectionId) ?? []), reference.itemId]);
  }
  return arrivals;
};

/** Records the results and lays the arrivals over what the device holds. */
const finish = async (
  scope: SyncScope,
  results: ReadonlyMap<WantedMove, MoveResult>,
  arrivals: Arrivals,
): Promise<void> => {
  if (arrivals.size > 0) await commitOverlay(scope.store, scope.partition, arrivals, afterUnsureMove);
  if (results.size > 0) await commitBook(scope, (known) => withResults(known, results, scope.now()));
};

const withResults = (book: MoveBook, results: ReadonlyMap<WantedMove, MoveResult>, at: number): MoveBook => {
  const entries = new Map<string, MoveEntry>(Object.entries(book));
  for (const [{ srcMsgId, dstFldId }, { status, dstMsgId }] of results) {
    entries.delete(srcMsgId);
    if (status === MoveItemsStatus.success) entries.set(srcMsgId, { to: dstFldId, at, done: true, dstMsgId });
  }
  return Object.fromEntries(entries);
};

const commitBook = async (
  { store, partition, now }: SyncScope,
  change: (book: MoveBook) => MoveBook,
  loaded?: { readonly book: MoveBook; readonly revision: number },
): Promise<void> => {
  for (let tries = 0; tries < CommitTries; tries++) {
    const { book, revision } = (tries === 0 ? loaded : undefined) ?? (await loadMoveBook(store, partition));
    if (await store.commit(partition, [writeMoveBook(tidied(change(book), now()), revision)])) return;
  }
  throw new Error('Other requests of this device keep moving items');
};
