import type { Redis } from 'ioredis';
import type { Clock, Log, RandomBytes } from '../handlers/context.ts';
import { openRedis, openSubscriber, type RedisConnection, type RedisSettings, whenReady } from '../redis/connection.ts';
import { LeasedMutex } from '../redis/leased-mutex.ts';
import { ClusterHub, type Locate } from './cluster-hub.ts';
import { WaitDeaths } from './heartbeats.ts';
import { RedisLeases } from './redis-leases.ts';
import { RedisWire } from './redis-wire.ts';
import { RedisTurns } from './turns.ts';

/** What a node shares with the others of its cluster. */
export interface ClusterOptions {
  readonly redis: RedisSettings;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Log;
  /** Absent: no backend gets notices by path. */
  readonly locate?: Locate | undefined;
}

/** This node as one of a cluster. */
export interface Cluster {
  readonly wire: RedisWire;
  readonly hub: ClusterHub;
  readonly leases: RedisLeases;
  readonly turns: RedisTurns;
  readonly locks: LeasedMutex;
  readonly deaths: WaitDeaths;
  /** Hands over all leases; other nodes watch from now on. */
  leave(): Promise<void>;
  /** Leaves, and closes the connections to Redis. */
  close(): Promise<void>;
}

/** Milliseconds that Redis has to answer when a node joins. */
const JoinTime = 10_000;

/** Joins the cluster. Throws when Redis is away. */
export const joinCluster = async (options: ClusterOptions): Promise<Cluster> => {
  // Their troubles are those of the state store, which tells them.
  const commands = openRedis(options.redis, () => undefined);
  const subscriber = openSubscriber(options.redis, () => undefined);
  const disconnect = (): void => {
    commands.disconnect();
    subscriber.disconnect();
  };
  try {
    await Promise.all([whenReady(commands, JoinTime), whenReady(subscriber, JoinTime)]);
    return await join(options, commands, subscriber, disconnect);
  } catch (error) {
    disconnect();
    throw error;
  }
};

const join = async (
  { redis: { prefix }, clock, random, log, locate = () => undefined }: ClusterOptions,
  commands: RedisConnection,
  subscriber: Redis,
  disconnect: () => void,
): Promise<Cluster> => {
  const node = Buffer.from(random(8)).toString('hex');
  const wire = new RedisWire({ commands, subscriber, prefix, node, clock, log });
  const leases = new RedisLeases({ commands, wire, prefix, clock, log });
  const deaths = new WaitDeaths((notice) => void wire.sendAll({ kind: 'death', notice }));
  wire.listen({
    all: (message) => {
      if (message.kind === 'death') deaths.hear(message.notice);
    },
  });
  const hub = new ClusterHub(wire, locate);
  const locks = new LeasedMutex({ commands, prefix, node, clock });
  await wire.open();
  await leases.open();
  return {
    wire,
    hub,
    leases,
    turns: new RedisTurns(commands, prefix, wire),
    locks,
    deaths,
    leave: () => leases.close(),
    close: async () => {
      await leases.close();
      wire.close();
      locks.close();
      disconnect();
    },
  };
};
