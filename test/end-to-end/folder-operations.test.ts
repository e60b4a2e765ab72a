import { describe, expect, test } from '@jest/globals';
import { EmailFields } from '../../protocol/classes/email.ts';
import { AirSyncBase, Email as EmailPage } from '../../protocol/code-pages/index.ts';
import type { FetchOptions, ItemOperation } from '../../protocol/commands/item-operations.ts';
import { readTree } from '../../protocol/schema/index.ts';
import { readAll } from '../../protocol/wbxml/bytes.ts';
import { nodesOf } from '../../src/phone/change-queue.ts';
import { createFolder, deleteFolder, moveItem } from '../../src/phone/folder-commands.ts';
import { itemOperations } from '../../src/phone/mail-commands.ts';
import { longIdOf } from '../../src/search/long-id.ts';
import { type Client, itemOf, openClient, openInbox } from '../support/client.ts';
import { message } from '../support/local-server.ts';
import { serverForTests } from '../support/server-for-tests.ts';

const host = await serverForTests();

let users = 0;
const newUser = (): string => `operate${++users}`;

const ask = async (client: Client, ...operations: ItemOperation[]) => {
  const { status, response } = await itemOperations(client.device, operations);
  return { status, ...response.response };
};

const make = (client: Client, displayName: string, parentId = '0') =>
  createFolder(client.device, client.mailbox, { parentId, displayName });

const empty = (collectionId: string, deep = false): ItemOperation => ({
  kind: 'emptyFolderContents',
  collectionId,
  options: deep ? { deleteSubFolders: true } : undefined,
});

describe('EmptyFolderContents', () => {
  test('of Trash removes for good, of another folder to Trash; the devices see it (MS-ASCMD_R199, MS-ASCMD_R194)', async () => {
    const client = await openInbox(host, newUser(), ['one', 'two']);
    const other = await openClient(host, client.user, '14.1', 'other');
    await other.load(other.inbox);
    const { inbox } = client;
    const trash = client.folder('trash');
    await client.load(trash);
    expect((await ask(client, empty(inbox))).emptyFolderContents).toEqual([{ status: 1, collectionId: inbox }]);
    for (const id of [inbox, trash]) await client.catchUp(id);
    expect([client.subjects(inbox), client.subjects(trash)]).toEqual([[], ['one', 'two']]);
    await other.catchUp(other.inbox);
    expect(other.subjects(other.inbox)).toEqual([]);
    expect((await ask(client, empty(trash))).emptyFolderContents).toEqual([{ status: 1, collectionId: trash }]);
    await client.catchUp(trash);
    expect(client.subjects(trash)).toEqual([]);
    expect(client.mailbox.anomalies).toEqual([]);
  });

  test('a folder larger than a batch is emptied whole', async () => {
    const client = await openInbox(host, newUser());
    const raw = new TextEncoder().encode(message('many'));
    const mails = Array.from({ length: 1100 }, () => ({
      folder: { role: 'inbox' as const },
      raw,
      received: new Date(),
    }));
    await host.local.importMail(`${client.user}@example.test`, mails);
    expect((await ask(client, empty(client.inbox))).emptyFolderContents?.[0]?.status).toBe(1);
    const { mail } = { mail: client.store };
    expect((await mail.list(await client.storeFolder('inbox'), undefined)).ids.size).toBe(0);
    expect((await mail.list(await client.storeFolder('trash'), undefined)).ids.size).toBe(1100);
  });

  test('subfolders stay unless they are to go; what is in them goes to Trash (MS-ASCMD_R2167, MS-ASCMD_R2243, MS-ASCMD_R2244)', async () => {
    const client = await openInbox(host, newUser(), ['deep']);
    const top = await make(client, 'top');
    const below = await make(client, 'below', top);
    await make(client, 'bottom', below);
    const srcMsgId = client.idOf(client.inbox, 'deep');
    await client.device.command('MoveItems', { move: [{ srcMsgId, srcFldId: client.inbox, dstFldId: [below] }] });
    const names = async (): Promise<string[]> => {
      await client.folderSync();
      return client.mailbox.folders.all().map(({ displayName }) => displayName);
    };
    await ask(client, empty(top));
    expect(await names()).toEqual(expect.arrayContaining(['top', 'below', 'bottom']));
    expect((await ask(client, empty(top, true))).emptyFolderContents?.[0]?.status).toBe(1);
    expect(await names()).toContain('top');
    expect(await names()).not.toContain('below');
    expect(await names()).not.toContain('bottom');
    const trash = client.folder('trash');
    await client.load(trash);
    expect(client.subjects(trash)).toEqual(['deep']);
  });

  test('of an unknown folder is Status 6, with an option of another operation Status 2 (MS-ASCMD_R3547)', async () => {
    const client = await openInbox(host, newUser());
    expect((await ask(client, empty('999'))).emptyFolderContents).toEqual([{ status: 6, collectionId: '999' }]);
    // EmptyFolderContents with Options that hold a Range: page 20, tokens 0x05, 0x12, 0x08, 0x0B.
    const body = Uint8Array.from([
      ...[0x03, 0x01, 0x6a, 0x00, 0x00, 0x14, 0x45, 0x52, 0x00, 0x00, 0x52, 0x03, 0x31, 0x00, 0x01],
      ...[0x00, 0x14, 0x48, 0x4b, 0x03, 0x31, 0x2d, 0x32, 0x00, 0x01, 0x01, 0x01, 0x01],
    ]);
    const request = client.device.channel.prepareRaw('ItemOperations', body, 'application/vnd.ms-sync.wbxml', {});
    expect(await client.device.channel.exchange('ItemOperations', request)).toMatchObject({ status: 2 });
  });
});

describe('Move of a conversation', () => {
  const reply = (subject: string, to: string): string =>
    message(subject).replace('MIME-Version', `References: <${to}@example.test>\r\nMIME-Version`);

  const conversationOf = (client: Client, subject: string): Uint8Array => {
    const { conversationId } = client.email(client.inbox, subject);
    if (conversationId === undefined) throw new Error('no ConversationId');
    return 'read' in conversationId ? readAll(conversationId) : (conversationId as Uint8Array);
  };

  const open = async (): Promise<{ client: Client; folder: string }> => {
    const user = newUser();
    await host.local.accounts.create(`${user}@example.test`, 'secret', user);
    for (const raw of [message('root'), reply('Re', 'root'), message('other')]) await host.deliver(user, raw);
    const client = await openInbox(host, user);
    const folder = await make(client, 'Project');
    await client.load(folder);
    return { client, folder };
  };

  test('moves its mails and no others; again it is a success (MS-ASCMD_R201, MS-ASCMD_R3465)', async () => {
    const { client, folder } = await open();
    const conversationId = conversationOf(client, 'Re');
    const operation: ItemOperation = { kind: 'move', conversationId, dstFldId: folder, options: { moveAlways: true } };
    for (let i = 0; i < 2; i++) {
      const { move } = await ask(client, operation);
      expect(move).toMatchObject([{ status: 1 }]);
    }
    for (const id of [client.inbox, folder]) await client.catchUp(id);
    expect([client.subjects(client.inbox), client.subjects(folder)]).toEqual([['other'], ['Re', 'root']]);
    expect(client.mailbox.anomalies).toEqual([]);
  });

  const always = (conversationId: Uint8Array, dstFldId: string): ItemOperation => ({
    kind: 'move',
    conversationId,
    dstFldId,
    options: { moveAlways: true },
  });

  const subjectsIn = async (client: Client, ...ids: string[]): Promise<string[][]> => {
    for (const id of ids) await client.catchUp(id);
    return ids.map((id) => client.subjects(id));
  };

  test('what comes later is moved, too, on whatever device it would arrive (MS-ASCON_R130, MS-ASCON_R172, MS-ASCON_R215)', async () => {
    const { client, folder } = await open();
    await ask(client, always(conversationOf(client, 'root'), folder));
    await host.deliver(client.user, reply('Re 2', 'root'));
    await host.deliver(client.user, message('for the Inbox'));
    expect(await subjectsIn(client, client.inbox, folder)).toEqual([
      ['for the Inbox', 'other'],
      ['Re', 'Re 2', 'root'],
    ]);
    await host.deliver(client.user, reply('Re 3', 'root'));
    const second = await openClient(host, client.user, '12.1', 'second');
    await second.load(second.inbox);
    expect(second.subjects(second.inbox)).toEqual(['for the Inbox', 'other']);
    expect(await subjectsIn(client, folder, client.inbox)).toEqual([
      ['Re', 'Re 2', 'Re 3', 'root'],
      ['for the Inbox', 'other'],
    ]);
    expect([client.mailbox.anomalies, second.mailbox.anomalies]).toEqual([[], []]);
  });

  test('a waiting device is woken for the folder that later mail was put into', async () => {
    const { client, folder } = await open();
    await ask(client, always(conversationOf(client, 'root'), folder));
    await subjectsIn(client, client.inbox, folder);
    const second = await openClient(host, client.user, '16.1', 'second');
    await second.load(second.folder('inbox'));
    const folders = [{ id: folder }];
    const ping = client.device.ping({ heartbeatInterval: 60, folders });
    await host.deliver(client.user, reply('Re 2', 'root'));
    await second.catchUp(second.inbox);
    expect(await ping).toMatchObject({ status: 2, folders: [folder] });
  });

  test('an ignored conversation goes to the trash, the last order counts, and what the user puts back stays (MS-ASCON_R166, MS-ASCON_R213)', async () => {
    const { client, folder } = await open();
    const conversationId = conversationOf(client, 'root');
    await ask(client, always(conversationId, folder));
    const trash = client.folder('trash');
    await client.load(trash);
    await ask(client, always(conversationId, trash));
    await host.deliver(client.user, reply('Re 2', 'root'));
    expect(await subjectsIn(client, client.inbox, folder, trash)).toEqual([['other'], [], ['Re', 'Re 2', 'root']]);
    const back = { srcMsgId: client.idOf(trash, 'Re 2'), srcFldId: trash, dstFldId: client.inbox };
    await moveItem(client.device, back);
    expect(await subjectsIn(client, client.inbox, trash)).toEqual([
      ['Re 2', 'other'],
      ['Re', 'root'],
    ]);
  });

  test('mail stays in the Inbox once the folder that it went to is gone', async () => {
    const { client, folder } = await open();
    await ask(client, always(conversationOf(client, 'root'), folder));
    await deleteFolder(client.device, client.mailbox, folder);
    await host.deliver(client.user, reply('Re 2', 'root'));
    expect(await subjectsIn(client, client.inbox)).toEqual([['Re 2', 'other']]);
  });

  test('without MoveAlways 155, to a folder of nobody 156, of no conversation 6 (MS-ASCMD_R3475, MS-ASCMD_R4171, MS-ASCMD_R4173)', async () => {
    const { client, folder } = await open();
    const conversationId = conversationOf(client, 'root');
    const move = { kind: 'move', conversationId, dstFldId: folder, options: { moveAlways: true } } as const;
    const answers = await ask(
      client,
      { ...move, options: undefined },
      { ...move, dstFldId: '999' },
      { ...move, conversationId: new Uint8Array(16) },
    );
    expect(answers.move?.map(({ status }) => status)).toEqual([155, 156, 6]);
    await client.catchUp(client.inbox);
    expect(client.subjects(client.inbox)).toEqual(['Re', 'other', 'root']);
  });
});

describe('Fetch', () => {
  const none: FetchOptions = { schema: [], bodyPreferences: [] };
  const fetchOne = async (client: Client, operation: Partial<Extract<ItemOperation, { kind: 'fetch' }>>) => {
    const { fetch } = await ask(client, { kind: 'fetch', store: 'Mailbox', ...operation });
    const answer = fetch?.[0];
    const email = answer?.properties === undefined ? undefined : readTree(EmailFields, nodesOf(answer.properties));
    return { ...answer, email };
  };

  test('by LongId, which is what the answer names (MS-ASCMD_R3235)', async () => {
    const client = await openInbox(host, newUser(), ['one']);
    const serverId = client.idOf(client.inbox, 'one');
    const longId = longIdOf({ collectionId: client.inbox, itemId: itemOf(serverId) });
    const answer = await fetchOne(client, { longId });
    expect(answer).toMatchObject({ status: 1, longId, class: 'Email', email: { subject: 'one' } });
    expect(answer.serverId).toBeUndefined();
    expect(await fetchOne(client, { longId: serverId })).toMatchObject({ status: 6 });
  });

  test('a Schema names the properties that come, none lets all come (MS-ASCMD_R3552, MS-ASCMD_R3879)', async () => {
    const client = await openInbox(host, newUser(), ['one']);
    const serverId = client.idOf(client.inbox, 'one');
    const leaf = (tag: (typeof EmailPage)['Subject']) => ({ tag, children: [], text: '' });
    const schema = [[leaf(EmailPage.Subject), leaf(AirSyncBase.Body)]];
    const options = { ...none, schema, bodyPreferences: [{ type: 1 }] };
    const some = await fetchOne(client, { serverId, options });
    expect(Object.keys(some.email ?? {}).sort()).toEqual(['body', 'subject']);
    expect(Object.keys((await fetchOne(client, { serverId })).email ?? {}).length).toBeGreaterThan(8);
  });

  test('BodyPartPreference and RightsManagementSupport are understood', async () => {
    const client = await openInbox(host, newUser(), ['one']);
    const serverId = client.idOf(client.inbox, 'one');
    const bodyPartPreference = { type: 2, truncationSize: 10_000 };
    const options = { ...none, bodyPartPreference, rightsManagementSupport: true };
    const { status, email } = await fetchOne(client, { serverId, options });
    expect(status).toBe(1);
    expect(email?.bodyPart).toMatchObject({ status: 1, type: 2 });
    // MS-ASCON_R247: asked for alone, it comes alone.
    expect(email?.body).toBeUndefined();
  });

  test('MS-ASCON_R241 a part in another form than HTML is Status 164, a body in a form that there is not Status 2', async () => {
    const client = await openInbox(host, newUser(), ['one']);
    const serverId = client.idOf(client.inbox, 'one');
    const part = (type: number) => fetchOne(client, { serverId, options: { ...none, bodyPartPreference: { type } } });
    for (const type of [1, 3, 4]) expect(await part(type)).toMatchObject({ status: 164, serverId, email: undefined });
    const body = (type: number) => fetchOne(client, { serverId, options: { ...none, bodyPreferences: [{ type }] } });
    expect([await body(0), await body(5)]).toMatchObject([{ status: 2 }, { status: 2 }]);
  });

  test('an attachment takes no option but Range (MS-ASCMD_R3547, MS-ASCMD_R3573)', async () => {
    const client = await openInbox(host, newUser(), ['one']);
    const fileReference = `${client.idOf(client.inbox, 'one')}:1`;
    const options = { ...none, bodyPreferences: [{ type: 1 }] };
    expect(await fetchOne(client, { fileReference, options })).toMatchObject({ status: 2 });
  });
});
