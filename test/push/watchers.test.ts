import { beforeEach, describe, expect, test } from '@jest/globals';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { Watch, Watcher, WatchListener } from '../../backends/contract/watch.ts';
import { type ChangeEvent, LocalHub } from '../../src/push/hub.ts';
import { GraceTime, ReopenTime, Watchers } from '../../src/push/watchers.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { quietLog } from '../support/system.ts';

/** A watch that can be seen through, and that fails when told to. */
class ScriptedWatch implements Watch {
  readonly opened: FolderId[][] = [];
  readonly watched: FolderId[][] = [];
  closed = 0;
  fail = false;
  listener: WatchListener | undefined;

  async open(folders: readonly FolderId[], listener: WatchListener): Promise<Watcher> {
    this.opened.push([...folders]);
    if (this.fail) throw new Error('down');
    this.listener = listener;
    return {
      watch: (now) => void this.watched.push([...now]),
      close: async () => void this.closed++,
    };
  }

  promise() {
    return { how: 'push' as const, seconds: 0 };
  }
}

let clock: FakeClock;
let hub: LocalHub;
let watch: ScriptedWatch;
let watchers: Watchers;
let events: ChangeEvent[];

beforeEach(() => {
  clock = new FakeClock();
  hub = new LocalHub();
  watch = new ScriptedWatch();
  watchers = new Watchers({ hub, clock, log: quietLog() });
  events = [];
  hub.subscribe('anna', (_account, event) => void events.push(event));
});

describe('one watch an account', () => {
  test('is shared by its devices, with the folders of all', async () => {
    await watchers.acquire('anna', watch, ['inbox']);
    await watchers.acquire('anna', watch, ['inbox', 'sent']);
    await watchers.acquire('anna', watch, ['inbox']);
    expect(watch.opened).toEqual([['inbox']]);
    expect(watch.watched).toEqual([['inbox', 'sent']]);
    expect(watchers.size).toBe(1);
  });

  test('two devices that come at once open it once', async () => {
    await Promise.all([watchers.acquire('anna', watch, ['inbox']), watchers.acquire('anna', watch, ['sent'])]);
    expect(watch.opened).toHaveLength(1);
    expect(watch.watched.at(-1) ?? watch.opened[0]).toEqual(['inbox', 'sent']);
  });

  test('outlives its last waiter by the grace time, no longer', async () => {
    const [first, second] = [['inbox'], ['inbox']];
    await watchers.acquire('anna', watch, first);
    watchers.release('anna', first);
    watchers.release('anna', first);
    await clock.advance(GraceTime - 1);
    await watchers.acquire('anna', watch, second);
    watchers.release('anna', first);
    await clock.advance(GraceTime);
    expect(watch.closed).toBe(0);
    watchers.release('anna', second);
    await clock.advance(GraceTime);
    expect(watch.closed).toBe(1);
    expect(watchers.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('carries positions to the hub, never data', async () => {
    await watchers.acquire('anna', watch, ['inbox']);
    watch.listener?.moved('inbox', 'position 2');
    watch.listener?.moved('inbox', 'position 3', true);
    watch.listener?.hierarchyChanged();
    expect(events).toEqual([
      { kind: 'moved', folder: 'inbox', position: 'position 2', arrived: false },
      { kind: 'moved', folder: 'inbox', position: 'position 3', arrived: true },
      { kind: 'hierarchy' },
    ]);
  });
});

describe('a watch that breaks', () => {
  test('is opened again, and everybody looks then', async () => {
    await watchers.acquire('anna', watch, ['inbox']);
    watch.listener?.lost(new Error('connection reset'));
    expect(events).toEqual([]);
    await clock.advance(ReopenTime.first);
    expect(watch.opened).toHaveLength(2);
    expect(events).toEqual([{ kind: 'unsure' }]);
  });

  test('that cannot be opened is tried less and less often, and the waiter waits on', async () => {
    watch.fail = true;
    await watchers.acquire('anna', watch, ['inbox']);
    await clock.advance(1000);
    await clock.advance(2000);
    await clock.advance(4000);
    expect(watch.opened).toHaveLength(4);
    await clock.advance(7999);
    expect(watch.opened).toHaveLength(4);
    watch.fail = false;
    await clock.advance(1);
    expect(events).toEqual([{ kind: 'unsure' }]);
    watch.listener?.lost(new Error('again'));
    await clock.advance(ReopenTime.first);
    expect(watch.opened).toHaveLength(6);
  });

  test('is opened again for a device that went and came back meanwhile, and lives on', async () => {
    const [first, second] = [['inbox'], ['inbox']];
    await watchers.acquire('anna', watch, first);
    watch.listener?.lost(new Error('connection reset'));
    watchers.release('anna', first);
    await watchers.acquire('anna', watch, second);
    await clock.advance(ReopenTime.first);
    expect(watch.opened).toHaveLength(2);
    expect(events).toEqual([{ kind: 'unsure' }]);
    await clock.advance(2 * GraceTime);
    expect(watchers.size).toBe(1);
    expect(watch.closed).toBe(0);
  });

  test('is opened at once for a device that comes after nobody waited for it any more', async () => {
    const first = ['inbox'];
    await watchers.acquire('anna', watch, first);
    watch.listener?.lost(new Error('connection reset'));
    watchers.release('anna', first);
    await clock.advance(ReopenTime.first);
    expect(watch.opened).toHaveLength(1);
    await watchers.acquire('anna', watch, ['inbox']);
    expect(watch.opened).toHaveLength(2);
  });

  test('in the moment in which it was opened is opened again, whoever comes meanwhile', async () => {
    const opening = watchers.acquire('anna', watch, ['inbox']);
    watch.listener?.lost(new Error('connection reset'));
    await opening;
    await watchers.acquire('anna', watch, ['sent']);
    await clock.advance(ReopenTime.first);
    expect(watch.opened.at(-1)).toEqual(['inbox', 'sent']);
    expect(events).toEqual([{ kind: 'unsure' }]);
  });

  test('is not opened again for nobody', async () => {
    const claim = ['inbox'];
    await watchers.acquire('anna', watch, claim);
    watchers.release('anna', claim);
    watch.listener?.lost(new Error('connection reset'));
    await clock.advance(GraceTime + ReopenTime.longest);
    expect(watchers.size).toBe(0);
    expect(clock.pending).toBe(0);
  });
});

test('forget and close end watches for good', async () => {
  await watchers.acquire('anna', watch, ['inbox']);
  await watchers.forget('anna');
  await watchers.forget('anna');
  expect(watch.closed).toBe(1);
  await watchers.acquire('ben', watch, ['inbox']);
  await watchers.close();
  await settle();
  expect(watch.closed).toBe(2);
  expect(watchers.size).toBe(0);
  expect(clock.pending).toBe(0);
});
