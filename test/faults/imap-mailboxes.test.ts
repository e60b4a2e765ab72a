import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { fetchMail } from '../../src/phone/mail-commands.ts';
import type { Client } from '../support/client.ts';
import { marksOnPhone, marksOnServer } from '../support/imap-mailbox.ts';
import { type ImapServer, startImapServer, until } from '../support/imap-server.ts';
import { message } from '../support/local-server.ts';

let host: ImapServer;
let phone: Client;
let users = 0;

beforeAll(async () => {
  host = await startImapServer();
}, 30_000);

afterAll(async () => {
  await host?.close();
  expect(host.errors).toEqual([]);
});

/** Whatever happened: nothing that a correct server never says, and nothing downloaded anew. */
afterEach(() => {
  expect(phone.mailbox.anomalies).toEqual([]);
  expect(phone.mailbox.wipes).toBe(0);
});

/** A phone of a new user, with so many mails in the Inbox. */
const openPhone = async (mails: number, where = host): Promise<Client> => {
  const user = `user${++users}`;
  for (let i = 1; i <= mails; i++) await where.deliver(user, message(`mail ${i}`));
  phone = await where.client(user);
  await phone.load(phone.inbox);
  return phone;
};

const folderNamed = (client: Client, name: string): string => {
  const found = client.mailbox.folders.all().find(({ displayName }) => displayName === name);
  if (found === undefined) throw new Error(`no folder ${name}`);
  return found.serverId;
};

/** Synchronises until nothing is left, and compares with what IMAP says. */
const expectExact = async (client: Client, collectionId = client.inbox, path = 'INBOX', where = host) => {
  await client.catchUp(collectionId, { windowSize: 512 });
  const marks = await where.elsewhere(client.user, (imap) => marksOnServer(imap, path));
  expect(marksOnPhone(client.mailbox, collectionId)).toEqual(marks);
  return marks;
};

describe('UIDVALIDITY changed', () => {
  test('while the phone has queued Deletes: they touch nothing, and the phone gets the new mailbox', async () => {
    await openPhone(4);
    const { inbox } = phone;
    const collection = phone.mailbox.collection(inbox);
    for (const subject of ['mail 1', 'mail 2']) collection.delete(phone.idOf(inbox, subject));
    await host.doveadm(phone.user, ['mailbox', 'update'], '--uid-validity', '4000000001', 'INBOX');
    const answer = await phone.sync(inbox, { commands: collection.takeCommands() });
    expect(answer?.status).toBe(1);
    expect(await expectExact(phone)).toEqual(['mail 1', 'mail 2', 'mail 3', 'mail 4']);
  });

  test('while the phone waits: it is woken', async () => {
    await openPhone(2);
    const before = phone.mailbox.collection(phone.inbox).syncKey;
    const held = phone.device.ping({ heartbeatInterval: 60, folders: [{ id: phone.inbox }] });
    await until(() => host.server.waiting() === 1);
    await host.doveadm(phone.user, ['mailbox', 'update'], '--uid-validity', '4000000002', 'INBOX');
    await host.deliver(phone.user, message('mail 3'));
    expect([2, 7]).toContain((await held).status);
    expect(await phone.folderSync()).toBe(1);
    expect(await expectExact(phone)).toHaveLength(3);
    expect(phone.mailbox.collection(phone.inbox).syncKey).not.toBe(before);
  });

  test('between two windows of a first load', async () => {
    await openPhone(0);
    for (let i = 1; i <= 9; i++) await host.deliver(phone.user, message(`mail ${i}`));
    await phone.sync(phone.inbox, { windowSize: 4 });
    await host.doveadm(phone.user, ['mailbox', 'update'], '--uid-validity', '4000000003', 'INBOX');
    expect(await expectExact(phone)).toHaveLength(9);
  });
});

describe('a mailbox is', () => {
  const openWork = async (): Promise<string> => {
    await openPhone(0);
    await host.elsewhere(phone.user, async (imap) => {
      await imap.mailboxCreate('Work');
      for (const subject of ['one', 'two']) await imap.append('Work', message(subject));
    });
    await phone.folderSync();
    const work = folderNamed(phone, 'Work');
    await phone.load(work);
    expect(await expectExact(phone, work, 'Work')).toEqual(['one', 'two']);
    return work;
  };

  test('renamed elsewhere: the same folder with another name, and nothing is fetched again', async () => {
    const work = await openWork();
    const held = phone.device.ping({ heartbeatInterval: 60, folders: [{ id: work }] });
    await until(() => host.server.waiting() === 1);
    await host.elsewhere(phone.user, async (imap) => {
      await imap.mailboxRename('Work', 'Play');
      await imap.append('Play', message('three'));
    });
    expect([2, 7]).toContain((await held).status);
    await phone.folderSync();
    expect(folderNamed(phone, 'Play')).toBe(work);
    const answer = await phone.sync(work);
    expect(answer?.commands?.map(({ kind }) => kind)).toEqual(['add']);
    expect(await expectExact(phone, work, 'Play')).toEqual(['one', 'three', 'two']);
  });

  test('deleted elsewhere: the phone is told by Ping and by Sync, and the FolderSync takes it away', async () => {
    const work = await openWork();
    const held = phone.device.ping({ heartbeatInterval: 60, folders: [{ id: work }] });
    await until(() => host.server.waiting() === 1);
    await host.elsewhere(phone.user, async (imap) => void (await imap.mailboxDelete('Work')));
    expect(await held).toEqual({ status: 7 });
    expect(await phone.sync(work)).toMatchObject({ status: 12 });
    await phone.folderSync();
    expect(phone.mailbox.folders.get(work)).toBeUndefined();
  });

  test('deleted and made again under its name: another folder, with its own mail only', async () => {
    const work = await openWork();
    const collection = phone.mailbox.collection(work);
    collection.delete(phone.idOf(work, 'one'));
    await host.elsewhere(phone.user, async (imap) => {
      await imap.mailboxDelete('Work');
      await imap.mailboxCreate('Work');
      for (const subject of ['uno', 'due']) await imap.append('Work', message(subject));
    });
    // Whether it sees the hierarchy first or not, nothing of the new folder is deleted.
    expect(await phone.sync(work, { commands: collection.takeCommands() })).toMatchObject({ status: 12 });
    const made = await host.elsewhere(phone.user, (imap) => marksOnServer(imap, 'Work'));
    expect(made).toEqual(['due', 'uno']);
    await phone.folderSync();
    const again = folderNamed(phone, 'Work');
    expect(again).not.toBe(work);
    await phone.load(again);
    expect(await expectExact(phone, again, 'Work')).toEqual(['due', 'uno']);
  });

  test('moved under another one: it keeps its mail', async () => {
    const work = await openWork();
    await host.elsewhere(phone.user, async (imap) => {
      await imap.mailboxCreate('Old');
      await imap.mailboxRename('Work', 'Old/Work');
    });
    await phone.folderSync();
    expect(phone.mailbox.folders.get(work)?.parentId).toBe(folderNamed(phone, 'Old'));
    expect(await expectExact(phone, work, 'Old/Work')).toEqual(['one', 'two']);
  });
});

describe('messages that cannot be parsed', () => {
  const bytes = (...parts: (string | number[])[]): Uint8Array =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));
  const Odd: Readonly<Record<string, Uint8Array>> = {
    'no header at all': bytes('just text, no header\r\n'),
    'only a header without end': bytes('Subject: no end'),
    'bytes of no charset in the header': bytes(
      'Subject: ',
      [0xff, 0xfe, 0xe4, 0x80],
      '\r\nFrom: ',
      [0xc3],
      '\r\n\r\nx\r\n',
    ),
    'a multipart without parts': bytes('Subject: a\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\nno part\r\n'),
    'a multipart without boundary': bytes(
      'Subject: b\r\nContent-Type: multipart/mixed\r\n\r\n--x\r\n\r\ny\r\n--x--\r\n',
    ),
    'a Content-Type of nonsense': bytes('Subject: c\r\nContent-Type: ;;;===;charset="\r\n\r\nx\r\n'),
    'base64 that is none': bytes('Subject: d\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%===\r\n'),
    'an unknown charset': bytes('Subject: e\r\nContent-Type: text/plain; charset=klingon\r\n\r\n', [0xe4], '\r\n'),
    'a date of nonsense': bytes('Subject: f\r\nDate: the day after\r\n\r\nx\r\n'),
    'a hundred levels of multipart': bytes(
      'Subject: g\r\n',
      Array.from({ length: 100 }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`).join(
        '',
      ),
      '\r\nx\r\n',
    ),
    'control characters': bytes('Subject: h', [0, 1, 2, 0x1f], '\r\n\r\n', [0, 1, 0x1b], '\r\n'),
  };

  test('each comes as a mail, none keeps another one back', async () => {
    await openPhone(1);
    await host.dropFiles(phone.user, Object.values(Odd));
    await host.deliver(phone.user, message('mail 2'));
    await phone.catchUp(phone.inbox, { options: [{ bodyPreferences: [{ type: 2, truncationSize: 1000 }] }] });
    expect(phone.emails(phone.inbox).size).toBe(2 + Object.keys(Odd).length);
    expect(phone.subjects(phone.inbox)).toEqual(expect.arrayContaining(['mail 1', 'mail 2', 'a', 'b', 'c']));
    for (const serverId of phone.emails(phone.inbox).keys()) {
      const wish = { bodyPreferences: [{ type: 4, truncationSize: 100_000 }], mimeSupport: 2 };
      const { email } = await fetchMail(phone.device, { collectionId: phone.inbox, serverId }, wish);
      // Of one whose structure cannot be told there is a notice, and the message is attached.
      if (email.body?.type !== 4) expect(email.attachments).toMatchObject([{ fileReference: `${serverId}:message` }]);
      expect(email.body?.data ?? '').not.toHaveLength(0);
    }
  });
});

describe('modification sequences', () => {
  test('10,000 messages imported at once share one; then 10,000 flags are changed at once', async () => {
    const Many = 10_000;
    await openPhone(1);
    await host.dropFiles(
      phone.user,
      Array.from({ length: Many }, (_, i) => message(`import ${i}`)),
    );
    let before = host.relay.commands.length;
    await phone.catchUp(phone.inbox, { windowSize: 512 });
    expect(phone.mailbox.collection(phone.inbox).size).toBe(Many + 1);
    const windows = Math.ceil(Many / 512);
    // A window of 512 is read in 11 batches of two commands; beside them each Sync asks a little.
    expect(host.relay.commands.length - before).toBeLessThan(windows * 30);
    const held = phone.device.ping({ heartbeatInterval: 60, folders: [{ id: phone.inbox }] });
    await until(() => host.server.waiting() === 1);
    await host.elsewhere(phone.user, async (imap) => {
      await imap.mailboxOpen('INBOX');
      await imap.messageFlagsAdd('1:*', ['\\Seen']);
    });
    expect(await held).toMatchObject({ status: 2 });
    before = host.relay.commands.length;
    await phone.catchUp(phone.inbox, { windowSize: 512 });
    expect(host.relay.commands.length - before).toBeLessThan(windows * 30);
    expect([...phone.emails(phone.inbox).values()].filter(({ read }) => read !== true)).toHaveLength(0);
    expect(phone.mailbox.collection(phone.inbox).size).toBe(Many + 1);
    // Nothing is left over: the next Sync brings nothing, with a handful of commands.
    before = host.relay.commands.length;
    expect(await phone.sync(phone.inbox)).toBeUndefined();
    expect(host.relay.commands.length - before).toBeLessThan(5);
  }, 120_000);

  test('a mailbox on which CONDSTORE was never enabled: every later change reaches the phone', async () => {
    const user = `user${++users}`;
    await host.elsewhere(user, async (imap) => {
      await imap.mailboxCreate('Plain');
      for (let i = 1; i <= 3; i++) await imap.append('Plain', message(`mail ${i}`));
    });
    phone = await host.client(user);
    const plain = folderNamed(phone, 'Plain');
    await phone.load(plain);
    await expectExact(phone, plain, 'Plain');
    await host.elsewhere(user, async (imap) => {
      await imap.mailboxOpen('Plain');
      await imap.messageFlagsAdd('1', ['\\Seen']);
      await imap.messageDelete('2');
      await imap.append('Plain', message('mail 4'));
    });
    expect(await expectExact(phone, plain, 'Plain')).toEqual(['mail 1 read', 'mail 3', 'mail 4']);
    await host.elsewhere(user, async (imap) => {
      await imap.mailboxOpen('Plain');
      await imap.messageFlagsRemove('1', ['\\Seen']);
    });
    expect(await expectExact(phone, plain, 'Plain')).toEqual(['mail 1', 'mail 3', 'mail 4']);
  });

  test.each([
    ['without QRESYNC', ['QRESYNC']],
    ['without QRESYNC and CONDSTORE', ['QRESYNC', 'CONDSTORE']],
    ['without anything that newer servers have', ['QRESYNC', 'CONDSTORE', 'NOTIFY', 'MOVE', 'LIST-STATUS', 'ESEARCH']],
  ])(
    'a server %s: additions, flags, removals and Deletes all arrive',
    async (_, ignoreCapabilities) => {
      const own = await startImapServer({ imap: { ignoreCapabilities } });
      try {
        await openPhone(5, own);
        const { inbox } = phone;
        await own.elsewhere(phone.user, async (imap) => {
          await imap.mailboxOpen('INBOX');
          await imap.messageFlagsAdd('1', ['\\Seen', '\\Flagged']);
          await imap.messageDelete('2');
        });
        await own.deliver(phone.user, message('mail 6'));
        const expected = ['mail 1 read flagged', 'mail 3', 'mail 4', 'mail 5', 'mail 6'];
        expect(await expectExact(phone, inbox, 'INBOX', own)).toEqual(expected);
        const collection = phone.mailbox.collection(inbox);
        collection.delete(phone.idOf(inbox, 'mail 3'));
        expect(await phone.sync(inbox, { commands: collection.takeCommands() })).toMatchObject({ status: 1 });
        expect(await expectExact(phone, inbox, 'INBOX', own)).toEqual(expected.filter((mark) => mark !== 'mail 3'));
        expect(await own.elsewhere(phone.user, (imap) => marksOnServer(imap, 'Trash'))).toEqual(['mail 3']);
        expect(own.errors).toEqual([]);
      } finally {
        await own.close();
      }
    },
    30_000,
  );
});
