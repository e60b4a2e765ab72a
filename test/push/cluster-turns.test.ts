import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Looker, nothing } from '../../src/push/waiter.ts';
import { WaitingRoom } from '../../src/push/waiting-room.ts';
import { partnershipPartition } from '../../src/state/partitions.ts';
import { stopAfterTests } from '../servers/process.ts';
import { type Redis, startRedis } from '../servers/redis.ts';
import { passing, TestCluster, type TestNode } from './cluster-nodes.ts';

const keep = stopAfterTests();
let redis: Redis;
let cluster: TestCluster;
let [a, b] = [] as unknown as [TestNode, TestNode];
let [roomA, roomB] = [] as unknown as [WaitingRoom, WaitingRoom];
beforeAll(async () => {
  redis = await keep(startRedis());
}, 30_000);
beforeEach(async () => {
  cluster = new TestCluster(redis);
  [a, b] = await Promise.all([cluster.node(), cluster.node()]);
  [roomA, roomB] = [new WaitingRoom(a), new WaitingRoom(b)];
});
afterEach(() => cluster.close());

const partition = partnershipPartition('anna', 'PHONE');

const looker: Looker<string> = {
  folder: async () => nothing('position 1'),
  hierarchy: async () => undefined,
  positions: async () => new Map([['inbox', 'position 1']]),
  ended: async (reason) => reason,
  rest: () => undefined,
};

const wait = (room: WaitingRoom, turn: number): Promise<string> => {
  const deadline = a.clock.now() + 3_600_000;
  const folders = new Map([['inbox', 'position 1']]);
  return room.wait({ account: 'anna', partition, folders, deadline, turn }, looker, undefined, () => undefined);
};

test('a request on another node ends the wait of an older one', async () => {
  const older = wait(roomA, roomA.supersede(partition));
  await passing([], () => a.hub.heard('anna') === undefined && roomA.size === 1);
  const newer = wait(roomB, roomB.supersede(partition));
  expect(await older).toBe('superseded');
  // And back again: each of them is the newest at its time.
  const newest = wait(roomA, roomA.supersede(partition));
  expect(await newer).toBe('superseded');
  expect([roomA.size, roomB.size]).toEqual([1, 0]);
  roomA.close();
  expect(await newest).toBe('closing');
});

test('a request that comes to wait after a newer one has come elsewhere does not wait', async () => {
  const older = roomA.supersede(partition);
  const newer = roomB.supersede(partition);
  await passing([], () => a.wire.figures.sent === 0);
  let ordered = false;
  await passing([], () => {
    void a.turns.overtaken(partition, older).then((overtaken) => {
      ordered = overtaken;
    });
    return ordered;
  });
  expect(await wait(roomA, older)).toBe('superseded');
  const waits = wait(roomB, newer);
  await passing([], () => roomB.size === 1);
  roomB.close();
  expect(await waits).toBe('closing');
});

test('a late word of a request that is not the newest any more ends nothing', async () => {
  const turn = roomA.supersede(partition);
  const waits = wait(roomA, turn);
  await passing([], () => roomA.size === 1 && a.hub.heard('anna') === undefined);
  b.wire.mention('anna', { kind: 'turn', partition });
  await passing([], () => a.wire.figures.received === 1);
  expect(await a.turns.overtaken(partition, turn)).toBe(false);
  expect(roomA.size).toBe(1);
  roomA.close();
  expect(await waits).toBe('closing');
});

test('without Redis a device waits all the same', async () => {
  await redis.kill();
  const waits = wait(roomA, roomA.supersede(partition));
  await passing([], () => roomA.size === 1);
  a.hub.publish('anna', { kind: 'moved', folder: 'inbox', position: 'position 2', arrived: false });
  roomA.close();
  expect(await waits).toBe('closing');
  await redis.restart();
}, 30_000);
