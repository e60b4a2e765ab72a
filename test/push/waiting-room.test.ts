import { beforeEach, describe, expect, test } from '@jest/globals';
import { BackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { Position } from '../../backends/contract/items.ts';
import type { Watch } from '../../backends/contract/watch.ts';
import { LocalHub } from '../../src/push/hub.ts';
import { found, type Look, type Looker, nothing } from '../../src/push/waiter.ts';
import { LookAgainTime, SafetyLookTime, WaitingRoom } from '../../src/push/waiting-room.ts';
import type { EndReason } from '../../src/push/wake.ts';
import { GraceTime, ReopenTime, Watchers } from '../../src/push/watchers.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { quietLog } from '../support/system.ts';

/** A backend and a device reduced to positions: a look finds something where the folder has news. */
class Scene implements Looker<string> {
  readonly now = new Map<FolderId, Position>([
    ['inbox', 'position 1'],
    ['sent', 'position 1'],
  ]);
  /** Folders that have something for this device. */
  readonly news = new Set<FolderId>();
  readonly looks: string[] = [];
  failure: Error | undefined;
  hierarchyNews = false;
  /** How often the hierarchy was compared. */
  compared = 0;
  /** Resolved before a look answers. */
  gate: Promise<void> = Promise.resolve();

  async folder(folder: FolderId, arrived: boolean): Promise<Look<string>> {
    this.looks.push(arrived ? `${folder} arrived` : folder);
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    return arrived || this.news.has(folder) ? found(`news in ${folder}`) : nothing(this.now.get(folder));
  }

  async hierarchy(): Promise<string | undefined> {
    this.compared++;
    return this.hierarchyNews ? 'folders' : undefined;
  }

  async positions(folders: readonly FolderId[]): Promise<ReadonlyMap<FolderId, Position>> {
    this.looks.push('positions');
    if (this.failure !== undefined) throw this.failure;
    return new Map([...this.now].filter(([folder]) => folders.includes(folder)));
  }

  async ended(reason: EndReason): Promise<string> {
    return reason;
  }
}

let clock: FakeClock;
let hub: LocalHub;
let watchers: Watchers;
let room: WaitingRoom;
let scene: Scene;

beforeEach(() => {
  clock = new FakeClock();
  hub = new LocalHub();
  watchers = new Watchers({ hub, clock, log: quietLog() });
  room = new WaitingRoom({ hub, watchers, clock });
  scene = new Scene();
});

interface Waiting {
  readonly answer: Promise<string>;
  hangUp(): void;
}

const wait = async (
  partition = 'p1',
  {
    seconds = 60,
    account = 'anna',
    watch,
    turn,
  }: { seconds?: number; account?: string; watch?: Watch; turn?: number } = {},
): Promise<Waiting> => {
  let hangUp: () => void = () => undefined;
  const answer = room.wait(
    {
      account,
      partition,
      folders: new Map([
        ['inbox', 'position 1'],
        ['sent', 'position 1'],
      ]),
      deadline: clock.now() + seconds * 1000,
      turn: turn ?? room.supersede(partition),
    },
    scene,
    watch,
    (call) => {
      hangUp = call;
    },
  );
  answer.catch(() => undefined);
  await settle();
  return { answer, hangUp: () => hangUp() };
};

const moved = (folder: string, position?: string, arrived = false) =>
  ({ kind: 'moved', folder, position, arrived }) as const;

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

describe('folders that were made, renamed or removed between two waits', () => {
  const watch: Watch = {
    open: async () => ({ watch: () => undefined, close: async () => undefined }),
    promise: () => ({ how: 'push', seconds: 0 }),
  };

  /** A wait that the device itself ends; gives how often the hierarchy was compared in it. */
  const waitOnce = async (options: Parameters<typeof wait>[1] = { watch }): Promise<number> => {
    const before = scene.compared;
    const { answer, hangUp } = await wait('p1', options);
    hangUp();
    await answer;
    return scene.compared - before;
  };

  test('are compared in the first wait, and again only when something was told meanwhile', async () => {
    expect([await waitOnce(), await waitOnce()]).toEqual([1, 0]);
    hub.publish('anna', { kind: 'hierarchy' });
    expect([await waitOnce(), await waitOnce()]).toEqual([1, 0]);
    hub.publish('ben', { kind: 'hierarchy' });
    hub.publish('anna', moved('inbox', 'position 1'));
    hub.publish('anna', { kind: 'unsure', mailbox: { path: 'Lists', arrived: false } });
    expect(await waitOnce()).toBe(0);
    hub.publish('anna', { kind: 'unsure' });
    expect(await waitOnce()).toBe(1);
  });

  test('are told of at once, as long as the device does not ask for them', async () => {
    await waitOnce();
    hub.publish('anna', { kind: 'hierarchy' });
    scene.hierarchyNews = true;
    for (let i = 0; i < 2; i++) expect(await (await wait('p1', { watch })).answer).toBe('folders');
    scene.hierarchyNews = false;
    expect([await waitOnce(), await waitOnce()]).toEqual([1, 0]);
  });

  test('are compared after a time in which nobody watched', async () => {
    expect([await waitOnce(), await waitOnce()]).toEqual([1, 0]);
    await clock.advance(GraceTime + 1000);
    expect([await waitOnce(), await waitOnce()]).toEqual([1, 0]);
  });

  test('are compared after a watch broke that nobody waited for', async () => {
    let lose: () => void = () => undefined;
    const fragile: Watch = {
      ...watch,
      open: (folders, listener) => {
        lose = () => listener.lost(new Error('gone'));
        return watch.open(folders, listener);
      },
    };
    expect(await waitOnce({ watch: fragile })).toBe(1);
    lose();
    await clock.advance(ReopenTime.first + 1);
    expect([await waitOnce({ watch: fragile }), await waitOnce({ watch: fragile })]).toEqual([1, 0]);
  });

  test('are compared at each look that makes up for lost notices', async () => {
    await wait('p1', { seconds: 3000 });
    expect(scene.compared).toBe(1);
    await clock.advance(SafetyLookTime);
    expect(scene.compared).toBe(2);
  });

  test('are not compared for a wait that does not tell of them, and are for the next one that does', async () => {
    const { hierarchy } = scene;
    Object.assign(scene, { hierarchy: undefined });
    expect(await waitOnce()).toBe(0);
    Object.assign(scene, { hierarchy });
    expect(await waitOnce()).toBe(1);
  });

  test('do not hide a mail that comes while they are compared, nor the mail them', async () => {
    let open: () => void = () => undefined;
    scene.gate = new Promise((resolve) => {
      open = resolve;
    });
    scene.now.set('inbox', 'position 2');
    const { answer } = await wait('p1', { watch });
    scene.news.add('sent');
    hub.publish('anna', moved('sent', 'position 2'));
    scene.now.set('sent', 'position 2');
    hub.publish('anna', { kind: 'hierarchy' });
    open();
    expect(await answer).toBe('news in sent');
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
