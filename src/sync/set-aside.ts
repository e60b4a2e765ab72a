import type { FolderId } from '../../backends/contract/folders.ts';
import { IdSet } from '../../backends/contract/id-set.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { StoredDocument, Write } from '../state/contract.ts';
import { packDocument, unpackDocument } from '../state/document.ts';
import type { Generation } from './generation.ts';
import type { Treatment } from './stuck.ts';

/**
 * What a device could not be given whole. One document a partnership; most have none. It holds ids and
 * reasons, never a subject or a name.
 */
export interface SetAside {
  readonly folder: FolderId;
  /** What the device has instead. */
  readonly how: Exclude<Treatment, 'whole'>;
  /** Why, for the administrator. */
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** The release of Postrider that set it aside: another one tries again. */
  readonly release: string;
}

/** Those of one collection, by item. */
export type SetAsideItems = Readonly<Record<ItemId, SetAside>>;

/** All of a partnership, by CollectionId. */
export type SetAsideList = Readonly<Record<string, SetAsideItems>>;

/** Name of the document. */
export const SetAsideDocument = 'set-aside';

/** Items that are kept at most: more than that is no matter of single items. The oldest go. */
export const MaxSetAside = 500;

/** Longest reason in characters: it comes out of an exception and could be anything. */
const MaxReason = 300;

/** Reads the stored document. */
export const readSetAside = (document: StoredDocument | undefined): SetAsideList =>
  document === undefined ? {} : unpackDocument<SetAsideList>(document.value).json;

/** The part of a commit that stores the list; an empty one is removed. */
export const writeSetAside = (list: SetAsideList, document: StoredDocument | undefined): Write => {
  const all = Object.entries(list).flatMap(([collectionId, items]) =>
    Object.entries(items).map(([id, item]) => ({ collectionId, id, item })),
  );
  const kept = all.sort((a, b) => b.item.since - a.item.since).slice(0, MaxSetAside);
  const byCollection: Record<string, Record<ItemId, SetAside>> = {};
  for (const { collectionId, id, item } of kept) {
    byCollection[collectionId] = { ...byCollection[collectionId], [id]: item };
  }
  const value = kept.length === 0 ? null : packDocument(byCollection);
  return { name: SetAsideDocument, value, expect: document?.revision ?? 0 };
};

/** A reason that is short enough to be kept, on one line. */
export const shortReason = (reason: string): string => reason.replace(/\s+/g, ' ').slice(0, MaxReason);

/**
 * Tries again what another release of Postrider set aside, and what changed since. What the device has
 * instead is deleted first, which is right also where it has nothing, and the item is added anew.
 *
 * @param contentChanges Whether a change of an item may be one of its content; of a mail it is only flags.
 */
export const triedAgain = (
  generation: Generation,
  items: SetAsideItems,
  release: string,
  contentChanges: boolean,
): { readonly generation: Generation; readonly items: SetAsideItems } => {
  const ids = Object.keys(items);
  if (ids.length === 0) return { generation, items };
  const { held, toAdd, toChange, toDelete } = generation;
  const isAgain = (id: ItemId): boolean => items[id]?.release !== release || (contentChanges && toChange.has(id));
  const kept = Object.entries(items).filter(([id]) => !isAgain(id) && (held.has(id) || toAdd.has(id)));
  const anew = IdSet.of(ids.filter(isAgain)).intersect(held);
  const leftOut = IdSet.of(leftOutOf(items));
  return {
    items: kept.length === ids.length ? items : Object.fromEntries(kept),
    generation: {
      ...generation,
      toDelete: toDelete.union(anew),
      toAdd: toAdd.union(anew.minus(toDelete)),
      // A device that lacks an item cannot be told of its changes.
      toChange: toChange.minus(anew).minus(leftOut),
    },
  };
};

const leftOutOf = (items: SetAsideItems): readonly ItemId[] =>
  Object.keys(items).filter((id) => items[id]?.how === 'leftOut');

/** Passes over what was left out before and is to be added again, since that response did not arrive. */
export const passOver = (generation: Generation, items: SetAsideItems): Generation => {
  const passed = IdSet.of(leftOutOf(items)).intersect(generation.toAdd).minus(generation.toDelete);
  return { ...generation, held: generation.held.union(passed), toAdd: generation.toAdd.minus(passed) };
};
