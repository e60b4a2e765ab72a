import type { Abilities } from '../../backends/contract/backend.ts';
import { isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { ItemId, Position } from '../../backends/contract/items.ts';
import type { MailStore } from '../../backends/contract/mail.ts';
import type { SyncRequestCollection, SyncResponse, SyncResponseCollection } from '../../protocol/commands/sync.ts';
import { SyncStatus } from '../../protocol/status.ts';
import { can, type ProtocolVersion } from '../../protocol/versions.ts';
import type { Quirks } from '../devices/quirks.ts';
import { type DeviceFolder, isDraftsFolder, receivesMail } from '../folders/hierarchy.ts';
import { findFolder, loadHierarchy } from '../folders/hierarchy-state.ts';
import type { Partition, StateStore, StoredDocument, Write } from '../state/contract.ts';
import { packDocument, unpackDocument } from '../state/document.ts';
import { type GroupwareClass, supportedNames } from './absent-elements.ts';
import type { Announcer } from './announcer.ts';
import {
  type CollectionOutcome,
  type CollectionScope,
  type ResponseBudget,
  refused,
  syncCollection,
} from './collection.ts';
import { collectionDocument, decodeCollection, writeCollection } from './collection-state.ts';
import type { DraftPort } from './draft-port.ts';
import { emailPort, type FetchedMail } from './email-port.ts';
import type { Filing } from './filing.ts';
import type { FollowUps } from './follow-up.ts';
import { groupwarePort, groupwareStore } from './groupware-port.ts';
import type { ItemClassPort } from './item-class.ts';
import { SetAsideDocument } from './set-aside.ts';
import type { SyncKeys } from './sync-key.ts';
import { type CachedSync, cacheableOf, type WholeSync } from './sync-request.ts';
import { Troubles, type TroublesScope } from './troubles.ts';

/** Commands in one response at most, and in one collection when the device names no number. */
const WindowSizes = { max: 512, standard: 100 } as const;

/** Bytes of items after which a response takes no further one: it is held in memory until sent. */
const ResponseBytes = 4 * 1024 * 1024;

/** Milliseconds of work after which a response is sent with what it has: devices give up at 30 s. */
const ResponseTime = 10_000;

/** How often a commit is tried again when another request of the partnership came between. */
const CommitTries = 5;

/** What a Sync works with. */
export interface SyncScope {
  readonly partition: Partition;
  readonly store: StateStore;
  readonly keys: SyncKeys;
  readonly backend: Abilities;
  readonly version: ProtocolVersion;
  /** How devices write drafts in a folder of them; absent: they write none. */
  draftsOf?(mail: MailStore, folder: FolderId): DraftPort;
  /** Tells the people of meetings in a calendar; absent: the device itself does. */
  announcerOf?(folder: FolderId): Announcer | undefined;
  /** Takes in what mails say of meetings; absent: nobody does. */
  readonly takeIn?: ((mail: FetchedMail) => Promise<void>) | undefined;
  readonly followUps: FollowUps;
  /** Has the account's other devices told of a mail again, see {@link tellAgain}. */
  tellOthers(folder: FolderId, id: ItemId): Promise<void>;
  /** Absent: mail stays in the folder that it came to. */
  readonly filing?: Filing | undefined;
  readonly quirks: Quirks;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** The same, with what is known of collections that do not get on. */
export type SyncRun = SyncScope & TroublesScope;

/** Name of the cached request. */
const CachedSyncDocument = 'sync-request';

/** What came of one look at all collections. */
export interface SyncOutcome {
  readonly response: SyncResponse;
  /** Whether there is anything to tell; otherwise the response may be empty, or wait. */
  readonly tell: boolean;
  /** Whether the request must be answered without waiting ([MS-ASCMD] 3.1.5.4, R5599). */
  readonly atOnce: boolean;
  /** Folders that the device wrote to. */
  readonly wrote: readonly FolderId[];
  /** The folders that can be waited for, with the positions that the device now knows. */
  readonly positions: ReadonlyMap<FolderId, Position | undefined>;
  /** The generation of each collection in the response, by CollectionId, in case it is not delivered. */
  readonly told: ReadonlyMap<string, number>;
}

/** Reads the cached request of a partnership. */
export const loadCachedSync = async (store: StateStore, partition: Partition): Promise<CachedSync | undefined> => {
  const document = (await store.load(partition, [CachedSyncDocument])).get(CachedSyncDocument);
  return document === undefined ? undefined : unpackDocument<CachedSync>(document.value).json;
};

/**
 * Synchronises all collections of a request and commits what came of it in one piece. When another
 * request of the partnership committed meanwhile, nothing was written and all is done again.
 *
 * @param onlyFor nothing is committed when this has aborted: for waits, whose client may have gone
 */
export const syncOnce = async (scope: SyncRun, request: WholeSync, onlyFor?: AbortSignal): Promise<SyncOutcome> => {
  for (let tries = 0; tries < CommitTries; tries++) {
    const { outcomes, writes, troubles } = await syncAll(scope, request);
    // A wait whose client has gone commits nothing: its next request starts from the same state.
    if (onlyFor?.aborted) return refusedSync({ status: SyncStatus.retry });
    if (writes.length > 0 && !(await scope.store.commit(scope.partition, writes))) continue;
    troubles.committed();
    return outcomeOf(outcomes, request);
  }
  return refusedSync({ status: SyncStatus.retry });
};

/** A response that is a Status alone. */
export const refusedSync = ({ status, limit }: { status: number; limit?: number }): SyncOutcome => ({
  response: { status, limit },
  tell: true,
  atOnce: true,
  wrote: [],
  positions: new Map(),
  told: new Map(),
});

interface CollectionResult {
  readonly collection: SyncRequestCollection;
  readonly folder: DeviceFolder | undefined;
  readonly outcome: CollectionOutcome;
}

const syncAll = async (
  scope: SyncRun,
  request: WholeSync,
): Promise<{ outcomes: CollectionResult[]; writes: Write[]; troubles: Troubles }> => {
  const { store, partition } = scope;
  const names = request.collections.map(({ collectionId }) => collectionDocument(collectionId));
  const [hierarchy, documents] = await Promise.all([
    loadHierarchy(store, partition),
    store.load(partition, [...names, CachedSyncDocument, SetAsideDocument]),
  ]);
  const troubles = new Troubles(scope, documents.get(SetAsideDocument));
  const budget: ResponseBudget = {
    ...troubles.limit(
      request.collections.map(({ collectionId }) => collectionId),
      windowOf(request.windowSize, WindowSizes.max),
    ),
    bytes: ResponseBytes,
    deadline: scope.now() + ResponseTime,
  };
  const outcomes: CollectionResult[] = [];
  const writes: Write[] = [];
  const away = new Away();
  for (const collection of request.collections) {
    const folder = findFolder(hierarchy.state, collection.collectionId);
    const document = documents.get(collectionDocument(collection.collectionId));
    const outcome = await away.tolerate(folder, collection, () =>
      syncOne(scope, { budget, trouble: troubles.of(collection.collectionId) }, collection, folder, document),
    );
    troubles.take(collection.collectionId, outcome.trouble);
    outcomes.push({ collection, folder, outcome });
    if (outcome.state !== undefined) writes.push(writeCollection(collection.collectionId, outcome.state, document));
  }
  away.throwIfAll(outcomes.length);
  const cache = writeCache(request, documents.get(CachedSyncDocument));
  return { outcomes, writes: [...writes, ...cache, ...troubles.writes()], troubles };
};

/**
 * Collections whose server is away. That of contacts or calendars stops no mail: such a collection stays as it is,
 * and is told of only where the device waits for an answer to its own changes, which it sends again then. If
 * all of a request are away, or mail is, the request fails as a whole.
 */
class Away {
  readonly #failures: unknown[] = [];

  async tolerate(
    folder: DeviceFolder | undefined,
    { syncKey, commands = [] }: SyncRequestCollection,
    work: () => Promise<CollectionOutcome>,
  ): Promise<CollectionOutcome> {
    try {
      return await work();
    } catch (error) {
      if (folder?.itemClass === 'Email' || !isBackendError(error, 'unavailable')) throw error;
      this.#failures.push(error);
      return { ...refused(SyncStatus.retry, syncKey), tell: commands.length > 0 };
    }
  }

  throwIfAll(collections: number): void {
    if (this.#failures.length > 0 && this.#failures.length === collections) throw this.#failures[0];
  }
}

/** A folder that is gone from the backend is a matter of the hierarchy, and of this collection alone. */
const syncOne = async (
  scope: SyncScope,
  { budget, trouble }: Pick<CollectionScope, 'budget' | 'trouble'>,
  collection: SyncRequestCollection,
  folder: DeviceFolder | undefined,
  document: StoredDocument | undefined,
): Promise<CollectionOutcome> => {
  const { collectionId, syncKey } = collection;
  const port = folder === undefined ? undefined : portOf(scope, folder);
  if (folder === undefined || port === undefined) return gone(scope, SyncStatus.objectNotFound, syncKey);
  const { folder: id, itemClass } = folder;
  // Notes are managed whole or not at all (MS-ASNOTE_R114).
  if (itemClass === 'Notes' && collection.supported !== undefined) return refused(SyncStatus.protocolError, syncKey);
  try {
    return await syncCollection(
      { keys: scope.keys, partition: scope.partition, port, now: scope.now, budget, trouble },
      {
        ...{ collectionId, folder: id, itemClass, syncKey, supported: supportedNames(itemClass, collection.supported) },
        ...wishesOf(collection),
      },
      document === undefined ? undefined : decodeCollection(document.value),
    );
  } catch (error) {
    if (isBackendError(error, 'notFound')) return gone(scope, SyncStatus.folderHierarchyChanged, syncKey);
    throw error;
  }
};

/** What a device wants of a collection, with what holds when it does not say. */
const wishesOf = ({
  getChanges,
  deletesAsMoves = true,
  windowSize,
  options,
  commands = [],
}: SyncRequestCollection) => ({
  getChanges,
  deletesAsMoves,
  windowSize: windowOf(windowSize, WindowSizes.standard),
  options,
  commands,
});

/** 0 and more than 512 count as 512 ([MS-ASCMD] 2.2.3.109, R3458). */
const windowOf = (size: number | undefined, standard: number): number => {
  if (size === undefined) return standard;
  return size <= 0 || size > WindowSizes.max ? WindowSizes.max : size;
};

/** A collection that cannot be served; devices that fail on its Status are told by the next Ping alone. */
const gone = ({ quirks }: SyncScope, status: number, syncKey: string): CollectionOutcome => ({
  ...refused(status, syncKey),
  tell: !quirks.failsOnGoneCollections,
});

/** The engine's view of a folder's class; `undefined`: the account has no backend for it. */
export const portOf = (scope: SyncScope, folder: DeviceFolder): ItemClassPort | undefined => {
  const { itemClass } = folder;
  return itemClass === 'Email' ? mailPort(scope, folder) : otherPort(scope, folder, itemClass);
};

const otherPort = (
  scope: SyncScope,
  { folder, collectionId }: DeviceFolder,
  itemClass: GroupwareClass,
): ItemClassPort | undefined => {
  const { backend, version, signal } = scope;
  const store = groupwareStore(backend, itemClass);
  const announcer = itemClass === 'Calendar' ? scope.announcerOf?.(folder) : undefined;
  return store === undefined
    ? undefined
    : groupwarePort({ backend, itemClass, store, folder, collectionId, version, signal, announcer });
};

const mailPort = (scope: SyncScope, folder: DeviceFolder): ItemClassPort | undefined => {
  const { mail } = scope.backend;
  if (mail === undefined) return undefined;
  const { version, followUps, filing, signal } = scope;
  const isWritable = isDraftsFolder(folder) && can(version, 'drafts');
  const drafts = isWritable ? scope.draftsOf?.(mail, folder.folder) : undefined;
  const { folder: id, collectionId } = folder;
  const tellOthers = (item: ItemId): Promise<void> => scope.tellOthers(id, item);
  const takeIn = receivesMail(folder) ? scope.takeIn : undefined;
  return emailPort({ mail, folder: id, collectionId, version, followUps, filing, tellOthers, takeIn, signal, drafts });
};

/** Caches the request, or drops the cache of an older one, when that changes anything. */
const writeCache = (request: WholeSync, stored: StoredDocument | undefined): Write[] => {
  const cache = cacheableOf(request);
  const value = cache === undefined ? null : packDocument(cache);
  const same = value === null ? stored === undefined : stored !== undefined && equalBytes(stored.value, value);
  return same ? [] : [{ name: CachedSyncDocument, value }];
};

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

const outcomeOf = (results: readonly CollectionResult[], request: WholeSync): SyncOutcome => {
  const told = results.filter(({ outcome }) => outcome.tell);
  return {
    response: { collections: { collection: told.map(responseCollection) } },
    tell: told.length > 0,
    atOnce: request.collections.some(({ commands }) => commands !== undefined && commands.length > 0),
    wrote: results.flatMap(({ folder, outcome }) => (outcome.wrote && folder !== undefined ? [folder.folder] : [])),
    positions: new Map(
      results.flatMap(({ folder, outcome }) => (folder === undefined ? [] : [[folder.folder, outcome.position]])),
    ),
    told: new Map(
      told.flatMap(({ collection: { collectionId }, outcome: { state } }) =>
        state === undefined ? [] : [[collectionId, state.current.number]],
      ),
    ),
  };
};

/** Empty containers are left out: some devices fail on them. */
const responseCollection = ({ collection, folder, outcome }: CollectionResult): SyncResponseCollection => ({
  class: folder?.itemClass ?? collection.class,
  syncKey: outcome.syncKey,
  collectionId: collection.collectionId,
  status: outcome.status,
  responses: outcome.responses.length === 0 ? undefined : outcome.responses,
  moreAvailable: outcome.moreAvailable,
  commands: outcome.commands.length === 0 ? undefined : outcome.commands,
});
