import { describe, expect, test } from '@jest/globals';
import { SupportedVersions } from '../../protocol/versions.ts';
import { StatusFailure } from '../../src/phone/failures.ts';
import { createFolder, deleteFolder, updateFolder } from '../../src/phone/folder-commands.ts';
import { TransportError } from '../../src/phone/transport-error.ts';
import { type Client, foldersOf, openClient } from '../support/client.ts';
import { serverForTests } from '../support/server-for-tests.ts';
import { until } from '../support/until.ts';

const host = await serverForTests();

let users = 0;
const newUser = (): string => `folders${++users}`;
const lost = { cut: { responseBytes: 0 } };

const make = (client: Client, displayName: string, parentId = '0') =>
  createFolder(client.device, client.mailbox, { parentId, displayName });

/** The Status of a command that is no success. */
const statusOf = async (work: Promise<unknown>): Promise<number | undefined> => {
  try {
    await work;
    return 1;
  } catch (error) {
    if (error instanceof StatusFailure) return error.status;
    throw error;
  }
};

/** Names and parents' names of the user's folders, as a device has them, or as the store has them. */
const treeOf = (client: Client): string[] =>
  client.mailbox.folders
    .all()
    .filter(({ type }) => type === 12)
    .map(({ displayName, parentId }) => {
      const parent = client.mailbox.folders.get(parentId)?.displayName;
      return parent === undefined ? displayName : `${parent}/${displayName}`;
    })
    .sort();

const storeTree = async (client: Client): Promise<string[]> => {
  const folders = await foldersOf(host, client.user).list();
  return folders
    .filter(({ role }) => role === 'user' || role === 'junk' || role === 'archive')
    .map(({ name, parentId }) => {
      const parent = folders.find(({ id }) => id === parentId)?.name;
      return parent === undefined ? name : `${parent}/${name}`;
    })
    .sort();
};

const clean = async (client: Client): Promise<void> => {
  const before = client.mailbox.folders.syncKey;
  await client.folderSync();
  expect(client.mailbox.folders.syncKey).toBe(before);
  expect(treeOf(client)).toEqual(await storeTree(client));
  expect(client.mailbox.anomalies).toEqual([]);
};

describe.each(SupportedVersions)('version %s', (version) => {
  test('folders are made, renamed, moved and removed, and FolderSync has nothing to add (MS-ASCMD_R79, MS-ASCMD_R97, MS-ASCMD_R98, MS-ASCMD_R99, MS-ASCMD_R139, MS-ASCMD_R140, MS-ASCMD_R3903, MS-ASCMD_R4011, MS-ASCMD_R4045, MS-ASCMD_R4100, MS-ASCMD_R4569, MS-ASCMD_R5783, MS-ASCMD_R5784)', async () => {
    const client = await openClient(host, newUser(), version);
    const top = await make(client, 'Grüße & 日本語');
    const below = await make(client, 'below', top);
    await clean(client);
    await updateFolder(client.device, client.mailbox, below, { parentId: '0', displayName: 'Émile' });
    await updateFolder(client.device, client.mailbox, top, { parentId: below, displayName: 'turned round' });
    await clean(client);
    expect(treeOf(client)).toContain('Émile/turned round');
    await deleteFolder(client.device, client.mailbox, top);
    await clean(client);
    await client.load(below);
    expect(client.emails(below).size).toBe(0);
  });
});

describe('FolderCreate', () => {
  test('refuses what cannot be (MS-ASCMD_R4005, MS-ASCMD_R4013, MS-ASCMD_R4018, MS-ASCMD_R4019, MS-ASCMD_R4032, MS-ASCMD_R4035, MS-ASCMD_R4573, MS-ASCMD_R5769)', async () => {
    const client = await openClient(host, newUser());
    await make(client, 'there');
    const { folders } = client.mailbox;
    const good = { syncKey: folders.syncKey, parentId: '0', displayName: 'new', type: 12 };
    const wrong = [
      [2, { displayName: 'there' }],
      [5, { parentId: '999' }],
      [9, { syncKey: '0' }],
      [9, { syncKey: 'rubbish' }],
      [10, { type: 2 }],
      [10, { type: 6 }],
      [10, { type: 9 }],
      [10, { type: 19 }],
      [10, { displayName: '' }],
      [10, { displayName: ' ' }],
      [10, { displayName: 'a\nb' }],
      [10, { displayName: 'x'.repeat(257) }],
    ] as const;
    for (const [status, change] of wrong) {
      const answer = await client.device.command('FolderCreate', { ...good, ...change });
      // MS-ASCMD_R3904, MS-ASCMD_R4570: without ServerId and SyncKey.
      expect([change, answer]).toEqual([change, { status }]);
    }
    await clean(client);
  });

  test('repeated after a lost answer gives the same folder, whatever the key', async () => {
    const client = await openClient(host, newUser());
    const { folders } = client.mailbox;
    const request = { syncKey: folders.syncKey, parentId: '0', displayName: 'once', type: 12 };
    await expect(client.device.command('FolderCreate', request, lost)).rejects.toBeInstanceOf(TransportError);
    const first = await client.device.command('FolderCreate', request);
    const second = await client.device.command('FolderCreate', request);
    expect(second).toMatchObject({ status: 1, serverId: first?.serverId });
    folders.edited(second?.syncKey ?? '', { ...request, serverId: second?.serverId ?? '' });
    await clean(client);
    expect(treeOf(client).filter((name) => name === 'once')).toHaveLength(1);
    expect(await client.device.command('FolderCreate', { ...request, syncKey: folders.syncKey })).toEqual({
      status: 2,
    });
  });

  test('of a folder that was made elsewhere, and of which the device knows nothing yet, gives that folder', async () => {
    const client = await openClient(host, newUser());
    const other = await openClient(host, client.user, '14.1', 'other');
    await make(other, 'shared');
    await make(other, 'another');
    await make(client, 'shared');
    await client.folderSync();
    expect(treeOf(client)).toEqual(await storeTree(client));
    expect(client.mailbox.anomalies).toEqual([]);
  });
});

describe('FolderUpdate', () => {
  test('refuses what cannot be (MS-ASCMD_R4094, MS-ASCMD_R4096, MS-ASCMD_R4102, MS-ASCMD_R5438, MS-ASCMD_R4105, MS-ASCMD_R4106, MS-ASCMD_R4108, MS-ASCMD_R4109, MS-ASCMD_R4120, MS-ASCMD_R4123, MS-ASCMD_R5786)', async () => {
    const client = await openClient(host, newUser());
    const [one, two] = [await make(client, 'one'), await make(client, 'two')];
    const below = await make(client, 'below', one);
    const good = { syncKey: client.mailbox.folders.syncKey, serverId: one, parentId: '0', displayName: 'new' };
    const wrong = [
      [2, { displayName: 'two' }],
      [2, { serverId: client.inbox }],
      [2, { serverId: client.folder('trash') }],
      [4, { serverId: '999' }],
      [5, { parentId: '999' }],
      [9, { syncKey: '0' }],
      [10, { parentId: below }],
      [10, { parentId: one }],
      [10, { displayName: '' }],
    ] as const;
    for (const [status, change] of wrong) {
      expect([change, await client.device.command('FolderUpdate', { ...good, ...change })]).toEqual([
        change,
        { status },
      ]);
    }
    expect(treeOf(client)).toContain('two');
    expect(client.mailbox.folders.get(two)?.displayName).toBe('two');
    await clean(client);
  });

  test('a Status in the request, or no SyncKey, is Status 10 (MS-ASCMD_R3102, MS-ASCMD_R4568)', async () => {
    const client = await openClient(host, newUser(), '16.1');
    const folder = await make(client, 'x');
    const { syncKey } = client.mailbox.folders;
    // FolderHierarchy page 7: FolderUpdate 0x15, ServerId 0x08, ParentId 0x09, DisplayName 0x07, SyncKey 0x12, Status 0x0C.
    const text = (token: number, value: string) => [token | 0x40, 0x03, ...Buffer.from(value), 0x00, 0x01];
    const rest = [...text(0x08, folder), ...text(0x09, '0'), ...text(0x07, 'y'), 0x01];
    const head = [0x03, 0x01, 0x6a, 0x00, 0x00, 0x07, 0x55];
    for (const middle of [[], [...text(0x12, syncKey), ...text(0x0c, '1')]]) {
      const body = Uint8Array.from([...head, ...middle, ...rest]);
      const request = client.device.channel.prepareRaw('FolderUpdate', body, 'application/vnd.ms-sync.wbxml', {});
      expect(await client.device.channel.exchange('FolderUpdate', request)).toEqual({ status: 10 });
    }
  });

  test('repeated after a lost answer is done once, and what else changed meanwhile is told', async () => {
    const client = await openClient(host, newUser());
    const other = await openClient(host, client.user, '14.1', 'other');
    const folder = await make(client, 'before');
    await make(other, 'elsewhere');
    const place = { parentId: '0', displayName: 'after' };
    await expect(updateFolder(client.device, client.mailbox, folder, place, lost)).rejects.toBeInstanceOf(
      TransportError,
    );
    await updateFolder(client.device, client.mailbox, folder, place);
    await client.folderSync();
    expect(treeOf(client)).toEqual(await storeTree(client));
    expect(treeOf(client)).toEqual(expect.arrayContaining(['after', 'elsewhere']));
    expect(client.mailbox.anomalies).toEqual([]);
  });
});

describe('FolderDelete', () => {
  test('refuses special and unknown folders and wrong keys (MS-ASCMD_R4039, MS-ASCMD_R4040, MS-ASCMD_R4046, MS-ASCMD_R4047, MS-ASCMD_R4048, MS-ASCMD_R4049, MS-ASCMD_R4060, MS-ASCMD_R5785)', async () => {
    const client = await openClient(host, newUser());
    const { syncKey } = client.mailbox.folders;
    for (const role of ['inbox', 'drafts', 'trash', 'sent']) {
      expect(await client.device.command('FolderDelete', { syncKey, serverId: client.folder(role) })).toEqual({
        status: 3,
      });
    }
    expect(await client.device.command('FolderDelete', { syncKey, serverId: '999' })).toEqual({ status: 4 });
    expect(await client.device.command('FolderDelete', { syncKey: 'x', serverId: '999' })).toEqual({ status: 9 });
    await clean(client);
  });

  test('takes subfolders along, of which the device is told; repeated after a lost answer it is a success', async () => {
    const client = await openClient(host, newUser());
    const top = await make(client, 'top');
    const middle = await make(client, 'middle', top);
    await make(client, 'bottom', middle);
    await client.load(top);
    await expect(deleteFolder(client.device, client.mailbox, top, lost)).rejects.toBeInstanceOf(TransportError);
    await deleteFolder(client.device, client.mailbox, top);
    const response = await client.device.folderSync(client.mailbox.folders.syncKey);
    expect(response.changes?.delete.map(({ serverId }) => serverId)).toContain(middle);
    client.mailbox.applyHierarchy(response);
    expect(treeOf(client)).toEqual(await storeTree(client));
    expect((await client.sync(top))?.status).toBe(8);
  });

  test('of a folder that is gone already is a success', async () => {
    const client = await openClient(host, newUser());
    const folder = await make(client, 'gone');
    const other = await openClient(host, client.user, '14.1', 'other');
    const there = other.mailbox.folders.all().find(({ displayName }) => displayName === 'gone')?.serverId ?? '';
    await deleteFolder(other.device, other.mailbox, there);
    expect(await statusOf(deleteFolder(client.device, client.mailbox, folder))).toBe(1);
    await clean(client);
  });
});

test("another device's Ping is Status 7, and FolderSync tells parents before children", async () => {
  const client = await openClient(host, newUser());
  const other = await openClient(host, client.user, '14.1', 'other');
  await other.load(other.inbox);
  const ping = () => other.device.ping({ heartbeatInterval: 60, folders: [{ id: other.inbox, class: 'Email' }] });
  const waiting = async (): Promise<void> => until(() => host.server.waiting() === 1);
  const edits = [
    () => make(client, 'parent'),
    () =>
      make(client, 'child', client.mailbox.folders.all().find(({ displayName }) => displayName === 'parent')?.serverId),
  ];
  for (const edit of edits) {
    const told = ping();
    await waiting();
    await edit();
    expect((await told).status).toBe(7);
    await other.folderSync();
  }
  const fresh = await openClient(host, client.user, '16.1', 'fresh');
  expect(treeOf(fresh)).toEqual(await storeTree(client));
  expect([...other.mailbox.anomalies, ...fresh.mailbox.anomalies]).toEqual([]);
});
