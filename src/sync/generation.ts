import { IdSet } from '../../backends/contract/id-set.ts';
import type { Changes, Cursor, ItemId, Listing, Position, Revision } from '../../backends/contract/items.ts';

/**
 * What a device holds of one collection, and what it still has to be told. Pure: every step gives
 * a new generation.
 *
 * The four `to…` sets are what the window has not yet taken; the cursor may therefore move with
 * each look at the backend and never leaves anything behind. A first load is nothing special: it is
 * a large `toAdd`.
 */
export interface Generation {
  /** Number within the chain; goes into the SyncKey. */
  readonly number: number;
  /** How far the backend was read; `undefined`: never, or the cursor was refused. */
  readonly cursor: Cursor | undefined;
  /** The folder's position when it was read. */
  readonly position: Position | undefined;
  /** FilterType that the sets follow ([MS-ASCMD] 2.2.3.68.2). */
  readonly filterType: number;
  /** Day (since 1970, UTC) whose floor the sets follow; mail ages by whole days. */
  readonly floorDay: number;
  /** Items on the device. */
  readonly held: IdSet;
  readonly toAdd: IdSet;
  readonly toChange: IdSet;
  readonly toDelete: IdSet;
  /** Items that left the filter. */
  readonly toSoftDelete: IdSet;
  /**
   * Items whose changes the device itself sent since the cursor, with the revision that they
   * resulted in: the same revision coming back is an echo.
   */
  readonly shown: ReadonlyMap<ItemId, Revision>;
}

/** The first generation of a chain: the device holds nothing. */
export const firstGeneration = (filterType: number, floorDay: number): Generation => ({
  number: 1,
  cursor: undefined,
  position: undefined,
  filterType,
  floorDay,
  held: IdSet.empty,
  toAdd: IdSet.empty,
  toChange: IdSet.empty,
  toDelete: IdSet.empty,
  toSoftDelete: IdSet.empty,
  shown: new Map(),
});

/** Whether there is anything to tell the device. */
export const hasWork = (generation: Generation): boolean =>
  !(
    generation.toAdd.isEmpty &&
    generation.toChange.isEmpty &&
    generation.toDelete.isEmpty &&
    generation.toSoftDelete.isEmpty
  );

/** How many commands are still to be sent, as GetItemEstimate tells. */
export const workCount = (generation: Generation): number =>
  generation.toAdd.size + generation.toChange.size + generation.toDelete.size + generation.toSoftDelete.size;

/**
 * Takes in what happened since the cursor.
 *
 * @param floor seconds since 1970; an item before it is outside the filter
 */
export const absorbChanges = (generation: Generation, changes: Changes, floor: number): Generation => {
  const { held, shown } = generation;
  const added: ItemId[] = [];
  const changed: ItemId[] = [];
  const left: ItemId[] = [];
  for (const { id, revision, at } of changes.changed) {
    if (at < floor) left.push(id);
    else if (!held.has(id)) added.push(id);
    else if (shown.get(id) !== revision || generation.toSoftDelete.has(id)) changed.push(id);
  }
  const [inside, outside] = [IdSet.of(changed), IdSet.of(left)];
  const gone = goneOf(generation, changes);
  const goneFromDevice = gone.intersect(held);
  return {
    ...generation,
    cursor: changes.cursor,
    position: changes.position,
    toAdd: generation.toAdd.union(IdSet.of(added)).minus(gone).minus(outside),
    toChange: generation.toChange.union(inside).minus(gone).minus(outside),
    toDelete: generation.toDelete.union(goneFromDevice),
    // An item whose change takes it out of the filter leaves the device: a task that was done, an event moved back.
    toSoftDelete: generation.toSoftDelete.union(outside.intersect(held)).minus(inside).minus(gone),
    shown: new Map(),
  };
};

const goneOf = (generation: Generation, { gone }: Changes): IdSet =>
  'removed' in gone ? gone.removed : generation.held.union(generation.toAdd).minus(gone.present);

/**
 * Takes in a listing at a new filter or day, after {@link absorbChanges}: what left the filter is
 * soft-deleted, what came into it is added. The cursor stays: the listing was made to see the
 * filter, not the changes.
 */
export const absorbFilter = (
  generation: Generation,
  listing: Listing,
  filter: { readonly filterType: number; readonly floorDay: number },
): Generation => {
  const { held, toDelete } = generation;
  const outside = held.minus(listing.ids).minus(toDelete);
  return {
    ...generation,
    ...filter,
    toAdd: listing.ids.minus(held),
    toChange: generation.toChange.minus(outside),
    toSoftDelete: outside,
  };
};

/**
 * Takes in a listing in place of a cursor that the backend refused, or of none yet. Whatever the
 * device holds and the listing has may have changed unseen, so it is sent again as a Change; after
 * a new epoch the two have nothing in common.
 */
export const absorbListing = (
  generation: Generation,
  listing: Listing,
  filter: { readonly filterType: number; readonly floorDay: number },
): Generation => {
  const { held } = generation;
  return {
    ...generation,
    ...filter,
    cursor: listing.cursor,
    position: listing.position,
    toAdd: listing.ids.minus(held),
    toChange: listing.ids.intersect(held),
    toDelete: generation.toDelete.union(held.minus(listing.ids)),
    toSoftDelete: IdSet.empty,
    shown: new Map(),
  };
};

/**
 * Takes in a listing for a device whose key is newer than the store's: between the stored
 * generation and now it may have got items that the store does not know of. Each such item is
 * deleted first and added in a later window, which is right whether the device holds it or not.
 *
 * @param gone items that are gone since the stored generation: the device may have got them before
 */
export const absorbUncertain = (
  generation: Generation,
  listing: Listing,
  filter: { readonly filterType: number; readonly floorDay: number },
  gone: IdSet,
): Generation => {
  const certain = absorbListing(generation, listing, filter);
  return { ...certain, toDelete: certain.toDelete.union(certain.toAdd).union(gone.minus(listing.ids)) };
};

/**
 * Items that may have come and gone since a generation, for a backend that cannot tell what is gone:
 * mails are numbered as they come, so those between the newest then and the newest now that are not there.
 */
export const passedBetween = ({ held, toAdd }: Generation, listing: Listing): IdSet => {
  const known = held.union(toAdd);
  const passed = listing.ids.prefixes().map((prefix) => {
    const [before, now] = [known.runs(prefix).at(-1), listing.ids.runs(prefix).at(-1)];
    return before === undefined || now === undefined || now <= before
      ? IdSet.empty
      : IdSet.run(prefix, before + 1, now);
  });
  return passed.reduce((all, each) => all.union(each), IdSet.empty).minus(listing.ids);
};

/** Commands that fit into one window. */
export interface Window {
  readonly deletes: readonly ItemId[];
  readonly softDeletes: readonly ItemId[];
  readonly changes: readonly ItemId[];
  readonly adds: readonly ItemId[];
}

/**
 * Chooses what goes into a window of `size` commands: removals first (they cost nothing and free
 * the device's memory), then changes, then new items, the newest first. An item to be deleted is
 * never added in the same window.
 */
export const chooseWindow = (generation: Generation, size: number): Window => {
  let rest = size;
  const take = (ids: IdSet): ItemId[] => {
    const taken = ids.newest(rest);
    rest -= taken.length;
    return taken;
  };
  const deletes = take(generation.toDelete);
  const softDeletes = take(generation.toSoftDelete);
  const changes = take(generation.toChange);
  const adds = take(generation.toDelete.isEmpty ? generation.toAdd : generation.toAdd.minus(generation.toDelete));
  return { deletes, softDeletes, changes, adds };
};

/** What became of a window: ids that were sent, and ids that turned out to be gone. */
export interface SentWindow {
  readonly deletes: readonly ItemId[];
  readonly softDeletes: readonly ItemId[];
  readonly changes: readonly ItemId[];
  readonly adds: readonly ItemId[];
  /** Found missing while reading: no longer to be added or changed. */
  readonly missing: readonly ItemId[];
}

/** The generation after a window was sent; the number stays. */
export const afterWindow = (generation: Generation, sent: SentWindow): Generation => {
  const added = IdSet.of(sent.adds);
  const dropped = IdSet.of([...sent.deletes, ...sent.softDeletes]);
  const missing = IdSet.of(sent.missing);
  return {
    ...generation,
    held: generation.held.minus(dropped).union(added),
    toAdd: generation.toAdd.minus(added).minus(missing),
    toChange: generation.toChange.minus(IdSet.of(sent.changes)).minus(missing),
    toDelete: generation.toDelete.minus(dropped).union(missing.intersect(generation.held)),
    toSoftDelete: generation.toSoftDelete.minus(dropped),
  };
};

/** The generation after the device removed items itself. */
export const afterDeviceDelete = (generation: Generation, ids: readonly ItemId[]): Generation => {
  const removed = IdSet.of(ids);
  return {
    ...generation,
    held: generation.held.minus(removed),
    toAdd: generation.toAdd.minus(removed),
    toChange: generation.toChange.minus(removed),
    toDelete: generation.toDelete.minus(removed),
    toSoftDelete: generation.toSoftDelete.minus(removed),
  };
};

/**
 * The generation after the device changed or made an item itself. One that it makes again, as the answer was lost, the
 * look at the backend may have found already: then it is told as a Change what became of it, not added a second time.
 */
export const afterDeviceWrite = (generation: Generation, id: ItemId, revision: Revision): Generation => {
  const found = generation.toAdd.has(id) ? IdSet.of([id]) : IdSet.of([]);
  return {
    ...generation,
    held: generation.held.has(id) ? generation.held : generation.held.union(IdSet.of([id])),
    toAdd: generation.toAdd.minus(found),
    toChange: generation.toChange.union(found),
    shown: new Map(generation.shown).set(id, revision),
  };
};

/**
 * The generation after items came into the folder by a MoveItems whose answer is not delivered yet: a
 * device that keeps moved items may have them or not. Deleting them first and adding them later is right
 * in both cases; what the backend tells of them decides whether they are added.
 */
export const afterUnsureMove = (generation: Generation, ids: readonly ItemId[]): Generation => {
  const unsure = IdSet.of(ids).minus(generation.held);
  return { ...generation, toDelete: generation.toDelete.union(unsure) };
};

/** The generation after that answer was delivered: the device has them, unless it was told to delete them meanwhile. */
export const afterSureMove = (generation: Generation, ids: readonly ItemId[]): Generation => {
  const sure = IdSet.of(ids).intersect(generation.toDelete);
  return {
    ...generation,
    held: generation.held.union(sure),
    toAdd: generation.toAdd.minus(sure),
    toDelete: generation.toDelete.minus(sure),
    toChange: generation.toChange.union(sure.intersect(generation.toAdd)),
  };
};

/**
 * The generation after a change or removal of the device was refused: what it has there is not what is stored, so that
 * the item goes out again.
 */
export const afterRefusal = (
  generation: Generation,
  { changed, removed }: { readonly changed: readonly ItemId[]; readonly removed: readonly ItemId[] },
): Generation => {
  const [again, back] = [IdSet.of(changed).intersect(generation.held), IdSet.of(removed).intersect(generation.held)];
  return {
    ...generation,
    held: generation.held.minus(back),
    toChange: generation.toChange.union(again).minus(back),
    toAdd: generation.toAdd.union(back.minus(generation.toDelete)),
  };
};

/** The generation after something changed of items that the backend knows nothing of: the device is told of them again. */
export const afterDetailsChanged = (generation: Generation, ids: readonly ItemId[]): Generation => {
  const again = IdSet.of(ids).intersect(generation.held).minus(generation.toChange);
  return again.isEmpty ? generation : { ...generation, toChange: generation.toChange.union(again) };
};

/** The generation after the device sent a draft that it had added in the same command: its own copy has to go. */
export const afterDeviceSend = (generation: Generation, id: ItemId): Generation => {
  const sent = IdSet.of([id]);
  return { ...generation, held: generation.held.union(sent), toDelete: generation.toDelete.union(sent) };
};
