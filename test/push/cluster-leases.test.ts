import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BeatTime } from '../../src/push/redis-leases.ts';
import { GraceTime, ReopenTime } from '../../src/push/watchers.ts';
import { stopAfterTests } from '../servers/process.ts';
import { type Redis, startRedis } from '../servers/redis.ts';
import { settle } from '../support/fake-clock.ts';
import { passing, SeenWatch, TestCluster, type TestNode } from './cluster-nodes.ts';

const keep = stopAfterTests();
let redis: Redis;
let cluster: TestCluster;
let [a, b] = [] as unknown as [TestNode, TestNode];
let [onA, onB] = [new SeenWatch(), new SeenWatch()];
beforeAll(async () => {
  redis = await keep(startRedis());
}, 30_000);
beforeEach(async () => {
  cluster = new TestCluster(redis);
  [a, b] = await Promise.all([cluster.node(), cluster.node()]);
  [onA, onB] = [new SeenWatch(), new SeenWatch()];
});
afterEach(() => cluster.close());

const looks = (node: TestNode): number => node.events.filter(({ event }) => event.kind === 'unsure').length;

/** Publishes until Redis is known to be away. */
const redisIsMissed = (node: TestNode): boolean => {
  node.hub.publish('anna', { kind: 'unsure' });
  return node.wire.figures.failed > 0;
};

/** Anna waits on both nodes: A has the lease, B was refused it. */
const bothWait = async (foldersA = ['inbox'], foldersB = ['inbox']): Promise<void> => {
  await a.listen('anna');
  await a.watchers.acquire('anna', onA, foldersA);
  await b.listen('anna');
  await b.watchers.acquire('anna', onB, foldersB);
};

test('one node watches for all, the folders of all', async () => {
  await bothWait(['inbox'], ['inbox', 'sent']);
  expect([onA.isOpen, onB.isOpen]).toEqual([true, false]);
  await passing([], () => onA.watched.length === 1);
  expect(onA.watched).toEqual([['inbox', 'sent']]);
  onA.listener?.moved('sent', 'position 1', true);
  await passing([], () => b.events.length === 1);
  expect(b.events[0]?.event).toEqual({ kind: 'moved', folder: 'sent', position: 'position 1', arrived: true });
  // A further waiter of the node that does not watch names its folders, too.
  await b.watchers.acquire('anna', onB, ['drafts']);
  await passing([], () => onA.watched.length === 2);
  expect(onA.watched[1]).toEqual(expect.arrayContaining(['inbox', 'sent', 'drafts']));
  expect([a.leases.held, a.leases.refused, b.leases.held, b.leases.refused]).toEqual([1, 0, 0, 1]);
});

test('who began to wait before the watch was open looks once it is', async () => {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const inner = onA.open.bind(onA);
  onA.open = async (folders, listener) => {
    await gate;
    return inner(folders, listener);
  };
  await Promise.all([a.listen('anna'), b.listen('anna')]);
  const opening = a.watchers.acquire('anna', onA, ['inbox']);
  await passing([], () => a.leases.held === 1);
  await settle();
  await b.watchers.acquire('anna', onB, ['sent']);
  expect(looks(b)).toBe(0);
  open();
  await opening;
  await passing([], () => looks(b) === 1);
  await passing([], () => onA.watched.flat().includes('sent') || onA.opened.flat().includes('sent'));
  expect(looks(a)).toBe(0);
});

describe('a lease is passed on', () => {
  test('when its last waiter on the node leaves, after the grace time', async () => {
    const claim = ['inbox'];
    await a.listen('anna');
    await a.watchers.acquire('anna', onA, claim);
    await b.listen('anna');
    await b.watchers.acquire('anna', onB, ['inbox']);
    a.watchers.release('anna', claim);
    await a.clock.advance(GraceTime);
    await passing([], () => onB.isOpen && looks(b) === 1);
    expect(onA.isOpen).toBe(false);
    expect(b.leases.figures.takenOver).toBe(1);
  });

  test('when its node dies: nobody told, it is seen at the next beat', async () => {
    await bothWait();
    await cluster.expire(a);
    await b.clock.advance(BeatTime);
    await passing([], () => onB.isOpen && looks(b) === 1);
  });

  test('when a device comes to another node after its node died', async () => {
    await a.listen('anna');
    await a.watchers.acquire('anna', onA, ['inbox']);
    await cluster.expire(a);
    await b.listen('anna');
    await b.watchers.acquire('anna', onB, ['inbox']);
    expect(onB.isOpen).toBe(true);
    expect(looks(b)).toBe(0);
  });

  test('when its node leaves in order: at once', async () => {
    await bothWait();
    await a.leave();
    await passing([], () => onB.isOpen && looks(b) === 1);
  });

  test('when the login fails there', async () => {
    await bothWait();
    onA.fail = true;
    onA.listener?.lost(new Error('connection reset'));
    expect(onB.isOpen).toBe(false);
    await a.clock.advance(ReopenTime.first);
    await passing([], () => onB.isOpen && looks(b) === 1);
    // The first node tries no more: it hears of news from the other one.
    await passing([a], () => a.leases.refused === 1);
    onB.listener?.moved('inbox', 'position 9');
    await passing([], () => a.events.some(({ event }) => event.kind === 'moved'));
  });

  test('when the password is no longer proved there', async () => {
    await bothWait();
    await a.watchers.forget('anna');
    await passing([], () => onB.isOpen);
    expect(onA.isOpen).toBe(false);
  });

  test('and stays with a node whose watch broke and could be opened again', async () => {
    await bothWait();
    onA.listener?.lost(new Error('connection reset'));
    await a.clock.advance(ReopenTime.first);
    await passing([], () => onA.opened.length === 2 && looks(b) === 1);
    expect(looks(a)).toBe(1);
    expect(onB.isOpen).toBe(false);
  });
});

test('a node that stood still for longer than its lease holds closes its watch when it goes on', async () => {
  await bothWait(['inbox'], ['inbox']);
  await cluster.expire(a);
  await b.clock.advance(BeatTime);
  await passing([], () => onB.isOpen);
  expect(onA.isOpen).toBe(true);
  await passing([a], () => !onA.isOpen && a.leases.refused === 1);
  // Once because the other one began to watch, once because it does so no more itself.
  expect(looks(a)).toBe(2);
  expect(a.leases.figures.lost).toBe(1);
  // From now on it tells the new owner what is waited for here.
  await a.watchers.acquire('anna', onA, ['drafts']);
  await passing([], () => onB.watched.flat().includes('drafts'));
});

test('a node that stood still and was not missed has its leases again, and its watch never closed', async () => {
  await a.listen('anna');
  await a.watchers.acquire('anna', onA, ['inbox']);
  await cluster.expire(a);
  for (let beats = 0; beats < 4; beats++) await passing([a], () => true);
  await passing([a], () => a.clock.pending > 0);
  await b.listen('anna');
  await passing([a], () => a.leases.held === 1);
  await a.clock.advance(3 * BeatTime);
  let session = '';
  await passing([a], () => {
    void cluster.client.get(`${cluster.prefix}:lease:{anna}`).then((owner) => {
      session = owner ?? '';
    });
    return session.endsWith('/2');
  });
  await b.watchers.acquire('anna', onB, ['inbox']);
  expect([onA.isOpen, onB.isOpen]).toEqual([true, false]);
});

test('without Redis everybody watches what waits here; once it is back, one of them', async () => {
  await bothWait();
  await redis.kill();
  await passing([a, b], () => redisIsMissed(a));
  expect([onA.isOpen, onB.isOpen]).toEqual([true, false]);
  const ben = [new SeenWatch(), new SeenWatch()] as const;
  await a.watchers.acquire('ben', ben[0], ['inbox']);
  await b.watchers.acquire('ben', ben[1], ['inbox']);
  expect(ben.map(({ isOpen }) => isOpen)).toEqual([true, true]);
  await redis.restart();
  await passing([a, b], () => ben.filter(({ isOpen }) => isOpen).length === 1);
  expect(onA.isOpen).toBe(true);
}, 30_000);

test('what is given back before it was granted stays with nobody', async () => {
  const holder = {
    leaseGranted: () => undefined,
    leaseLost: () => undefined,
    ownerChanged: () => undefined,
    wished: () => undefined,
  };
  const asked = a.leases.acquire('anna', holder);
  a.leases.release('anna', holder);
  await asked;
  expect(await b.leases.acquire('anna', holder)).toBe(true);
  // Who comes after another one has a lease of his own: what the first gives back late is not his.
  a.leases.release('anna', holder);
  b.leases.release('anna', { ...holder });
  expect(b.leases.held).toBe(1);
  b.leases.release('anna', holder);
  expect([a.leases.held, b.leases.held]).toEqual([0, 0]);
});
