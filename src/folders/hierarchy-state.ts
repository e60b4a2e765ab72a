import type { Partition, StateStore, Write } from '../state/contract.ts';
import { packDocument, unpackDocument } from '../state/document.ts';
import type { DeviceFolder, Hierarchy } from './hierarchy.ts';

/** The hierarchy of a partnership as stored. */
export interface HierarchyState {
  /** See SyncKey: the life of the hierarchy since its SyncKey 0. */
  readonly chain: number;
  /** Number of the current generation; it goes into the SyncKey. */
  readonly generation: number;
  readonly current: Hierarchy;
  /** The generation before, for a device that never got the last response. */
  readonly previous: { readonly generation: number; readonly hierarchy: Hierarchy } | undefined;
  /** The next CollectionId to give. Ids are never given twice, so a stale one can touch nothing. */
  readonly nextId: number;
}

/** A stored hierarchy with its revision; revision 0: none is stored. */
export interface StoredHierarchy {
  readonly state: HierarchyState | undefined;
  readonly revision: number;
}

const DocumentName = 'hierarchy';

/** Loads the hierarchy of a partnership. */
export const loadHierarchy = async (store: StateStore, partition: Partition): Promise<StoredHierarchy> => {
  const document = (await store.load(partition, [DocumentName])).get(DocumentName);
  if (document === undefined) return { state: undefined, revision: 0 };
  return { state: unpackDocument<HierarchyState>(document.value).json, revision: document.revision };
};

/** The part of a commit that stores a hierarchy. */
export const writeHierarchy = (state: HierarchyState, revision: number): Write => ({
  name: DocumentName,
  value: packDocument(state),
  expect: revision,
});

/** The folder that a CollectionId names for this device; `undefined`: none, or one that is gone. */
export const findFolder = (state: HierarchyState | undefined, collectionId: string): DeviceFolder | undefined =>
  state?.current.find((folder) => folder.collectionId === collectionId);
