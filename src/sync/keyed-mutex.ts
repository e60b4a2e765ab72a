/** Runs work one after another for each key. The lock of a partnership within one node. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` when all earlier work of `key` has ended, whether it failed or not. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const mine = before === undefined ? work() : before.then(work);
    const tail = mine.then(ignore, ignore);
    this.#tails.set(key, tail);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }

  /** The same for work that must not run twice at once on any node; on one node there is no difference. */
  exclusively<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.run(key, work);
  }

  /** Number of keys that are locked now. */
  get size(): number {
    return this.#tails.size;
  }
}

const ignore = (): void => undefined;
