import { unavailable } from './failures.ts';

/** Pieces of work of one account that wait at most; a device that sends more shall come again. */
const QueueLimit = 64;

/** Lets only so many pieces of work run at a time, in the order in which they came. */
export class Gate {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `action` when it is its turn. Throws `unavailable` when too many wait already, and whatever it throws. */
  async run<T>(action: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limit) this.#running++;
    else await this.#turn();
    try {
      return await action();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= QueueLimit) throw unavailable(undefined, 'too much waits for this account');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
