import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openRedis, type RedisConnection, whenReady } from '../../src/redis/connection.ts';
import { LeasedMutex, LockLife } from '../../src/redis/leased-mutex.ts';
import { parseRedisUrl } from '../../src/redis/url.ts';
import { StateUnavailable } from '../../src/state/contract.ts';
import { stopAfterTests } from '../servers/process.ts';
import { type Redis, startRedis } from '../servers/redis.ts';
import { systemClock } from '../support/system.ts';
import { until } from '../support/until.ts';

const keep = stopAfterTests();
let redis: Redis;
let connections: RedisConnection[];
let [a, b] = [] as unknown as [LeasedMutex, LeasedMutex];
beforeAll(async () => {
  redis = await keep(startRedis());
  const settings = { address: parseRedisUrl(redis.url), prefix: 'test' };
  connections = [openRedis(settings, () => undefined), openRedis(settings, () => undefined)];
  for (const connection of connections) await whenReady(connection, 10_000);
}, 30_000);
afterAll(() => {
  for (const connection of connections) connection.disconnect();
});
beforeEach(() => {
  [a, b] = connections.map(
    (commands, i) => new LeasedMutex({ commands, prefix: 'test', node: `node ${i}`, clock: systemClock }),
  ) as [LeasedMutex, LeasedMutex];
});

const gate = () => {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
};

test('work of one key runs on one node at a time, that of others beside it', async () => {
  const done: string[] = [];
  const { open, passed } = gate();
  const first = a.exclusively('key', async () => {
    done.push('first begins');
    await passed;
    done.push('first ends');
  });
  await until(() => done.length === 1);
  const second = b.exclusively('key', async () => void done.push('second'));
  await b.exclusively('another key', async () => void done.push('another'));
  await b.run('key of this node alone', async () => void done.push('local'));
  open();
  await Promise.all([first, second]);
  expect(done).toEqual(['first begins', 'another', 'local', 'first ends', 'second']);
});

test('a result and a failure come through, and both free the lock', async () => {
  expect(await a.exclusively('key', async () => 7)).toBe(7);
  await expect(a.exclusively('key', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await until(() => true);
  expect(await b.exclusively('key', async () => 8)).toBe(8);
});

test('the lock of a node that died is free after its life, and not before', async () => {
  const [connection] = connections;
  const { open, passed } = gate();
  const work = a.exclusively('key', () => passed);
  let left = 0;
  await until(() => {
    void connection?.pttl('test:lock:{key}').then((milliseconds) => {
      left = milliseconds;
    });
    return left > 0;
  });
  expect(left).toBeLessThanOrEqual(LockLife);
  // As if its life had passed without a renewal: another one takes the lock, and keeps it.
  await connection?.del('test:lock:{key}');
  const other = gate();
  let got = false;
  const second = b.exclusively('key', async () => {
    got = true;
    await other.passed;
  });
  await until(() => got);
  open();
  await work;
  // What the first one frees is its own lock only.
  expect(await connection?.get('test:lock:{key}')).toBe('node 1/1');
  other.open();
  await second;
});

test('without Redis nothing is done that must not be done twice', async () => {
  await redis.kill();
  const done: string[] = [];
  await expect(a.exclusively('key', async () => void done.push('work'))).rejects.toThrow(StateUnavailable);
  expect(done).toEqual([]);
  await redis.restart();
}, 30_000);
