import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FolderId } from '../../../backends/contract/folders.ts';
import type { Position } from '../../../backends/contract/items.ts';
import type { Watch, WatchListener } from '../../../backends/contract/watch.ts';
import { plainMessage } from '../../servers/mail.ts';
import { type DovecotBench, startBench } from './dovecot-account.ts';
import type { ImapHarness } from './harness.ts';

let bench: DovecotBench;
beforeAll(async () => {
  bench = await startBench();
}, 40_000);
afterAll(() => bench.stop());

/** Writes down what it is told. */
class Ear implements WatchListener {
  readonly heard: { folder: FolderId; position: Position | undefined }[] = [];
  hierarchy = 0;
  lostBy: unknown;

  moved(folder: FolderId, position: Position | undefined): void {
    this.heard.push({ folder, position });
  }
  hierarchyChanged(): void {
    this.hierarchy++;
  }
  lost(error: unknown): void {
    this.lostBy = error;
  }
  /** Waits until something holds, at most `milliseconds`. */
  async until(holds: () => boolean, milliseconds = 3_000): Promise<boolean> {
    const end = Date.now() + milliseconds;
    while (!holds() && Date.now() < end) await wait(10);
    return holds();
  }
}

const watchOf = ({ abilities }: ImapHarness): Watch => {
  if (abilities.watch === undefined) throw new Error('no watch');
  return abilities.watch;
};
const message = (subject: string): Buffer => Buffer.from(plainMessage(subject));

describe('by NOTIFY', () => {
  test('one connection tells of any number of folders, with positions that need no further look', async () => {
    const account = await bench.account();
    const folders = ['INBOX'];
    for (const name of ['a', 'b', 'c', 'd']) folders.push(await account.createFolder(name));
    const ear = new Ear();
    const watcher = await watchOf(account).open(folders, ear);
    const opened = account.relay.opened;
    for (const folder of folders) await account.deliver(folder, message('new'));
    expect(await ear.until(() => new Set(ear.heard.map(({ folder }) => folder)).size === folders.length)).toBe(true);
    expect(account.relay.opened).toBe(opened);
    const now = await account.mail.positions(folders);
    for (const folder of folders) {
      expect(ear.heard.findLast((word) => word.folder === folder)?.position).toBe(now.get(folder));
    }
    await watcher.close();
  });

  test('tells within a second', async () => {
    const account = await bench.account();
    const ear = new Ear();
    const watcher = await watchOf(account).open(['INBOX'], ear);
    const start = performance.now();
    await account.deliver('INBOX', message('new'));
    expect(await ear.until(() => ear.heard.length > 0)).toBe(true);
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(watchOf(account).promise('INBOX')).toEqual({ how: 'push', seconds: 1 });
    await watcher.close();
  });

  test('is armed again for other folders without missing anything: Dovecot goes silent after a second NOTIFY SET', async () => {
    const account = await bench.account();
    const [one, two] = [await account.createFolder('one'), await account.createFolder('two')];
    const ear = new Ear();
    const watcher = await watchOf(account).open([one], ear);
    for (let round = 0; round < 4; round++) {
      watcher.watch(round % 2 === 0 ? [one, two] : [two]);
      await wait(150);
      ear.heard.length = 0;
      await account.deliver(two, message(`round ${round}`));
      expect(await ear.until(() => ear.heard.some(({ folder }) => folder === two))).toBe(true);
    }
    await watcher.close();
  }, 20_000);

  test('tells where a folder stands that it is given later: what happened until then is not missed', async () => {
    const account = await bench.account();
    const late = await account.createFolder('late');
    const ear = new Ear();
    const watcher = await watchOf(account).open(['INBOX'], ear);
    const before = (await account.mail.positions([late])).get(late);
    watcher.watch(['INBOX', late]);
    await account.deliver(late, message('in between'));
    expect(
      await ear.until(() => ear.heard.some(({ folder, position }) => folder === late && position !== before)),
    ).toBe(true);
    await watcher.close();
  });

  test('is renewed in time, and goes on telling', async () => {
    const account = await bench.account({ watch: { renewSeconds: 5 } });
    const ear = new Ear();
    const watcher = await watchOf(account).open(['INBOX'], ear);
    await wait(5_300);
    expect(account.relay.commands.filter((command) => command === 'IDLE')).toHaveLength(2);
    await account.deliver('INBOX', message('after'));
    expect(await ear.until(() => ear.heard.length === 1)).toBe(true);
    await watcher.close();
  }, 20_000);

  test('tells of folders made and removed, and learns their names', async () => {
    const account = await bench.account();
    const ear = new Ear();
    const watcher = await watchOf(account).open(['INBOX'], ear);
    await account.outside.mailboxCreate('Made');
    expect(await ear.until(() => ear.hierarchy === 1)).toBe(true);
    await account.outside.mailboxDelete('Made');
    expect(await ear.until(() => ear.hierarchy === 2)).toBe(true);
    await watcher.close();
  });

  test('is refused by some server: IDLE takes its place', async () => {
    const account = await bench.account({ ignoreCapabilities: ['NOTIFY'] });
    const ear = new Ear();
    const watcher = await watchOf(account).open(['INBOX'], ear);
    expect(account.relay.commands.some((command) => command.startsWith('NOTIFY'))).toBe(false);
    await account.deliver('INBOX', message('new'));
    expect(await ear.until(() => ear.heard.length > 0)).toBe(true);
    await watcher.close();
  });
});

describe('by IDLE', () => {
  test('the Inbox is pushed, other folders are looked at in turns over the same connection', async () => {
    const account = await bench.account({ watch: { mode: 'idle', pollSeconds: 5 } });
    const other = await account.createFolder('other');
    const ear = new Ear();
    const watcher = await watchOf(account).open([other, 'INBOX'], ear);
    const opened = account.relay.opened;
    await account.deliver('INBOX', message('pushed'));
    expect(await ear.until(() => ear.heard.some(({ folder }) => folder === 'INBOX'), 1_500)).toBe(true);
    await account.deliver(other, message('found'));
    expect(await ear.until(() => ear.heard.some(({ folder }) => folder === other), 6_500)).toBe(true);
    expect(account.relay.opened).toBe(opened);
    expect(watchOf(account).promise('INBOX').how).toBe('push');
    expect(watchOf(account).promise(other)).toEqual({ how: 'poll', seconds: 5 });
    await watcher.close();
  }, 20_000);
});

describe('by looking', () => {
  test('holds no connection', async () => {
    const account = await bench.account({ idleSeconds: 1, watch: { mode: 'poll', pollSeconds: 60 } });
    const watcher = await watchOf(account).open(['INBOX'], new Ear());
    await wait(1_300);
    expect(account.relay.open).toBe(0);
    expect(watchOf(account).promise('INBOX')).toEqual({ how: 'poll', seconds: 60 });
    await watcher.close();
  });

  test('is what an account with one connection gets', async () => {
    const account = await bench.account({ maxConnections: 1 });
    const watcher = await watchOf(account).open(['INBOX'], new Ear());
    expect(watchOf(account).promise('INBOX').how).toBe('poll');
    await account.mail.list('INBOX', undefined);
    expect(account.relay.opened).toBe(1);
    await watcher.close();
  });
});

describe('a watch that is lost', () => {
  test.each([['auto'], ['idle']])(
    'says so at once when its connection breaks (%s), and another one may be opened',
    async (mode) => {
      const account = await bench.account({ watch: { mode } });
      const ear = new Ear();
      await watchOf(account).open(['INBOX'], ear);
      account.relay.cut();
      expect(await ear.until(() => ear.lostBy !== undefined)).toBe(true);
      expect(ear.lostBy).toMatchObject({ code: 'unavailable' });
      const again = new Ear();
      const watcher = await watchOf(account).open(['INBOX'], again);
      await account.deliver('INBOX', message('new'));
      expect(await again.until(() => again.heard.length > 0)).toBe(true);
      await watcher.close();
    },
  );

  test('notices a server that is silent when its turn comes to answer', async () => {
    const account = await bench.account({ timeoutSeconds: 2, watch: { renewSeconds: 5 } });
    const ear = new Ear();
    await watchOf(account).open(['INBOX'], ear);
    account.relay.freeze();
    expect(await ear.until(() => ear.lostBy !== undefined, 10_000)).toBe(true);
    account.relay.thaw();
  }, 20_000);

  test('is what forget makes of it', async () => {
    const account = await bench.account();
    const ear = new Ear();
    await watchOf(account).open(['INBOX'], ear);
    await account.backend.forget(account.login.account);
    expect(await ear.until(() => ear.lostBy !== undefined)).toBe(true);
  });

  test('cannot be opened at a server that does not answer', async () => {
    const account = await bench.account();
    await account.relay.close();
    await expect(watchOf(account).open(['INBOX'], new Ear())).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('several watches of an account', () => {
  test('share one connection, and each hears only of its own folders', async () => {
    const account = await bench.account();
    const [one, two] = [await account.createFolder('one'), await account.createFolder('two')];
    const ears = [new Ear(), new Ear()] as const;
    const opened = account.relay.opened;
    const watchers = await Promise.all([watchOf(account).open([one], ears[0]), watchOf(account).open([two], ears[1])]);
    expect(account.relay.opened - opened).toBe(1);
    await account.deliver(one, message('one'));
    await account.deliver(two, message('two'));
    expect(await ears[1].until(() => ears.every(({ heard }) => heard.length > 0))).toBe(true);
    expect(ears.map(({ heard }) => new Set(heard.map(({ folder }) => folder)))).toEqual([
      new Set([one]),
      new Set([two]),
    ]);
    await watchers[0]?.close();
    await account.deliver(two, message('still'));
    expect(await ears[1].until(() => ears[1].heard.length > 1)).toBe(true);
    await watchers[1]?.close();
  });

  test('are not shared with other credentials: the older one is lost', async () => {
    const account = await bench.account();
    const ear = new Ear();
    await watchOf(account).open(['INBOX'], ear);
    const { master } = bench.dovecot;
    const other = account.backend.account({
      ...account.login,
      user: `${account.login.user}*${master.user}`,
      password: master.password,
    });
    const watcher = await other.watch?.open(['INBOX'], new Ear());
    expect(await ear.until(() => ear.lostBy !== undefined)).toBe(true);
    await watcher?.close();
  });

  test('may be given up while they open', async () => {
    const account = await bench.account();
    const abort = new AbortController();
    const opening = watchOf(account).open(['INBOX'], new Ear(), abort.signal);
    abort.abort(new Error('no longer'));
    await expect(opening).rejects.toThrow('no longer');
    expect(await new Ear().until(() => account.relay.open === 0)).toBe(true);
  });
});
