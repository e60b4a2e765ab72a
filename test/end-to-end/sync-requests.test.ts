import { describe, expect, test } from '@jest/globals';
import { SupportedVersions } from '../../protocol/versions.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { type Client, foldersOf, openClient, openInbox } from '../support/client.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { message } from '../support/local-server.ts';
import { serverForTests } from '../support/server-for-tests.ts';
import { until } from '../support/until.ts';

const clock = new FakeClock();
const host = await serverForTests({ parts: { clock } });

let users = 0;
const newUser = (): string => `request${++users}`;

const waiters = (count: number): Promise<void> => until(() => host.server.waiting() === count);

describe.each(SupportedVersions)('version %s', (version) => {
  test('nothing changed on either side: an empty 200, the key stays (MS-ASCMD_R667)', async () => {
    const client = await openInbox(host, newUser(), ['one'], version);
    const key = client.mailbox.collection(client.inbox).syncKey;
    expect(await client.syncAll({ [client.inbox]: {} })).toBeUndefined();
    expect(client.mailbox.collection(client.inbox).syncKey).toBe(key);
  });

  test('an empty request repeats the last one (MS-ASCMD_R658, R673)', async () => {
    const client = await openInbox(host, newUser(), ['one'], version);
    expect(await client.syncAll({ [client.inbox]: {} })).toBeUndefined();
    expect(await client.send(undefined)).toBeUndefined();
    await host.deliver(client.user, message('two'));
    const answer = await client.send(undefined);
    expect(answer?.collections?.collection).toMatchObject([
      { collectionId: client.inbox, status: 1, commands: [{ kind: 'add' }] },
    ]);
    expect(client.subjects(client.inbox)).toEqual(['one', 'two']);
  });
});

describe('the cached request', () => {
  test('an empty or partial request without one is Status 13 (MS-ASCMD_R4456)', async () => {
    const client = await openClient(host, newUser());
    expect(await client.send(undefined)).toEqual({ status: 13 });
    expect(await client.send({ partial: true })).toEqual({ status: 13 });
  });

  test('a request with commands is not cached and drops the older one (MS-ASCMD_R666, R674)', async () => {
    const client = await openInbox(host, newUser(), ['one']);
    const { inbox } = client;
    await client.sync(inbox);
    await client.sync(inbox, { commands: [client.change(client.idOf(inbox, 'one'), { read: true })] });
    expect(await client.send(undefined)).toEqual({ status: 13 });
  });

  test('a partial request takes what it leaves out from it: collections, wait and window', async () => {
    const client = await openInbox(host, newUser(), ['one']);
    const { inbox } = client;
    const trash = client.folder('trash');
    await client.load(trash);
    expect(await client.syncAll({ [inbox]: {}, [trash]: {} })).toBeUndefined();
    await host.deliver(client.user, message('two'));
    await client.store.append(
      await client.storeFolder('trash'),
      bytesSource(new TextEncoder().encode(message('gone'))),
      {},
      'a1',
    );
    const answer = await client.device.sync(client.request({ [trash]: { windowSize: 10 } }, { partial: true }));
    expect(answer?.collections?.collection.map(({ collectionId }) => collectionId)).toEqual([trash, inbox]);
  });
});

describe('Wait and HeartbeatInterval', () => {
  test.each([
    [{ wait: 0 }, 1],
    [{ wait: 60 }, 59],
    [{ heartbeatInterval: 59 }, 60],
    [{ heartbeatInterval: 3541 }, 3540],
  ])('%j is Status 14 with Limit %p (MS-ASCMD_R3227, R3228, R3229, R3230)', async (wait, limit) => {
    const client = await openInbox(host, newUser());
    expect(await client.syncAll({ [client.inbox]: {} }, wait)).toEqual({ status: 14, limit });
  });

  test('both together are Status 4 (MS-ASCMD_R3162, R4748)', async () => {
    const client = await openInbox(host, newUser());
    expect(await client.syncAll({ [client.inbox]: {} }, { wait: 1, heartbeatInterval: 60 })).toEqual({ status: 4 });
  });

  test.each([{ wait: 1 }, { heartbeatInterval: 60 }])('%j: held until it is over, then empty', async (wait) => {
    const client = await openInbox(host, newUser());
    const held = client.syncAll({ [client.inbox]: {} }, wait);
    await waiters(1);
    clock.move(59_000);
    expect(host.server.waiting()).toBe(1);
    clock.move(2_000);
    expect(await held).toBeUndefined();
  });

  test('held until something comes, and answered with it', async () => {
    const client = await openInbox(host, newUser());
    const held = client.syncAll({ [client.inbox]: {} }, { heartbeatInterval: 600 });
    await waiters(1);
    await host.deliver(client.user, message('news'));
    expect(await held).toMatchObject({ collections: { collection: [{ commands: [{ kind: 'add' }] }] } });
    expect(client.subjects(client.inbox)).toEqual(['news']);
    expect(await client.sync(client.inbox)).toBeUndefined();
  });

  test('what is there already, and a request with commands, are answered at once', async () => {
    const client = await openInbox(host, newUser(), ['one']);
    await host.deliver(client.user, message('two'));
    expect(await client.syncAll({ [client.inbox]: {} }, { heartbeatInterval: 600 })).toBeDefined();
    const change = client.change(client.idOf(client.inbox, 'one'), { read: true });
    expect(await client.syncAll({ [client.inbox]: { commands: [change] } }, { heartbeatInterval: 600 })).toBeDefined();
  });

  test("another device's change answers the held Sync, one's own does not exist for it", async () => {
    const client = await openInbox(host, newUser(), ['one']);
    const other = await openClient(host, client.user, '16.1', 'other');
    await other.load(client.inbox);
    const held = client.syncAll({ [client.inbox]: {} }, { heartbeatInterval: 600 });
    await waiters(1);
    await other.sync(other.inbox, { commands: [other.change(other.idOf(other.inbox, 'one'), { read: true })] });
    await held;
    expect(client.email(client.inbox, 'one').read).toBe(true);
  });

  test('a newer Sync or Ping of the device ends the older wait', async () => {
    const client = await openInbox(host, newUser());
    const first = client.syncAll({ [client.inbox]: {} }, { heartbeatInterval: 600 });
    await waiters(1);
    const second = client.syncAll({ [client.inbox]: {} }, { heartbeatInterval: 600 });
    expect(await first).toBeUndefined();
    await waiters(1);
    const third = client.device.ping({ heartbeatInterval: 600, folders: [{ id: client.inbox }] });
    expect(await second).toBeUndefined();
    await waiters(1);
    expect(await client.sync(client.inbox)).toBeUndefined();
    expect(await third).toEqual({ status: 1 });
  });

  describe('waits that die at the same time again and again', () => {
    const wait = { heartbeatInterval: 600 };

    /** A wait whose connection is cut after five minutes. */
    const cut = async (client: Client): Promise<void> => {
      const connection = new AbortController();
      const { signal } = connection;
      const held = client.device.sync(client.request({ [client.inbox]: {} }, wait), { signal });
      await waiters(1);
      clock.move(300_000);
      connection.abort();
      await expect(held).rejects.toBeDefined();
      await waiters(0);
    };

    test('show a proxy that cuts them: the limit becomes shorter', async () => {
      const client = await openInbox(host, newUser());
      for (let i = 0; i < 3; i++) await cut(client);
      expect(await client.syncAll({ [client.inbox]: {} }, wait)).toEqual({ status: 14, limit: 285 });
    });

    test('show nothing when one between them lived to its end', async () => {
      const client = await openInbox(host, newUser());
      const liveOn = async (): Promise<void> => {
        const held = client.syncAll({ [client.inbox]: {} }, wait);
        await waiters(1);
        clock.move(601_000);
        expect(await held).toBeUndefined();
      };
      for (let i = 0; i < 2; i++) await cut(client);
      await liveOn();
      await cut(client);
      await liveOn();
    });
  });

  test('a folder removed while it is waited for is Status 12 for the device to look', async () => {
    const client = await openInbox(host, newUser());
    const id = await foldersOf(host, client.user).create({ name: 'Short', itemClass: 'Email' });
    await client.folderSync();
    const collectionId =
      client.mailbox.folders.all().find(({ displayName }) => displayName === 'Short')?.serverId ?? '';
    await client.load(collectionId);
    await foldersOf(host, client.user).remove(id);
    const answer = await client.syncAll({ [collectionId]: {}, [client.inbox]: {} }, { heartbeatInterval: 600 });
    expect(answer?.collections?.collection).toMatchObject([{ collectionId, status: 12 }]);
    await client.folderSync();
    expect(client.mailbox.folders.get(collectionId)).toBeUndefined();
    expect(await client.device.sync(client.request({ [collectionId]: { syncKey: '0' } }))).toMatchObject({
      collections: { collection: [{ status: 8 }] },
    });
  });
});

describe('the Status of errors', () => {
  test('a forged key, a key of another collection, a key of long ago: 3', async () => {
    const client = await openInbox(host, newUser(), ['one']);
    const { inbox } = client;
    const first = client.mailbox.collection(inbox).syncKey;
    const trash = client.folder('trash');
    await client.load(trash);
    const ask = (collectionId: string, syncKey: string) =>
      client.device
        .sync(client.request({ [collectionId]: { syncKey } }))
        .then((answer) => answer?.collections?.collection[0]);
    for (const syncKey of ['nonsense', `${first}x`, `1${first}`, '1']) {
      expect(await ask(inbox, syncKey)).toMatchObject({ status: 3, syncKey: '0' });
    }
    expect(await ask(trash, first)).toMatchObject({ status: 3 });
    for (const subject of ['two', 'three', 'four']) {
      await host.deliver(client.user, message(subject));
      await client.sync(inbox);
    }
    expect(await ask(inbox, first)).toMatchObject({ status: 3 });
    expect(await client.sync(inbox)).toBeUndefined();
  });

  test('no collection, a collection twice: 4; an unknown one: 8; too many: 15 with Limit', async () => {
    const client = await openInbox(host, newUser());
    const one = client.request({ [client.inbox]: {} }).collections?.collection ?? [];
    expect(await client.device.sync({ collections: { collection: [...one, ...one] } })).toEqual({ status: 4 });
    expect(await client.device.sync({ wait: 1 })).toEqual({ status: 4 });
    expect(await client.device.sync(client.request({ '999': { syncKey: '0' } }))).toMatchObject({
      collections: { collection: [{ collectionId: '999', status: 8 }] },
    });
    const many = Object.fromEntries(Array.from({ length: 501 }, (_, i) => [String(i + 100), { syncKey: '0' }]));
    expect(await client.device.sync(client.request(many))).toEqual({ status: 15, limit: 500 });
  });

  test('many collections in one request, one of them bad: the others are served', async () => {
    const client = await openInbox(host, newUser());
    const ids = client.mailbox.folders.all().map(({ serverId }) => serverId);
    const answer = await client.device.sync(
      client.request({ ...Object.fromEntries(ids.map((id) => [id, { syncKey: '0' }])), '77': { syncKey: '0' } }),
    );
    const statuses = answer?.collections?.collection.map(({ status }) => status);
    expect(statuses).toEqual([...ids.map(() => 1), 8]);
  });

  test('a lost answer is repeated: the previous key gives the same items again under a new key', async () => {
    const client = await openInbox(host, newUser(), ['one']);
    const { inbox } = client;
    await host.deliver(client.user, message('two'));
    const request = client.request({ [inbox]: {} });
    const lost = await client.device.sync(request);
    const again = await client.send(request);
    const addsOf = (answer: typeof lost) =>
      answer?.collections?.collection[0]?.commands?.map(({ serverId }) => serverId);
    expect(addsOf(again)).toEqual(addsOf(lost));
    expect(client.subjects(inbox)).toEqual(['one', 'two']);
    expect(await client.sync(inbox)).toBeUndefined();
    expect(client.mailbox.anomalies).toEqual([]);
  });
});

describe('FilterType', () => {
  const Day = 86_400_000;

  const start = async () => {
    const client = await openClient(host, newUser());
    const mail = [0, 2, 5, 10, 20, 60].map((days) => ({
      folder: { role: 'inbox' as const },
      raw: new TextEncoder().encode(message(`${days} days`)),
      received: new Date(clock.now() - days * Day),
    }));
    await host.local.importMail(`${client.user}@example.test`, mail);
    return client;
  };

  test('looks back as many days as it says (MS-ASCMD 2.2.3.68.2)', async () => {
    const client = await start();
    const { inbox } = client;
    for (const [filterType, count] of [1, 2, 3, 4, 5, 6].map((count, i) => [(i + 1) % 6, count] as const)) {
      await client.sync(inbox, { syncKey: '0', options: [{ filterType }] });
      await client.catchUp(inbox);
      expect(client.subjects(inbox)).toHaveLength(count);
      client.mailbox.collection(inbox).apply({ status: 3 }, { collectionId: inbox, syncKey: '' });
    }
  });

  test('a narrower one removes softly, a wider one adds, both keep the key chain', async () => {
    const client = await start();
    const { inbox } = client;
    await client.load(inbox, { options: [{ filterType: 5 }] });
    const narrower = await client.sync(inbox, { options: [{ filterType: 3 }] });
    expect(narrower?.commands?.map(({ kind }) => kind)).toEqual(['softDelete', 'softDelete']);
    expect(client.subjects(inbox)).toHaveLength(3);
    const wider = await client.sync(inbox, { options: [{ filterType: 0 }] });
    expect(wider?.commands?.map(({ kind }) => kind)).toEqual(['add', 'add', 'add']);
    expect(client.mailbox.anomalies).toEqual([]);
  });

  test('mail that ages out goes with the next Sync as SoftDelete, stays on the server, and wakes nobody', async () => {
    const client = await start();
    const { inbox } = client;
    await client.load(inbox, { options: [{ filterType: 2 }] });
    expect(client.subjects(inbox)).toEqual(['0 days', '2 days']);
    clock.move(2 * Day);
    const waiting = client.device.ping({ heartbeatInterval: 60, folders: [{ id: inbox, class: 'Email' }] });
    await waiters(1);
    clock.move(61_000);
    expect(await waiting).toEqual({ status: 1 });
    const answer = await client.sync(inbox);
    expect(answer?.commands).toMatchObject([{ kind: 'softDelete' }]);
    expect(client.subjects(inbox)).toEqual(['0 days']);
    expect(client.mailbox.anomalies).toEqual([]);
  });

  test.each([6, 7, 8, 9, -1])('%p is Status 4 for mail (MS-ASCMD_R3080)', async (filterType) => {
    const client = await openInbox(host, newUser(), []);
    expect(await client.sync(client.inbox, { options: [{ filterType }] })).toMatchObject({ status: 4 });
  });
});

describe('Options', () => {
  test('stay until others come; others replace all of them', async () => {
    const client = await openInbox(host, newUser(), []);
    const { inbox } = client;
    await client.sync(inbox, { options: [{ bodyPreferences: [{ type: 1 }], filterType: 5 }] });
    await host.deliver(client.user, message('kept'));
    await client.sync(inbox);
    expect(client.email(inbox, 'kept').body).toMatchObject({ type: 1 });
    await client.sync(inbox, { options: [{ bodyPreferences: [{ type: 1, truncationSize: 2 }] }] });
    await host.deliver(client.user, message('cut'));
    await client.sync(inbox);
    expect(client.email(inbox, 'cut').body).toMatchObject({ type: 1, truncated: true, data: 'He' });
  });

  test.each([
    { conflict: 2 },
    { mimeSupport: 3 },
    { mimeTruncation: 9 },
    { bodyPreferences: [{ type: 5 }] },
    { bodyPreferences: [{ type: 1, preview: 256 }] },
  ])('%j is Status 4', async (options) => {
    const client = await openInbox(host, newUser(), []);
    expect(await client.sync(client.inbox, { options: [options] })).toMatchObject({ status: 4 });
  });
});
