import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { startCourier } from '../../servers/courier.ts';
import { plainMessage } from '../../servers/mail.ts';
import { type DovecotBench, startBench } from './dovecot-account.ts';
import { type ImapHarness, openImap, openImapHarness } from './harness.ts';

let bench: DovecotBench;
beforeAll(async () => {
  bench = await startBench();
}, 40_000);
afterAll(() => bench.stop());

const message = (subject: string): Buffer => Buffer.from(plainMessage(subject));
const name = (digit: string): string => digit.repeat(64);
const flagsOf = async ({ outside }: ImapHarness, path: string): Promise<string[][]> => {
  const lock = await outside.getMailboxLock(path);
  try {
    await outside.noop();
    const all = await outside.fetchAll('1:*', { flags: true });
    // A line that tells of a change comes beside the one that was asked for.
    const byUid = new Map(all.map(({ uid, flags }) => [uid, [...(flags ?? [])]]));
    return [...byUid.values()].map((flags) => flags.filter((flag) => flag !== '\\Recent').sort());
  } finally {
    lock.release();
  }
};

describe('removing', () => {
  test('never runs plain EXPUNGE, and leaves alone what another program has marked as deleted', async () => {
    const account = await bench.account();
    const folder = await account.createFolder('marked');
    const mine = await account.deliver(folder, message('mine'));
    await account.deliver(folder, message('theirs'));
    const lock = await account.outside.getMailboxLock('marked');
    await account.outside.messageFlagsAdd('2', ['\\Deleted']);
    lock.release();
    await account.mail.remove(folder, [mine], 'permanent');
    expect(await flagsOf(account, 'marked')).toEqual([['\\Deleted']]);
    const expunges = account.relay.commands.filter((command) => command.includes('EXPUNGE'));
    expect(expunges).toEqual([expect.stringMatching(/^UID EXPUNGE \d+$/)]);
  });

  test('without UIDPLUS only marks: to devices the message is gone', async () => {
    const account = await bench.account({ ignoreCapabilities: ['UIDPLUS', 'MOVE'] });
    const folder = await account.createFolder('kept');
    const ids = [await account.deliver(folder, message('one')), await account.deliver(folder, message('two'))];
    await account.mail.remove(folder, [ids[0] as string], 'permanent');
    await account.mail.remove(folder, [ids[1] as string], 'trash');
    expect((await account.mail.list(folder, undefined)).ids.isEmpty).toBe(true);
    expect(await flagsOf(account, 'kept')).toEqual([['\\Deleted'], ['\\Deleted']]);
    expect(account.relay.commands.filter((command) => command.includes('EXPUNGE'))).toEqual([]);
    const trash = (await account.folders.list()).find(({ role }) => role === 'trash');
    expect((await account.mail.list(trash?.id ?? '', undefined)).ids.size).toBe(1);
  });

  test('without MOVE copies and removes exactly what it copied', async () => {
    const account = await bench.account({ ignoreCapabilities: ['MOVE'] });
    const target = await account.createFolder('target');
    const id = await account.deliver('INBOX', message('moved'));
    const [moved] = await account.mail.move('INBOX', [id], target);
    expect([...(await account.mail.list(target, undefined)).ids]).toEqual([moved?.newId]);
    expect((await account.mail.list('INBOX', undefined)).ids.isEmpty).toBe(true);
  });

  test('into the trash makes one where there is none', async () => {
    const courier = await startCourier({ subfolders: [] });
    const account = await openImapHarness({
      port: courier.port,
      user: 'anna',
      settings: { folders: { create: false } },
    });
    expect((await account.folders.list()).map(({ role }) => role)).toEqual(['inbox']);
    const id = await account.deliver('INBOX', message('x'));
    await account.mail.remove('INBOX', [id], 'trash');
    const trash = (await account.folders.list()).find(({ role }) => role === 'trash');
    expect((await account.mail.list(trash?.id ?? '', undefined)).ids.size).toBe(1);
    await account.close();
    await courier.stop();
  }, 40_000);

  test('into a trash whose name something else has taken leaves the message where it is', async () => {
    const account = await bench.account({ folders: { roles: { junk: 'Trash' } } });
    expect((await account.folders.list()).some(({ role }) => role === 'trash')).toBe(false);
    const id = await account.deliver('INBOX', message('x'));
    await expect(account.mail.remove('INBOX', [id], 'trash')).rejects.toMatchObject({ code: 'forbidden' });
    expect([...(await account.mail.list('INBOX', undefined)).ids]).toEqual([id]);
  });

  test('of 3,000 messages at once, every second one', async () => {
    const account = await bench.account();
    const folder = await account.createFolder('many');
    await account.outside.append('many', message('copied'));
    const lock = await account.outside.getMailboxLock('many');
    for (let count = 1; count < 3_000; count = Math.min(2 * count, 3_000)) {
      await account.outside.messageCopy(`1:${Math.min(count, 3_000 - count)}`, 'many');
      await account.outside.noop();
    }
    lock.release();
    const { ids } = await account.mail.list(folder, undefined);
    const half = [...ids].filter((_, i) => i % 2 === 0);
    await account.mail.remove(folder, half, 'permanent');
    const left = (await account.mail.list(folder, undefined)).ids;
    expect([left.size, half.some((id) => left.has(id))]).toEqual([1_500, false]);
  }, 60_000);
});

describe('changing flags', () => {
  test('touches nothing but what the patch names', async () => {
    const account = await bench.account();
    const folder = await account.createFolder('flags');
    const id = await account.deliver(folder, message('x'));
    const lock = await account.outside.getMailboxLock('flags');
    await account.outside.messageFlagsAdd('1', ['$MDNSent', 'NonJunk', '$Label1', 'Work']);
    lock.release();
    await account.mail.update(folder, id, { read: true, categories: ['Home Office', 'Work'] });
    expect(await flagsOf(account, 'flags')).toEqual([
      ['$Label1', '$MDNSent', 'Home&ACA-Office', 'NonJunk', 'Work', '\\Seen'],
    ]);
    await account.mail.update(folder, id, { categories: [] });
    expect(await flagsOf(account, 'flags')).toEqual([['$Label1', '$MDNSent', 'NonJunk', '\\Seen']]);
  });

  test('sends nothing where there is nothing to change', async () => {
    const account = await bench.account();
    const id = await account.deliver('INBOX', message('x'));
    await account.mail.update('INBOX', id, {});
    expect(account.relay.commands.filter((command) => command.includes('STORE'))).toEqual([]);
  });

  test('with categories that would end the command reaches the server as data or not at all', async () => {
    const account = await bench.account();
    const id = await account.deliver('INBOX', message('x'));
    const odd = ['a\r\nb LOGOUT', 'q"uote', 'st*r', '\0', ')', '{3}', 'ü'.repeat(40)];
    const { revision } = await account.mail.update('INBOX', id, { categories: odd });
    expect((await account.mail.update('INBOX', id, { categories: odd })).revision).toBe(revision);
    expect((await account.mail.list('INBOX', undefined)).ids.size).toBe(1);
  });
});

describe('changing flags while another program does', () => {
  test.each([
    ['adds', '+FLAGS'],
    ['takes off', '-FLAGS'],
  ])('what it %s in the same moment is not taken for known: the device is told', async (what, command) => {
    const account = await bench.account();
    const path = what.replace(' ', '-');
    const folder = await account.createFolder(path);
    const id = await account.deliver(folder, message('touched by two'));
    await account.outside.mailboxOpen(path);
    if (command === '-FLAGS') await account.outside.messageFlagsAdd('1', ['\\Flagged']);
    const { cursor } = await account.mail.list(folder, undefined);
    const both = account.mail.update(folder, id, { read: true });
    account.relay.before(/^UID STORE/, () =>
      command === '+FLAGS'
        ? account.outside.messageFlagsAdd('1', ['\\Flagged'])
        : account.outside.messageFlagsRemove('1', ['\\Flagged']),
    );
    const { revision } = await both;
    const { changed } = await account.mail.changes(folder, cursor);
    expect(changed).toEqual([expect.objectContaining({ id })]);
    expect(changed[0]?.revision).not.toBe(revision);
  });
});

describe('appending', () => {
  test('what another program did to the message before its id was known comes back as a change', async () => {
    const account = await bench.account();
    const folder = await account.createFolder('seen-first');
    const { cursor } = await account.mail.list(folder, undefined);
    const [bytes, options] = [bytesSource(message('new here')), { read: true }];
    const first = await account.mail.append(folder, bytes, options, name('7'));
    await account.outside.mailboxOpen('seen-first');
    await account.outside.messageFlagsAdd('1', ['\\Flagged']);
    // The request is repeated, because its answer was lost.
    const again = await account.mail.append(folder, bytes, options, name('7'));
    expect(again).toEqual(first);
    const { changed } = await account.mail.changes(folder, cursor);
    expect(changed).toEqual([expect.objectContaining({ id: first.id })]);
    expect(changed[0]?.revision).not.toBe(again.revision);
  });

  test('finds what an earlier process stored under the same name, by its bytes', async () => {
    const account = await bench.account();
    const source = bytesSource(message('stored before a restart'));
    const first = await account.mail.append('INBOX', source, {}, name('a'));
    const other = openImap(bench.dovecot.port);
    const again = await other.account(account.login).mail?.append('INBOX', source, {}, name('a'));
    expect(again).toEqual(first);
    await other.close();
  });

  test('is not taken in by a message of the same Message-ID and size', async () => {
    const account = await bench.account();
    const headers = { 'Message-ID': '<same@example.net>' };
    const [one, two] = ['aaaa', 'bbbb'].map((text) => bytesSource(Buffer.from(plainMessage('same', text, headers))));
    if (one === undefined || two === undefined) throw new Error('two messages');
    const first = await account.mail.append('INBOX', one, {}, name('a'));
    const second = await account.mail.append('INBOX', two, {}, name('b'));
    expect(second.id).not.toBe(first.id);
  });

  test('leaves no keyword behind: servers never forget one', async () => {
    const account = await bench.account();
    for (let i = 0; i < 3; i++) {
      await account.mail.append('INBOX', bytesSource(message(`m${i}`)), { read: true }, name(String(i)));
    }
    expect(await flagsOf(account, 'INBOX')).toEqual([['\\Seen'], ['\\Seen'], ['\\Seen']]);
  });

  test('works without UIDPLUS and without a Message-ID', async () => {
    const account = await bench.account({ ignoreCapabilities: ['UIDPLUS'] });
    const source = bytesSource(Buffer.from('Subject: bare\r\n\r\ntext\r\n'));
    const { id } = await account.mail.append('INBOX', source, {}, name('c'));
    expect([...(await account.mail.list('INBOX', undefined)).ids]).toEqual([id]);
    expect((await account.mail.append('INBOX', source, {}, name('c'))).id).toBe(id);
  });
});

describe('names of folders', () => {
  test.each([['a\r\nb'], ['a\nb LOGOUT'], ['a\0b'], ['with/slash'], [''], ['   ']])(
    '%j is rejected before it is sent',
    async (bad) => {
      const account = await bench.account();
      const before = account.relay.commands.length;
      await expect(account.folders.create({ name: bad, itemClass: 'Email' })).rejects.toMatchObject({
        code: 'rejected',
      });
      expect(account.relay.commands.slice(before).filter((command) => command.startsWith('CREATE'))).toEqual([]);
    },
  );

  test.each([['*'], ['%'], ['a"b\\c'], ['&'], ['&-'], ['{5}'], ['日本語 📫'], ['()'], ['#news']])(
    '%j is a name like any other',
    async (odd) => {
      const account = await bench.account();
      const id = await account.folders.create({ name: odd, itemClass: 'Email' });
      const delivered = await account.mail.append(id, bytesSource(message('in it')), {}, name('d'));
      expect([...(await account.mail.list(id, undefined)).ids]).toEqual([delivered.id]);
      expect([...(await account.mail.positions([id])).keys()]).toEqual([id]);
      expect((await account.mail.list('INBOX', undefined)).ids.isEmpty).toBe(true);
      await account.folders.remove(id);
      expect((await account.folders.list()).filter(({ role }) => role === 'user')).toEqual([]);
    },
  );

  test('an id is no path: nothing but what is listed opens a folder', async () => {
    const account = await bench.account();
    await account.createFolder('Secret');
    for (const id of ['Secret', '../INBOX', 'p-Secret', '*', '"Secret"', 'inbox', '']) {
      await expect(account.mail.list(id, undefined)).rejects.toMatchObject({ code: 'notFound' });
    }
    expect(account.relay.commands.filter((command) => command.startsWith('SELECT'))).toEqual([]);
  });

  test('of another account open nothing', async () => {
    const [one, two] = [await bench.account(), await bench.account()];
    const id = await one.createFolder('private');
    await expect(two.mail.list(id, undefined)).rejects.toMatchObject({ code: 'notFound' });
  });

  test('other than mail folders cannot be made', async () => {
    const account = await bench.account();
    await expect(account.folders.create({ name: 'x', itemClass: 'Contacts' })).rejects.toMatchObject({
      code: 'unsupported',
    });
  });

  test('keep their subscriptions over a rename, with those below', async () => {
    const account = await bench.account({ folders: { subscribedOnly: true } });
    const parent = await account.folders.create({ name: 'Parent', itemClass: 'Email' });
    await account.folders.create({ name: 'Child', parentId: parent, itemClass: 'Email' });
    await account.folders.update(parent, { name: 'Renamed' });
    const names = (await account.folders.list()).map((folder) => folder.name);
    expect(names).toEqual(expect.arrayContaining(['Renamed', 'Child']));
    expect(names).not.toContain('Parent');
  });
});
