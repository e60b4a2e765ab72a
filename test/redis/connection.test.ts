import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, expect, test } from '@jest/globals';
import {
  openRedis,
  openSubscriber,
  type RedisConnection,
  RedisLimits,
  type RedisSettings,
  retryDelay,
  whenReady,
} from '../../src/redis/connection.ts';
import { parseRedisUrl } from '../../src/redis/url.ts';
import { makeAuthority } from '../servers/certificates.ts';
import { freePort, makeFolder, stopAfterTests } from '../servers/process.ts';
import { type Redis, startRedis, startRedisCluster } from '../servers/redis.ts';
import { until } from '../support/until.ts';

const keep = stopAfterTests();
let redis: Redis;
let caFile = '';
let tlsPort = 0;
const opened: RedisConnection[] = [];
const troubles: string[] = [];

const settingsOf = (url: string, more: Partial<RedisSettings> = {}): RedisSettings => ({
  address: parseRedisUrl(url),
  prefix: 'test',
  ...more,
});

const note = (error: Error): void => void troubles.push(error.message);

const open = (url: string, more?: Partial<RedisSettings>): RedisConnection => {
  const connection = openRedis(settingsOf(url, more), note);
  opened.push(connection);
  return connection;
};

beforeAll(async () => {
  const folder = makeFolder('redis-tls');
  const authority = await makeAuthority(folder);
  const { certificateFile, keyFile } = await authority.issue('127.0.0.1', 'localhost');
  // The server reads them as another user.
  const [certificate, key, ca] = [certificateFile, keyFile, authority.caFile].map((file) => readFileSync(file, 'utf8'));
  caFile = ca ?? '';
  tlsPort = await freePort();
  redis = await keep(
    startRedis({
      extra: `requirepass geheim\ntls-port ${tlsPort}\ntls-cert-file cert.pem\ntls-key-file key.pem\ntls-ca-cert-file ca.pem\ntls-auth-clients no`,
      files: { 'cert.pem': certificate ?? '', 'key.pem': key ?? '', 'ca.pem': caFile },
    }),
  );
}, 30_000);

afterEach(() => {
  for (const connection of opened.splice(0)) connection.disconnect();
  troubles.length = 0;
});

const at = (port: number, scheme = 'redis', password = 'geheim'): string =>
  `${scheme}://:${password}@127.0.0.1:${port}`;

test('TLS with a private authority, and a password', async () => {
  const connection = open(at(tlsPort, 'rediss'), { ca: caFile });
  await whenReady(connection, 5000);
  expect(await connection.set('key', 'value')).toBe('OK');
  await expect(whenReady(open(at(tlsPort, 'rediss')), 1000)).rejects.toThrow(/certificate/);
  await expect(whenReady(open(at(redis.port, 'redis', 'wrong')), 1000)).rejects.toThrow(/WRONGPASS/);
});

test('a database of its own', async () => {
  const [first, second] = [open(at(redis.port)), open(`${at(redis.port)}/2`)];
  await Promise.all([first, second].map((connection) => whenReady(connection, 5000)));
  await second.set('only', 'here');
  expect([await first.get('only'), await second.get('only')]).toEqual([null, 'here']);
});

test('a server that hangs: the command fails in time and is not sent again, and the connection is made anew', async () => {
  const [connection, watcher] = [open(at(redis.port)), open(at(redis.port))];
  const subscriber = openSubscriber(settingsOf(at(redis.port)), note);
  opened.push(subscriber);
  let readies = 0;
  subscriber.on('ready', () => readies++);
  await Promise.all([connection, watcher, subscriber].map((each) => whenReady(each, 5000)));
  await watcher.del('count');
  const heard: string[] = [];
  subscriber.on('message', (_, message) => heard.push(message));
  await subscriber.subscribe('channel');
  redis.signal('SIGSTOP');
  const closed = new Promise((resolve) => connection.once('close', resolve));
  const begun = performance.now();
  await expect(connection.incr('count')).rejects.toThrow(/timed out/);
  expect(performance.now() - begun).toBeGreaterThan(RedisLimits.command - 100);
  await closed;
  await expect(connection.incr('count')).rejects.toThrow(/writeable/);
  await new Promise((resolve) => subscriber.once('close', resolve));
  redis.signal('SIGCONT');
  await Promise.all([whenReady(connection, 10_000), whenReady(subscriber, 10_000)]);
  expect(readies).toBe(2);
  await connection.publish('channel', 'again');
  await until(() => heard.includes('again'));
  // The server had taken the first one from the socket, or not: never both.
  expect(Number(await connection.get('count'))).toBeLessThanOrEqual(1);
  const ended = new Promise((resolve) => connection.once('end', resolve));
  connection.disconnect();
  await ended;
  await expect(whenReady(connection, 5000)).rejects.toThrow('closed');
}, 60_000);

test('a subscriber in a Cluster hears what is published at any node, and goes on with another one', async () => {
  const cluster = await keep(startRedisCluster());
  const subscriber = openSubscriber(settingsOf(cluster.url), note);
  opened.push(subscriber);
  const heard: string[] = [];
  subscriber.on('message', (_, message) => heard.push(message));
  await subscriber.subscribe('channel');
  const publish = async (from: number): Promise<void> => {
    const publisher = open(cluster.servers[from]?.url ?? '');
    await whenReady(publisher, 5000);
    await publisher.publish('channel', `from ${from}`);
  };
  for (const from of [0, 1, 2]) await publish(from);
  await until(() => heard.length === 3);
  await cluster.servers[0]?.kill();
  await whenReady(subscriber, 10_000);
  for (let round = 0; !heard.includes('from 2', 3) && round < 100; round++) {
    await publish(2);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(heard.indexOf('from 2', 3)).toBeGreaterThan(0);
}, 60_000);

test('pauses between tries grow, and end at a second', () => {
  expect([1, 2, 3, 6, 7, 1000].map(retryDelay)).toEqual([50, 100, 200, 1000, 1000, 1000]);
});
