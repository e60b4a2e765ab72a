import type { Clock } from '../handlers/context.ts';
import { BoundedMap } from './bounded-map.ts';
import { LoginsThrottled } from './errors.ts';

/** Who tries to log in. */
export interface Attempt {
  readonly account: string;
  /** Device id of the request line; empty where there is none (OPTIONS, Autodiscover). */
  readonly device: string;
  /** The client's address, only as a trusted proxy tells it: a socket's address may be a proxy's, shared by all. */
  readonly address?: string | undefined;
}

/** Limits on logins that failed upstream. */
export interface ThrottleOptions {
  /** Span in which failures are counted, in milliseconds. */
  readonly window: number;
  /** Failures of one device of one account: a user who types different passwords gets this many. */
  readonly perDevice: number;
  /**
   * Failures of one account by all devices that never proved its password: device ids are free to
   * choose, so a guesser is stopped here. Devices that have proved it are not held back by others.
   */
  readonly perAccount: number;
  /** Failures from one address: more than a few users behind one router cause, less than guessing needs. */
  readonly perAddress: number;
}

export const DefaultThrottle: ThrottleOptions = { window: 600_000, perDevice: 10, perAccount: 30, perAddress: 100 };

/** Keys counted at most; more than that in one window is an attack, and the oldest counts go. */
const MaxKeys = 100_000;

interface Count {
  readonly failures: number;
  /** When the window of these failures ends. */
  readonly until: number;
}

/**
 * Counts failed logins by device, account and address, and refuses to ask upstream beyond the limits.
 * A failed login is one that was asked upstream: a repeated wrong password, answered from memory,
 * counts once.
 */
export class LoginThrottle {
  readonly #clock: Clock;
  readonly #options: ThrottleOptions;
  readonly #counts = new BoundedMap<Count>(MaxKeys);
  readonly #known = new BoundedMap<true>(MaxKeys);

  constructor(clock: Clock, options: ThrottleOptions = DefaultThrottle) {
    this.#clock = clock;
    this.#options = options;
  }

  /**
   * Asks to log in upstream, and counts the login as failed until it turns out otherwise: many guesses
   * sent at once shall not all pass before the first answer. Throws {@link LoginsThrottled} when a
   * limit is reached.
   *
   * @returns Takes the count back: the password was right, or nobody could tell.
   */
  begin(attempt: Attempt): () => void {
    const known = this.#known.get(deviceKey(attempt)) === true;
    const device: Limit = [deviceKey(attempt), this.#options.perDevice];
    const strangers: Limit[] = known ? [] : [[`account ${attempt.account}`, this.#options.perAccount]];
    const address: Limit[] =
      known || attempt.address === undefined ? [] : [[addressKey(attempt.address), this.#options.perAddress]];
    const wait = Math.max(...[device, ...strangers, ...address].map((limit) => this.#wait(limit)));
    if (wait > 0) throw new LoginsThrottled(Math.ceil(wait / 1000));
    const counted = [device, ...strangers];
    for (const [key] of counted) this.#count(key, 1);
    return () => {
      for (const [key] of counted) this.#count(key, -1);
    };
  }

  /** The login was refused upstream. Addresses count only this: a whole office may log in at once. */
  failed(attempt: Attempt): void {
    if (attempt.address !== undefined) this.#count(addressKey(attempt.address), 1);
  }

  /** Remembers a device that proved the password: failures of others no longer concern it. */
  succeeded(attempt: Attempt): void {
    const key = deviceKey(attempt);
    this.#counts.delete(key);
    this.#known.set(key, true);
  }

  /** Milliseconds until `limit` allows another login. */
  #wait([key, limit]: Limit): number {
    const count = this.#counts.get(key);
    return count !== undefined && count.failures >= limit ? count.until - this.#clock.now() : 0;
  }

  #count(key: string, step: 1 | -1): void {
    const now = this.#clock.now();
    const count = this.#counts.get(key);
    const running = count !== undefined && count.until > now;
    if (running) this.#counts.set(key, { failures: Math.max(0, count.failures + step), until: count.until });
    else if (step > 0) this.#counts.set(key, { failures: step, until: now + this.#options.window });
  }
}

type Limit = readonly [key: string, limit: number];

const deviceKey = (attempt: Attempt): string => `device ${attempt.account} ${attempt.device}`;
const addressKey = (address: string): string => `address ${address}`;
