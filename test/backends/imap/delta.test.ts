import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isBackendError } from '../../../backends/contract/errors.ts';
import { deliverLmtp, plainMessage } from '../../servers/mail.ts';
import { type DovecotBench, startBench } from './dovecot-account.ts';
import { type ImapHarness, openImap } from './harness.ts';
import type { Relay } from './relay.ts';

let bench: DovecotBench;
beforeAll(async () => {
  bench = await startBench();
}, 40_000);
afterAll(() => bench.stop());

const message = (subject: string): Uint8Array => Buffer.from(plainMessage(subject));

/** Appends many messages as one command of another program. */
const fill = async ({ outside }: ImapHarness, path: string, count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await outside.append(path, Buffer.from(message(`message ${i}`)));
};

/** The commands that an action sends. */
const commandsOf = async (relay: Relay, action: () => Promise<unknown>): Promise<string[]> => {
  const before = relay.commands.length;
  await action();
  return relay.commands.slice(before);
};

describe('round trips', () => {
  test('of a delta are the same in a mailbox of 5 and of 3,000 messages, connection warm', async () => {
    const account = await bench.account();
    const counts: number[] = [];
    for (const size of [5, 3_000]) {
      const folder = await account.createFolder(`size ${size}`);
      if (size === 5) await fill(account, 'size 5', 5);
      else await bulk(account, 'size 3000', size);
      const { cursor } = await account.mail.list(folder, undefined);
      await account.outside.append(`size ${size}`, Buffer.from(message('new')));
      const commands = await commandsOf(account.relay, async () => {
        expect((await account.mail.changes(folder, cursor)).changed).toHaveLength(1);
      });
      counts.push(commands.length);
    }
    expect(counts).toEqual([3, 3]);
  }, 60_000);

  test('of nothing new are two on a warm connection, one on a cold one', async () => {
    const account = await bench.account();
    await fill(account, 'INBOX', 3);
    const { cursor } = await account.mail.list('INBOX', undefined);
    const warm = await commandsOf(account.relay, () => account.mail.changes('INBOX', cursor));
    expect(warm).toEqual(['NOOP', expect.stringMatching(/^STATUS "INBOX"/)]);
    const folder = await account.createFolder('other');
    await account.mail.list(folder, undefined);
    const cold = await commandsOf(account.relay, () => account.mail.changes('INBOX', cursor));
    expect(cold).toEqual([expect.stringMatching(/^SELECT "INBOX" \(QRESYNC/)]);
  });

  test('tell the same on a warm connection as on a cold one', async () => {
    const account = await bench.account();
    const folder = await account.createFolder('both');
    const ids: string[] = [];
    for (let i = 0; i < 6; i++) ids.push(await account.deliver(folder, message(`m${i}`)));
    const { cursor } = await account.mail.list(folder, undefined);
    await account.setFlags(folder, ids[0] ?? '', { seen: true });
    await account.expunge(folder, ids.slice(1, 3));
    await account.deliver(folder, message('new'));
    const warm = await account.mail.changes(folder, cursor);
    await account.mail.list('INBOX', undefined);
    const cold = await account.mail.changes(folder, cursor);
    const plain = ({ changed, gone, ...rest }: typeof warm) => ({
      ...rest,
      changed: [...changed].sort((a, b) => a.id.localeCompare(b.id)),
      gone: 'removed' in gone ? ids.filter((id) => gone.removed.has(id)) : 'present',
    });
    expect(plain(warm)).toEqual(plain(cold));
    expect(plain(warm).gone).toEqual(ids.slice(1, 3));
  });

  test('of positions are one for all folders', async () => {
    const account = await bench.account();
    const ids = (await account.folders.list()).map(({ id }) => id);
    const commands = await commandsOf(account.relay, () => account.mail.positions(ids));
    expect(commands).toHaveLength(1);
  });

  test('of the hierarchy are one', async () => {
    const account = await bench.account();
    await account.folders.list();
    expect(await commandsOf(account.relay, () => account.folders.list())).toHaveLength(1);
  });

  test('of a listing that was made in the same state: no second search', async () => {
    const account = await bench.account();
    await fill(account, 'INBOX', 3);
    const since = new Date('2020-01-01');
    const first = await account.mail.list('INBOX', since);
    const commands = await commandsOf(account.relay, async () => {
      expect(await account.mail.list('INBOX', since)).toEqual(first);
    });
    expect(commands.filter((command) => command.includes('SEARCH'))).toEqual([]);
    await fill(account, 'INBOX', 1);
    expect((await account.mail.list('INBOX', since)).ids.size).toBe(4);
  });
});

/** Fills a folder fast: one message copied again and again, so that many share a mod-sequence. */
const bulk = async ({ outside }: ImapHarness, path: string, size: number): Promise<void> => {
  await outside.append(path, Buffer.from(message('copied')));
  const lock = await outside.getMailboxLock(path);
  try {
    for (let count = 1; count < size; count = Math.min(2 * count, size)) {
      await outside.messageCopy(`1:${Math.min(count, size - count)}`, path);
      await outside.noop();
    }
  } finally {
    lock.release();
  }
};

describe('mailboxes as they are found', () => {
  test('one on which CONDSTORE was never enabled', async () => {
    const account = await bench.account();
    // LMTP stores without ever asking for mod-sequences.
    for (let i = 0; i < 3; i++) await lmtp(account.login.user, `m${i}`);
    const { cursor, ids, position } = await account.mail.list('INBOX', undefined);
    expect(ids.size).toBe(3);
    expect((await account.mail.positions(['INBOX'])).get('INBOX')).toBe(position);
    await lmtp(account.login.user, 'm3');
    expect((await account.mail.changes('INBOX', cursor)).changed).toHaveLength(1);
    expect((await account.mail.positions(['INBOX'])).get('INBOX')).not.toBe(position);
  });

  test('one whose messages all share a mod-sequence costs nothing special', async () => {
    const account = await bench.account();
    const folder = await account.createFolder('shared');
    await bulk(account, 'shared', 2_000);
    const { cursor, ids } = await account.mail.list(folder, undefined);
    expect(ids.size).toBe(2_000);
    const start = performance.now();
    const quiet = await account.mail.changes(folder, cursor);
    expect(quiet.changed).toEqual([]);
    await account.deliver(folder, message('one more'));
    expect((await account.mail.changes(folder, quiet.cursor)).changed).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(1_000);
  }, 60_000);

  test('10,000 flags changed at once come in bounded memory, each once', async () => {
    const account = await bench.account();
    const folder = await account.createFolder('many flags');
    await bulk(account, 'many flags', 10_000);
    const { cursor } = await account.mail.list(folder, undefined);
    const lock = await account.outside.getMailboxLock('many flags');
    await account.outside.messageFlagsAdd('1:*', ['\\Seen']);
    lock.release();
    const before = process.memoryUsage().rss;
    const { changed } = await account.mail.changes(folder, cursor);
    expect(new Set(changed.map(({ id }) => id)).size).toBe(10_000);
    expect(changed).toHaveLength(10_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1_048_576);
  }, 120_000);

  test('one with a message that another program has marked as deleted: to a device it is gone', async () => {
    const account = await bench.account();
    const folder = await account.createFolder('marked');
    const id = await account.deliver(folder, message('marked'));
    const { cursor } = await account.mail.list(folder, undefined);
    const lock = await account.outside.getMailboxLock('marked');
    await account.outside.messageFlagsAdd('1', ['\\Deleted']);
    const marked = await account.mail.changes(folder, cursor);
    expect('removed' in marked.gone && marked.gone.removed.has(id)).toBe(true);
    expect(marked.changed).toEqual([]);
    expect((await account.mail.list(folder, undefined)).ids.isEmpty).toBe(true);
    await account.outside.messageFlagsRemove('1', ['\\Deleted']);
    lock.release();
    expect((await account.mail.changes(folder, marked.cursor)).changed.map((item) => item.id)).toEqual([id]);
  });
});

describe('a server that has changed', () => {
  test('has got mod-sequences: a cursor of before goes on, and from then on costs little', async () => {
    const before = await bench.account({ ignoreCapabilities: ['QRESYNC', 'CONDSTORE'] });
    const folder = await before.createFolder('upgraded');
    const [kept, changed, removed] = [
      await before.deliver(folder, message('kept')),
      await before.deliver(folder, message('changed')),
      await before.deliver(folder, message('removed')),
    ];
    const { cursor } = await before.mail.list(folder, undefined);
    await before.setFlags(folder, changed, { seen: true });
    await before.expunge(folder, [removed]);
    const backend = openImap(bench.dovecot.port);
    const { mail } = backend.account(before.login);
    const changes = await mail?.changes(folder, cursor);
    expect(changes?.changed.map(({ id }) => id)).toEqual([changed]);
    expect(
      changes && 'removed' in changes.gone && [changes.gone.removed.has(removed), changes.gone.removed.has(kept)],
    ).toEqual([true, false]);
    expect(changes?.cursor).toMatch(/^q\./);
    expect((await mail?.changes(folder, changes?.cursor ?? ''))?.changed).toEqual([]);
    await backend.close();
  });

  test('has lost QRESYNC: the cursor is refused, and the folder compared', async () => {
    const account = await bench.account();
    const { cursor } = await account.mail.list('INBOX', undefined);
    const backend = openImap(bench.dovecot.port, { ignoreCapabilities: ['QRESYNC'] });
    const { mail } = backend.account(account.login);
    await expect(mail?.changes('INBOX', cursor)).rejects.toMatchObject({ code: 'cursorRefused' });
    await backend.close();
  });
});

describe('UIDVALIDITY', () => {
  test('changed: cursors are refused, ids of the other epoch touch nothing', async () => {
    const account = await bench.account();
    const folder = await account.createFolder('epoch');
    const old = await account.deliver(folder, message('kept'));
    const { cursor } = await account.mail.list(folder, undefined);
    await bench.resetEpoch(account.login.user, 'epoch');
    await expect(account.mail.changes(folder, cursor)).rejects.toMatchObject({ code: 'cursorRefused' });
    await account.mail.remove(folder, [old], 'permanent');
    await account.mail.remove(folder, [old], 'trash');
    expect(await account.mail.move(folder, [old], 'INBOX')).toEqual([]);
    await expect(account.mail.update(folder, old, { read: true })).rejects.toMatchObject({ code: 'notFound' });
    await expect(account.mail.attachment(folder, old, '1')).rejects.toMatchObject({ code: 'notFound' });
    await expect(account.mail.message(folder, old)).rejects.toMatchObject({ code: 'notFound' });
    const { ids } = await account.mail.list(folder, undefined);
    expect([...ids]).toHaveLength(1);
    expect([...ids]).not.toContain(old);
  });

  test('of a mailbox deleted and made again: its ids mean nothing, and the folder is another one', async () => {
    const account = await bench.account();
    const folder = await account.createFolder('again');
    const old = await account.deliver(folder, message('lost'));
    // The connection has it selected while it goes.
    expect((await account.mail.list(folder, undefined)).ids.size).toBe(1);
    await account.outside.mailboxDelete('again');
    await account.outside.mailboxCreate('again');
    await account.outside.append('again', Buffer.from(message('new')));
    // Dovecot shows the old mailbox to whoever has it selected; with the hierarchy read anew that ends.
    const made = (await account.folders.list()).find(({ name }) => name === 'again');
    await expect(account.mail.list(folder, undefined)).rejects.toMatchObject({ code: 'notFound' });
    expect((await account.mail.list(made?.id ?? '', undefined)).ids.size).toBe(1);
    expect(made?.id).not.toBe(folder);
    await account.mail.remove(made?.id ?? '', [old], 'permanent');
    expect((await account.mail.list(made?.id ?? '', undefined)).ids.size).toBe(1);
  });

  test.each(['changes', 'read', 'list'] as const)(
    'a mailbox replaced under its name while it is selected: %s never serve the other one',
    async (what) => {
      const account = await bench.account();
      const path = `replaced-${what}`;
      const folder = await account.createFolder(path);
      const old = [await account.deliver(folder, message('a')), await account.deliver(folder, message('b'))];
      const { cursor } = await account.mail.list(folder, undefined);
      await account.outside.mailboxDelete(path);
      await account.outside.mailboxCreate(path);
      for (const subject of ['c', 'd', 'e']) await account.outside.append(path, Buffer.from(message(subject)));
      const shown = {
        changes: async () => (await account.mail.changes(folder, cursor)).changed.map(({ id }) => id),
        list: async () => [...(await account.mail.list(folder, undefined)).ids].filter((id) => !old.includes(id)),
        read: async () => {
          const subjects: (string | undefined)[] = [];
          for await (const result of account.mail.read(folder, old, { preferences: [], mimeSupport: 0 }))
            if (result.outcome === 'item') subjects.push(result.item.subject);
          return subjects.filter((subject) => subject !== 'a' && subject !== 'b');
        },
      };
      // Until Dovecot tells that anything happened the old mailbox is shown, then it is gone; never the other one.
      const result = await shown[what]().catch((error: unknown) => {
        if (isBackendError(error, 'notFound')) return [];
        throw error;
      });
      expect(result).toEqual([]);
    },
  );

  test('a mailbox that is selected is not looked at again to read what was just found in it', async () => {
    const account = await bench.account();
    await fill(account, 'INBOX', 3);
    const { cursor } = await account.mail.list('INBOX', undefined);
    await fill(account, 'INBOX', 1);
    const commands = await commandsOf(account.relay, async () => {
      const { changed } = await account.mail.changes('INBOX', cursor);
      const ids = changed.map(({ id }) => id);
      for await (const { outcome } of account.mail.read('INBOX', ids, { preferences: [{ type: 1 }], mimeSupport: 0 }))
        expect(outcome).toBe('item');
    });
    expect(commands.slice(0, 3)).toEqual([
      'NOOP',
      expect.stringMatching(/^STATUS/),
      expect.stringMatching(/^UID FETCH .*CHANGEDSINCE/),
    ]);
    expect(commands.slice(3).every((command) => command.startsWith('UID FETCH'))).toBe(true);
  });

  test('a mailbox deleted while it is selected is gone, not empty', async () => {
    const account = await bench.account();
    const folder = await account.createFolder('doomed');
    const id = await account.deliver(folder, message('x'));
    const { cursor } = await account.mail.list(folder, undefined);
    await account.outside.mailboxDelete('doomed');
    const read = async () => {
      const found = [];
      for await (const { outcome } of account.mail.read(folder, [id], { preferences: [], mimeSupport: 0 }))
        found.push(outcome);
      return found;
    };
    await expect(read()).rejects.toMatchObject({ code: 'notFound' });
    await expect(account.mail.changes(folder, cursor)).rejects.toMatchObject({ code: 'notFound' });
    await expect(account.mail.list(folder, undefined)).rejects.toMatchObject({ code: 'notFound' });
  });

  test('a mailbox that is really emptied is empty', async () => {
    const account = await bench.account();
    const folder = await account.createFolder('emptied');
    const id = await account.deliver(folder, message('x'));
    const { cursor } = await account.mail.list(folder, undefined);
    await account.expunge(folder, [id]);
    const { gone } = await account.mail.changes(folder, cursor);
    expect('removed' in gone && gone.removed.has(id)).toBe(true);
    expect((await account.mail.list(folder, undefined)).ids.isEmpty).toBe(true);
  });

  test('two folders that swapped names keep their ids and their mail', async () => {
    const account = await bench.account();
    const [one, two] = [await account.createFolder('one'), await account.createFolder('two')];
    const id = await account.deliver(one, message('in one'));
    await account.mail.list(one, undefined);
    for (const [from, to] of [
      ['one', 'x'],
      ['two', 'one'],
      ['x', 'two'],
    ] as const) {
      await account.outside.mailboxRename(from, to);
    }
    expect([...(await account.mail.list(one, undefined)).ids]).toEqual([id]);
    expect([...(await account.mail.list(two, undefined)).ids]).toEqual([]);
    const moved = await account.mail.move(one, [id], two);
    expect(moved).toHaveLength(1);
    expect((await account.mail.list(two, undefined)).ids.size).toBe(1);
  });
});

const lmtp = async (user: string, subject: string): Promise<void> => {
  await deliverLmtp(bench.dovecot.lmtpPort, user, plainMessage(subject));
};
