import { beforeAll, describe, expect, test } from '@jest/globals';
import type { ChangeEvent } from '../../src/push/hub.ts';
import { stopAfterTests } from '../servers/process.ts';
import { type RedisGroup, startRedisCluster, startRedisWithSentinel } from '../servers/redis.ts';
import { passing, SeenWatch, TestCluster, type TestNode } from './cluster-nodes.ts';

const keep = stopAfterTests();
let onCluster: RedisGroup;
let onSentinel: RedisGroup;
beforeAll(async () => {
  [onCluster, onSentinel] = await Promise.all([keep(startRedisCluster()), keep(startRedisWithSentinel())]);
}, 90_000);

const moved = (position: string): ChangeEvent => ({ kind: 'moved', folder: 'inbox', position, arrived: false });
const heard = (node: TestNode, account: string): ChangeEvent[] =>
  node.events.filter((one) => one.account === account).map(({ event }) => event);

test('on a Redis Cluster news, leases, turns and locks work whichever server their keys lie on', async () => {
  const cluster = new TestCluster(onCluster, onCluster.servers[0]?.url);
  const [a, b] = await Promise.all([cluster.node(), cluster.node()]);
  const accounts = Array.from({ length: 12 }, (_, i) => `user${i}`);
  const watches = accounts.map(() => [new SeenWatch(), new SeenWatch()] as const);
  await Promise.all(accounts.map((account) => b.listen(account)));
  for (const [i, account] of accounts.entries()) {
    const [first, second] = watches[i] ?? [];
    if (first === undefined || second === undefined) continue;
    await a.watchers.acquire(account, first, ['inbox']);
    await b.watchers.acquire(account, second, ['inbox']);
    first.listener?.moved('inbox', `position ${i}`);
  }
  await passing([], () =>
    accounts.every((account, i) =>
      heard(b, account).some((event) => 'position' in event && event.position === `position ${i}`),
    ),
  );
  expect([a.leases.held, a.leases.refused, b.leases.held, b.leases.refused]).toEqual([12, 0, 0, 12]);
  for (const account of accounts) a.turns.take(`partnership/${account}/PHONE`, 1);
  for (const account of accounts) b.turns.take(`partnership/${account}/PHONE`, 7);
  expect(await a.locks.exclusively('some work', async () => 'done')).toBe('done');
  await a.leave();
  await passing([b], () => b.leases.held === 12 && watches.every(([, second]) => second.isOpen));
  await cluster.close();
}, 60_000);

describe('when the master dies and Sentinel names another one', () => {
  test('nothing that was told meanwhile is missed, and one node goes on to watch', async () => {
    const [master, replica] = onSentinel.servers;
    const cluster = new TestCluster(onSentinel, replica?.url);
    const [a, b] = await Promise.all([cluster.node(), cluster.node()]);
    const watches = [new SeenWatch(), new SeenWatch()] as const;
    await Promise.all([a.listen('anna'), b.listen('anna'), b.listen('ben')]);
    await a.watchers.acquire('anna', watches[0], ['inbox']);
    await b.watchers.acquire('anna', watches[1], ['inbox']);
    a.hub.publish('anna', moved('before'));
    await passing([], () => heard(b, 'anna').some((event) => event.kind === 'moved'));
    const before = heard(b, 'anna').length;

    await master?.kill();
    // The last news of the account: if it is lost on the way, no later one shows it.
    watches[0].listener?.moved('inbox', 'in between');
    expect(heard(a, 'anna').at(-1)).toEqual(moved('in between'));
    expect(heard(b, 'anna')).toHaveLength(before);
    await passing([a, b], () => heard(b, 'anna').length > before);

    a.hub.publish('ben', moved('after'));
    await passing([a, b], () => heard(b, 'ben').some((event) => 'position' in event && event.position === 'after'));
    await passing([a, b], () => a.leases.held + b.leases.held === 1);
    await passing([a, b], () => watches.filter(({ isOpen }) => isOpen).length === 1);
    await cluster.close();
  }, 300_000);
});
