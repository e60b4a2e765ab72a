import type { ItemId } from '../../backends/contract/items.ts';
import type { BoundedMap } from '../auth/bounded-map.ts';
import type { Log } from '../handlers/context.ts';
import type { Partition, StateStore, StoredDocument, Write } from '../state/contract.ts';
import type { Trouble, TroubleOutcome } from './collection.ts';
import { readSetAside, type SetAsideItems, type SetAsideList, writeSetAside } from './set-aside.ts';
import type { Stuck } from './stuck.ts';
import { loadUndelivered } from './undelivered.ts';

/** Collections that do not get on, by partnership and collection; most are in none. */
export type StuckMemory = BoundedMap<Stuck>;

/** Collections that are remembered: a device in trouble has a few, and what is forgotten is found again. */
export const MaxStuck = 10_000;

/** What the troubles of a request stand on. */
export interface TroublesScope {
  readonly store: StateStore;
  readonly partition: Partition;
  readonly stuck: StuckMemory;
  readonly release: string;
  readonly log: Log;
}

/**
 * The troubles of one request's collections: read before they are synchronised, stored with their
 * commit. Whoever has none costs nothing but a look into a map and at a document that is not there.
 */
export class Troubles {
  readonly #scope: TroublesScope;
  readonly #document: StoredDocument | undefined;
  readonly #stored: SetAsideList;
  readonly #outcomes = new Map<string, TroubleOutcome>();

  /** @param document as stored under the name of `SetAsideDocument` */
  constructor(scope: TroublesScope, document: StoredDocument | undefined) {
    this.#scope = scope;
    this.#document = document;
    this.#stored = readSetAside(document);
  }

  /**
   * Commands that the response may hold: as narrow as the narrowest of its collections. A device
   * repeats the whole request, so an item is alone only if nothing of another folder goes with it.
   */
  limit(collectionIds: readonly string[], commands: number): { commands: number; single: boolean } {
    const sizes = collectionIds.map((id) => this.#scope.stuck.get(this.#key(id))?.size ?? Number.POSITIVE_INFINITY);
    const least = Math.min(...sizes);
    return { commands: Math.min(commands, least), single: least === 1 };
  }

  /** What is known of a collection. */
  of(collectionId: string): Trouble {
    const { store, partition, stuck, release } = this.#scope;
    const key = this.#key(collectionId);
    return {
      stuck: stuck.get(key),
      setAside: this.#stored[collectionId] ?? {},
      release,
      wasLost: async (generation) => (await loadUndelivered(store, partition))[collectionId] === generation,
      failed: (now) => stuck.set(key, now),
    };
  }

  /** What came of a collection. */
  take(collectionId: string, outcome: TroubleOutcome | undefined): void {
    if (outcome !== undefined) this.#outcomes.set(collectionId, outcome);
  }

  /** The part of the commit that stores what is set aside, when that changed. */
  writes(): Write[] {
    const changed = [...this.#outcomes].filter(([id, { setAside }]) => !this.#same(id, setAside));
    if (changed.length === 0) return [];
    const list = { ...this.#stored, ...Object.fromEntries(changed.map(([id, { setAside }]) => [id, setAside])) };
    return [writeSetAside(list, this.#document)];
  }

  /** To be called after the commit: from here on it counts. */
  committed(): void {
    for (const [collectionId, { stuck, setAside }] of this.#outcomes) {
      if (stuck === undefined) this.#scope.stuck.delete(this.#key(collectionId));
      else this.#scope.stuck.set(this.#key(collectionId), stuck);
      this.#tell(collectionId, setAside);
    }
  }

  #tell(collectionId: string, items: SetAsideItems): void {
    const { log, partition } = this.#scope;
    const before = this.#stored[collectionId] ?? {};
    for (const [item, { how, reason, folder }] of Object.entries(items) as [ItemId, SetAsideItems[ItemId]][]) {
      if (before[item]?.how === how) continue;
      log.warn({ partition, folder, item, how, reason }, 'An item could not be given to a device whole');
    }
  }

  #same(collectionId: string, items: SetAsideItems): boolean {
    const before = this.#stored[collectionId] ?? {};
    return before === items || (Object.keys(before).length === 0 && Object.keys(items).length === 0);
  }

  #key(collectionId: string): string {
    return `${this.#scope.partition}\n${collectionId}`;
  }
}
