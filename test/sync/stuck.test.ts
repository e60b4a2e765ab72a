import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BackendError } from '../../backends/contract/errors.ts';
import { SlowingSteps } from '../../src/devices/loop-guard.ts';
import { cameAgain, gotOn, Patience, type Stuck, servedAlone, treatmentOf } from '../../src/sync/stuck.ts';
import { ModelDevice } from './model-device.ts';
import { FarFuture, filled, type ModelFolder } from './model-folder.ts';

const opened = async (folder: ModelFolder, more: Partial<ModelDevice> = {}): Promise<ModelDevice> => {
  const device = Object.assign(new ModelDevice(folder), { windowSize: 100, ...more });
  await device.sync();
  return device;
};

const contents = (device: ModelDevice): string[] => [...device.held.values()].sort();

describe('the rules', () => {
  test('a key that comes again three times narrows the window, each time more', () => {
    let stuck: Stuck | undefined;
    const sizes = Array.from({ length: 7 }, () => {
      stuck = cameAgain(stuck, 5, 100);
      return stuck.size;
    });
    expect(sizes).toEqual([undefined, undefined, 25, 6, 1, 1, 1]);
    expect(Patience).toBe(3);
  });

  test('it widens as the device gets on, and is forgotten when nothing is narrow any more', () => {
    let stuck: Stuck | undefined = { generation: 5, times: 6, failed: false, size: 1 };
    const sizes = Array.from({ length: 5 }, (_, i) => {
      stuck = gotOn(stuck, 6 + i, 100);
      return stuck?.size;
    });
    expect(sizes).toEqual([4, 16, 64, undefined, undefined]);
  });

  test('an item is tried whole three times, then with less and less, then left out', () => {
    const treatments = Array.from({ length: 9 }, (_, times) => treatmentOf(times));
    expect(treatments.map((one) => one[0])).toEqual(['w', 'w', 'w', 'n', 'n', 's', 's', 'l', 'l']);
  });

  test('another item that is alone begins from the start', () => {
    const stuck: Stuck = { generation: 5, times: 6, failed: false, size: 1, suspect: { id: 'a', times: 4 } };
    expect(servedAlone(stuck, 'a').suspect).toEqual({ id: 'a', times: 5 });
    expect(servedAlone(stuck, 'b').suspect).toEqual({ id: 'b', times: 1 });
  });
});

describe('a device that does not get over an item', () => {
  /** Requests until the device rests. */
  const settle = async (device: ModelDevice): Promise<number> => {
    for (let requests = 1; requests < 200; requests++) {
      const { tell, moreAvailable } = await device.sync();
      if (!tell && !moreAvailable) return requests;
    }
    throw new Error('never settles');
  };

  test('gets a notice in its place, and all others as they are', async () => {
    const device = await opened(filled(60), { chokesOn: (content) => content === 'mail 30' });
    await settle(device);
    expect(device.held.size).toBe(60);
    expect(device.held.get('5:e1.30')).toBe('notice of mail 30');
    expect(device.trouble.stuck).toBeUndefined();
    expect(device.trouble.setAside).toEqual({
      'e1.30': {
        folder: 'folder',
        how: 'notice',
        reason: 'the device asked for it again and again, and did not go on',
        since: device.now,
        release: '1.0.0',
      },
    });
    expect(device.anomalies).toEqual([]);
  });

  test('gets the bare notice when it fails on the headers too', async () => {
    const device = await opened(filled(5), { chokesOn: (content) => content.endsWith('mail 3') });
    await settle(device);
    expect(device.held.get('5:e1.3')).toMatch(/^\(the device asked/);
    expect(device.trouble.setAside['e1.3']?.how).toBe('standIn');
  });

  test('goes without it when it takes nothing in its place, and is not slowed before that', async () => {
    const folder = filled(5);
    const device = await opened(folder, { chokesOn: (content) => /mail 5$|^\(/.test(content) });
    const requests = await settle(device);
    expect(requests).toBeLessThan((SlowingSteps[0]?.from ?? 0) + 5);
    expect(contents(device)).toEqual(['mail 1', 'mail 2', 'mail 3', 'mail 4']);
    expect(device.trouble.setAside['e1.5']?.how).toBe('leftOut');
    folder.change('e1.5', 'mail 5 read');
    folder.deliver('mail 6', FarFuture);
    await settle(device);
    expect(contents(device)).toContain('mail 6');
    expect(device.held.has('5:e1.5')).toBe(false);
    expect(device.anomalies).toEqual([]);
  });

  test('what was left out stays so when the response that passed over it is lost', async () => {
    const device = await opened(filled(3), { chokesOn: (content) => /mail 3$|^\(/.test(content) });
    while (device.trouble.setAside['e1.3']?.how !== 'leftOut') await device.sync();
    await device.sync('response lost');
    expect(await settle(device)).toBeLessThan(6);
    expect(contents(device)).toEqual(['mail 1', 'mail 2']);
  });

  test('is given it again by the next release of Postrider, once', async () => {
    const device = await opened(filled(4), { chokesOn: (content) => content === 'mail 2' });
    await settle(device);
    Object.assign(device, { release: '1.1.0', chokesOn: () => false });
    await settle(device);
    expect(contents(device)).toEqual(['mail 1', 'mail 2', 'mail 3', 'mail 4']);
    expect(device.trouble.setAside).toEqual({});
    expect(await device.sync()).toMatchObject({ tell: false });
    expect(device.anomalies).toEqual([]);
  });

  test('is given what was left out by the next release', async () => {
    const device = await opened(filled(4), { chokesOn: (content) => /mail 4$|^\(/.test(content) });
    await settle(device);
    Object.assign(device, { release: '1.1.0', chokesOn: () => false });
    await settle(device);
    expect(contents(device)).toEqual(['mail 1', 'mail 2', 'mail 3', 'mail 4']);
  });

  test('an item that is gone from the folder is gone from the list', async () => {
    const folder = filled(4);
    const device = await opened(folder, { chokesOn: (content) => content === 'mail 2' });
    await settle(device);
    folder.expunge('e1.2');
    await settle(device);
    await settle(device);
    expect(device.trouble.setAside).toEqual({});
  });

  test('a device that starts over is given all of it again', async () => {
    const device = await opened(filled(4), { chokesOn: (content) => content === 'mail 2' });
    await settle(device);
    Object.assign(device, { syncKey: '0', chokesOn: () => false });
    device.held.clear();
    await settle(device);
    expect(contents(device)).toEqual(['mail 1', 'mail 2', 'mail 3', 'mail 4']);
    expect(device.trouble.setAside).toEqual({});
  });

  test('several such items, anywhere: all others arrive, once each', async () => {
    const poisoned = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(poisoned, fc.integer({ min: 1, max: 50 }), async (bad, windowSize) => {
        const names = new Set(bad.map((n) => `mail ${n}`));
        const device = await opened(filled(40), { windowSize, chokesOn: (content) => names.has(content) });
        await settle(device);
        expect(device.held.size).toBe(40);
        expect(Object.keys(device.trouble.setAside).sort()).toEqual(bad.map((n) => `e1.${n}`).sort());
        expect(device.anomalies).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('responses that are lost', () => {
  test('set nothing aside, as long as the server knows', async () => {
    const device = await opened(filled(10));
    for (let i = 0; i < 50; i++) await device.sync('response lost');
    expect(device.trouble).toEqual({ stuck: undefined, setAside: {} });
    await device.settle();
    expect(device.held.size).toBe(10);
  });

  test('behind a proxy that hides it: smaller windows, and all whole after a dozen', async () => {
    const device = await opened(filled(10), { knowsLost: false });
    for (let i = 0; i < 6; i++) await device.sync('response lost');
    expect(device.trouble.stuck?.size).toBe(1);
    await device.settle();
    expect(contents(device).every((content) => content.startsWith('mail'))).toBe(true);
    expect([device.held.size, device.trouble.setAside]).toEqual([10, {}]);
  });
});

describe('an item that cannot be read', () => {
  test('by a bug becomes a notice at once; the others do not notice', async () => {
    const folder = filled(20);
    folder.failure = (content) => (content === 'mail 7' ? new TypeError('cannot read length of null') : undefined);
    const device = await opened(folder);
    const { commands } = await device.sync();
    expect(commands).toHaveLength(20);
    expect(device.held.get('5:e1.7')).toBe('(cannot read length of null)');
    expect(device.trouble.setAside).toMatchObject({ 'e1.7': { how: 'notice', reason: 'cannot read length of null' } });
  });

  test('for the server fails at it: what was read goes out, and the item becomes a notice', async () => {
    const folder = filled(6);
    folder.failure = (content, scope) =>
      content === 'mail 3' && scope === 'added' ? new BackendError('unavailable', { detail: 'gone away' }) : undefined;
    const device = await opened(folder);
    expect((await device.sync()).commands).toHaveLength(3);
    let failed = 0;
    for (let i = 0; i < 30 && device.held.size < 6; i++) await device.sync().catch(() => failed++);
    expect(device.held.get('5:e1.3')).toBe('notice of mail 3');
    expect(device.trouble.setAside['e1.3']?.reason).toContain('gone away');
    expect(failed).toBeLessThan(12);
    await device.settle();
    expect(device.anomalies).toEqual([]);
  });

  test('a server that is down altogether sets nothing aside', async () => {
    const folder = filled(6);
    const device = await opened(folder);
    folder.list = () => Promise.reject(new BackendError('unavailable'));
    for (let i = 0; i < 50; i++) await expect(device.sync()).rejects.toThrow(BackendError);
    expect(device.trouble).toEqual({ stuck: undefined, setAside: {} });
  });
});
