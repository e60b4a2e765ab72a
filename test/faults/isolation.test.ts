import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Email } from '../../protocol/code-pages/index.ts';
import { CommandTable } from '../../protocol/commands/index.ts';
import type { CommandName } from '../../protocol/http/command-codes.ts';
import { ContentTypes } from '../../protocol/http/headers.ts';
import { bytesSource, readAll } from '../../protocol/wbxml/bytes.ts';
import { toXml } from '../../protocol/wbxml/print.ts';
import { decodeTree } from '../../protocol/wbxml/tree.ts';
import { HttpFailure } from '../../src/phone/failures.ts';
import { itemOperations } from '../../src/phone/mail-commands.ts';
import { findMail, searchMail } from '../../src/phone/search-commands.ts';
import { loadCorpus } from '../fuzz/fuzzer.ts';
import { type NamedIds, withIds } from '../fuzz/names.ts';
import { type Client, openClient, storeOf } from '../support/client.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';

/** A word in all that belongs to anna: it is in nobody else's answer. */
const Secret = 'annas-secret-7f3a';

let server: LocalServer;
let anna: Client;
/** Everything that anna's phone was ever told, by what it is. */
let ids: NamedIds & { readonly conversationId: Uint8Array; readonly searchId: string; readonly policyKey: number };

const secretMail = (n: number): string =>
  [
    `From: "${Secret}" <carl@example.test>`,
    'To: anna@example.test',
    `Subject: ${Secret} ${n}`,
    `Message-ID: <${Secret}-${n}@example.test>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    `--b\r\n\r\n${Secret} text ${n}\r\n--b`,
    `Content-Disposition: attachment; filename="${Secret}.txt"`,
    '',
    `${Secret} attached ${n}`,
    '--b--',
    '',
  ].join('\r\n');

const attachmentOf = (mail: { attachments?: readonly unknown[] | undefined } | undefined): string => {
  const [attachment] = (mail?.attachments ?? []) as { fileReference?: string }[];
  return attachment?.fileReference ?? 'none';
};

beforeAll(async () => {
  server = await startLocalServer();
  for (let n = 0; n < 4; n++) await server.deliver('anna', secretMail(n));
  anna = await openClient(server, 'anna', '16.1', 'shared');
  await anna.device.command('FolderCreate', {
    syncKey: anna.mailbox.folders.syncKey,
    parentId: '0',
    displayName: `${Secret} folder`,
    type: 12,
  });
  await anna.folderSync();
  await anna.load(anna.inbox, { options: [{ bodyPreferences: [{ type: 1 }] }] });
  const { mails } = await searchMail(anna.device, { freeText: Secret });
  const searchId = `search ${Secret}`;
  await findMail(anna.device, { searchId, freeText: Secret, range: '0-0' });
  const [serverId = '', otherServerId = ''] = anna.emails(anna.inbox).keys();
  const conversation = mails[0]?.email.conversationId;
  ids = {
    hierarchyKey: anna.mailbox.folders.syncKey,
    syncKey: anna.mailbox.collection(anna.inbox).syncKey,
    inbox: anna.inbox,
    trash: anna.folder('trash'),
    folder: anna.mailbox.folders.all().find(({ displayName }) => displayName.includes(Secret))?.serverId ?? '',
    serverId,
    otherServerId,
    fileReference: attachmentOf(anna.emails(anna.inbox).get(serverId)),
    longId: mails[0]?.longId ?? '',
    clientId: 'annas-client-id',
    conversationId:
      conversation instanceof Uint8Array ? conversation : readAll(conversation as Parameters<typeof readAll>[0]),
    searchId,
    policyKey: Number(anna.device.policyKey),
  };
  await anna.device.command('SendMail', {
    clientId: ids.clientId,
    mime: Buffer.from(`From: anna@example.test\r\nTo: anna@example.test\r\nSubject: ${Secret}\r\n\r\n${Secret}\r\n`),
  });
}, 60_000);
afterAll(async () => {
  await server.close();
  expect(server.errors).toEqual([]);
});

/** What a device is answered, as text: whatever of the account is in it is seen. */
const answerTo = async (client: Client, command: CommandName, body: Uint8Array): Promise<string> => {
  const { channel } = client.device;
  const controller = new AbortController();
  const giveUp = setTimeout(() => controller.abort(), 1_000);
  try {
    const request = channel.prepareRaw(command, body, ContentTypes.wbxml, { signal: controller.signal });
    const { body: answer, headers } = await channel.exchangeRaw(command, request);
    if (answer.length === 0) return '';
    return headers['content-type'] === ContentTypes.wbxml
      ? toXml(decodeTree(bytesSource(answer)))
      : Buffer.from(answer).toString('latin1');
  } catch (error) {
    if (error instanceof HttpFailure) return `HTTP ${error.status}`;
    if (controller.signal.aborted) return 'held';
    throw error;
  } finally {
    clearTimeout(giveUp);
  }
};

/** What anna's mailbox holds. */
const mailboxOf = async (user: string) => {
  const store = storeOf(server, user);
  const client = await openClient(server, user, '16.1', `look${user}`);
  const folders = new Map<string, readonly string[]>();
  const { folders: tree } = server.local.account({
    account: `${user}@example.test`,
    user: `${user}@example.test`,
    password: 'secret',
  });
  for (const { id, name, itemClass } of (await tree?.list()) ?? []) {
    if (itemClass !== 'Email') continue;
    const state: string[] = [];
    for await (const result of store.read(id, [...(await store.list(id, undefined)).ids], {
      preferences: [],
      mimeSupport: 0,
    })) {
      // A mail that was sent to the account comes to it: that is no more than anybody may do.
      if (result.outcome === 'item' && result.item.subject !== 'füzz')
        state.push(`${result.id} ${result.revision} ${result.item.subject}`);
    }
    folders.set(name, state.sort());
  }
  client.device.close();
  return folders;
};

describe('another account', () => {
  test.each([
    ['another device', 'bensphone'],
    ['a device of the same id', 'shared'],
  ])(
    'with %s reads and changes nothing of hers by her ids, on any command',
    async (_, deviceId) => {
      const ben = await openClient(server, 'ben', '16.1', deviceId);
      await ben.load(ben.inbox);
      const before = await mailboxOf('anna');
      for (const { command, body } of loadCorpus()) {
        const answer = await answerTo(ben, command, withIds(body, ids));
        expect([command, answer.includes(Secret)]).toEqual([command, false]);
      }
      expect(await mailboxOf('anna')).toEqual(before);
    },
    60_000,
  );

  test('has the corpus to try: it is of every command with a document', () => {
    const described = Object.values(CommandTable).filter(({ request }) => request !== undefined).length;
    expect(new Set(loadCorpus().map(({ command }) => command)).size).toBe(described);
  });

  test('finds nothing of hers, neither by words, nor by conversation, nor with her SearchId', async () => {
    const ben = await openClient(server, 'ben', '16.1', 'shared');
    expect((await searchMail(ben.device, { freeText: Secret })).total).toBe(0);
    expect((await searchMail(ben.device, { conversationId: ids.conversationId })).total).toBe(0);
    expect((await findMail(ben.device, { searchId: ids.searchId, freeText: Secret })).response?.total).toBe(0);
    const resumed = await findMail(ben.device, { searchId: ids.searchId, freeText: Secret, range: '1-2' });
    expect(resumed.response?.status).toBe(1);
    expect(resumed.response?.result).toEqual([]);
  });

  test('is refused her keys, and fetches nothing by her references', async () => {
    const ben = await openClient(server, 'ben', '16.1', 'shared');
    const sync = await ben.device.sync({
      collections: { collection: [{ syncKey: ids.syncKey, collectionId: ids.inbox, options: [] }] },
    });
    expect(sync?.collections?.collection[0]?.status ?? sync?.status).toBe(3);
    expect((await ben.device.folderSync(ids.hierarchyKey)).status).toBe(9);
    const { response } = await itemOperations(ben.device, [
      { kind: 'fetch', store: 'Mailbox', fileReference: ids.fileReference },
      { kind: 'fetch', store: 'Mailbox', longId: ids.longId },
      { kind: 'fetch', store: 'Mailbox', serverId: ids.serverId, collectionId: ids.inbox },
    ]);
    expect(response.response?.fetch.map(({ status }) => status === 1)).toEqual([false, false, false]);
  });

  test('may use her ClientId for a mail of its own, and is not told that one was sent', async () => {
    const ben = await openClient(server, 'ben', '16.1', 'bensthird');
    const mime = Buffer.from('From: ben@example.test\r\nTo: ben@example.test\r\nSubject: own\r\n\r\nx\r\n');
    expect(await ben.device.command('SendMail', { clientId: ids.clientId, mime })).toBeUndefined();
  });

  test('does not get by with her PolicyKey', async () => {
    const stranger = server.device('ben', 'unprovisioned', { version: '16.1' });
    const folderSync = stranger.channel.ask('FolderSync', { syncKey: '0' }, { policyKey: ids.policyKey });
    expect((await folderSync)?.status).toBe(142);
    stranger.close();
  });
});

describe('another device of the same account', () => {
  test('is refused the keys of the first, and neither applies nor gets anything under them', async () => {
    const second = await openClient(server, 'anna', '16.1', 'second');
    const change = {
      kind: 'change' as const,
      serverId: ids.serverId,
      applicationData: [{ tag: Email.Read, children: [], text: '1' }],
    };
    const before = await mailboxOf('anna');
    const sync = await second.device.sync({
      collections: { collection: [{ syncKey: ids.syncKey, collectionId: ids.inbox, options: [], commands: [change] }] },
    });
    expect(sync?.collections?.collection[0]?.status ?? sync?.status).toBe(3);
    expect((await second.device.folderSync(ids.hierarchyKey)).status).toBe(9);
    const resumed = await findMail(second.device, { searchId: ids.searchId, freeText: Secret, range: '1-2' });
    expect(resumed.response?.status).toBe(4);
    expect(await mailboxOf('anna')).toEqual(before);
  });

  test('sends a mail of its own under a ClientId of the first', async () => {
    const second = await openClient(server, 'anna', '16.1', 'second');
    const mime = Buffer.from('From: anna@example.test\r\nTo: ben@example.test\r\nSubject: own\r\n\r\nx\r\n');
    expect(await second.device.command('SendMail', { clientId: ids.clientId, mime })).toBeUndefined();
  });
});
