import { beforeAll, describe, expect, test } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { StateUnavailable } from '../../src/state/contract.ts';
import type { RedisState } from '../../src/state/redis.ts';
import { stateStoreContract } from '../contracts/state-store.ts';
import { stopAfterTests } from '../servers/process.ts';
import { type RedisGroup, startRedisWithSentinel } from '../servers/redis.ts';
import { openStore } from './redis-store.ts';

const keep = stopAfterTests();
let group: RedisGroup;
let places = 0;

beforeAll(async () => {
  group = await keep(startRedisWithSentinel());
}, 60_000);

stateStoreContract('Redis behind Sentinel, with a replica', {
  fresh: async () => `place${places++}|${group.url}`,
  open: openStore,
  module: 'test/state/redis-store.ts',
  kills: 2,
});

const numberIn = async (store: RedisState, partition: string): Promise<number> => {
  const value = (await store.load(partition, ['n'])).get('n')?.value;
  return value === undefined ? 0 : Number(new TextDecoder().decode(value));
};

/** Counts up in a partition until it is stopped; gives the last number that was acknowledged. */
const countUp = async (store: RedisState, partition: string, goesOn: () => boolean): Promise<number> => {
  let acknowledged = 0;
  while (goesOn()) {
    try {
      const stored = (await store.load(partition, ['n'])).get('n');
      const next = (stored === undefined ? 0 : Number(new TextDecoder().decode(stored.value))) + 1;
      const value = new TextEncoder().encode(String(next));
      if (await store.commit(partition, [{ name: 'n', value, expect: stored?.revision ?? 0 }])) acknowledged = next;
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
    }
  }
  return acknowledged;
};

describe('Redis behind Sentinel', () => {
  test('tells its name and its replica', async () => {
    const store = await openStore(`facts|${group.url}`);
    expect(await store.facts()).toMatchObject([{ server: 'postrider', replicas: 1, appendOnly: true }]);
    await store.close();
  });

  test('a replica that hangs: commits are refused, though they may be there, until it does not count', async () => {
    const store = await openStore(`hang|${group.url}`);
    await store.commit('p', [{ name: 'n', value: new Uint8Array(1), expect: 0 }]);
    const [, replica] = group.servers;
    replica?.signal('SIGSTOP');
    try {
      // Several at once share one WAIT, so that none waits for the others.
      const begun = performance.now();
      const commits = Array.from({ length: 20 }, (_, i) =>
        store.commit(`p${i}`, [{ name: 'n', value: new Uint8Array(1), expect: 0 }]),
      );
      for (const { status } of await Promise.allSettled(commits)) expect(status).toBe('rejected');
      expect(performance.now() - begun).toBeLessThan(15_000);
      // Readings are not held up, and find what is on the master.
      expect((await store.load('p7', ['n'])).size).toBe(1);
    } finally {
      replica?.signal('SIGCONT');
    }
    await store.close();
  }, 60_000);

  test('the master dies: what was acknowledged is there after the fail-over, and commits go on', async () => {
    const store = await openStore(`fail|${group.url}`);
    const [primary, replica] = group.servers;
    let going = true;
    const partitions = ['a', 'b', 'c', 'd'];
    const counting = Promise.all(partitions.map((partition) => countUp(store, partition, () => going)));
    while ((await numberIn(store, 'd')) < 20);
    const before = await numberIn(store, 'a');
    await primary?.kill();
    const promoted = new Client(replica?.url ?? '');
    // The new master takes commits once the Sentinel has made it one and the store has found it.
    const end = Date.now() + 40_000;
    for (let count = before; count < before + 50; ) {
      count = Number(/^\d+/.exec(String(await promoted.hget('fail:state:{a}', 'n')).split(':')[1] ?? '')?.[0] ?? 0);
      if (Date.now() > end) throw new Error(`no fail-over: ${count} after ${before}`);
    }
    going = false;
    const acknowledged = await counting;
    for (const [i, partition] of partitions.entries()) {
      expect(await numberIn(store, partition)).toBeGreaterThanOrEqual(acknowledged[i] ?? Number.POSITIVE_INFINITY);
    }
    promoted.disconnect();
    await store.close();
  }, 90_000);
});
