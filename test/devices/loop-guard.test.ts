import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Asked,
  answered,
  arrived,
  Forgiven,
  kindOf,
  type LoopRecord,
  MaxRemembered,
  repeatsOf,
  SlowingSteps,
  stepOf,
  worstOf,
} from '../../src/devices/loop-guard.ts';

const ask = (command: string, digest: string): Asked => ({ command, kind: kindOf(command, digest !== ''), digest });

/** A device that asks one thing after the other, each answered at once; gives the step of each request. */
class Device {
  record: LoopRecord = [];
  now = 1_000_000;

  ask(asked: Asked, { every = 0, delivered = true } = {}): number {
    this.now += every;
    this.record = arrived(this.record, asked, this.now);
    const step = stepOf(repeatsOf(this.record, asked, this.now));
    if (delivered) this.record = answered(this.record, asked, this.now);
    return step;
  }

  repeat(asked: Asked, times: number, options: { every?: number; delivered?: boolean } = {}): number[] {
    return Array.from({ length: times }, () => this.ask(asked, options));
  }
}

const Sync = ask('Sync', 'key 5');
const Ping = ask('Ping', 'folders');

describe('the table of steps', () => {
  test('grows, delays below the time after which clients hang up, and refuses only after that', () => {
    const delays = SlowingSteps.map(({ delay }) => delay).filter((delay) => delay !== undefined);
    expect(Math.max(...delays)).toBeLessThan(28_000);
    expect(SlowingSteps.map(({ from }) => from)).toEqual(SlowingSteps.map(({ from }) => from).sort((a, b) => a - b));
    const refusals = SlowingSteps.map(({ retryAfter }) => retryAfter);
    expect(refusals).toEqual([undefined, undefined, 60, 300, 900]);
  });

  test.each([
    [0, 0],
    [14.9, 0],
    [15, 1],
    [25, 2],
    [35, 3],
    [45, 4],
    [60, 5],
    [1000, 5],
  ])('%s repeats are step %s', (count, step) => expect(stepOf(count)).toBe(step));
});

describe('a loop', () => {
  test('is slowed step by step', () => {
    const steps = new Device().repeat(Sync, 70);
    expect(steps.slice(0, 15)).toEqual(Array(15).fill(0));
    expect([steps[15], steps[25], steps[35], steps[45], steps[60]]).toEqual([1, 2, 3, 4, 5]);
  });

  test('ends with the first sign of progress', () => {
    const device = new Device();
    device.repeat(Sync, 50);
    expect(device.ask(ask('Sync', 'key 6'))).toBe(0);
  });

  test('of Pings that are answered at once while the device never synchronises is slowed', () => {
    expect(new Device().repeat(Ping, 20).at(-1)).toBe(1);
    expect(new Device().repeat(ask('Ping', ''), 20).at(-1)).toBe(1);
  });

  test('Pings with a Sync that got on in between are none, however often mail comes', () => {
    const device = new Device();
    const steps = Array.from({ length: 100 }, (_, i) => [device.ask(Ping), device.ask(ask('Sync', `key ${i}`))]);
    expect(new Set(steps.flat())).toEqual(new Set([0]));
  });

  test('Pings with the same Sync again in between are one', () => {
    const device = new Device();
    const steps = Array.from({ length: 20 }, () => [device.ask(Ping), device.ask(Sync)]);
    expect(steps.at(-1)).toEqual([1, 1]);
  });

  test('over folders in turn is one, and so are beginnings with new keys in between', () => {
    const device = new Device();
    const ring = Array.from({ length: 20 }, () => [1, 2, 3, 4, 5].map((key) => device.ask(ask('Sync', `key ${key}`))));
    expect(ring.at(-1)).toEqual([1, 1, 1, 1, 1]);
    const again = new Device();
    const begins = Array.from({ length: 20 }, (_, i) => {
      const step = again.ask(ask('Sync', 'key 0'));
      again.ask(ask('Sync', `new key ${i}`));
      return step;
    });
    expect(begins.at(-1)).toBe(1);
  });

  test('of Provision and of FolderSync is one', () => {
    const device = new Device();
    const steps = Array.from({ length: 20 }, (_, i) => {
      device.ask(ask('Provision', `acknowledge ${i}`));
      return [device.ask(ask('Provision', 'offer')), device.ask(ask('FolderSync', 'key 0'))];
    });
    expect(steps.at(-1)).toEqual([1, 1]);
  });
});

describe('what is none', () => {
  test.each([
    ['a Sync every half minute', Sync, Forgiven],
    ['a Ping of its usual length', Ping, 480_000],
    ['an empty Sync that waits', ask('Sync', ''), 60_000],
    ['looking for folders every minute', ask('FolderSync', 'key 3'), 60_000],
  ])('%s, for days', (_, asked, every) => {
    expect(new Set(new Device().repeat(asked, 2000, { every }))).toEqual(new Set([0]));
  });

  test('answers that are lost on the way', () => {
    expect(new Set(new Device().repeat(Sync, 100, { delivered: false }))).toEqual(new Set([0]));
  });

  test('a user who pulls to refresh a dozen times', () => {
    expect(new Set(new Device().repeat(Sync, 12, { every: 500 }))).toEqual(new Set([0]));
  });
});

describe('rest', () => {
  test('frees a device bit by bit, after the worst loop within half an hour', () => {
    const device = new Device();
    device.repeat(Sync, 1000);
    device.now += 30 * 60_000;
    expect(device.ask(Sync)).toBeLessThan(2);
  });

  test('a device that does as Retry-After says is served now and then', () => {
    const device = new Device();
    device.repeat(Sync, 40);
    const steps = device.repeat(Sync, 30, { every: 60_000 });
    expect(steps.filter((step) => step < 3).length).toBeGreaterThan(10);
  });

  test('what a device is slowed for is told as long as it goes on', () => {
    const device = new Device();
    device.repeat(Sync, 14);
    expect(worstOf(device.record, device.now)).toBeUndefined();
    device.repeat(Sync, 30);
    device.ask(Ping);
    expect(worstOf(device.record, device.now)).toMatchObject({ step: 3, command: 'Sync', until: device.now + 120_000 });
    expect(worstOf(device.record, device.now + 120_001)).toBeUndefined();
  });
});

test('the record of a device is bounded, whatever it asks', () => {
  const commands = fc.constantFrom('Sync', 'Ping', 'FolderSync', 'Provision', 'Search');
  fc.assert(
    fc.property(fc.array(fc.tuple(commands, fc.integer({ min: 0, max: 100 })), { maxLength: 300 }), (asks) => {
      const device = new Device();
      for (const [command, digest] of asks) device.ask(ask(command, String(digest)));
      expect(device.record.length).toBeLessThanOrEqual(MaxRemembered);
    }),
  );
});
