import type { Clock } from '../../src/handlers/context.ts';

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

/** Time that stands still until it is moved; timers run in their order as it passes them. */
export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now: number;
  #watcher: (() => void) | undefined;

  constructor(now = Date.UTC(2026, 10, 23, 12)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.#now + milliseconds, call };
    this.#timers.add(timer);
    this.#watcher?.();
    return () => this.#timers.delete(timer);
  }

  /** Timers that have not run yet. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until each waiting timer, ascending. */
  get waits(): readonly number[] {
    return [...this.#timers].map((timer) => timer.at - this.#now).sort((a, b) => a - b);
  }

  /** Moves time on and runs what is due, all at once. */
  move(milliseconds: number): void {
    const end = this.#now + milliseconds;
    while (this.#runNext(end));
    this.#now = end;
  }

  /** Moves time on and runs what is due; what each timer starts is given time to settle. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    while (this.#runNext(end)) await settle();
    this.#now = end;
    await settle();
  }

  /** Lets each timer that waits at least `milliseconds` fire as soon as it is set. */
  skipFrom(milliseconds: number): void {
    this.#watcher = () =>
      queueMicrotask(() => {
        const longest = this.waits.at(-1);
        if (longest !== undefined && longest >= milliseconds) this.move(longest);
      });
  }

  /** Runs the first timer that is due by `end`; `false`: there is none. */
  #runNext(end: number): boolean {
    const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
    if (next === undefined) return false;
    this.#timers.delete(next);
    this.#now = Math.max(this.#now, next.at);
    next.call();
    return true;
  }
}

/** Lets all that is ready to run go on. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
  await new Promise<void>((resolve) => setImmediate(resolve));
};
