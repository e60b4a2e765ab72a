import { isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId, ItemClass } from '../../backends/contract/folders.ts';
import type { IdSet } from '../../backends/contract/id-set.ts';
import type { ItemId, Listing, Position, Revision } from '../../backends/contract/items.ts';
import type { ClientCommand, ServerCommand, SyncOptions, SyncResponseItem } from '../../protocol/commands/sync.ts';
import { GlobalStatus, SyncStatus } from '../../protocol/status.ts';
import type { CollectionState } from './collection-state.ts';
import { applyCommands, changedItems } from './device-commands.ts';
import { fillWindow } from './fill-window.ts';
import { dayOf, filterAllowed, floorDate, floorOf } from './filter.ts';
import {
  absorbChanges,
  absorbFilter,
  absorbListing,
  absorbUncertain,
  firstGeneration,
  type Generation,
  hasWork,
  passedBetween,
  workCount,
} from './generation.ts';
import type { ItemClassPort } from './item-class.ts';
import { bodyPartAllowed, DefaultOptions, mergeOptions, optionsValid, type StickyOptions } from './options.ts';
import { type SetAsideItems, triedAgain } from './set-aside.ts';
import { cameAgain, gotOn, type Stuck } from './stuck.ts';
import { InitialSyncKey, type SyncKey, type SyncKeys } from './sync-key.ts';

/** One collection of a Sync request, resolved. */
export interface CollectionRequest {
  readonly collectionId: string;
  readonly folder: FolderId;
  readonly itemClass: ItemClass;
  readonly syncKey: string;
  readonly getChanges: boolean | undefined;
  readonly deletesAsMoves: boolean;
  readonly windowSize: number;
  readonly options: readonly SyncOptions[];
  /** Names of the elements that the device manages; counts with SyncKey 0 alone. */
  readonly supported?: readonly string[] | undefined;
  readonly commands: readonly ClientCommand[];
}

/** What all collections of one response share. */
export interface ResponseBudget {
  /** Commands that may still be sent. */
  commands: number;
  /** Bytes that may still be sent; the first item of a response goes out whatever its size. */
  bytes: number;
  /** Milliseconds since 1970 after which no further item is begun. */
  readonly deadline: number;
  /** The response is to hold one command, to find out which item a device does not get over. */
  readonly single?: boolean | undefined;
}

/** What a collection is synchronised with. */
export interface CollectionScope {
  readonly keys: SyncKeys;
  readonly partition: string;
  readonly port: ItemClassPort;
  readonly now: () => number;
  readonly budget: ResponseBudget;
  readonly trouble: Trouble;
}

/** What is known of a collection that does not get on, or did not. */
export interface Trouble {
  readonly stuck: Stuck | undefined;
  readonly setAside: SetAsideItems;
  /** Release of Postrider. */
  readonly release: string;
  /** Whether the response of a generation is known not to have arrived: then nothing in it is at fault. */
  wasLost(generation: number): Promise<boolean>;
  /** Told when no answer can be made, for items cannot be read. */
  failed(stuck: Stuck): void;
}

/** What there is to remember after an answer went out. */
export interface TroubleOutcome {
  readonly stuck: Stuck | undefined;
  readonly setAside: SetAsideItems;
}

/** What one collection answers, and the state that goes with the answer. */
export interface CollectionOutcome {
  readonly status: number;
  /** The key for the next request; after a failure the one that was sent, or 0 where it is of no use. */
  readonly syncKey: string;
  readonly responses: readonly SyncResponseItem[];
  readonly commands: readonly ServerCommand[];
  readonly moreAvailable: boolean;
  /** State to commit before the answer is sent; `undefined`: as stored. */
  readonly state?: CollectionState;
  /** The folder's position that the state follows. */
  readonly position?: Position | undefined;
  /** Whether the device has to be told anything; otherwise the collection stays out of the response. */
  readonly tell: boolean;
  /** Whether the device wrote to the folder, so that other devices must be woken. */
  readonly wrote: boolean;
  /** Absent: as it was. */
  readonly trouble?: TroubleOutcome | undefined;
}

/** A collection of which nothing is told but a Status. */
export const refused = (status: number, syncKey: string): CollectionOutcome => ({
  status,
  syncKey,
  responses: [],
  commands: [],
  moreAvailable: false,
  tell: true,
  wrote: false,
});

/**
 * Synchronises one collection: checks the key, applies the device's commands, looks for changes and
 * fills the window. Writes nothing but what the device ordered; the outcome's state is for the
 * caller to commit together with those of the other collections.
 */
export const syncCollection = async (
  scope: CollectionScope,
  request: CollectionRequest,
  stored: CollectionState | undefined,
): Promise<CollectionOutcome> => {
  const options = mergeOptions(stored?.options ?? DefaultOptions, request.options);
  if (!optionsValid(request.options) || !filterAllowed(request.itemClass, options.filterType)) {
    return refused(SyncStatus.protocolError, request.syncKey);
  }
  if (!request.options.every(bodyPartAllowed)) {
    return refused(GlobalStatus.bodyPartPreferenceTypeNotSupported, request.syncKey);
  }
  if (request.syncKey === InitialSyncKey) return begin(scope, request, stored, options);
  const key = scope.keys.parse([scope.partition, request.collectionId], request.syncKey);
  const base = key === undefined ? undefined : baseOf(stored, key, request.folder);
  if (key === undefined || base === undefined) return refused(SyncStatus.invalidSyncKey, InitialSyncKey);
  return advance(scope, request, { key, base, options, stored });
};

/** SyncKey 0: a new chain; items come with the next request ([MS-ASCMD] 2.2.3.181.4). */
const begin = (
  scope: CollectionScope,
  request: CollectionRequest,
  stored: CollectionState | undefined,
  options: StickyOptions,
): CollectionOutcome => {
  if (request.getChanges === true || request.commands.length > 0)
    return refused(SyncStatus.protocolError, InitialSyncKey);
  const seconds = Math.floor(scope.now() / 1000);
  const chain = Math.max(seconds, (stored?.chain ?? 0) + 1);
  const current = firstGeneration(options.filterType, dayOf(scope.now()));
  const state: CollectionState = {
    chain,
    folder: request.folder,
    options,
    supported: request.supported,
    current,
    previous: undefined,
    journals: {},
  };
  return {
    ...refused(
      SyncStatus.success,
      scope.keys.format([scope.partition, request.collectionId], { chain, generation: 1 }),
    ),
    state,
    trouble: { stuck: undefined, setAside: {} },
  };
};

/** The generation that a key names, and how sure we are of it. */
interface Base {
  readonly generation: Generation;
  /** The store is behind the device: what it may hold beyond the generation is unknown. */
  readonly uncertain: boolean;
}

/**
 * Finds the generation behind an authentic key. The current one, or the previous one when the last
 * response was lost. A key newer than the store's means that the store lost commits (a fail-over,
 * a restored backup): the newest generation known is the best base, and not a certain one.
 *
 * `undefined`: a key from before the previous one, of an earlier life of the collection, or of a
 * life that the store knows nothing of, where nothing tells what the device holds.
 */
const baseOf = (stored: CollectionState | undefined, key: SyncKey, folder: FolderId): Base | undefined => {
  if (stored === undefined || stored.folder !== folder || key.chain > stored.chain) {
    const holdsNothing = key.generation === 1;
    return holdsNothing ? { generation: firstGeneration(0, 0), uncertain: false } : undefined;
  }
  const { current, previous } = stored;
  if (key.chain < stored.chain) return undefined;
  if (key.generation === current.number) return { generation: current, uncertain: false };
  if (key.generation > current.number) return { generation: current, uncertain: true };
  if (previous === undefined || key.generation < previous.number) return undefined;
  return { generation: previous, uncertain: key.generation > previous.number };
};

interface Advance {
  readonly key: SyncKey;
  readonly base: Base;
  readonly options: StickyOptions;
  readonly stored: CollectionState | undefined;
}

const advance = async (
  scope: CollectionScope,
  request: CollectionRequest,
  { key, base, options, stored }: Advance,
): Promise<CollectionOutcome> => {
  const keyScope = [scope.partition, request.collectionId] as const;
  const journalName = `${key.chain}.${key.generation}`;
  const seen = await lookBefore(scope, request, options, base);
  const applied = await applyCommands(
    {
      port: scope.port,
      revisions: seen.revisions,
      collectionId: request.collectionId,
      createScope: JSON.stringify([...keyScope, request.syncKey]),
      view: { options, supported: stored?.supported },
      deletesAsMoves: request.deletesAsMoves,
    },
    request.commands,
    seen.generation,
    stored?.journals[journalName] ?? {},
  );
  const wanted = (request.getChanges ?? true) && scope.budget.commands > 0;
  const looked =
    wanted || seen.uncertain
      ? await lookForChanges(scope, request.itemClass, options.filterType, { ...seen, generation: applied.generation })
      : applied.generation;
  const tried = triedAgain(looked, scope.trouble.setAside, scope.trouble.release, request.itemClass !== 'Email');
  const before = tried.generation;
  const stuck = await stuckNow(scope, request, { key, base, stored }, before);
  const sent = wanted
    ? await fillWindow(scope, request, options, { start: before, number: key.generation, stuck, setAside: tried.items })
    : { generation: before, commands: [], trouble: { stuck, setAside: tried.items } };
  const answered = sent.commands.length > 0 || request.commands.length > 0;
  const tell = answered || base.generation !== stored?.current;
  const state: CollectionState = {
    chain: key.chain,
    folder: request.folder,
    options,
    supported: stored?.supported,
    ...(tell
      ? {
          current: { ...sent.generation, number: nextNumber(stored, key) },
          previous: { ...before, number: key.generation },
          journals: { [journalName]: applied.journal },
        }
      : { current: sent.generation, previous: stored?.previous, journals: stored?.journals ?? {} }),
  };
  return {
    status: SyncStatus.success,
    syncKey: scope.keys.format(keyScope, { chain: key.chain, generation: state.current.number }),
    responses: applied.responses,
    commands: sent.commands,
    moreAvailable: wanted && hasWork(state.current),
    ...(tell || cursorMoved(stored, state) ? { state } : {}),
    position: state.current.position,
    tell,
    wrote: applied.wrote,
    trouble: sent.trouble,
  };
};

/** Whether the device got on since the last response, and how narrow the window is to be if it did not. */
const stuckNow = async (
  { trouble: { stuck, wasLost }, budget }: CollectionScope,
  { windowSize }: CollectionRequest,
  { key, base, stored }: Pick<Advance, 'key' | 'base' | 'stored'>,
  generation: Generation,
): Promise<Stuck | undefined> => {
  if (!hasWork(generation)) return undefined;
  const asked = Math.min(windowSize, budget.commands, workCount(generation));
  const failed = stuck?.failed === true && stuck.generation === key.generation;
  const repeated = !base.uncertain && stored?.previous !== undefined && base.generation === stored.previous;
  if (failed) return cameAgain(stuck, key.generation, asked);
  if (!repeated) return gotOn(stuck, key.generation, asked);
  return (await wasLost(stored.current.number)) ? stuck : cameAgain(stuck, key.generation, asked);
};

/**
 * What others did until now has to be known before a device's Changes are applied: afterwards the
 * item's revision holds both, and theirs would pass for the echo of the device's own.
 */
const lookBefore = async (
  scope: CollectionScope,
  request: CollectionRequest,
  options: StickyOptions,
  base: Base,
): Promise<Base & { readonly revisions: ReadonlyMap<ItemId, Revision> }> => {
  const ids = changedItems(request.collectionId, request.commands, base.generation);
  if (ids.length === 0) return { ...base, revisions: new Map() };
  const revisions = await scope.port.revisions(ids);
  const generation = await lookForChanges(scope, request.itemClass, options.filterType, base);
  return { generation, uncertain: false, revisions };
};

/** Numbers are never used twice in a chain, so that each response that a device got is told apart. */
const nextNumber = (stored: CollectionState | undefined, key: SyncKey): number =>
  Math.max(stored?.chain === key.chain ? stored.current.number : 0, key.generation) + 1;

/** Whether there is something to store under the same key: how far was read, or new Options. */
const cursorMoved = (stored: CollectionState | undefined, { current, options }: CollectionState): boolean =>
  stored?.current.cursor !== current.cursor ||
  stored?.current.position !== current.position ||
  stored?.current.floorDay !== current.floorDay ||
  JSON.stringify(stored?.options) !== JSON.stringify(options);

/** What the device would have to be told now: the generation with all news taken in. */
export const lookForChanges = async (
  scope: Pick<CollectionScope, 'port' | 'now'>,
  itemClass: ItemClass,
  filterType: number,
  { generation, uncertain }: Base,
): Promise<Generation> => {
  const floorDay = dayOf(scope.now());
  const floor = floorOf(itemClass, filterType, floorDay);
  const since = floorDate(floor);
  const filter = { filterType, floorDay };
  if (uncertain) {
    const listing = await scope.port.list(since);
    return absorbUncertain(generation, listing, filter, await goneSince(scope.port, generation, listing));
  }
  if (generation.cursor === undefined) return absorbListing(generation, await scope.port.list(since), filter);
  const changed = await changesOrListing(scope.port, generation, floor, filter);
  const moved = generation.filterType !== filterType || (generation.floorDay !== floorDay && since !== undefined);
  if (!moved || changed.listed) return { ...changed.generation, ...filter };
  return absorbFilter(changed.generation, await scope.port.list(since), filter);
};

/** What is gone since a generation, whether it was ever told to the device or not. */
const goneSince = async (port: ItemClassPort, generation: Generation, listing: Listing): Promise<IdSet> => {
  try {
    const { gone } = await port.changes(generation.cursor ?? '');
    if ('removed' in gone) return gone.removed;
  } catch (error) {
    if (!isBackendError(error, 'cursorRefused')) throw error;
  }
  return passedBetween(generation, listing);
};

const changesOrListing = async (
  port: ItemClassPort,
  generation: Generation,
  floor: number,
  filter: { filterType: number; floorDay: number },
): Promise<{ generation: Generation; listed: boolean }> => {
  try {
    const changes = await port.changes(generation.cursor ?? '');
    return { generation: absorbChanges(generation, changes, floor), listed: false };
  } catch (error) {
    if (!isBackendError(error, 'cursorRefused')) throw error;
    return { generation: absorbListing(generation, await port.list(floorDate(floor)), filter), listed: true };
  }
};
