import type { Clock } from '../../src/phone/clock.ts';

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  #now = Date.UTC(2026, 0, 15, 12);
  readonly #timers = new Set<Timer>();
  #watcher: (() => void) | undefined;

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.#now + milliseconds, call };
    this.#timers.add(timer);
    this.#watcher?.();
    return () => this.#timers.delete(timer);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until each waiting timer, ascending. */
  get waits(): readonly number[] {
    return [...this.#timers].map((timer) => timer.at - this.#now).sort((a, b) => a - b);
  }

  /** Moves time on and calls what is due, in order. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let next = this.#due(end); next !== undefined; next = this.#due(end)) {
      this.#timers.delete(next);
      this.#now = next.at;
      next.call();
    }
    this.#now = end;
  }

  /** Lets each timer that waits at least `milliseconds` fire as soon as it is set. */
  skipFrom(milliseconds: number): void {
    this.#watcher = () =>
      queueMicrotask(() => {
        const longest = this.waits.at(-1);
        if (longest !== undefined && longest >= milliseconds) this.advance(longest);
      });
  }

  #due(end: number): Timer | undefined {
    const due = [...this.#timers].filter((timer) => timer.at <= end);
    return due.sort((a, b) => a.at - b.at)[0];
  }
}
