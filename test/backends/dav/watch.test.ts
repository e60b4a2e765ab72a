import { afterEach, describe, expect, test } from '@jest/globals';
import { BackendError } from '../../../backends/contract/errors.ts';
import type { WatchListener } from '../../../backends/contract/watch.ts';
import { Account, DavSession } from '../../../backends/dav/account.ts';
import { DavClient } from '../../../backends/dav/client.ts';
import { folderIdOf } from '../../../backends/dav/collections.ts';
import { CalDav } from '../../../backends/dav/flavours.ts';
import { HttpClient } from '../../../backends/dav/http.ts';
import { CalDavSettings } from '../../../backends/dav/settings.ts';
import { DavWatch } from '../../../backends/dav/watch.ts';
import { pauseOf } from '../../../backends/dav/watch-session.ts';
import { quietLog } from '../../support/system.ts';
import { until } from '../../support/until.ts';
import { loginOf } from './harness.ts';
import { calendarProps, multistatus, type Said, scriptedDav } from './scripted-server.ts';

const Home = '/cal/anna/';
const [work, club] = [folderIdOf('VEVENT', `${Home}work/`), folderIdOf('VEVENT', `${Home}club/`)];
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

/** Timers that run when a test says so. */
class Bell {
  pending: { milliseconds: number; action: () => void } | undefined;

  readonly timer = (milliseconds: number, action: () => void) => {
    const own = { milliseconds, action };
    this.pending = own;
    return {
      cancel: () => {
        if (this.pending === own) this.pending = undefined;
      },
    };
  };

  /** Rings, and waits until the next ring is set or none will be. */
  async ring(ended: () => boolean = () => false): Promise<void> {
    const now = this.pending;
    this.pending = undefined;
    now?.action();
    await until(() => this.pending !== undefined || ended());
  }

  get seconds(): number {
    return (this.pending?.milliseconds ?? Number.NaN) / 1_000;
  }
}

const listening = () => {
  const heard: string[] = [];
  const listener: WatchListener = {
    moved: (folder) => void heard.push(folder === work ? 'work' : 'club'),
    hierarchyChanged: () => void heard.push('hierarchy'),
    lost: (error) => void heard.push(`lost ${error instanceof BackendError ? error.code : ''}`),
  };
  return { heard, listener };
};

/** An account with two calendars whose names and tokens a test sets. */
const stage = async () => {
  const world = { tokens: { work: 'w1', club: 'c1' }, name: 'Club', said: undefined as Said | undefined };
  const server = await scriptedDav(() => {
    const told = [
      { href: `${Home}work/`, props: calendarProps('Work', { token: world.tokens.work }) },
      { href: `${Home}club/`, props: calendarProps(world.name, { token: world.tokens.club }) },
    ];
    return world.said ?? multistatus(told);
  });
  const settings = CalDavSettings.parse({
    url: server.url,
    home: Home,
    components: ['VEVENT'],
    watch: { pollSeconds: 10, quietSeconds: 40 },
  });
  const http = new HttpClient({ maxConnections: 4, timeoutSeconds: 5 });
  opened.push(server, http);
  const client = new DavClient({ http, root: new URL(server.url), hosts: [], textLimit: 1_000_000 });
  const account = new Account(settings);
  const bell = new Bell();
  const watchAs = (password: string) => {
    const login = loginOf({ user: 'anna', password });
    const session = new DavSession({ client, flavour: CalDav, settings }, account, login);
    return new DavWatch({ session, timer: bell.timer, log: quietLog() });
  };
  return { world, server, bell, account, watchAs, watch: watchAs('secret') };
};

describe('a watch', () => {
  test('tells those who watch a folder that it moved, by one look for all', async () => {
    const { world, server, bell, watch } = await stage();
    const [one, other] = [listening(), listening()];
    const watchers = [await watch.open([work], one.listener), await watch.open([work, club], other.listener)];
    const before = server.asked.length;
    world.tokens.work = 'w2';
    await bell.ring();
    expect(server.asked.length).toBe(before + 1);
    world.tokens.club = 'c2';
    await bell.ring();
    expect([one.heard, other.heard]).toEqual([['work'], ['work', 'club']]);
    for (const watcher of watchers) await watcher.close();
    expect(bell.pending).toBeUndefined();
  });

  test('tells of folders made, renamed and removed', async () => {
    const { world, bell, watch } = await stage();
    const { heard, listener } = listening();
    const watcher = await watch.open([work], listener);
    world.name = 'Rowing';
    await bell.ring();
    expect(heard).toEqual(['hierarchy']);
    await watcher.close();
  });

  test('tells where folders are that are watched from then on, and of no others', async () => {
    const { world, bell, watch } = await stage();
    const { heard, listener } = listening();
    const watcher = await watch.open([work], listener);
    watcher.watch([club]);
    await until(() => heard.length > 0);
    expect(heard).toEqual(['club']);
    world.tokens = { work: 'w2', club: 'c2' };
    await bell.ring();
    expect(heard).toEqual(['club', 'club']);
    await watcher.close();
  });

  test('is silent once closed, also while it looks; closing twice is harmless', async () => {
    const { world, bell, watch, account } = await stage();
    const { heard, listener } = listening();
    const watcher = await watch.open([work], listener);
    world.tokens.work = 'w2';
    const now = bell.pending;
    now?.action();
    await watcher.close();
    await watcher.close();
    await until(() => account.session === undefined);
    expect(heard).toEqual([]);
  });

  test('looks less often where nothing changes, and at once as often again', async () => {
    const { world, bell, watch } = await stage();
    const { listener } = listening();
    const watcher = await watch.open([work], listener);
    const pauses = [];
    for (let i = 0; i < 12; i++) {
      pauses.push(bell.seconds);
      await bell.ring();
    }
    expect(pauses).toEqual([10, 10, 10, 10, 20, 20, 20, 20, 20, 40, 40, 40]);
    expect(watch.promise()).toEqual({ how: 'poll', seconds: 40 });
    world.tokens.work = 'w2';
    await bell.ring();
    expect(bell.seconds).toBe(10);
    await watcher.close();
  });

  test('goes on when the server is away for a while, and tells what moved meanwhile', async () => {
    const { world, bell, watch } = await stage();
    const { heard, listener } = listening();
    const watcher = await watch.open([work], listener);
    world.said = { status: 503 };
    const pauses = [];
    for (let i = 0; i < 4; i++) {
      await bell.ring();
      pauses.push(bell.seconds);
    }
    expect(pauses).toEqual([10, 20, 40, 80]);
    world.tokens.work = 'w2';
    world.said = undefined;
    await bell.ring();
    expect(heard).toEqual(['work']);
    await watcher.close();
  });

  test('ends when the password is refused', async () => {
    const { world, bell, watch, account } = await stage();
    const { heard, listener } = listening();
    await watch.open([work], listener);
    world.said = { status: 401 };
    await bell.ring(() => heard.length > 0);
    expect(heard).toEqual(['lost loginRefused']);
    expect(account.session).toBeUndefined();
  });

  test('that cannot be opened throws and leaves nothing', async () => {
    const { world, bell, watch, account } = await stage();
    world.said = { status: 503 };
    const { heard, listener } = listening();
    await expect(watch.open([work], listener)).rejects.toThrow(BackendError);
    expect([heard, account.session, bell.pending]).toEqual([[], undefined, undefined]);
    await expect(watch.open([work], listener, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  });

  test('with another password takes the place of the one before', async () => {
    const { watch, watchAs } = await stage();
    const { heard, listener } = listening();
    const watcher = await watch.open([work], listener);
    const second = await watchAs('new').open([work], listening().listener);
    expect(heard).toEqual(['lost unavailable']);
    await watcher.close();
    await second.close();
  });
});

test('the pause never grows beyond what it may', () => {
  const settings = { pollSeconds: 30, quietSeconds: 120 };
  expect(pauseOf(settings, { quiet: 1e9, failures: 0 })).toBe(120);
  expect(pauseOf(settings, { quiet: 0, failures: 1e9 })).toBe(600);
  expect(pauseOf({ pollSeconds: 3600, quietSeconds: 3600 }, { quiet: 0, failures: 5 })).toBe(3600);
});
