import { beforeAll, describe, expect, test } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { slotOf } from '../../src/redis/nodes.ts';
import { stateStoreContract } from '../contracts/state-store.ts';
import { stopAfterTests } from '../servers/process.ts';
import { type RedisGroup, startRedisCluster } from '../servers/redis.ts';
import { openStore } from './redis-store.ts';

const keep = stopAfterTests();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
let cluster: RedisGroup;
let places = 0;

beforeAll(async () => {
  cluster = await keep(startRedisCluster());
}, 60_000);

stateStoreContract('Redis Cluster', {
  fresh: async () => `place${places++}|${cluster.url}`,
  open: openStore,
  module: 'test/state/redis-store.ts',
  kills: 2,
});

describe('Redis Cluster', () => {
  const clientsOf = (): Client[] => cluster.servers.map(({ url }) => new Client(url));

  test('spreads partitions over all servers', async () => {
    const store = await openStore(`spread|${cluster.url}`);
    await Promise.all(
      Array.from({ length: 60 }, (_, i) => store.commit(`p${i}`, [{ name: 'a', value: bytes('x'), expect: 0 }])),
    );
    await store.close();
    const clients = clientsOf();
    for (const client of clients) expect((await client.keys('spread:*')).length).toBeGreaterThan(5);
    for (const client of clients) client.disconnect();
  });

  test('follows a partition that moves to another server, while it moves and after', async () => {
    const store = await openStore(`moving|${cluster.url}`);
    expect(await store.commit('p', [{ name: 'a', value: bytes('1'), expect: 0 }])).toBe(true);
    const slot = slotOf('moving:state:{p}');
    const clients = clientsOf();
    const ids = await Promise.all(clients.map((client) => client.cluster('MYID')));
    const from = Math.floor((slot * 3) / 16_384);
    const to = (from + 1) % 3;
    const { port } = cluster.servers[to] ?? {};
    await clients[to]?.call('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', String(ids[from]));
    await clients[from]?.call('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', String(ids[to]));
    await clients[from]?.call('MIGRATE', '127.0.0.1', String(port), 'moving:state:{p}', '0', '5000');
    // Now its server answers with ASK.
    expect(await store.commit('p', [{ name: 'a', value: bytes('2'), expect: 1 }])).toBe(true);
    expect((await store.load('p', ['a'])).get('a')).toEqual({ value: bytes('2'), revision: 2 });
    for (const client of clients) await client.call('CLUSTER', 'SETSLOT', String(slot), 'NODE', String(ids[to]));
    // And now with MOVED.
    expect(await store.commit('p', [{ name: 'a', value: bytes('3'), expect: 2 }])).toBe(true);
    expect((await store.load('p', ['a'])).get('a')).toEqual({ value: bytes('3'), revision: 3 });
    expect(await clients[to]?.keys('moving:*')).toEqual(['moving:state:{p}']);
    await store.close();
    for (const client of clients) client.disconnect();
  }, 30_000);

  test('a server that was down for a moment is waited for', async () => {
    const store = await openStore(`down|${cluster.url}`);
    expect(await store.commit('p', [{ name: 'a', value: bytes('1'), expect: 0 }])).toBe(true);
    const server = cluster.servers[Math.floor((slotOf('down:state:{p}') * 3) / 16_384)];
    const commit = store.commit('p', [{ name: 'a', value: bytes('2'), expect: 1 }]);
    await server?.kill();
    await server?.restart();
    expect(await commit).toBe(true);
    expect(await store.commit('p', [{ name: 'a', value: bytes('3'), expect: 2 }])).toBe(true);
    expect((await store.load('p', ['a'])).get('a')?.revision).toBe(3);
    await store.close();
  }, 60_000);
});
