import { beforeEach, describe, expect, test } from '@jest/globals';
import { BackendError } from '../../backends/contract/errors.ts';
import type { Watch } from '../../backends/contract/watch.ts';
import { LookAgainTime, SafetyLookTime } from '../../src/push/waiting-room.ts';
import { GraceTime } from '../../src/push/watchers.ts';
import { settle } from '../support/fake-clock.ts';
import { moved, openRoom } from './waiting-scene.ts';

let { clock, hub, watchers, room, scene, wait } = openRoom();

beforeEach(() => {
  ({ clock, hub, watchers, room, scene, wait } = openRoom());
});

describe('a device that begins to wait', () => {
  test('is answered at once for what happened since its last Sync', async () => {
    scene.now.set('sent', 'position 2');
    scene.news.add('sent');
    expect(await (await wait()).answer).toBe('news in sent');
    expect(scene.looks).toEqual(['positions', 'sent']);
  });

  test('is not woken by a position that means nothing for it', async () => {
    scene.now.set('inbox', 'position 2');
    await wait();
    expect(scene.looks).toEqual(['positions', 'inbox']);
    hub.publish('anna', moved('inbox', 'position 2'));
    await settle();
    expect(scene.looks).toHaveLength(2);
    expect(room.size).toBe(1);
  });

  test('lets go of what a look used, once it waits again', async () => {
    await wait();
    expect(scene.rests).toBe(1);
    hub.publish('anna', moved('inbox', 'position 2'));
    await settle();
    expect(scene.rests).toBe(2);
    scene.news.add('inbox');
    hub.publish('anna', moved('inbox', 'position 3'));
    await settle();
    expect(scene.rests).toBe(2);
  });

  test('looks at a folder that is gone', async () => {
    scene.now.delete('sent');
    scene.news.add('sent');
    expect(await (await wait()).answer).toBe('news in sent');
  });
});

describe('a device at rest', () => {
  test('looks only at folders of its own that moved', async () => {
    await wait();
    hub.publish('anna', moved('inbox', 'position 1'));
    hub.publish('anna', moved('elsewhere', 'position 9'));
    hub.publish('ben', moved('inbox', 'position 9'));
    await settle();
    expect(scene.looks).toEqual(['positions']);
    hub.publish('anna', moved('inbox'));
    await settle();
    expect(scene.looks).toEqual(['positions', 'inbox']);
  });

  test('is answered when the look finds something', async () => {
    const { answer } = await wait();
    scene.news.add('inbox');
    hub.publish('anna', moved('inbox', 'position 2'));
    expect(await answer).toBe('news in inbox');
    expect(room.size).toBe(0);
    expect(hub.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('does not look first when something arrived', async () => {
    const { answer } = await wait();
    hub.publish('anna', moved('inbox', undefined, true));
    expect(await answer).toBe('news in inbox');
    expect(scene.looks).toEqual(['positions', 'inbox arrived']);
  });

  test('is told of folders when the hierarchy really changed', async () => {
    const { answer } = await wait();
    hub.publish('anna', { kind: 'hierarchy' });
    await settle();
    expect(room.size).toBe(1);
    scene.hierarchyNews = true;
    hub.publish('anna', { kind: 'hierarchy' });
    expect(await answer).toBe('folders');
  });

  test('misses nothing that happens while it looks', async () => {
    let open: () => void = () => undefined;
    scene.gate = new Promise((resolve) => {
      open = resolve;
    });
    const { answer } = await wait();
    hub.publish('anna', moved('inbox', 'position 2'));
    await settle();
    hub.publish('anna', moved('sent', 'position 2'));
    hub.publish('anna', moved('inbox', 'position 3'));
    scene.now.set('sent', 'position 2');
    scene.news.add('sent');
    open();
    expect(await answer).toBe('news in sent');
  });
});

describe('a backend that is down', () => {
  test('keeps its devices waiting, and is looked at again', async () => {
    scene.failure = new BackendError('unavailable');
    const { answer } = await wait('p1', { seconds: 600 });
    await clock.advance(LookAgainTime);
    expect(scene.looks).toEqual(['positions', 'positions']);
    scene.failure = undefined;
    scene.now.set('inbox', 'position 2');
    scene.news.add('inbox');
    await clock.advance(LookAgainTime);
    expect(await answer).toBe('news in inbox');
  });

  test('any other failure ends the request', async () => {
    scene.failure = new BackendError('loginRefused');
    await expect((await wait()).answer).rejects.toThrow('refuses');
    expect(room.size).toBe(0);
    expect(clock.pending).toBe(0);
  });
});

describe('a wait ends', () => {
  test('when the heartbeat is over', async () => {
    const { answer } = await wait();
    await clock.advance(62_000);
    expect(await answer).toBe('expired');
    expect(room.size).toBe(0);
    expect(hub.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('when a newer request of the same device comes; other devices stay', async () => {
    const [first, other] = [await wait('p1'), await wait('p2')];
    await wait('p1');
    expect(await first.answer).toBe('superseded');
    expect(room.size).toBe(2);
    room.supersede('p1');
    room.supersede('p1');
    expect(room.size).toBe(1);
    hub.publish('anna', moved('inbox', undefined, true));
    expect(await other.answer).toBe('news in inbox');
  });

  test('a request that is older than the last one of its device is too late to wait', async () => {
    const older = room.supersede('p1');
    const newer = room.supersede('p1');
    expect(await (await wait('p1', { turn: older })).answer).toBe('superseded');
    const { answer } = await wait('p1', { turn: newer });
    expect(await (await wait('p1', { turn: older })).answer).toBe('superseded');
    expect(room.size).toBe(1);
    room.close();
    expect(await answer).toBe('closing');
  });

  test('when the client hangs up, also while it looks', async () => {
    const { answer, hangUp } = await wait();
    hangUp();
    hangUp();
    expect(await answer).toBe('gone');
    const busy = await wait();
    hub.publish('anna', moved('inbox'));
    busy.hangUp();
    expect(await busy.answer).toBe('gone');
    expect(room.size).toBe(0);
  });

  test('when the server is stopped, also for who comes afterwards', async () => {
    const waits = [await wait('p1'), await wait('p2')];
    room.close();
    for (const { answer } of waits) expect(await answer).toBe('closing');
    expect(await (await wait('p3')).answer).toBe('closing');
    expect(room.size).toBe(0);
    expect(clock.pending).toBe(0);
  });
});

describe('the watch', () => {
  const scripted = () => {
    const calls: string[] = [];
    const watch: Watch = {
      open: async (folders) => {
        calls.push(`open ${folders.join(' ')}`);
        return {
          watch: (now) => void calls.push(`watch ${now.join(' ')}`),
          close: async () => void calls.push('close'),
        };
      },
      promise: () => ({ how: 'push', seconds: 0 }),
    };
    return { watch, calls };
  };

  test('is open before the device looks, and let go with the last waiter', async () => {
    const { watch, calls } = scripted();
    const [first, second] = [await wait('p1', { watch }), await wait('p2', { watch })];
    expect(calls).toEqual(['open inbox sent']);
    first.hangUp();
    await first.answer;
    await clock.advance(GraceTime + 1000);
    expect(watchers.size).toBe(1);
    second.hangUp();
    await second.answer;
    await clock.advance(GraceTime + 1000);
    expect(calls).toEqual(['open inbox sent', 'close']);
    expect(watchers.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('is not left open by a wait that ended before it began', async () => {
    const { watch } = scripted();
    room.close();
    expect(await (await wait('p1', { watch })).answer).toBe('closing');
    await clock.advance(GraceTime + 1000);
    expect(watchers.size).toBe(0);
  });
});

describe('an account that nobody watches', () => {
  test('is looked at now and then, so that a lost notice is made up for', async () => {
    const { answer } = await wait('p1', { seconds: 3000 });
    expect(scene.looks).toEqual(['positions']);
    await clock.advance(SafetyLookTime);
    expect(scene.looks).toEqual(['positions', 'positions']);
    scene.now.set('inbox', 'position 2');
    scene.news.add('inbox');
    await clock.advance(SafetyLookTime);
    expect(await answer).toBe('news in inbox');
    expect(clock.pending).toBe(0);
  });

  test('has its end all the same, and no look after it', async () => {
    const { answer } = await wait('p1', { seconds: 3000 });
    await clock.advance(3_002_000);
    expect(await answer).toBe('expired');
    expect(scene.looks.length).toBeLessThanOrEqual(6);
    expect(clock.pending).toBe(0);
  });

  test('does not look together with all the others', async () => {
    const waits = await Promise.all(Array.from({ length: 200 }, (_, i) => wait(`device ${i}`, { seconds: 3000 })));
    scene.looks.length = 0;
    await clock.advance(SafetyLookTime / 2 - 2000);
    expect(scene.looks).toHaveLength(0);
    let most = 0;
    for (let i = 0; i < 302; i++) {
      const before = scene.looks.length;
      await clock.advance(1000);
      most = Math.max(most, scene.looks.length - before);
    }
    expect(scene.looks).toHaveLength(200);
    expect(most).toBeLessThan(20);
    room.close();
    await Promise.all(waits.map(({ answer }) => answer));
  });
});

test('one hub listener an account, whatever the number of devices', async () => {
  const waits = await Promise.all(
    Array.from({ length: 100 }, (_, i) => wait(`p${i}`, { account: i < 50 ? 'anna' : 'ben' })),
  );
  expect(hub.size).toBe(2);
  expect(clock.pending).toBe(1);
  for (const { hangUp } of waits) hangUp();
  await Promise.all(waits.map(({ answer }) => answer));
  expect(hub.size).toBe(0);
  expect(clock.pending).toBe(0);
});
