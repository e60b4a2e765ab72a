import { beforeEach, describe, expect, test } from '@jest/globals';
import { LocalHub } from '../../src/push/hub.ts';
import { type Waiter, WaitingRoom } from '../../src/push/waiting-room.ts';
import { FakeClock } from '../support/fake-clock.ts';

let clock: FakeClock;
let hub: LocalHub;
let room: WaitingRoom;

beforeEach(() => {
  clock = new FakeClock();
  hub = new LocalHub();
  room = new WaitingRoom(hub, clock);
});

const enter = (partition = 'p1', seconds = 60, account = 'anna'): Waiter =>
  room.enter({
    account,
    partition,
    folders: new Map([
      ['inbox', 'position 1'],
      ['sent', undefined],
    ]),
    deadline: clock.now() + seconds * 1000,
  });

const moved = (folder: string, position?: string, arrived = false) =>
  ({ kind: 'moved', folder, position, arrived }) as const;

describe('wakes', () => {
  test('when a folder waited for is no longer where the device knows it', async () => {
    const wake = enter().next();
    hub.publish('anna', moved('inbox', 'position 1'));
    hub.publish('anna', moved('elsewhere', 'position 9'));
    hub.publish('ben', moved('inbox', 'position 9'));
    hub.publish('anna', moved('inbox', 'position 2'));
    expect(await wake).toEqual({ reason: 'moved', folder: 'inbox', arrived: false });
  });

  test('without a position, and when something arrived', async () => {
    const waiter = enter();
    hub.publish('anna', moved('sent'));
    expect(await waiter.next()).toMatchObject({ folder: 'sent' });
    hub.publish('anna', moved('inbox', undefined, true));
    expect(await waiter.next()).toEqual({ reason: 'moved', folder: 'inbox', arrived: true });
  });

  test('not again for a position that was looked at', async () => {
    const waiter = enter();
    waiter.settle('inbox', 'position 2');
    const wake = waiter.next();
    hub.publish('anna', moved('inbox', 'position 2'));
    hub.publish('anna', moved('inbox', 'position 3'));
    expect(await wake).toMatchObject({ folder: 'inbox' });
  });

  test('what happens while the waiter looks is not missed', async () => {
    const waiter = enter();
    hub.publish('anna', moved('inbox', 'position 2'));
    hub.publish('anna', moved('sent', 'position 2'));
    expect(await waiter.next()).toEqual({ reason: 'unsure' });
    hub.publish('anna', moved('inbox', undefined, true));
    hub.publish('anna', moved('inbox', 'position 3'));
    expect(await waiter.next()).toEqual({ reason: 'moved', folder: 'inbox', arrived: true });
    hub.publish('anna', { kind: 'hierarchy' });
    hub.publish('anna', { kind: 'unsure' });
    expect(await waiter.next()).toEqual({ reason: 'hierarchy' });
    hub.publish('anna', moved('inbox'));
    waiter.end('gone');
    expect(await waiter.next()).toEqual({ reason: 'gone' });
  });
});

describe('ends', () => {
  test('when the heartbeat is over', async () => {
    const wake = enter().next();
    await clock.advance(62_000);
    expect(await wake).toEqual({ reason: 'expired' });
    expect(room.size).toBe(0);
    expect(hub.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('when a newer request of the same device comes; other devices stay', async () => {
    const [first, other] = [enter('p1'), enter('p2')];
    enter('p1');
    expect(await first.next()).toEqual({ reason: 'superseded' });
    expect(room.size).toBe(2);
    room.supersede('p1');
    room.supersede('p1');
    expect(room.size).toBe(1);
    const wake = other.next();
    hub.publish('anna', { kind: 'unsure' });
    expect(await wake).toEqual({ reason: 'unsure' });
  });

  test('when the server is stopped, also for who comes afterwards', async () => {
    const waiters = [enter('p1'), enter('p2')];
    room.close();
    for (const waiter of waiters) expect(await waiter.next()).toEqual({ reason: 'closing' });
    expect(await enter('p3').next()).toEqual({ reason: 'closing' });
    expect(room.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('leaving twice is harmless, and one hub listener an account is all there ever is', () => {
    const waiters = Array.from({ length: 100 }, (_, i) => enter(`p${i}`, 60, i < 50 ? 'anna' : 'ben'));
    expect(hub.size).toBe(2);
    for (const waiter of waiters) waiter.leave();
    for (const waiter of waiters) waiter.leave();
    expect(hub.size).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
