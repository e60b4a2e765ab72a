import type { Clock } from '../handlers/context.ts';
import { StateUnavailable } from '../state/contract.ts';
import { KeyedMutex } from '../sync/keyed-mutex.ts';
import { keyOf, type RedisConnection } from './connection.ts';

/** Milliseconds after which the lock of a node that died is free. */
export const LockLife = 15_000;

/** Milliseconds between two renewals of the locks held. */
const RenewTime = 5000;

/** Milliseconds for which somebody waits for a lock: phones give up at 30 s. */
const Patience = 20_000;

/** Milliseconds between two tries to get a lock: work that excludes others rarely meets any. */
const Retry = { first: 20, longest: 250 } as const;

const RenewScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end`;
const ReleaseScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

/** What the locks work with. */
export interface LeasedMutexOptions {
  readonly commands: RedisConnection;
  readonly prefix: string;
  /** Name of this node. */
  readonly node: string;
  readonly clock: Clock;
}

/**
 * Locks within this node and, for work that must not run twice at once anywhere, over all nodes: a
 * lease on Redis for as long as the work takes. A node that stands still for longer than
 * {@link LockLife} in the middle of such work has lost its lock without knowing.
 */
export class LeasedMutex extends KeyedMutex {
  readonly #options: LeasedMutexOptions;
  /** Tokens by the keys of the locks held on Redis. */
  readonly #held = new Map<string, string>();
  #tokens = 0;
  #cancelRenewal: (() => void) | undefined;

  constructor(options: LeasedMutexOptions) {
    super();
    this.#options = options;
  }

  /** Throws StateUnavailable when Redis is away or the lock is not free in time. */
  override exclusively<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.run(key, () => this.#leased(keyOf(this.#options.prefix, 'lock', key), work));
  }

  /** Renews nothing any more. */
  close(): void {
    this.#cancelRenewal?.();
  }

  async #leased<T>(key: string, work: () => Promise<T>): Promise<T> {
    const token = `${this.#options.node}/${++this.#tokens}`;
    await this.#take(key, token);
    this.#held.set(key, token);
    this.#renewLater();
    try {
      return await work();
    } finally {
      this.#held.delete(key);
      this.#options.commands.eval(ReleaseScript, 1, key, token).catch(() => undefined);
    }
  }

  async #take(key: string, token: string): Promise<void> {
    const { commands, clock } = this.#options;
    const end = clock.now() + Patience;
    for (let delay: number = Retry.first; ; delay = Math.min(2 * delay, Retry.longest)) {
      if (await this.#isFree(key, token)) return;
      if (clock.now() + delay > end) throw new StateUnavailable(new Error('Another node does the same work'));
      await new Promise<void>((resolve) => clock.after(delay, resolve));
      if (commands.status === 'end') throw new StateUnavailable(new Error('The server is being stopped'));
    }
  }

  async #isFree(key: string, token: string): Promise<boolean> {
    try {
      return (await this.#options.commands.set(key, token, 'PX', LockLife, 'NX')) !== null;
    } catch (error) {
      throw new StateUnavailable(error);
    }
  }

  #renewLater(): void {
    this.#cancelRenewal ??= this.#options.clock.after(RenewTime, () => {
      this.#cancelRenewal = undefined;
      for (const [key, token] of this.#held)
        this.#options.commands.eval(RenewScript, 1, key, token, LockLife).catch(() => undefined);
      if (this.#held.size > 0) this.#renewLater();
    });
  }
}
