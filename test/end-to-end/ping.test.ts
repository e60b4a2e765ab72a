import { describe, expect, test } from '@jest/globals';
import { can, SupportedVersions } from '../../protocol/versions.ts';
import { foldersOf, openClient, openInbox } from '../support/client.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { message, startLocalServer } from '../support/local-server.ts';
import { serverForTests } from '../support/server-for-tests.ts';
import { until } from '../support/until.ts';

const clock = new FakeClock();
const host = await serverForTests({ parts: { clock } });

let users = 0;
const newUser = (): string => `ping${++users}`;

const waiters = (count: number): Promise<void> => until(() => host.server.waiting() === count);

describe.each(SupportedVersions)('version %s', (version) => {
  test('Status 1 when nothing comes within the heartbeat, 2 with the folder when something does', async () => {
    const client = await openInbox(host, newUser(), [], version);
    const folders = [{ id: client.inbox, class: 'Email' }];
    const quiet = client.device.ping({ heartbeatInterval: 60, folders });
    await waiters(1);
    clock.move(61_000);
    expect(await quiet).toEqual({ status: 1 });
    const woken = client.device.ping({ heartbeatInterval: 60, folders });
    await waiters(1);
    await host.deliver(client.user, message('news'));
    expect(await woken).toEqual({ status: 2, folders: [client.inbox] });
    await client.sync(client.inbox);
    expect(client.subjects(client.inbox)).toEqual(['news']);
  });

  test('without a body it takes the parameters of the last one (MS-ASCMD_R335, R3152)', async () => {
    const client = await openInbox(host, newUser(), [], version);
    expect(await client.device.ping(undefined)).toEqual({ status: 3 });
    const first = client.device.ping({ heartbeatInterval: 90, folders: [{ id: client.inbox }] });
    await waiters(1);
    const second = client.device.ping(undefined, { timeout: 100_000 });
    expect(await first).toEqual({ status: 1 });
    await waiters(1);
    clock.move(80_000);
    await host.deliver(client.user, message('news'));
    expect(await second).toEqual({ status: 2, folders: [client.inbox] });
  });
});

describe('parameters', () => {
  test.each([
    [59, 60],
    [3541, 3540],
  ])('a heartbeat of %p s is Status 5 with %p (MS-ASCMD_R5690, R5691)', async (heartbeatInterval, nearest) => {
    const client = await openInbox(host, newUser());
    const answer = await client.device.ping({ heartbeatInterval, folders: [{ id: client.inbox }] });
    expect(answer).toEqual({ status: 5, heartbeatInterval: nearest });
  });

  test('without folders ever named: 3; more than allowed: 6 with MaxFolders; an unknown one: 7', async () => {
    const { device } = await openClient(host, newUser());
    expect(await device.ping({ heartbeatInterval: 60 })).toEqual({ status: 3 });
    const many = Array.from({ length: 301 }, (_, i) => ({ id: String(i) }));
    expect(await device.ping({ heartbeatInterval: 60, folders: many })).toEqual({ status: 6, maxFolders: 300 });
    expect(await device.ping({ heartbeatInterval: 60, folders: [{ id: '4711' }] })).toEqual({ status: 7 });
  });

  test('empty Folders change nothing of what is remembered', async () => {
    const client = await openInbox(host, newUser());
    const held = client.device.ping({ heartbeatInterval: 60, folders: [{ id: client.inbox }] });
    await waiters(1);
    const next = client.device.ping({ heartbeatInterval: 120, folders: [] });
    expect(await held).toEqual({ status: 1 });
    await waiters(1);
    await host.deliver(client.user, message('news'));
    expect(await next).toEqual({ status: 2, folders: [client.inbox] });
  });
});

describe('when it answers', () => {
  test('at once for a folder never synchronised, and for one with more to come', async () => {
    const client = await openInbox(host, newUser(), ['a', 'b', 'c']);
    const { inbox } = client;
    const trash = client.folder('trash');
    expect(await client.device.ping({ heartbeatInterval: 60, folders: [{ id: trash }] })).toMatchObject({ status: 2 });
    await client.sync(inbox, { syncKey: '0' });
    client.mailbox.collection(inbox).apply({ status: 3 }, { collectionId: inbox, syncKey: '' });
    await client.sync(inbox, { syncKey: '0' });
    await client.sync(inbox, { windowSize: 1 });
    const answer = await client.device.ping({ heartbeatInterval: 60, folders: [{ id: inbox }] });
    expect(answer).toEqual({ status: 2, folders: [inbox] });
  });

  test('at once for what came between the last Sync and the Ping', async () => {
    const client = await openInbox(host, newUser());
    await host.deliver(client.user, message('between'));
    const answer = await client.device.ping({ heartbeatInterval: 60, folders: [{ id: client.inbox }] });
    expect(answer).toEqual({ status: 2, folders: [client.inbox] });
  });

  test("not for the device's own changes, but for another device's", async () => {
    const client = await openInbox(host, newUser(), ['one', 'two']);
    const other = await openClient(host, client.user, '16.1', 'other');
    await other.load(client.inbox);
    const { inbox } = client;
    await client.sync(inbox, { commands: [client.change(client.idOf(inbox, 'one'), { read: true })] });
    const held = client.device.ping({ heartbeatInterval: 60, folders: [{ id: inbox }] });
    await waiters(1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(host.server.waiting()).toBe(1);
    await other.sync(inbox, { commands: [{ kind: 'delete', serverId: other.idOf(inbox, 'two') }] });
    expect(await held).toEqual({ status: 2, folders: [inbox] });
  });

  test('Status 7 when a folder is made, renamed or removed while it waits', async () => {
    const client = await openInbox(host, newUser());
    const store = foldersOf(host, client.user);
    let id = '';
    const changes = [
      async () => {
        id = await store.create({ name: 'New', itemClass: 'Email' });
      },
      async () => {
        await store.update(id, { name: 'Newer' });
      },
      async () => store.remove(id),
    ];
    for (const change of changes) {
      const held = client.device.ping({ heartbeatInterval: 60, folders: [{ id: client.inbox }] });
      await waiters(1);
      await change();
      expect(await held).toEqual({ status: 7 });
      expect(await client.folderSync()).toBe(1);
    }
    expect(client.mailbox.anomalies).toEqual([]);
  });

  test('Status 7 for a folder of the Ping that is gone from the store', async () => {
    const client = await openInbox(host, newUser());
    const store = foldersOf(host, client.user);
    const id = await store.create({ name: 'Short', itemClass: 'Email' });
    await client.folderSync();
    const collectionId =
      client.mailbox.folders.all().find(({ displayName }) => displayName === 'Short')?.serverId ?? '';
    await client.load(collectionId);
    await store.remove(id);
    expect(await client.device.ping({ heartbeatInterval: 60, folders: [{ id: collectionId }] })).toEqual({ status: 7 });
  });

  test('everybody is answered when the server stops', async () => {
    const own = await startLocalServer();
    const client = await openInbox(own, 'anna');
    const held = client.device.ping({ heartbeatInterval: 600, folders: [{ id: client.inbox }] });
    await until(() => own.server.waiting() === 1);
    const closed = own.close();
    expect(await held).toEqual({ status: 1 });
    client.device.close();
    await closed;
    expect(own.errors).toEqual([]);
  });
});

describe('GetItemEstimate', () => {
  test.each(SupportedVersions)('%s: counts what a Sync would bring', async (version) => {
    const client = await openInbox(host, newUser(), ['one'], version);
    const { inbox } = client;
    await host.deliver(client.user, message('two'));
    await client.patch('inbox', client.idOf(inbox, 'one'), { read: true });
    const old = can(version, 'classInCollection') ? { class: 'Email', filterType: 0 } : {};
    const ask = (collectionId: string, syncKey: string) =>
      client.device.command('GetItemEstimate', { collections: [{ ...old, collectionId, syncKey, options: [] }] });
    const { syncKey } = client.mailbox.collection(inbox);
    expect((await ask(inbox, syncKey))?.response).toMatchObject([
      { status: 1, collection: { collectionId: inbox, estimate: 2 } },
    ]);
    expect((await ask('999', syncKey))?.response).toMatchObject([{ status: 2 }]);
    expect((await ask(inbox, '0'))?.response).toMatchObject([{ status: 3 }]);
    expect((await ask(inbox, 'forged'))?.response).toMatchObject([{ status: 4 }]);
    await client.sync(inbox);
    expect((await ask(inbox, client.mailbox.collection(inbox).syncKey))?.response).toMatchObject([
      { status: 1, collection: { estimate: 0 } },
    ]);
  });

  test.each([
    [0, undefined],
    [5, undefined],
    [6, 110],
    [8, 110],
    [9, 103],
  ])('FilterType %p of mail: %p (MS-ASCMD_R2999, R3005, R3007, R2984)', async (filterType, status) => {
    const client = await openInbox(host, newUser(), ['one']);
    const { syncKey } = client.mailbox.collection(client.inbox);
    const options = [{ bodyPreferences: [], filterType }];
    const answer = await client.device.command('GetItemEstimate', {
      collections: [{ collectionId: client.inbox, syncKey, options }],
    });
    expect(answer?.status).toBe(status);
    expect(answer?.response).toHaveLength(status === undefined ? 1 : 0);
  });

  test('more than 1,000 collections are Status 103 (MS-ASCMD_R5647)', async () => {
    const { device } = await openClient(host, newUser());
    const collections = Array.from({ length: 1001 }, (_, i) => ({
      collectionId: String(i),
      syncKey: 'x',
      options: [],
    }));
    expect(await device.command('GetItemEstimate', { collections })).toMatchObject({ status: 103 });
  });
});
