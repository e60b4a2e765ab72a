import type { SyncRequest, SyncRequestCollection } from '../../protocol/commands/sync.ts';
import { SyncStatus } from '../../protocol/status.ts';

/** Collections in one request at most: a mailbox with more is synchronised in several requests. */
export const MaxCollections = 500;

/**
 * Commands in one request at most ([MS-ASCMD] 3.1.5.10, R5659): more than a person marks or deletes
 * between two requests, few enough to be served within a second.
 */
const MaxCommands = 10_000;

/** Characters of SyncKey, CollectionId, ServerId and ClientId at most ([MS-ASCMD] 2.2.3.30.5, 2.2.3.181.4). */
export const MaxIdLength = 64;

/** What Wait allows, in minutes ([MS-ASCMD] 2.2.3.97, R3227, R3228). */
const WaitMinutes = { min: 1, max: 59 } as const;

/** What HeartbeatInterval allows, in seconds ([MS-ASCMD] 2.2.3.97, R3229, R3230). */
const HeartbeatSeconds = { min: 60, max: 3540 } as const;

/** A collection as it is cached: without commands. */
export type CachedCollection = Omit<SyncRequestCollection, 'commands' | 'supported'>;

/** The last Sync request of a partnership that carried no commands ([MS-ASCMD] 2.2.1.21.1). */
export interface CachedSync {
  readonly collections: readonly CachedCollection[];
  /** Seconds to wait; `undefined`: answer at once. */
  readonly waitSeconds?: number | undefined;
  readonly windowSize?: number | undefined;
}

/** A request that stands on its own, nothing left to a cache. */
export interface WholeSync {
  readonly collections: readonly SyncRequestCollection[];
  readonly waitSeconds: number | undefined;
  readonly windowSize: number | undefined;
}

/** A request that cannot be served, with the Status of the whole response. */
export interface RefusedSync {
  readonly status: number;
  readonly limit?: number;
}

/**
 * Completes a request from the cache: an empty one is the cached one over again, a Partial one
 * takes from it what it leaves out ([MS-ASCMD] 2.2.1.21.1, 2.2.3.131).
 *
 * @param maxWait seconds that this device's connections survive at most, when that was learnt
 */
export const completeRequest = (
  request: SyncRequest | undefined,
  cached: CachedSync | undefined,
  maxWait: number = HeartbeatSeconds.max,
): WholeSync | RefusedSync => {
  if (request === undefined) return cached === undefined ? { status: SyncStatus.requestIncomplete } : wholeOf(cached);
  if (request.partial && cached === undefined) return { status: SyncStatus.requestIncomplete };
  const refusal = waitRefusal(request, maxWait);
  if (refusal !== undefined) return refusal;
  const named = request.collections?.collection ?? [];
  const kept = request.partial ? unnamed(cached?.collections ?? [], named) : [];
  const whole: WholeSync = {
    collections: [...named, ...kept],
    waitSeconds: waitSecondsOf(request) ?? (request.partial ? cached?.waitSeconds : undefined),
    windowSize: request.windowSize ?? (request.partial ? cached?.windowSize : undefined),
  };
  return collectionsRefusal(whole) ?? whole;
};

const wholeOf = ({ collections, waitSeconds, windowSize }: CachedSync): WholeSync => ({
  collections,
  waitSeconds,
  windowSize,
});

const unnamed = (cached: readonly CachedCollection[], named: readonly SyncRequestCollection[]): CachedCollection[] => {
  const ids = new Set(named.map(({ collectionId }) => collectionId));
  return cached.filter(({ collectionId }) => !ids.has(collectionId));
};

const waitSecondsOf = ({ wait, heartbeatInterval }: SyncRequest): number | undefined =>
  heartbeatInterval ?? (wait === undefined ? undefined : wait * 60);

const waitRefusal = ({ wait, heartbeatInterval }: SyncRequest, maxWait: number): RefusedSync | undefined => {
  if (wait !== undefined && heartbeatInterval !== undefined) return { status: SyncStatus.protocolError };
  const maxMinutes = Math.max(WaitMinutes.min, Math.min(WaitMinutes.max, Math.floor(maxWait / 60)));
  const maxSeconds = Math.max(HeartbeatSeconds.min, Math.min(HeartbeatSeconds.max, maxWait));
  return outside(wait, WaitMinutes.min, maxMinutes) ?? outside(heartbeatInterval, HeartbeatSeconds.min, maxSeconds);
};

const outside = (value: number | undefined, min: number, max: number): RefusedSync | undefined => {
  if (value === undefined || (value >= min && value <= max)) return undefined;
  return { status: SyncStatus.invalidWaitOrHeartbeatInterval, limit: value < min ? min : max };
};

const collectionsRefusal = ({ collections }: WholeSync): RefusedSync | undefined => {
  if (collections.length > MaxCollections) return { status: SyncStatus.tooManyCollections, limit: MaxCollections };
  const commands = collections.reduce((sum, collection) => sum + (collection.commands?.length ?? 0), 0);
  const ids = new Set(collections.map(({ collectionId }) => collectionId));
  if (commands > MaxCommands) return { status: SyncStatus.protocolError };
  if (!collections.every(idsFit)) return { status: SyncStatus.protocolError };
  if (ids.size < collections.length || collections.length === 0) return { status: SyncStatus.protocolError };
  return undefined;
};

/** Ids are echoed in the response, which could not be valid with one that is too long. */
const idsFit = ({ collectionId, syncKey, commands = [] }: SyncRequestCollection): boolean =>
  fits(collectionId) &&
  fits(syncKey) &&
  commands.every((command) => fits(command.kind === 'add' ? command.clientId : command.serverId));

const fits = (id: string): boolean => id.length <= MaxIdLength;

/** What to cache of a request: nothing of one with commands, as repeating those would be wrong. */
export const cacheableOf = ({ collections, waitSeconds, windowSize }: WholeSync): CachedSync | undefined => {
  if (collections.some(({ commands }) => commands !== undefined && commands.length > 0)) return undefined;
  const kept = collections.map(({ commands: _c, supported: _s, ...collection }) => collection);
  return { collections: kept, waitSeconds, windowSize };
};
