/**
 * The state store: small documents in partitions. A partition is what one lock guards and one
 * commit covers: a partnership, or an account. On Redis a partition is one hash tag.
 */

/** Name of a partition; see partitions.ts for how they are made. */
export type Partition = string;

/** A stored document. */
export interface StoredDocument {
  readonly value: Uint8Array;
  /** Counts the commits of this document, from 1. */
  readonly revision: number;
}

/** One part of a commit. */
export interface Write {
  readonly name: string;
  /** `null` removes the document. */
  readonly value: Uint8Array | null;
  /** The revision that must be stored now: 0 for none; absent: whatever is there. */
  readonly expect?: number;
}

/** Durable state. Every method may throw StateUnavailable. */
export interface StateStore {
  /** The documents of the given names that exist. */
  load(partition: Partition, names: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>>;
  /** All documents whose name begins with `prefix`. */
  list(partition: Partition, prefix: string): Promise<ReadonlyMap<string, StoredDocument>>;
  /**
   * Writes all or nothing, durable when it resolves. `false`: a document was not at its expected
   * revision, and nothing was written.
   */
  commit(partition: Partition, writes: readonly Write[]): Promise<boolean>;
  /** Names of the partitions that begin with `prefix`. */
  partitions(prefix: string): AsyncIterable<Partition>;
  /** Removes a partition with all its documents. */
  drop(partition: Partition): Promise<void>;
  close(): Promise<void>;
}

/**
 * The store cannot be read or written. On one machine nothing was changed then; over a network a
 * commit may be there all the same, when the connection was lost before the answer.
 */
export class StateUnavailable extends Error {
  constructor(cause: unknown) {
    super('The state store cannot be used', { cause });
    this.name = 'StateUnavailable';
  }

  /** Why, for those who run the server: the message is also told to phones. */
  get reason(): string {
    return this.cause instanceof Error ? this.cause.message : String(this.cause);
  }
}
