import type { FolderId } from '../../backends/contract/folders.ts';
import { IdSet } from '../../backends/contract/id-set.ts';
import type { ItemId, Position, Revision } from '../../backends/contract/items.ts';
import type { StoredDocument, Write } from '../state/contract.ts';
import { packDocument, requireForm, unpackDocument } from '../state/document.ts';
import type { Generation } from './generation.ts';
import type { StickyOptions } from './options.ts';

/** The remembered outcome of one command of a device. */
export interface JournalEntry {
  readonly status: number;
  readonly serverId?: string | undefined;
  readonly revision?: Revision | undefined;
  /** Items that the command removed. */
  readonly removed?: readonly ItemId[] | undefined;
  /** The draft that the command wrote, and the parts of it that the device attached, by its names for them. */
  readonly draft?: ItemId | undefined;
  readonly attached?: readonly (readonly [clientId: string, part: string])[] | undefined;
  /** The command sent a draft that was never stored: the device is to delete its own. */
  readonly sent?: boolean | undefined;
}

/** Outcomes by digest of the command, for the requests that carried one SyncKey. */
export type Journal = Readonly<Record<string, JournalEntry>>;

/** All that is stored of a partnership's collection. */
export interface CollectionState {
  /** See {@link SyncKey.chain}. */
  readonly chain: number;
  readonly folder: FolderId;
  readonly options: StickyOptions;
  /**
   * Names of the elements that the device manages, as it said with SyncKey 0; the others of its class are
   * ghosted. Absent: it did not say, and nothing is ghosted ([MS-ASCMD] 2.2.3.179).
   */
  readonly supported?: readonly string[] | undefined;
  readonly current: Generation;
  /** What the device holds if it never got the last response. */
  readonly previous: Generation | undefined;
  /** Outcomes of commands by the generation whose key they came with. */
  readonly journals: Readonly<Record<string, Journal>>;
}

/** What a folder is called in the store. */
export const collectionDocument = (collectionId: string): string => `collection/${collectionId}`;

/** Version of the stored form; raise it with a migration in {@link decodeCollection}. */
const FormVersion = 1;

const SetNames = ['held', 'toAdd', 'toChange', 'toDelete', 'toSoftDelete'] as const;

type Scalars = Omit<Generation, (typeof SetNames)[number] | 'shown'> & { readonly shown: Record<ItemId, Revision> };

const scalarsOf = ({ number, cursor, position, filterType, floorDay, shown }: Generation): Scalars => ({
  number,
  cursor,
  position,
  filterType,
  floorDay,
  shown: Object.fromEntries(shown),
});

/**
 * The stored form: JSON for what is small, then the id sets as bytes. The previous generation's
 * sets are stored as differences from the current ones, which a window keeps small, so that a folder
 * costs about two bytes a gap, not four.
 */
export const encodeCollection = (state: CollectionState): Uint8Array => {
  const { current, previous, ...rest } = state;
  const sets = SetNames.map((name) => current[name].encode());
  const differences = previous === undefined ? [] : SetNames.map((name) => previous[name].xor(current[name]).encode());
  const json = {
    ...rest,
    form: FormVersion,
    current: scalarsOf(current),
    previous: previous === undefined ? undefined : scalarsOf(previous),
  };
  return packDocument(json, [...sets, ...differences]);
};

type StoredJson = Omit<CollectionState, 'current' | 'previous'> & {
  readonly form: number;
  readonly current: Scalars;
  readonly previous?: Scalars;
};

const generationOf = (scalars: Scalars, sets: readonly IdSet[]): Generation => {
  const [held, toAdd, toChange, toDelete, toSoftDelete] = sets as [IdSet, IdSet, IdSet, IdSet, IdSet];
  return {
    number: scalars.number,
    cursor: scalars.cursor,
    position: scalars.position,
    filterType: scalars.filterType,
    floorDay: scalars.floorDay,
    held,
    toAdd,
    toChange,
    toDelete,
    toSoftDelete,
    shown: new Map(Object.entries(scalars.shown)),
  };
};

/** What a wait compares, without reading the sets. */
export interface CollectionMark {
  readonly folder: FolderId;
  readonly generation: number;
  readonly position: Position | undefined;
  /** Whether something was left over by the last window. */
  readonly pending: boolean;
}

/** Bytes of an empty set. */
const EmptySetLength = IdSet.empty.encode().length;

/** Reads only what a wait compares: the cost does not follow the size of the folder. */
export const readMark = (bytes: Uint8Array): CollectionMark => {
  const { json, blobs } = unpackDocument<StoredJson>(bytes);
  const [, ...work] = blobs.slice(0, SetNames.length);
  return {
    folder: json.folder,
    generation: json.current.number,
    position: json.current.position,
    pending: work.some((set) => set.length > EmptySetLength),
  };
};

/** Reads the stored form. Throws RangeError when the bytes are not of this form. */
export const decodeCollection = (bytes: Uint8Array): CollectionState => {
  const { json, blobs } = unpackDocument<StoredJson>(bytes);
  const { form, current, previous, ...rest } = json;
  requireForm('collection', form, FormVersion);
  const sets = blobs.map((blob) => IdSet.decode(blob));
  const currentSets = sets.slice(0, SetNames.length);
  const previousSets = sets.slice(SetNames.length).map((difference, i) => difference.xor(currentSets[i] as IdSet));
  return {
    ...rest,
    current: generationOf(current, currentSets),
    previous: previous === undefined ? undefined : generationOf(previous, previousSets),
  };
};

/** The part of a commit that stores a collection. */
export const writeCollection = (
  collectionId: string,
  state: CollectionState,
  document: StoredDocument | undefined,
): Write => ({
  name: collectionDocument(collectionId),
  value: encodeCollection(state),
  expect: document?.revision ?? 0,
});
