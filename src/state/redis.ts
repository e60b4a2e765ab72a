import type { Redis } from 'ioredis';
import type { Clock, Log, RandomBytes } from '../handlers/context.ts';
import {
  keyOf,
  openRedis,
  type RedisConnection,
  type RedisSettings,
  retryDelay,
  whenReady,
} from '../redis/connection.ts';
import { askFacts, evicts, type RedisFacts } from '../redis/facts.ts';
import { mastersOf, nodeNamed, nodeOf } from '../redis/nodes.ts';
import { redisName } from '../redis/url.ts';
import { type Partition, type StateStore, StateUnavailable, type StoredDocument, type Write } from './contract.ts';
import { natureOf, type Redirect, redirectOf } from './redis-failure.ts';
import { ReplicatedServer } from './redis-replicas.ts';
import { CommitField, CommitReply, commitScript } from './redis-scripts.ts';
import { fromKey, toKey } from './text-key.ts';

/** What the store on Redis is opened with. */
export interface RedisStateOptions {
  readonly settings: RedisSettings;
  /** Replicas that must have taken a commit, as far as so many are connected; 0: none. */
  readonly replicas: number;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Pick<Log, 'warn' | 'info'>;
}

/**
 * Milliseconds for which a commit or a reading is tried again when Redis does not answer: long enough
 * for a connection lost or a Sentinel's quick fail-over, short of the 30 s after which phones give up.
 */
const Patience = 6_000;

/** Keys that one step of a SCAN looks at: few enough not to hold up Redis. */
const ScanCount = 500;

/** Bytes of the id that this process begins the ids of its commits with. */
const IdLength = 9;

const Kind = 'state';

/** Opens the state store on Redis. It connects by itself; the first call waits for that. */
export const openRedisState = (options: RedisStateOptions): RedisState => new RedisState(options);

/**
 * The state store on Redis: one hash a partition, a field a document. A commit is one script on one
 * key; what it expects is compared and all is written, or nothing.
 *
 * Readings have a connection of their own: on that of the commits a WAIT for replicas holds up what
 * comes behind it.
 *
 * A commit whose answer was lost is sent again under the same id and then done once. When that does
 * not come to an end either, or too few replicas took it, the caller gets StateUnavailable though the
 * commit may be there. The engine bears that: the device repeats its request with its old SyncKey,
 * which is the previous one if the commit is there, and is answered as after a lost response.
 */
export class RedisState implements StateStore {
  readonly #options: RedisStateOptions;
  readonly #reads: RedisConnection;
  readonly #writes: RedisConnection;
  readonly #servers = new WeakMap<Redis, ReplicatedServer>();
  readonly #idBase: string;
  #commits = 0;
  #closed = false;

  constructor(options: RedisStateOptions) {
    this.#options = options;
    this.#idBase = Buffer.from(options.random(IdLength)).toString('base64');
    const trouble = troubleReport(options);
    [this.#reads, this.#writes] = [openRedis(options.settings, trouble), openRedis(options.settings, () => undefined)];
    this.#reads.on('ready', trouble.over);
  }

  async load(partition: Partition, names: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>> {
    if (names.length === 0) return new Map();
    const values = await this.#read((redis) => redis.hmgetBuffer(this.#key(partition), ...names.map(toKey)));
    return new Map(
      names.flatMap((name, index) => {
        const stored = values[index];
        return stored ? [[name, documentOf(stored)] as const] : [];
      }),
    );
  }

  async list(partition: Partition, prefix: string): Promise<ReadonlyMap<string, StoredDocument>> {
    const fields = await this.#read((redis) => redis.hgetallBuffer(this.#key(partition)));
    return new Map(
      Object.entries(fields)
        .filter(([field]) => field !== CommitField && field.startsWith(toKey(prefix)))
        .map(([field, stored]) => [fromKey(field), documentOf(stored)]),
    );
  }

  async commit(partition: Partition, writes: readonly Write[]): Promise<boolean> {
    if (writes.length === 0) return true;
    const id = `${this.#idBase}${(this.#commits++).toString(36)}`;
    const key = this.#key(partition);
    const values = writes.flatMap(({ name, value, expect }) => [
      toKey(name),
      expect === undefined ? '' : String(expect),
      value === null ? '0' : '1',
      value === null ? '' : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    ]);
    // What is written whatever is there could, the second time, overwrite what somebody else wrote meanwhile.
    const repeatable = writes.every(({ expect }) => expect !== undefined);
    const reply = await this.#write(key, repeatable, (redis) => redis.evalsha(commitScript.sha, 1, key, id, ...values));
    return reply === CommitReply.written;
  }

  /**
   * Names the partitions, each once. Throws StateUnavailable also when a connection is lost on the
   * way, as the cursor of a SCAN means nothing to another server. While slots of a Cluster move, those
   * that move may be left out.
   */
  async *partitions(prefix: string): AsyncIterable<Partition> {
    await this.#read(async () => undefined);
    const seen = new Set<string>();
    for (const master of mastersOf(this.#reads)) {
      for await (const key of this.#scan(master, this.#key(prefix, 'open'))) {
        if (seen.has(key)) continue;
        seen.add(key);
        yield fromKey(key.slice(this.#key('', 'open').length, -1));
      }
    }
  }

  async drop(partition: Partition): Promise<void> {
    const key = this.#key(partition);
    await this.#write(key, false, (redis) => redis.unlink(key));
  }

  /** What the servers that hold the state tell of themselves. Throws StateUnavailable. */
  facts(): Promise<readonly RedisFacts[]> {
    return this.#read(askFacts);
  }

  /** Ends what is in hand. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#reads, this.#writes].map(endConnection));
  }

  /** The key of a partition; `open`: what the keys of all begin with whose names begin so. */
  #key(partition: Partition, form: 'whole' | 'open' = 'whole'): string {
    const key = keyOf(this.#options.settings.prefix, Kind, toKey(partition));
    return form === 'whole' ? key : key.slice(0, -1);
  }

  /** Reads, again and again while Redis cannot be reached. Throws StateUnavailable. */
  #read<Result>(work: (redis: RedisConnection) => Promise<Result>): Promise<Result> {
    return this.#persist(this.#reads, true, () => work(this.#reads));
  }

  /**
   * Writes on the server that holds `key`. `repeatable`: may be done again when it is unknown whether
   * it was done. Throws StateUnavailable.
   */
  #write(key: string, repeatable: boolean, command: (redis: Redis) => Promise<unknown>): Promise<unknown> {
    let redirect: Redirect | undefined;
    return this.#persist(this.#writes, repeatable, async () => {
      const redis = redirect?.asking ? nodeNamed(this.#writes, redirect.node) : nodeOf(this.#writes, key);
      const asking = redirect?.asking === true;
      redirect = undefined;
      try {
        return await this.#send(redis, asking ? askFirst(command) : command);
      } catch (error) {
        redirect = redirectOf(error);
        await this.#prepare(error, key, redis);
        throw error;
      }
    });
  }

  async #send(redis: Redis | undefined, command: (redis: Redis) => Promise<unknown>): Promise<unknown> {
    // ioredis does not know the server yet: a reading finds it, and this is tried again.
    if (redis === undefined) throw new ServerUnknown();
    const { replicas, clock, log } = this.#options;
    const known = this.#servers.get(redis) ?? new ReplicatedServer(redis, { replicas, now: clock.now, log });
    this.#servers.set(redis, known);
    const { reply, confirmed } = await known.send(command);
    if (confirmed) return reply;
    throw new StateUnavailable('Too few replicas of Redis took a commit in time; it is on the master');
  }

  /** Puts right what a failure tells, before the next try. */
  async #prepare(error: unknown, key: string, redis: Redis | undefined): Promise<void> {
    try {
      if (/^NOSCRIPT/.test((error as Error).message)) await redis?.script('LOAD', commitScript.lua);
      // A reading goes through ioredis' own handling of MOVED and ASK, which then knows the server.
      else if (natureOf(error) !== 'refused') await this.#writes.exists(key);
    } catch {
      // The next try tells.
    }
  }

  /** Tries until it is done, Redis refuses it, or {@link Patience} is at its end. Throws StateUnavailable. */
  async #persist<Result>(redis: RedisConnection, repeatable: boolean, work: () => Promise<Result>): Promise<Result> {
    const { clock } = this.#options;
    const end = clock.now() + Patience;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#ready(redis, end - clock.now());
        return await work();
      } catch (error) {
        if (error instanceof StateUnavailable) throw error;
        if (isHopeless(error, repeatable) || clock.now() >= end) throw new StateUnavailable(error);
        await new Promise<void>((resolve) => clock.after(retryDelay(attempt), resolve));
      }
    }
  }

  async #ready(redis: RedisConnection, limit: number): Promise<void> {
    try {
      if (this.#closed) throw new Error('The store was closed');
      await whenReady(redis, limit);
    } catch (error) {
      throw new StateUnavailable(error);
    }
  }

  /** The keys of one server that begin with a text. */
  async *#scan(redis: Redis, begin: string): AsyncIterable<string> {
    let lost = false;
    const lose = (): void => {
      lost = true;
    };
    redis.once('close', lose);
    try {
      for (let cursor = '0'; ; ) {
        const [next, keys] = await scanStep(redis, cursor, begin);
        if (lost) throw new StateUnavailable('The connection to Redis was lost while partitions were listed');
        yield* keys;
        if (next === '0') return;
        cursor = next;
      }
    } finally {
      redis.off('close', lose);
    }
  }
}

/** No server of a Cluster is known to hold a key: its table of slots is being read. */
class ServerUnknown extends Error {
  constructor() {
    // The words make it a command that was not sent, see natureOf.
    super("Cluster isn't ready: no server is known for a slot");
  }
}

const isHopeless = (error: unknown, repeatable: boolean): boolean => {
  const nature = natureOf(error);
  return nature === 'refused' || (nature === 'unsure' && !repeatable);
};

const scanStep = async (redis: Redis, cursor: string, begin: string): Promise<[string, string[]]> => {
  try {
    return await redis.scan(cursor, 'MATCH', `${begin.replace(/[*?[\]\\^]/g, '\\$&')}*`, 'COUNT', ScanCount);
  } catch (error) {
    throw new StateUnavailable(error);
  }
};

const askFirst =
  (command: (redis: Redis) => Promise<unknown>) =>
  (redis: Redis): Promise<unknown> => {
    redis.asking().catch(() => undefined);
    return command(redis);
  };

/** What is stored in a field: the revision in digits, a colon, the value. */
const documentOf = (stored: Buffer): StoredDocument => {
  const colon = stored.indexOf(':');
  // A copy: the reply is a part of what came from the socket, which would be kept as a whole.
  return { revision: Number(stored.toString('latin1', 0, colon)), value: new Uint8Array(stored.subarray(colon + 1)) };
};

/** Tells the log of a connection that is lost, and once that it is back. */
const troubleReport = ({ log, settings }: RedisStateOptions): ((error: Error) => void) & { over(): void } => {
  const redis = redisName(settings.address);
  let told = false;
  const trouble = ({ message }: Error): void => {
    if (!told) log.warn({ redis, reason: message }, 'Redis cannot be reached; trying again');
    told = true;
  };
  const over = (): void => {
    if (told) log.info({ redis }, 'Redis is reached again');
    told = false;
  };
  return Object.assign(trouble, { over });
};

/**
 * Refuses a Redis that throws state away when its memory is full: it would do so silently, and months
 * later every phone at once would load everything anew. What only makes a loss in a crash possible is
 * said in the log. Throws Error, StateUnavailable.
 */
export const requireDurable = async (store: RedisState, log: Pick<Log, 'warn'>): Promise<void> => {
  for (const facts of await store.facts()) {
    const { server, evictionPolicy: policy } = facts;
    if (evicts(facts)) {
      throw new Error(
        `Redis ${server} throws away what Postrider remembers of phones when its memory is full (maxmemory-policy ` +
          `${policy}), and they would load everything anew. Set maxmemory-policy noeviction there`,
      );
    }
    if (!facts.appendOnly)
      log.warn({ redis: server }, 'Redis has no append-only file: when it ends, state is lost. Set appendonly yes');
    if (policy !== 'noeviction') log.warn({ redis: server, policy }, 'Set maxmemory-policy noeviction in Redis');
  }
};

const endConnection = async (redis: RedisConnection): Promise<void> => {
  if (redis.status === 'ready') await redis.quit().catch(() => undefined);
  redis.disconnect();
};
