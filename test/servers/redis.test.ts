import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { answers, stopAfterTests } from './process.ts';
import { startRedis } from './redis.ts';

const keep = stopAfterTests();

test('starts, keeps what was written, restarts on its port, leaves nothing', async () => {
  const redis = await keep(startRedis());
  const client = new Client(redis.url, { retryStrategy: () => 20 });
  client.on('error', () => undefined);
  await client.set('key', 'kept');
  await redis.kill('SIGTERM');
  expect(await answers(redis.port)).toBe(false);
  await redis.restart();
  expect(await client.get('key')).toBe('kept');
  expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
  client.disconnect();
  await redis.stop();
  expect(existsSync(redis.folder)).toBe(false);
  expect(await answers(redis.port)).toBe(false);
}, 30_000);

test('a replica and a Sentinel', async () => {
  const primary = await keep(startRedis());
  const replica = await keep(startRedis({ extra: `replicaof 127.0.0.1 ${primary.port}` }));
  const extra = `sentinel monitor postrider 127.0.0.1 ${primary.port} 1`;
  const sentinel = await keep(startRedis({ sentinel: true, extra }));
  const [onPrimary, onReplica, onSentinel] = [primary, replica, sentinel].map(({ url }) => new Client(url));
  await onPrimary?.set('key', 'copied');
  expect(await onPrimary?.wait(1, 10_000)).toBe(1);
  expect(await onReplica?.get('key')).toBe('copied');
  expect(await onSentinel?.call('SENTINEL', 'get-master-addr-by-name', 'postrider')).toEqual([
    '127.0.0.1',
    String(primary.port),
  ]);
  for (const client of [onPrimary, onReplica, onSentinel]) client?.disconnect();
}, 30_000);
