import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { SupportedVersions } from '../../protocol/versions.ts';
import { quirksOf } from '../../src/devices/quirks.ts';
import { createFolder, deleteFolder, moveItem, moveItems } from '../../src/phone/folder-commands.ts';
import { TransportError } from '../../src/phone/transport-error.ts';
import { accountPartition, partnershipPartition } from '../../src/state/partitions.ts';
import { AccountDocuments } from '../../src/sync/account-documents.ts';
import { StoredFollowUps } from '../../src/sync/follow-up.ts';
import { moveItems as moveInStore } from '../../src/sync/move-items.ts';
import type { SyncScope } from '../../src/sync/sync.ts';
import { SyncKeys } from '../../src/sync/sync-key.ts';
import { Client, openClient, openInbox, storeOf } from '../support/client.ts';
import { message } from '../support/local-server.ts';
import { serverForTests } from '../support/server-for-tests.ts';
import { until } from '../support/until.ts';

const host = await serverForTests();

let users = 0;
const newUser = (): string => `move${++users}`;
const lost = { cut: { responseBytes: 0 } };

/** A device with its Inbox and an empty folder. */
const openWithFolder = async (subjects: readonly string[], version: (typeof SupportedVersions)[number] = '16.1') => {
  const client = await openInbox(host, newUser(), subjects, version);
  const place = { parentId: '0', displayName: 'Project' };
  const folder = await createFolder(client.device, client.mailbox, place);
  await client.load(folder);
  return { client, folder, inbox: client.inbox };
};

const move = (client: Client, subject: string, dstFldId: string) => ({
  srcMsgId: client.idOf(client.inbox, subject),
  srcFldId: client.inbox,
  dstFldId,
});

describe.each(SupportedVersions)('version %s', (version) => {
  test('a moved item is deleted in one folder and added in the other under its new id (MS-ASCMD_R285, MS-ASCMD_R289, MS-ASCMD_R290, MS-ASCMD_R4217)', async () => {
    const { client, folder, inbox } = await openWithFolder(['one', 'two'], version);
    const wanted = move(client, 'one', folder);
    const [answer] = await moveItems(client.device, [wanted]);
    expect(answer).toEqual({ srcMsgId: wanted.srcMsgId, status: 3, dstMsgId: expect.stringMatching(`^${folder}:`) });
    const left = await client.sync(inbox);
    expect(left?.commands).toEqual([{ kind: 'delete', serverId: wanted.srcMsgId }]);
    const come = await client.sync(folder);
    expect(come?.commands).toMatchObject([{ kind: 'add', serverId: answer?.dstMsgId }]);
    expect([client.subjects(inbox), client.subjects(folder)]).toEqual([['two'], ['one']]);
    expect(await client.sync(folder)).toBeUndefined();
    expect(client.mailbox.anomalies).toEqual([]);
  });
});

describe('statuses', () => {
  test('each Move has its own (MS-ASCMD_R4201, MS-ASCMD_R4207, MS-ASCMD_R4208, MS-ASCMD_R4212, MS-ASCMD_R4219)', async () => {
    const { client, folder, inbox } = await openWithFolder(['one', 'two', 'three']);
    const good = move(client, 'one', folder);
    const wrong = [
      [1, { ...good, srcFldId: '999', srcMsgId: '999:1.1' }],
      [1, { ...good, srcFldId: folder }],
      [1, { ...good, srcMsgId: `${inbox}:zz.99` }],
      [1, { ...good, srcMsgId: 'rubbish' }],
      [2, { ...move(client, 'two', '999') }],
      [4, move(client, 'two', inbox)],
      [3, move(client, 'three', client.folder('trash'))],
    ] as const;
    const answers = await moveItems(client.device, [...wrong.map(([, one]) => one), good]);
    expect(answers.map(({ status }) => status)).toEqual([...wrong.map(([status]) => status), 3]);
    expect(answers.map(({ srcMsgId }) => srcMsgId)).toEqual([...wrong.map(([, one]) => one.srcMsgId), good.srcMsgId]);
    await client.catchUp(inbox);
    expect(client.subjects(inbox)).toEqual(['two']);
  });

  test('an item that was moved before is not in the folder it is moved from (MS-ASCMD_R4208)', async () => {
    const { client, folder } = await openWithFolder(['one']);
    const wanted = move(client, 'one', folder);
    await moveItem(client.device, wanted);
    const again = { ...wanted, dstFldId: client.folder('trash') };
    expect(await moveItems(client.device, [again])).toMatchObject([{ status: 1 }]);
  });

  test('a folder that is gone from the store is no destination', async () => {
    const { client, folder } = await openWithFolder(['one']);
    const other = await openClient(host, client.user, '14.1', 'other');
    await deleteFolder(other.device, other.mailbox, folder);
    expect(await moveItems(client.device, [move(client, 'one', folder)])).toMatchObject([{ status: 2 }]);
    await client.catchUp(client.inbox);
    expect(client.subjects(client.inbox)).toEqual(['one']);
  });

  test('two DstFldIds are Status 5, none and too many Moves are 103 (MS-ASCMD_R4222, MS-ASCMD_R5653)', async () => {
    const { client, folder } = await openWithFolder(['one']);
    const one = { ...move(client, 'one', folder), dstFldId: [folder, client.folder('trash')] };
    const ask = (request: (typeof one)[]) => client.device.command('MoveItems', { move: request });
    expect(await ask([one])).toMatchObject({ status: 5, response: [] });
    expect(await ask([{ ...one, dstFldId: [] }])).toMatchObject({ status: 103 });
    const good = { ...one, dstFldId: [folder] };
    expect(await ask(Array.from({ length: 1001 }, () => good))).toMatchObject({ status: 103, response: [] });
    expect(await ask(Array.from({ length: 1000 }, () => good))).not.toHaveProperty('status');
    await client.catchUp(client.inbox);
    expect(client.subjects(client.inbox)).toEqual([]);
  });
});

test('many items out of several folders go with one request', async () => {
  const subjects = Array.from({ length: 30 }, (_, i) => `mail ${i}`);
  const { client, folder, inbox } = await openWithFolder(subjects);
  const trash = client.folder('trash');
  await client.load(trash);
  await moveItems(
    client.device,
    subjects.slice(0, 10).map((subject) => move(client, subject, trash)),
  );
  await client.catchUp(inbox);
  await client.catchUp(trash);
  const fromTrash = [...client.emails(trash).keys()].map((srcMsgId) => ({
    srcMsgId,
    srcFldId: trash,
    dstFldId: folder,
  }));
  const fromInbox = subjects.slice(10, 20).map((subject) => move(client, subject, folder));
  const answers = await moveItems(client.device, [...fromTrash, ...fromInbox]);
  expect(answers.every(({ status }) => status === 3)).toBe(true);
  for (const id of [inbox, trash, folder]) await client.catchUp(id);
  expect(client.subjects(folder)).toEqual(subjects.slice(0, 20).sort());
  expect([client.subjects(inbox).length, client.subjects(trash).length]).toEqual([10, 0]);
  expect(client.mailbox.anomalies).toEqual([]);
});

test('the details of a follow-up flag go along', async () => {
  const { client, folder, inbox } = await openWithFolder(['one']);
  const dueDate = new Date(Date.UTC(2027, 0, 2, 8));
  const flag = {
    status: 2,
    flagType: 'Flag for follow up',
    dueDate,
    utcDueDate: dueDate,
    startDate: dueDate,
    utcStartDate: dueDate,
  };
  await client.sync(inbox, { commands: [client.change(client.idOf(inbox, 'one'), { flag })] });
  await moveItem(client.device, move(client, 'one', folder));
  await client.catchUp(folder);
  expect(client.email(folder, 'one').flag).toMatchObject({ status: 2, utcDueDate: dueDate });
});

test("another device's Ping tells of both folders", async () => {
  const { client, folder } = await openWithFolder(['one']);
  const other = await openClient(host, client.user, '14.1', 'second');
  const there = other.mailbox.folders.all().find(({ displayName }) => displayName === 'Project')?.serverId ?? '';
  await other.load(other.inbox);
  await other.load(there);
  const folders = [other.inbox, there].map((id) => ({ id, class: 'Email' }));
  const ping = other.device.ping({ heartbeatInterval: 60, folders });
  await until(() => host.server.waiting() > 0);
  await moveItem(client.device, move(client, 'one', folder));
  expect((await ping).status).toBe(2);
  await other.catchUp(other.inbox);
  await other.catchUp(there);
  expect([other.subjects(other.inbox), other.subjects(there)]).toEqual([[], ['one']]);
});

describe('lost answers', () => {
  test('a repeated request gives the same result, also later and beside other Moves', async () => {
    const { client, folder, inbox } = await openWithFolder(['one', 'two']);
    const wanted = move(client, 'one', folder);
    await expect(moveItems(client.device, [wanted], lost)).rejects.toBeInstanceOf(TransportError);
    const first = await moveItems(client.device, [wanted]);
    expect(first).toMatchObject([{ status: 3 }]);
    const second = await moveItems(client.device, [wanted, move(client, 'two', folder)]);
    expect(second).toMatchObject([first[0] ?? {}, { status: 3 }]);
    await client.catchUp(inbox);
    await client.catchUp(folder);
    expect(client.subjects(folder)).toEqual(['one', 'two']);
    expect([...client.emails(folder).keys()]).toContain(first[0]?.dstMsgId);
    expect(await moveItems(client.device, [wanted])).toEqual(first);
    expect((await storeOf(host, client.user).list(await client.storeFolder('inbox'), undefined)).ids.isEmpty).toBe(
      true,
    );
  });

  test('whichever answers get lost around a Move, nothing is lost and nothing comes twice', async () => {
    const { client, folder, inbox } = await openWithFolder(['one', 'two']);
    const losing = async (id: string) =>
      expect(client.device.sync(client.request({ [id]: {} }), lost)).rejects.toBeInstanceOf(TransportError);
    await host.deliver(client.user, message('three'));
    await losing(inbox);
    await moveItem(client.device, move(client, 'one', folder));
    await losing(inbox);
    await losing(folder);
    await client.catchUp(inbox);
    await losing(folder);
    await client.catchUp(folder);
    expect([client.subjects(inbox), client.subjects(folder)]).toEqual([['three', 'two'], ['one']]);
    expect(client.mailbox.anomalies).toEqual([]);
  });
});

describe('Outlook for Windows, which shows moved items by itself', () => {
  const openOutlook = async (subjects: readonly string[]) => {
    const plain = await openWithFolder(subjects);
    const device = host.device(plain.client.user, 'outlook', { deviceType: 'WindowsOutlook15', version: '14.0' });
    const client = new Client(host, plain.client.user, device);
    await device.provision();
    await client.folderSync();
    const folder = client.mailbox.folders.all().find(({ displayName }) => displayName === 'Project')?.serverId ?? '';
    await client.load(client.inbox);
    await client.load(folder);
    return { client, folder, inbox: client.inbox };
  };

  /** What the server does of a MoveItems whose answer it cannot hand over. */
  const moveUnanswered = async (client: Client, wanted: ReturnType<typeof move>): Promise<void> => {
    const account = `${client.user}@example.test`;
    const scope: SyncScope = {
      partition: partnershipPartition(account, 'outlook'),
      store: host.state,
      keys: new SyncKeys(randomBytes(32)),
      backend: host.local.account({ account, user: account, password: 'secret' }),
      version: '14.0',
      followUps: new StoredFollowUps(new AccountDocuments(host.state, accountPartition(account))),
      tellOthers: async () => {},
      quirks: quirksOf({ type: 'WindowsOutlook15' }),
      now: Date.now,
      signal: new AbortController().signal,
    };
    const { results } = await moveInStore(scope, [wanted]);
    expect(results).toMatchObject([{ status: 3 }]);
  };

  test('gets a Change of the new id, never an Add', async () => {
    const { client, folder, inbox } = await openOutlook(['one', 'two']);
    const newId = await moveItem(client.device, move(client, 'one', folder));
    expect((await client.sync(inbox))?.commands).toMatchObject([{ kind: 'delete' }]);
    expect((await client.sync(folder))?.commands).toMatchObject([{ kind: 'change', serverId: newId }]);
    expect(await client.sync(folder)).toBeUndefined();
  });

  test('an item whose Move was never answered is deleted and added, so that it is not lost', async () => {
    const { client, folder } = await openOutlook(['one', 'two']);
    await moveUnanswered(client, move(client, 'one', folder));
    const kinds: string[] = [];
    for (let next = await client.sync(folder); next !== undefined; next = await client.sync(folder)) {
      kinds.push(...(next.commands ?? []).map(({ kind }) => kind));
    }
    expect(kinds).toEqual(['delete', 'add']);
    expect(client.subjects(folder)).toEqual(['one']);
  });

  test('a repeated Move that is answered at last leaves the item where the device shows it', async () => {
    const { client, folder } = await openOutlook(['one']);
    const wanted = move(client, 'one', folder);
    await expect(moveItems(client.device, [wanted], lost)).rejects.toBeInstanceOf(TransportError);
    const newId = await moveItem(client.device, wanted);
    expect((await client.sync(folder))?.commands).toMatchObject([{ kind: 'change', serverId: newId }]);
  });

  test('a collection that is gone stays out of the answer', async () => {
    const { client, folder } = await openOutlook(['one']);
    const other = await openClient(host, client.user, '14.1', 'other');
    await deleteFolder(other.device, other.mailbox, folder);
    await host.deliver(client.user, message('new'));
    const answer = await client.syncAll({ [folder]: {}, [client.inbox]: {} });
    expect(answer?.collections?.collection.map(({ collectionId }) => collectionId)).toEqual([client.inbox]);
  });
});
