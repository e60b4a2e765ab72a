import type { FolderId, MovedItem } from './folders.ts';
import type { IdSet } from './id-set.ts';

/**
 * An item's id within its folder: at most 40 characters out of `A-Z a-z 0-9 . _ -`, never reused
 * for another item. Where ids are numbered they have the form `<epoch>.<number>` (see IdSet).
 */
export type ItemId = string;

/**
 * What an item's changeable part looks like now: equal revisions mean equal content as far as a
 * device can see it. For mail a digest of flags and keywords, elsewhere the ETag. At most 24
 * characters.
 */
export type Revision = string;

/** A backend's account of how far a folder was read. Opaque, kept by the engine. */
export type Cursor = string;

/**
 * A cheap mark of a folder's state: when it is unchanged, `changes` has nothing to tell. Opaque,
 * at most 100 characters.
 */
export type Position = string;

/** The same name given twice to `create` means the same item: at most 64 hex digits. */
export type IdempotencyName = string;

/** All items of a folder that lie within a filter. */
export interface Listing {
  readonly ids: IdSet;
  readonly cursor: Cursor;
  readonly position: Position;
}

/** One item that is new or changed since a cursor. */
export interface Changed {
  readonly id: ItemId;
  readonly revision: Revision;
  /**
   * The instant that FilterType compares, in seconds since 1970: for mail when it was received, for
   * a calendar the end of the last occurrence (`Infinity`: never ends).
   */
  readonly at: number;
}

/** What happened in a folder since a cursor. */
export interface Changes {
  /** New and changed items, in no particular order, each once. */
  readonly changed: readonly Changed[];
  /**
   * Ids gone since the cursor (it may name some that never were), or, from a server that cannot
   * tell, every id that is there now.
   */
  readonly gone: { readonly removed: IdSet } | { readonly present: IdSet };
  readonly cursor: Cursor;
  readonly position: Position;
}

/** One item read. */
export type ReadResult<Item> =
  | {
      readonly id: ItemId;
      readonly outcome: 'item';
      readonly item: Item;
      readonly revision: Revision;
      readonly at: number;
      /** Why it is not served whole but as a notice, for the administrator; absent: it is whole. */
      readonly problem?: string | undefined;
    }
  /** It was removed meanwhile. */
  | { readonly id: ItemId; readonly outcome: 'missing' }
  /** It cannot be served; the rest can. `reason` is for the administrator. */
  | { readonly id: ItemId; readonly outcome: 'unreadable'; readonly reason: string };

/** How `remove` removes. */
export type Removal = 'trash' | 'permanent';

/**
 * Items of one class. Every method throws {@link BackendError}: `unavailable` at any time,
 * `notFound` for a folder that is gone, and what is named beside it.
 */
export interface ItemStore<Item, Patch, Request> {
  /** Every item not older than `since` (all when absent). One look-up, however large the folder. */
  list(folder: FolderId, since: Date | undefined, signal?: AbortSignal): Promise<Listing>;
  /** What happened since `cursor`, at a cost in proportion to it. Throws `cursorRefused`. */
  changes(folder: FolderId, cursor: Cursor, signal?: AbortSignal): Promise<Changes>;
  /** Positions of the given folders, in one round trip where the server can; missing ones are left out. */
  positions(folders: readonly FolderId[], signal?: AbortSignal): Promise<ReadonlyMap<FolderId, Position>>;
  /** Reads items in the order of `ids`, in pipelined batches; each id answers exactly once. */
  read(
    folder: FolderId,
    ids: readonly ItemId[],
    request: Request,
    signal?: AbortSignal,
  ): AsyncIterable<ReadResult<Item>>;
  /** Makes an item, or finds the one made before under the same name. */
  create(
    folder: FolderId,
    item: Item,
    name: IdempotencyName,
  ): Promise<{ readonly id: ItemId; readonly revision: Revision }>;
  /** Changes an item. Applying the same patch twice is harmless. Throws `notFound`, `conflict`. */
  update(folder: FolderId, id: ItemId, patch: Patch, expected?: Revision): Promise<{ readonly revision: Revision }>;
  /**
   * Removes items; ids that are not there count as removed. `trash` moves them into the folder of
   * role `trash` unless they are in it. Touches nothing but the ids named.
   */
  remove(folder: FolderId, ids: readonly ItemId[], how: Removal): Promise<void>;
  /** Moves items; an id that is not there is left out of the answer. */
  move(folder: FolderId, ids: readonly ItemId[], target: FolderId): Promise<readonly MovedItem[]>;
}
