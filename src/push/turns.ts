import { keyOf, type RedisConnection } from '../redis/connection.ts';
import { parsePartnership } from '../state/partitions.ts';
import type { RedisWire } from './redis-wire.ts';

/** The order of a device's requests over all nodes. */
export interface Turns {
  /** A request of a partnership came to this node; `turn` is its number here. */
  take(partition: string, turn: number): void;
  /** Whether a newer request has come since, to whichever node. Never throws: who cannot tell waits on. */
  overtaken(partition: string, turn: number): Promise<boolean>;
  /** Has `call` called when a newer request came to another node. */
  listen(call: (partition: string) => void): void;
}

/** Seconds that a turn is kept: longer than a request works before it waits. */
const TurnLife = 300;

/** In one script, so that whoever hears of the turn finds it. */
const TakeScript = `redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])`;

/**
 * Turns kept on Redis: the last request that it was told of is the newest. A request costs one
 * command that nobody waits for; one that comes to wait, one read.
 */
export class RedisTurns implements Turns {
  readonly #redis: RedisConnection;
  readonly #prefix: string;
  readonly #wire: RedisWire;

  constructor(redis: RedisConnection, prefix: string, wire: RedisWire) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#wire = wire;
  }

  take(partition: string, turn: number): void {
    const account = parsePartnership(partition)?.account;
    if (account === undefined) return;
    const told = this.#wire.channelText(account, { kind: 'turn', partition });
    this.#redis.eval(TakeScript, 1, this.#key(partition), this.#stamp(turn), TurnLife, ...told).catch(() => undefined);
  }

  async overtaken(partition: string, turn: number): Promise<boolean> {
    const newest = await this.#redis.get(this.#key(partition)).catch(() => null);
    return newest !== null && newest !== this.#stamp(turn);
  }

  listen(call: (partition: string) => void): void {
    this.#wire.listen({
      account: (_account, message) => {
        if (message.kind === 'turn') call(message.partition);
      },
    });
  }

  #key(partition: string): string {
    return keyOf(this.#prefix, 'turn', partition);
  }

  #stamp(turn: number): string {
    return `${this.#wire.node}/${turn}`;
  }
}
