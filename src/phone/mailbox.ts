import type { FolderSyncResponse } from '../../protocol/commands/folder-sync.ts';
import type { SyncResponse } from '../../protocol/commands/sync.ts';
import type { Anomaly, AnomalyKind } from './anomaly.ts';
import { type Applied, Collection, type SentCollection } from './collection.ts';
import { FolderTree } from './folder-tree.ts';

/** A collection's answer once it is applied. */
export interface AppliedCollection extends Applied {
  readonly collectionId: string;
  readonly status: number;
}

/**
 * The memory of a phone: it holds exactly what the server made it hold. It applies each answer as
 * phones do, whether sensible or not, and writes down what a correct server never says.
 */
export class Mailbox {
  readonly folders = new FolderTree();
  readonly anomalies: Anomaly[] = [];
  readonly #collections = new Map<string, Collection>();

  /** The collection of a folder; begun with SyncKey 0 when it is new. */
  collection(id: string): Collection {
    const held = this.#collections.get(id);
    if (held !== undefined) return held;
    const report = (kind: AnomalyKind, serverId?: string): void => this.#report(kind, id, serverId);
    const collection = new Collection(id, report);
    this.#collections.set(id, collection);
    return collection;
  }

  /** Every collection that was ever asked for and whose folder is still there. */
  collections(): readonly Collection[] {
    return [...this.#collections.values()];
  }

  /** How often anything had to be downloaded anew. A user notices each: 0 is right. */
  get wipes(): number {
    return this.collections().reduce((sum, collection) => sum + collection.wipes, this.folders.wipes);
  }

  /** Applies the answer to a FolderSync; collections whose folder went are forgotten. */
  applyHierarchy(response: FolderSyncResponse): void {
    this.folders.apply(response, (kind, serverId) => this.#report(kind, undefined, serverId));
    if (response.status !== 1) return;
    for (const id of this.#collections.keys()) {
      if (this.folders.get(id) === undefined) this.#collections.delete(id);
    }
  }

  /** Applies the answer to a Sync; `undefined` is an empty answer: nothing changed. */
  applySync(response: SyncResponse | undefined, sent: readonly SentCollection[]): readonly AppliedCollection[] {
    return (response?.collections?.collection ?? []).flatMap((answer) => {
      const { collectionId, status } = answer;
      const request = sent.find((each) => each.collectionId === collectionId);
      if (collectionId === undefined || request === undefined) {
        this.#report('uninvitedCollection', collectionId);
        return [];
      }
      return [{ collectionId, status, ...this.collection(collectionId).apply(answer, request) }];
    });
  }

  #report(kind: AnomalyKind, collectionId?: string, serverId?: string): void {
    this.anomalies.push({ kind, collectionId, serverId });
  }
}
