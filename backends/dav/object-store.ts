import { BackendError, isBackendError } from '../contract/errors.ts';
import type { FolderId, MovedItem } from '../contract/folders.ts';
import { IdSet } from '../contract/id-set.ts';
import type { Cursor, IdempotencyName, ItemId, Listing, Position, Revision } from '../contract/items.ts';
import type { ObjectChanges, ObjectKind, ObjectRead, ObjectStore } from '../contract/objects.ts';
import type { DavSession } from './account.ts';
import { changesSince } from './changes.ts';
import type { CollectionFolder } from './collections.ts';
import { positionIn, stateOf, writeCursor } from './cursors.ts';
import { findByUid } from './find.ts';
import { addressesOf, objectsOf, objectsSince, readMark } from './listing.ts';
import { moveObject } from './move.ts';
import { positionsOf } from './positions.ts';
import { readObjects } from './read.ts';
import { createObject, replaceObject } from './write.ts';

/** vCards, or iCalendar objects of one component, on a DAV server. */
export class DavObjectStore implements ObjectStore {
  readonly #session: DavSession;
  readonly #component: ObjectKind;

  constructor(session: DavSession, component: ObjectKind) {
    this.#session = session;
    this.#component = component;
  }

  /** The mark is read first: what changes while the objects are listed is told again afterwards. */
  async list(id: FolderId, since: Date | undefined, signal?: AbortSignal): Promise<Listing> {
    const [session, folder] = [this.#session, await this.#folder(id, signal)];
    const mark = await readMark(session, folder, signal);
    const isFiltered = since !== undefined && this.#component === 'VEVENT';
    const within = isFiltered ? await this.#since(folder, since, signal) : undefined;
    // Without sync-collection the cursor holds all objects, or the older ones would pass for new ones.
    const all = within === undefined || mark.by !== 'token' ? await objectsOf(session, folder, signal) : within;
    const state = stateOf(mark, all);
    return {
      ids: IdSet.of((within ?? all).keys()),
      cursor: writeCursor(state),
      position: positionIn(state),
    };
  }

  async changes(id: FolderId, cursor: Cursor, signal?: AbortSignal): Promise<ObjectChanges> {
    return changesSince(this.#session, await this.#folder(id, signal), cursor, signal);
  }

  async positions(folders: readonly FolderId[], signal?: AbortSignal): Promise<ReadonlyMap<FolderId, Position>> {
    return positionsOf(this.#session, folders, signal);
  }

  async *read(id: FolderId, ids: readonly ItemId[], signal?: AbortSignal): AsyncIterable<ObjectRead> {
    yield* readObjects(this.#session, await this.#folder(id, signal), ids, signal);
  }

  async find(id: FolderId, uid: string, signal?: AbortSignal): Promise<ItemId | undefined> {
    return findByUid(this.#session, await this.#folder(id, signal), uid, signal);
  }

  async create(
    id: FolderId,
    text: string,
    name: IdempotencyName,
  ): Promise<{ readonly id: ItemId; readonly revision: Revision }> {
    return createObject(this.#session, await this.#writable(id), text, name);
  }

  async replace(
    id: FolderId,
    item: ItemId,
    text: string,
    expected: Revision,
  ): Promise<{ readonly revision: Revision }> {
    return replaceObject(this.#session, await this.#writable(id), { id: item, text, expected });
  }

  async remove(id: FolderId, ids: readonly ItemId[]): Promise<void> {
    const session = this.#session;
    const folder = await this.#writable(id);
    const addresses = await addressesOf(session, folder, ids);
    await allOf([...addresses.values()], async (url) => {
      await session
        .order({ method: 'DELETE', url, repeatable: true, otherwise: 'forbidden' })
        .catch((error: unknown) => {
          if (!isBackendError(error, 'notFound')) throw error;
        });
    });
  }

  async move(id: FolderId, ids: readonly ItemId[], target: FolderId): Promise<readonly MovedItem[]> {
    const [from, to] = [await this.#writable(id), await this.#writable(target)];
    const addresses = await addressesOf(this.#session, from, ids);
    const moved: MovedItem[] = [];
    for (const item of new Set(ids)) {
      const url = addresses.get(item);
      const one = url === undefined ? undefined : await moveObject(this.#session, { item, url, from, to });
      if (one !== undefined) moved.push(one);
    }
    return moved;
  }

  /** A server that refuses the question (its `min-date-time`, or no time-range at all) gives all. */
  async #since(folder: CollectionFolder, since: Date, signal: AbortSignal | undefined) {
    try {
      return await objectsSince(this.#session, folder, since, signal);
    } catch (error) {
      if (!isBackendError(error, 'forbidden', 'rejected', 'unsupported', 'conflict')) throw error;
      return undefined;
    }
  }

  async #folder(id: FolderId, signal?: AbortSignal): Promise<CollectionFolder> {
    return this.#own(await this.#session.folder(id, signal));
  }

  async #writable(id: FolderId): Promise<CollectionFolder> {
    return this.#own(await this.#session.writable(id));
  }

  #own(folder: CollectionFolder): CollectionFolder {
    if (folder.component !== this.#component) throw new BackendError('notFound', { detail: 'a folder of this class' });
    return folder;
  }
}

/** Does something with all at once, as far as the account's gate lets it; the first failure is thrown at the end. */
const allOf = async <T>(all: readonly T[], action: (one: T) => Promise<void>): Promise<void> => {
  const results: PromiseSettledResult<void>[] = [];
  for (let at = 0; at < all.length; at += Together) {
    results.push(...(await Promise.allSettled(all.slice(at, at + Together).map(action))));
  }
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
};

/** Requests that are handed to the gate together. */
const Together = 16;
