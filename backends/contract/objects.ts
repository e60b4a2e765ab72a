import type { FolderId, MovedItem } from './folders.ts';
import type { Changed, Changes, Cursor, IdempotencyName, ItemId, Listing, Position, Revision } from './items.ts';

/**
 * Stores of native objects: a vCard or an iCalendar object each. The text is the truth: a store keeps
 * it as it is, and what devices see of it is made by backends/convert.
 */

/** What kind of objects a store serves; a CalDAV collection may hold two of them. */
export type ObjectKind = 'VCARD' | 'VEVENT' | 'VTODO' | 'VJOURNAL';

/** An object that is new or changed; a store that knows more than that it is so tells `at`, too. */
export type ChangedObject = Omit<Changed, 'at'>;

/** What happened in a folder since a cursor. */
export type ObjectChanges = Omit<Changes, 'changed'> & { readonly changed: readonly ChangedObject[] };

/** One object read. */
export type ObjectRead =
  | { readonly id: ItemId; readonly outcome: 'item'; readonly text: string; readonly revision: Revision }
  /** It was removed meanwhile. */
  | { readonly id: ItemId; readonly outcome: 'missing' }
  /** It is there and cannot be had; the rest can. `reason` is for the administrator. */
  | { readonly id: ItemId; readonly outcome: 'unreadable'; readonly reason: string };

/**
 * Native objects of one kind. Every method throws `BackendError`: `unavailable` at any time,
 * `notFound` for a folder that is gone, and what is named beside it.
 */
export interface ObjectStore {
  /**
   * The objects of a folder. With `since` objects may be left out that were over before it (the end of
   * the last occurrence; what is without end never is); a store that cannot tell gives all.
   */
  list(folder: FolderId, since: Date | undefined, signal?: AbortSignal): Promise<Listing>;
  /** What happened since `cursor`, at a cost in proportion to it. Throws `cursorRefused`. */
  changes(folder: FolderId, cursor: Cursor, signal?: AbortSignal): Promise<ObjectChanges>;
  /** Positions of the given folders; missing ones are left out. */
  positions(folders: readonly FolderId[], signal?: AbortSignal): Promise<ReadonlyMap<FolderId, Position>>;
  /** Reads objects in the order of `ids`, in batches; each id answers exactly once. */
  read(folder: FolderId, ids: readonly ItemId[], signal?: AbortSignal): AsyncIterable<ObjectRead>;
  /** The object whose UID property is `uid`; `undefined`: there is none in this folder. */
  find(folder: FolderId, uid: string, signal?: AbortSignal): Promise<ItemId | undefined>;
  /**
   * Stores a new object, or finds the one stored before under the same name. Throws `exists` when the
   * folder has another object of this UID, `tooLarge`, `overQuota`, `rejected`, `forbidden`.
   */
  create(
    folder: FolderId,
    text: string,
    name: IdempotencyName,
  ): Promise<{ readonly id: ItemId; readonly revision: Revision }>;
  /** Replaces an object if it is still at `expected`. Throws `notFound`, `conflict`, and what `create` throws. */
  replace(folder: FolderId, id: ItemId, text: string, expected: Revision): Promise<{ readonly revision: Revision }>;
  /** Removes objects for good; ids that are not there count as removed. */
  remove(folder: FolderId, ids: readonly ItemId[]): Promise<void>;
  /** Moves objects; an id that is not there is left out of the answer. */
  move(folder: FolderId, ids: readonly ItemId[], target: FolderId): Promise<readonly MovedItem[]>;
}
