import type { Partition, StateStore, StoredDocument, Write } from '../state/contract.ts';

/**
 * Documents of an account, each read once a request. Some are wanted whenever another is: they come along with the
 * first, so that nobody pays a reading of their own for them.
 */
export class AccountDocuments {
  readonly #state: StateStore;
  readonly #partition: Partition;
  readonly #along: readonly string[];
  readonly #loaded = new Map<string, Promise<StoredDocument | undefined>>();

  /** @param along names of documents that are read with the first one */
  constructor(state: StateStore, partition: Partition, along: readonly string[] = []) {
    this.#state = state;
    this.#partition = partition;
    this.#along = along;
  }

  /** The document of a name; `undefined`: there is none. */
  load(name: string): Promise<StoredDocument | undefined> {
    const known = this.#loaded.get(name);
    if (known !== undefined) return known;
    const names = [name, ...this.#along.filter((each) => each !== name && !this.#loaded.has(each))];
    const documents = this.#state.load(this.#partition, names);
    // Those that came along may never be asked for: the failure is that of whoever asked.
    documents.catch(() => this.#loaded.clear());
    for (const each of names) {
      const document = documents.then((found) => found.get(each));
      document.catch(() => undefined);
      this.#loaded.set(each, document);
    }
    return this.#loaded.get(name) as Promise<StoredDocument | undefined>;
  }

  /** Writes as {@link StateStore.commit} does; what was written is read anew. */
  commit(writes: readonly Write[]): Promise<boolean> {
    for (const { name } of writes) this.#loaded.delete(name);
    return this.#state.commit(this.#partition, writes);
  }
}
