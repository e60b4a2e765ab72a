import { beforeAll, describe, expect, test } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { StateUnavailable } from '../../src/state/contract.ts';
import { type RedisState, requireDurable } from '../../src/state/redis.ts';
import { stateStoreContract } from '../contracts/state-store.ts';
import { startCuttingRelay } from '../redis/cutting-relay.ts';
import { stopAfterTests } from '../servers/process.ts';
import { type Redis, startRedis } from '../servers/redis.ts';
import { openStore } from './redis-store.ts';

const keep = stopAfterTests();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
let redis: Redis;
let admin: Client;
let places = 0;

beforeAll(async () => {
  redis = await keep(startRedis());
  admin = new Client(redis.url);
  admin.on('error', () => undefined);
  await keep({ stop: async () => admin.disconnect() });
}, 30_000);

const freshPlace = (): string => `place${places++}|${redis.url}`;

/** Bytes that an almost full Redis has left: a small commit fits, a megabyte does not. */
const Space = 1_600_000;

stateStoreContract('Redis', {
  fresh: async () => {
    await admin.config('SET', 'maxmemory', '0');
    return freshPlace();
  },
  open: openStore,
  module: 'test/state/redis-store.ts',
  kills: 4,
  openFull: async (location) => {
    const store = await openStore(location);
    await store.load('p', ['a']);
    const [, used] = /used_memory:(\d+)/.exec(await admin.info('memory')) ?? [];
    await admin.config('SET', 'maxmemory', String(Number(used) + Space));
    return store;
  },
});

/** A store of its own, closed when the work is done. */
const withStore = async (location: string, work: (store: RedisState) => Promise<void>): Promise<void> => {
  const store = await openStore(location);
  try {
    await work(store);
  } finally {
    await store.close();
  }
};

const textOf = async (store: RedisState, name: string): Promise<string | undefined> => {
  const value = (await store.load('p', [name])).get(name)?.value;
  return value === undefined ? undefined : new TextDecoder().decode(value);
};

describe('Redis: what happens to commits', () => {
  test('one whose answer was lost is sent again and done once', async () => {
    const relay = await keep(startCuttingRelay(redis.port));
    await withStore(`lost|redis://127.0.0.1:${relay.port}`, async (store) => {
      expect(await store.commit('p', [{ name: 'a', value: bytes('1'), expect: 0 }])).toBe(true);
      relay.cutAnswerTo('evalsha');
      expect(await store.commit('p', [{ name: 'a', value: bytes('2'), expect: 1 }])).toBe(true);
      expect(relay.cuts()).toBe(1);
      expect((await store.load('p', ['a'])).get('a')).toEqual({ value: bytes('2'), revision: 2 });
    });
  });

  test('one that expects nothing and whose answer was lost is not repeated: it may be there', async () => {
    const relay = await keep(startCuttingRelay(redis.port));
    await withStore(`blind|redis://127.0.0.1:${relay.port}`, async (store) => {
      await store.commit('p', [{ name: 'a', value: bytes('1') }]);
      relay.cutAnswerTo('evalsha');
      await expect(store.commit('p', [{ name: 'a', value: bytes('2') }])).rejects.toThrow(StateUnavailable);
      expect((await store.load('p', ['a'])).get('a')).toEqual({ value: bytes('2'), revision: 2 });
      relay.cutAnswerTo('unlink');
      await expect(store.drop('p')).rejects.toThrow(StateUnavailable);
    });
  });

  test('the same writes again under another id are refused, however alike', async () => {
    await withStore(freshPlace(), async (store) => {
      const writes = [{ name: 'a', value: bytes('1'), expect: 0 }];
      expect(await store.commit('p', writes)).toBe(true);
      expect(await store.commit('p', writes)).toBe(false);
    });
  });

  test('Redis that forgot the script is given it again', async () => {
    await withStore(freshPlace(), async (store) => {
      await store.commit('p', [{ name: 'a', value: bytes('1') }]);
      await admin.script('FLUSH');
      expect(await store.commit('p', [{ name: 'a', value: bytes('2') }])).toBe(true);
      expect(await textOf(store, 'a')).toBe('2');
    });
  });

  test('Redis killed and started again while commits come: they wait, and nothing acknowledged is lost', async () => {
    await withStore(freshPlace(), async (store) => {
      await store.commit('p', [{ name: 'n', value: bytes('0'), expect: 0 }]);
      for (let round = 1; round <= 3; round++) {
        const commit = store.commit('p', [{ name: 'n', value: bytes(`${round}`), expect: round }]);
        const restarted = redis.kill().then(() => redis.restart());
        const done = await commit;
        await restarted;
        expect(done).toBe(true);
        expect((await store.load('p', ['n'])).get('n')).toEqual({ value: bytes(`${round}`), revision: round + 1 });
      }
    });
  }, 60_000);

  test('what Redis refuses is refused at once: no disk, no right', async () => {
    await withStore(freshPlace(), async (store) => {
      await store.commit('p', [{ name: 'a', value: bytes('1') }]);
      await admin.config('SET', 'min-replicas-to-write', '1');
      try {
        const begun = performance.now();
        const commit = store.commit('p', [{ name: 'a', value: bytes('2'), expect: 1 }]);
        await expect(commit).rejects.toMatchObject({ reason: expect.stringContaining('NOREPLICAS') });
        expect(performance.now() - begun).toBeLessThan(5000);
        expect(await textOf(store, 'a')).toBe('1');
      } finally {
        await admin.config('SET', 'min-replicas-to-write', '0');
      }
    });
  });

  test('a partition without documents is none, and leaves nothing in Redis', async () => {
    await withStore(`gone|${redis.url}`, async (store) => {
      await store.commit('p', [{ name: 'a', value: bytes('1') }]);
      await store.commit('p', [{ name: 'a', value: null, expect: 1 }]);
      expect(await admin.keys('gone:*')).toEqual([]);
    });
  });

  test('keys begin with the prefix; another prefix is another store', async () => {
    await withStore(`one|${redis.url}`, async (store) => {
      await store.commit('partnership/a/b', [{ name: 'x', value: bytes('1') }]);
      expect(await admin.keys('one:*')).toEqual(['one:state:{partnership/a/b}']);
    });
    await withStore(`on|${redis.url}`, async (store) => {
      expect((await store.list('partnership/a/b', '')).size).toBe(0);
      for await (const partition of store.partitions('')) throw new Error(`there is ${partition}`);
    });
  });
});

describe('Redis: what a server starts on', () => {
  const warnings: string[] = [];
  const log = { warn: (_: object, message: string) => void warnings.push(message) };

  test.each([
    ['allkeys-lru', '1gb', /maxmemory-policy allkeys-lru\), and they would load everything anew/],
    ['allkeys-random', '1gb', /noeviction there$/],
  ])('is refused that throws state away: %s', async (policy, memory, reason) => {
    await admin.config('SET', 'maxmemory-policy', policy, 'maxmemory', memory);
    try {
      await withStore(freshPlace(), async (store) => {
        await expect(requireDurable(store, log)).rejects.toThrow(reason);
      });
    } finally {
      await admin.config('SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '0');
    }
  });

  test('is warned of that only a crash or a full memory without state in danger shows', async () => {
    await admin.config('SET', 'maxmemory-policy', 'volatile-lru', 'appendonly', 'no');
    try {
      await withStore(freshPlace(), (store) => requireDurable(store, log));
    } finally {
      await admin.config('SET', 'maxmemory-policy', 'noeviction', 'appendonly', 'yes');
    }
    expect(warnings).toEqual([expect.stringContaining('append-only'), expect.stringContaining('noeviction')]);
  });
});
