/** Milliseconds that conversions run before whatever else waits for the event loop is served. */
export const TurnTime = 5;

/**
 * Lets conversions of many accounts share the event loop: in each of its rounds only as many run
 * as {@link TurnTime} allows, whoever waits longest first. Yielding one by one would not do, since
 * then a round lasts as long as all of them together.
 */
export class Turns {
  readonly #now: () => number;
  readonly #waiting: (() => void)[] = [];
  /** When the conversions of this round of the event loop began; `undefined`: none ran in it yet. */
  #began: number | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** To be awaited before each piece of work; a piece should take a few milliseconds at most. */
  async next(): Promise<void> {
    if (this.#began === undefined) this.#begin();
    else if (this.#now() - this.#began >= TurnTime) {
      await new Promise<void>((resume) => this.#waiting.push(resume));
    }
  }

  #begin(): void {
    this.#began = this.#now();
    setImmediate(() => {
      this.#began = undefined;
      const first = this.#waiting.shift();
      if (first === undefined) return;
      this.#begin();
      first();
    });
  }
}
