import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ChangeEvent } from '../../src/push/hub.ts';
import { LingerTime } from '../../src/push/lines.ts';
import { stopAfterTests } from '../servers/process.ts';
import { type Redis, startRedis } from '../servers/redis.ts';
import { passing, TestCluster, type TestNode } from './cluster-nodes.ts';

const keep = stopAfterTests();
let redis: Redis;
let cluster: TestCluster;
let [a, b] = [] as unknown as [TestNode, TestNode];
beforeAll(async () => {
  redis = await keep(startRedis());
}, 30_000);
beforeEach(async () => {
  cluster = new TestCluster(redis);
  [a, b] = await Promise.all([
    cluster.node(),
    cluster.node((_account, path) => (path === 'Lists' ? 'lists' : undefined)),
  ]);
});
afterEach(() => cluster.close());

const moved = (position: string): ChangeEvent => ({ kind: 'moved', folder: 'inbox', position, arrived: false });
const unsure: ChangeEvent = { kind: 'unsure' };

test('news reaches every node on which somebody listens, and each listener once', async () => {
  const c = await cluster.node();
  await Promise.all([a.listen('anna'), b.listen('anna'), c.listen('ben')]);
  a.hub.publish('anna', moved('1'));
  expect(a.events).toEqual([{ account: 'anna', event: moved('1') }]);
  b.hub.publish('anna', moved('2'));
  await passing([], () => a.events.length === 2 && b.events.length === 2);
  expect(b.events.map(({ event }) => event)).toEqual(expect.arrayContaining([moved('1'), moved('2')]));
  // A node on which nobody waits for the account is not even sent it.
  c.hub.publish('ben', moved('3'));
  a.hub.publish('ben', moved('4'));
  await passing([], () => c.events.length === 2);
  expect([c.wire.figures.received, c.wire.size, a.events.length]).toEqual([1, 1, 2]);
});

test('a subscription outlives its listener for a while, and then ends', async () => {
  await a.listen('anna');
  a.unlisten('anna');
  await a.listen('anna');
  expect(a.hub.heard('anna')).toBeUndefined();
  a.unlisten('anna');
  await a.clock.advance(LingerTime - 10_000);
  expect(a.wire.size).toBe(1);
  await a.clock.advance(20_000);
  expect(a.wire.size).toBe(0);
  let subscribed: unknown;
  await passing([], () => {
    void cluster.client.pubsub('NUMSUB', `${cluster.prefix}:news:{anna}`).then(([, count]) => {
      subscribed = count;
    });
    return subscribed === 0;
  });
});

test('what was told while the subscription was broken is found out, for the accounts concerned alone', async () => {
  await Promise.all([b.listen('anna'), b.listen('ben')]);
  a.hub.publish('anna', moved('1'));
  a.hub.publish('ben', moved('1'));
  await passing([], () => b.events.length === 2);
  // Both nodes lose their subscriptions; the commands of the first one go on.
  await cluster.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  a.hub.publish('anna', moved('2'));
  await passing([a, b], () => b.events.length > 2);
  await passing([a, b], () => b.wire.figures.reconnects === 1);
  expect(b.events.slice(2)).toEqual([{ account: 'anna', event: unsure }]);
  expect(b.wire.figures.missed).toBe(1);
  a.hub.publish('ben', moved('2'));
  await passing([], () => b.events.length === 4);
  expect(b.events.at(-1)).toEqual({ account: 'ben', event: moved('2') });
});

test('without Redis listeners of the node itself are told at once, all others when it is back', async () => {
  await Promise.all([a.listen('anna'), b.listen('anna'), b.listen('ben')]);
  await redis.kill();
  await passing([a, b], () => {
    a.hub.publish('anna', moved('1'));
    return a.wire.figures.failed > 0;
  });
  expect(a.events[0]).toEqual({ account: 'anna', event: moved('1') });
  await a.listen('carl');
  await redis.restart();
  await passing([a, b], () => b.events.some(({ account, event }) => account === 'anna' && event.kind === 'unsure'));
  b.hub.publish('carl', moved('1'));
  await passing([a, b], () => a.events.some(({ account }) => account === 'carl'));
  expect(b.events.filter(({ account }) => account === 'ben')).toEqual([]);
}, 30_000);

test('numbers that went back, as after a fail-over, make the account look', async () => {
  await b.listen('anna');
  a.hub.publish('anna', moved('1'));
  a.hub.publish('anna', moved('2'));
  await passing([], () => b.events.length === 2);
  await cluster.client.set(`${cluster.prefix}:news:{anna}`, 1);
  await cluster.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await passing([a, b], () => b.events.length === 3);
  expect(b.events.at(-1)?.event).toEqual(unsure);
  a.hub.publish('anna', moved('3'));
  await passing([], () => b.events.length === 4);
  expect(b.wire.figures.missed).toBe(1);
});

test('a message that never came shows in the number of the next one', async () => {
  await b.listen('anna');
  a.hub.publish('anna', moved('1'));
  await passing([], () => b.events.length === 1);
  await cluster.client.incr(`${cluster.prefix}:news:{anna}`);
  a.hub.publish('anna', moved('3'));
  await passing([], () => b.events.length === 3);
  expect(b.events.map(({ event }) => event).slice(1)).toEqual(expect.arrayContaining([unsure, moved('3')]));
});

test('what no node has written is left alone', async () => {
  await b.listen('anna');
  for (const text of ['', 'news', '7', '1 {', '0 ["other",{"kind":"unheard of"}]'])
    await cluster.client.publish(`${cluster.prefix}:news:{anna}`, text);
  a.hub.publish('anna', moved('1'));
  await passing([], () => b.events.length === 1);
  expect(b.events[0]?.event).toEqual(moved('1'));
});

test('many accounts that missed something are told in turns', async () => {
  const accounts = Array.from({ length: 120 }, (_, i) => `user${i}`);
  await Promise.all(accounts.map((account) => b.listen(account)));
  await Promise.all(accounts.map((account) => cluster.client.incr(`${cluster.prefix}:news:{${account}}`)));
  for (const account of accounts) a.hub.publish(account, moved('1'));
  const looks = () => b.events.filter(({ event }) => event.kind === 'unsure').length;
  await passing([], () => b.events.length - looks() === 120);
  expect(looks()).toBe(1);
  await b.clock.advance(100);
  expect(looks()).toBe(51);
  await b.clock.advance(100);
  expect(looks()).toBe(101);
  await passing([b], () => looks() === 120);
});

test('a folder that the receiver of a notice does not know is found where the account waits', async () => {
  await Promise.all([a.listen('anna'), b.listen('anna')]);
  const event: ChangeEvent = { kind: 'unsure', mailbox: { path: 'Lists', arrived: true } };
  a.hub.publish('anna', event);
  await passing([], () => b.events.length === 1);
  expect(a.events).toEqual([{ account: 'anna', event }]);
  expect(b.events[0]?.event).toEqual({ kind: 'moved', folder: 'lists', position: undefined, arrived: true });
});

test('a wait that died on one node is known to the one that the device comes back to, and counted once', async () => {
  const partition = 'partnership/anna/PHONE';
  a.deaths.died(partition, 100);
  const history = { deaths: [] };
  await passing([], () => b.wire.figures.received === 1);
  expect(b.deaths.returning(partition, history).deaths).toEqual([100]);
  await passing([], () => a.wire.figures.received === 1);
  expect(a.deaths.returning(partition, history)).toBe(history);
});

test('what is told of the hierarchy is overheard while the subscription lasts, also where nobody waits any more', async () => {
  const heard: ChangeEvent[] = [];
  b.hub.overhear((account, event) => void (account === 'anna' && heard.push(event)));
  await b.listen('anna');
  b.unlisten('anna');
  a.hub.publish('anna', moved('1'));
  a.hub.publish('anna', { kind: 'hierarchy' });
  await passing([], () => heard.length > 0);
  expect(heard).toEqual([{ kind: 'hierarchy' }]);
  expect(b.events).toEqual([]);
  // Afterwards nothing is heard, and who comes to listen is told so: the account is to be heard only now.
  await b.clock.advance(LingerTime + 20_000);
  b.hub.subscribe('anna', () => undefined);
  expect(b.hub.heard('anna')).toBeInstanceOf(Promise);
  await b.hub.heard('anna');
});
