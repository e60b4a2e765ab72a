import type { Partition, StateStore, Write } from './contract.ts';
import { packDocument, unpackDocument } from './document.ts';

/** The form of all documents in a store, as one number. */
export interface StateFormat {
  /** Counts up whenever documents are written in a form that the release before did not write. */
  readonly format: number;
  /** The oldest format whose releases can read what is written in this one: at least the one before. */
  readonly readableFrom: number;
}

/** What this release writes. A new format keeps what the last release needs to go on with it. */
export const CurrentFormat: StateFormat = { format: 1, readableFrom: 1 };

/** Where a store's format is noted. */
export const FormatPlace = { partition: 'server' as Partition, name: 'state-format' } as const;

interface StoredFormat extends StateFormat {
  /** An import has begun and not ended: what is there is a part of something. */
  readonly importing?: boolean;
}

/** A store that this release must not go on with; the message says why and what to do. */
export class StateUnusable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StateUnusable';
  }
}

/** Throws {@link StateUnusable} unless a release of format `ours` can read what `stored` describes. */
export const requireReadable = (stored: StateFormat, ours: StateFormat = CurrentFormat): void => {
  if (stored.readableFrom <= ours.format) return;
  throw new StateUnusable(
    `What Postrider remembers of the phones was written by a newer release (format ${stored.format}, readable from ` +
      `format ${stored.readableFrom} on; this release knows format ${ours.format}). Start that release again, go ` +
      'back by one release at a time, or restore a backup of this release',
  );
};

const loadFormat = async (store: StateStore): Promise<{ stored: StoredFormat | undefined; revision: number }> => {
  const { partition, name } = FormatPlace;
  const document = (await store.load(partition, [name])).get(name);
  if (document === undefined) return { stored: undefined, revision: 0 };
  return { stored: unpackDocument<StoredFormat>(document.value).json, revision: document.revision };
};

/** The write that notes a format. */
export const formatWrite = (format: StoredFormat): Write => ({ name: FormatPlace.name, value: packDocument(format) });

/**
 * Looks whether this release can go on with a store, and notes its format there when that is newer.
 * Nothing is converted: nodes of two releases may work on one store while they are exchanged one by
 * one, so each document is written anew when it changes next, and read in either form. The release
 * before finds the newer number, and that it may go on.
 *
 * @throws StateUnusable, StateUnavailable
 */
export const agreeOnFormat = async (store: StateStore, ours: StateFormat = CurrentFormat): Promise<void> => {
  for (;;) {
    const { stored, revision } = await loadFormat(store);
    if (stored?.importing) {
      throw new StateUnusable(
        'An import of the state was broken off, and only a part of it is there. Run it again: postrider state import ' +
          '--replace',
      );
    }
    if (stored !== undefined) requireReadable(stored, ours);
    if (stored !== undefined && stored.format >= ours.format) return;
    if (await store.commit(FormatPlace.partition, [{ ...formatWrite(ours), expect: revision }])) return;
  }
};
