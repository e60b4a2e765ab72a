import type { ItemId } from '../../backends/contract/items.ts';
import type { Partition, StateStore } from '../state/contract.ts';
import { type CollectionState, collectionDocument, decodeCollection, writeCollection } from './collection-state.ts';
import type { Generation } from './generation.ts';

/** What becomes of a generation, for some items; the same one where nothing does. */
export type GenerationChange = (generation: Generation, ids: readonly ItemId[]) => Generation;

/** How often a commit is tried again when another request of the partnership came between. */
const CommitTries = 5;

/**
 * Changes what a device holds, or is to be told, by something else than its Sync: whichever of its two keys the
 * device presents next, it holds, so both generations are changed and neither gets a new number.
 */
export const overlay = (state: CollectionState, change: (generation: Generation) => Generation): CollectionState => {
  const current = change(state.current);
  const previous = state.previous === undefined ? undefined : change(state.previous);
  return current === state.current && previous === state.previous ? state : { ...state, current, previous };
};

/**
 * Lays a change over collections of a partnership.
 *
 * @param items the items that it is about, by CollectionId; a collection that the device never synchronised is left out
 */
export const commitOverlay = async (
  store: StateStore,
  partition: Partition,
  items: ReadonlyMap<string, readonly ItemId[]>,
  change: GenerationChange,
): Promise<void> => {
  for (let tries = 0; tries < CommitTries; tries++) {
    const documents = await store.load(partition, [...items.keys()].map(collectionDocument));
    const writes = [...items].flatMap(([collectionId, ids]) => {
      const document = documents.get(collectionDocument(collectionId));
      if (document === undefined) return [];
      const stored = decodeCollection(document.value);
      const state = overlay(stored, (generation) => change(generation, ids));
      return state === stored ? [] : [writeCollection(collectionId, state, document)];
    });
    if (writes.length === 0 || (await store.commit(partition, writes))) return;
  }
  throw new Error('Other requests of this device keep changing its collections');
};
