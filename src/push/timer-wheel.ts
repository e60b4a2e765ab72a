import type { Clock } from '../handlers/context.ts';

/** Something that is due at a time. Kept by the wheel as it is: no closure a waiter. */
export interface Due {
  /** Milliseconds since 1970. */
  readonly deadline: number;
  /** Called once when the deadline has passed, at most one tick late. */
  expire(): void;
}

/** Length of a tick in milliseconds: heartbeats are counted in seconds. */
const Tick = 1000;

/** Deadlines of thousands of waiters on one timer, which runs only while somebody waits. */
export class TimerWheel {
  readonly #clock: Clock;
  readonly #slots = new Map<number, Set<Due>>();
  #next = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(due: Due): void {
    const slot = slotOf(due);
    const set = this.#slots.get(slot) ?? new Set();
    set.add(due);
    this.#slots.set(slot, set);
    if (this.#cancel === undefined) this.#start(slot);
    else if (slot < this.#next) this.#next = slot;
  }

  remove(due: Due): void {
    const slot = slotOf(due);
    const set = this.#slots.get(slot);
    if (set?.delete(due) && set.size === 0) this.#slots.delete(slot);
    if (this.#slots.size === 0) this.#stop();
  }

  #start(slot: number): void {
    this.#next = Math.min(slot, Math.floor(this.#clock.now() / Tick));
    this.#schedule();
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(): void {
    this.#cancel = this.#clock.after(Tick, () => {
      this.#turn();
      if (this.#slots.size > 0) this.#schedule();
      else this.#cancel = undefined;
    });
  }

  /** Takes every slot up to now; after a jump of the clock the slots themselves are looked through. */
  #turn(): void {
    const now = Math.floor(this.#clock.now() / Tick);
    const due = now - this.#next > this.#slots.size ? [...this.#slots.keys()].filter((slot) => slot <= now) : undefined;
    const slots = due ?? Array.from({ length: Math.max(0, now - this.#next + 1) }, (_, i) => this.#next + i);
    this.#next = now + 1;
    for (const slot of slots) {
      const set = this.#slots.get(slot);
      if (set === undefined) continue;
      this.#slots.delete(slot);
      for (const one of set) one.expire();
    }
  }
}

const slotOf = ({ deadline }: Due): number => Math.ceil(deadline / Tick);
