import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Watch } from '../../backends/contract/watch.ts';
import { SafetyLookTime } from '../../src/push/waiting-room.ts';
import { GraceTime, ReopenTime } from '../../src/push/watchers.ts';
import { moved, openRoom } from './waiting-scene.ts';

let { clock, hub, scene, wait } = openRoom();

beforeEach(() => {
  ({ clock, hub, scene, wait } = openRoom());
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
