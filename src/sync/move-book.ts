import type { Partition, StateStore, Write } from '../state/contract.ts';
import { packDocument, unpackDocument } from '../state/document.ts';

/** What is remembered of one item that a device moved. */
export interface MoveEntry {
  /** CollectionId of the target. */
  readonly to: string;
  /** Milliseconds since 1970 of the request. */
  readonly at: number;
  /** `false`: recorded before it was done; nothing is known of how it went. */
  readonly done: boolean;
  /** ServerId that the item got. */
  readonly dstMsgId?: string | undefined;
}

/** Moves by the ServerId that the item had: an id is never used again, so it names the command for good. */
export type MoveBook = Readonly<Record<string, MoveEntry>>;

/** Milliseconds for which a move is remembered: a device repeats what it got no answer for within days. */
const MoveMemory = 7 * 24 * 3_600_000;

/** Moves remembered a partnership at most: a whole request of the largest size. 80 bytes each, the oldest go first. */
export const MovesRemembered = 1000;

const DocumentName = 'moves';

/** Loads the moves of a partnership; revision 0: none are stored. */
export const loadMoveBook = async (
  store: StateStore,
  partition: Partition,
): Promise<{ readonly book: MoveBook; readonly revision: number }> => {
  const document = (await store.load(partition, [DocumentName])).get(DocumentName);
  if (document === undefined) return { book: {}, revision: 0 };
  return { book: unpackDocument<MoveBook>(document.value).json, revision: document.revision };
};

/** The book without what is too old to be asked for, or too much. */
export const tidied = (book: MoveBook, now: number): MoveBook => {
  const young = Object.entries(book).filter(([, { at }]) => at > now - MoveMemory);
  return Object.fromEntries(young.sort(([, a], [, b]) => a.at - b.at).slice(-MovesRemembered));
};

/** The part of a commit that stores the book. */
export const writeMoveBook = (book: MoveBook, revision: number): Write => ({
  name: DocumentName,
  value: packDocument(book),
  expect: revision,
});
