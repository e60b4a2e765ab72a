import type { Clock, RandomBytes } from '../handlers/context.ts';
import { LoginsQueued } from './errors.ts';

/** How fast passwords are asked of the servers behind. */
export interface LoginPaceOptions {
  /**
   * Logins begun a second, and at once after a quiet time. After a restart every waiting phone proves
   * its password again: at this pace 2,000 are back within 20 s, and a mail server is not overrun.
   */
  readonly perSecond: number;
  /** Milliseconds that a login may wait for its turn: phones hang up after 30 s, and the rest takes time, too. */
  readonly patience: number;
}

export const DefaultLoginPace: LoginPaceOptions = { perSecond: 100, patience: 20_000 };

/** Seconds over which those are spread who have to come again. */
const Spread = 30;

/** Milliseconds between two looks for those who waited too long while no login ends. */
const FullLook = 500;

/** A login that waits for its turn. */
interface Waiting {
  /** Milliseconds since 1970 after which nobody waits for it any more. */
  readonly until: number;
  begin(): void;
  refuse(): void;
}

/**
 * Begins logins at a steady pace. Those that wait take turns by account, so that one with many
 * devices or many guesses holds up nobody else. Who cannot have a turn in time is told when to come
 * again, each at another moment.
 *
 * No more logins are under way than begin in a second: a server that takes longer than that for one
 * sets the pace itself.
 */
export class LoginPace {
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #options: LoginPaceOptions;
  /** Who waits, by account; the first account is the next. */
  readonly #queues = new Map<string, Waiting[]>();
  #waiting = 0;
  #running = 0;
  /** Logins that may begin now; fills up as time passes, to a second's worth. */
  #allowed: number;
  /** When {@link #allowed} was true, in milliseconds since 1970. */
  #at: number;
  #timer: (() => void) | undefined;

  constructor(clock: Clock, random: RandomBytes, options: LoginPaceOptions = DefaultLoginPace) {
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
    this.#allowed = options.perSecond;
    this.#at = clock.now();
  }

  /** Logins that wait for their turn. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Runs `login` when its turn comes. Throws {@link LoginsQueued} when it would come too late. */
  async run<T>(account: string, login: () => Promise<T>): Promise<T> {
    await this.#turn(account);
    try {
      return await login();
    } finally {
      this.#running--;
      this.#timer?.();
      this.#timer = undefined;
      this.#serve();
    }
  }

  #turn(account: string): Promise<void> {
    const { perSecond, patience } = this.#options;
    if (this.#waiting >= (perSecond * patience) / 1000) throw this.#refusal();
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(account) ?? [];
      this.#queues.set(account, queue);
      queue.push({
        until: this.#clock.now() + patience,
        begin: resolve,
        refuse: () => reject(this.#refusal()),
      });
      this.#waiting++;
      this.#serve();
    });
  }

  /** Begins what may begin now, and looks again when the next one may. */
  #serve(): void {
    this.#refill();
    while (this.#waiting > 0 && this.#running < this.#options.perSecond && this.#allowed >= 1) {
      this.#allowed--;
      this.#running++;
      this.#take().begin();
    }
    this.#plan();
  }

  #refill(): void {
    const { perSecond } = this.#options;
    const now = this.#clock.now();
    this.#allowed = Math.min(perSecond, this.#allowed + (Math.max(0, now - this.#at) * perSecond) / 1000);
    this.#at = now;
  }

  /** Looks again when the next may begin; while all places are taken, only for who has waited too long. */
  #plan(): void {
    if (this.#timer !== undefined || this.#waiting === 0) return;
    const { perSecond } = this.#options;
    const full = this.#running >= perSecond;
    const wait = full ? FullLook : Math.ceil(((1 - this.#allowed) * 1000) / perSecond);
    this.#timer = this.#clock.after(Math.max(1, wait), () => {
      this.#timer = undefined;
      this.#refuseLate();
      this.#serve();
    });
  }

  /** Who has waited too long is told so even while nobody can begin. */
  #refuseLate(): void {
    const now = this.#clock.now();
    for (const [account, queue] of this.#queues) {
      while (queue[0] !== undefined && queue[0].until < now) {
        queue.shift()?.refuse();
        this.#waiting--;
      }
      if (queue.length === 0) this.#queues.delete(account);
    }
  }

  /** The next one; its account goes to the end of the row. */
  #take(): Waiting {
    const [[account, queue] = ['', []]] = this.#queues;
    const next = queue.shift();
    if (next === undefined) throw new RangeError('An account without a login stands in the row');
    this.#queues.delete(account);
    if (queue.length > 0) this.#queues.set(account, queue);
    this.#waiting--;
    return next;
  }

  #refusal(): LoginsQueued {
    const drained = Math.ceil(this.#waiting / this.#options.perSecond);
    const [byte = 0] = this.#random(1);
    return new LoginsQueued(drained + 1 + Math.floor((byte * Spread) / 256));
  }
}
