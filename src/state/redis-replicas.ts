import type { Redis } from 'ioredis';
import type { Log } from '../handlers/context.ts';

/** Time limits, in milliseconds. */
export const ReplicaLimits = {
  /** For replicas to take a commit. Those that are well take it within one round trip. */
  wait: 1_000,
  /** Between two looks how many there are. */
  recount: 5_000,
  /** Since a replica last said how far it is; beyond it does not count: Redis itself waits as long (min-replicas-max-lag). */
  lag: 10_000,
} as const;

/** What came of a command. */
export interface Sent {
  readonly reply: unknown;
  /** As many replicas have it as were asked for and are connected. */
  readonly confirmed: boolean;
}

/** What is asked of replicas, and by whom. */
export interface ReplicaOptions {
  /** Replicas that must have taken a write, as far as so many are connected. */
  readonly replicas: number;
  readonly now: () => number;
  readonly log: Pick<Log, 'warn'>;
}

type Command = (redis: Redis) => Promise<unknown>;

interface Entry {
  readonly command: Command;
  done(sent: Sent | Promise<Sent>): void;
}

/** Replicas that are connected, up to date and speak: those lines of `INFO replication`. */
export const countReplicas = (info: string): number =>
  [...info.matchAll(/^slave\d+:.*\bstate=online\b.*\blag=(\d+)/gm)].filter(
    ([, lag]) => Number(lag) * 1000 <= ReplicaLimits.lag,
  ).length;

/**
 * Sends writes to one server and has its replicas confirm them. WAIT holds up the connection that it
 * is sent on, so there is one at a time: writes that come meanwhile go together, with one WAIT behind
 * them. It must be the same connection, without a break between, or it would not speak of these writes.
 */
export class ReplicatedServer {
  readonly #redis: Redis;
  readonly #options: ReplicaOptions;
  #counted: { readonly count: Promise<number>; readonly at: number } | undefined;
  #queue: Entry[] = [];
  #running = false;

  constructor(redis: Redis, options: ReplicaOptions) {
    this.#redis = redis;
    this.#options = options;
    redis.on('close', () => {
      this.#counted = undefined;
    });
  }

  /** Sends a command. Throws what the command throws, or the connection. */
  async send(command: Command): Promise<Sent> {
    if ((await this.#count()) === 0) return { reply: await command(this.#redis), confirmed: true };
    return new Promise((done) => {
      this.#queue.push({ command, done });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#queue.length > 0) {
      const [group, wanted] = [this.#queue, await this.#count().catch(() => 1)];
      this.#queue = [];
      // All of them in one go: nothing can come between a write and its WAIT on the connection.
      const replies = group.map(({ command }) => command(this.#redis));
      const confirmed = this.#confirm(this.#redis.wait(wanted, ReplicaLimits.wait), wanted);
      for (const [index, { done }] of group.entries()) done(sentOf(replies[index], confirmed));
      await Promise.allSettled([...replies, confirmed]);
    }
    this.#running = false;
  }

  /** Whether as many have it as there are: one that has gone meanwhile is not waited for. */
  async #confirm(reached: Promise<number>, wanted: number): Promise<boolean> {
    const count = await reached;
    if (count >= wanted) return true;
    this.#counted = undefined;
    const connected = await this.#count();
    this.#options.log.warn({ reached: count, wanted, connected }, 'Replicas of Redis are late or gone');
    return count >= connected;
  }

  /** Replicas that can be waited for. */
  #count(): Promise<number> {
    const { replicas, now } = this.#options;
    if (replicas === 0) return Promise.resolve(0);
    if (this.#counted === undefined || now() - this.#counted.at > ReplicaLimits.recount) {
      const count = this.#redis.info('replication').then((info) => Math.min(countReplicas(info), replicas));
      const counted = { count, at: now() };
      this.#counted = counted;
      count.catch(() => {
        if (this.#counted === counted) this.#counted = undefined;
      });
    }
    return this.#counted.count;
  }
}

const sentOf = async (reply: Promise<unknown> | undefined, confirmed: Promise<boolean>): Promise<Sent> => ({
  reply: await reply,
  confirmed: await confirmed,
});
