import { describe, expect, test } from '@jest/globals';
import { can, SupportedVersions } from '../../protocol/versions.ts';
import { HttpFailure } from '../../src/phone/failures.ts';
import { type Client, foldersOf, openClient } from '../support/client.ts';
import { serverForTests } from '../support/server-for-tests.ts';

const host = await serverForTests();

const Late = SupportedVersions.filter((version) => can(version, 'provisionStatusInBody'));

describe('OPTIONS', () => {
  test('names versions and commands, without a policy key', async () => {
    const offer = await host.device('anna', 'options').askOptions();
    expect(offer.versions).toEqual(['12.1', '14.0', '14.1', '16.0', '16.1']);
    expect([...offer.commands].sort()).toEqual([
      ...['Find', 'FolderCreate', 'FolderDelete', 'FolderSync', 'FolderUpdate', 'GetAttachment', 'GetItemEstimate'],
      ...[
        'ItemOperations',
        'MeetingResponse',
        'MoveItems',
        'Ping',
        'Provision',
        'Search',
        'SendMail',
        'Settings',
        'SmartForward',
      ],
      ...['SmartReply', 'Sync'],
    ]);
  });

  test('a wrong password is 401', async () => {
    const device = host.device('anna', 'options', { password: 'wrong' });
    await expect(device.askOptions()).rejects.toMatchObject({ status: 401 });
  });
});

describe('Provision', () => {
  test.each(SupportedVersions)('%s: in two phases, and the final key opens the server', async (version) => {
    const device = host.device('anna', `provision${version.replace('.', '')}`, { version });
    await device.provision();
    expect(device.policyKey).toBeGreaterThan(0);
    expect(await device.folderSync('0')).toMatchObject({ status: 1 });
    expect(device.provisionings).toBe(1);
  });

  test.each(Late)('%s: without a key Status 142, with a wrong one 144, with the temporary one 144', async (version) => {
    const { channel } = host.device('anna', `enforce${version.replace('.', '')}`, { version });
    const ask = (policyKey: number) => channel.ask('FolderSync', { syncKey: '0' }, { policyKey });
    expect(await ask(0)).toMatchObject({ status: 142 });
    const offered = await channel.ask('Provision', {
      deviceInformation: can(version, 'deviceInformationInProvision') ? { set: { model: 'test' } } : undefined,
      policies: [{ policyType: 'MS-EAS-Provisioning-WBXML' }],
    });
    const temporary = Number(offered?.policies?.[0]?.policyKey);
    expect(await ask(temporary)).toMatchObject({ status: 142 });
    const acknowledged = await channel.ask(
      'Provision',
      { policies: [{ policyType: 'MS-EAS-Provisioning-WBXML', policyKey: String(temporary), status: 1 }] },
      { policyKey: temporary },
    );
    const final = Number(acknowledged?.policies?.[0]?.policyKey);
    expect(await ask(final)).toMatchObject({ status: 1 });
    expect(await ask(final === 1 ? 2 : final - 1)).toMatchObject({ status: 144 });
  });

  test('12.1: without a key HTTP 449', async () => {
    const { channel } = host.device('anna', 'enforce121', { version: '12.1' });
    await expect(channel.ask('FolderSync', { syncKey: '0' })).rejects.toMatchObject({ status: 449 });
  });

  test('a key counts for the device that got it, not for another one of the account', async () => {
    const first = await openClient(host, 'anna', '16.1', 'keyowner');
    const { channel } = host.device('anna', 'keythief');
    const answer = await channel.ask('FolderSync', { syncKey: '0' }, { policyKey: first.device.policyKey });
    expect(answer).toMatchObject({ status: 142 });
  });

  test.each(Late)('%s: Ping and Settings of user and device never need a key', async (version) => {
    const { channel } = host.device('anna', `keyless${version.replace('.', '')}`, { version });
    expect(await channel.ask('Ping', { heartbeatInterval: 60, folders: [{ id: '1' }] })).toMatchObject({ status: 7 });
    const settings = await channel.ask('Settings', { userInformation: { get: true } }, { policyKey: 0 });
    expect(settings).toMatchObject({ status: 1, userInformation: { status: 1 } });
    const oof = await channel.ask('Settings', { oof: { get: { bodyType: 'TEXT' } } }, { policyKey: 0 });
    expect(oof).toMatchObject({ status: 142 });
  });
});

describe('Settings', () => {
  test.each(SupportedVersions)('%s: tells the full primary address', async (version) => {
    const { device } = await openClient(host, 'anna', version, `settings${version.replace('.', '')}`);
    const answer = await device.command('Settings', { userInformation: { get: true } });
    const get = answer?.userInformation?.get;
    const addresses = get?.accounts?.[0]?.emailAddresses ?? get?.emailAddresses;
    expect(addresses?.smtpAddresses).toEqual(['anna@example.test']);
    expect(get?.accounts !== undefined).toBe(can(version, 'userAccounts'));
  });

  test('takes DeviceInformation, and answers what it does not do with a Status each', async () => {
    const { device } = await openClient(host, 'anna', '16.1', 'settingsrest');
    const answer = await device.command('Settings', {
      deviceInformation: { set: { model: 'Test phone' } },
      oof: { get: { bodyType: 'TEXT' } },
      devicePassword: { set: { password: 'x' } },
      rightsManagementInformation: { get: true },
    });
    expect(answer).toMatchObject({
      status: 1,
      deviceInformation: { status: 1 },
      oof: { status: 1, get: { oofState: 0 } },
      devicePassword: { status: 7 },
      rightsManagementInformation: { status: 168 },
    });
  });
});

describe('FolderSync', () => {
  const names = (client: Client) => client.mailbox.folders.all().map(({ displayName }) => displayName);

  test.each(SupportedVersions)(
    '%s: the default folders with their Types, and a repeat tells nothing',
    async (version) => {
      const client = await openClient(host, 'ben', version, `folders${version.replace('.', '')}`);
      const types = Object.fromEntries(
        client.mailbox.folders.all().map(({ displayName, type }) => [displayName, type]),
      );
      const mail = { Inbox: 2, Drafts: 3, Trash: 4, Sent: 5, Junk: 12, Archive: 12 };
      expect(types).toEqual({ ...mail, Calendar: 8, Contacts: 9, Notes: 10, Tasks: 7 });
      const key = client.mailbox.folders.syncKey;
      const again = await client.device.folderSync(key);
      expect(again).toMatchObject({ status: 1, syncKey: key, changes: { count: 0, add: [], update: [], delete: [] } });
    },
  );

  test('parents before children, renames, moves and removals; a CollectionId is never given again', async () => {
    const client = await openClient(host, 'tree');
    const store = foldersOf(host, 'tree');
    const outer = await store.create({ name: 'Outer', itemClass: 'Email' });
    const inner = await store.create({ name: 'Inner', parentId: outer, itemClass: 'Email' });
    await store.create({ name: 'Innermost', parentId: inner, itemClass: 'Email' });
    await client.folderSync();
    expect(names(client).slice(-3)).toEqual(['Outer', 'Inner', 'Innermost']);
    const ids = new Map(client.mailbox.folders.all().map(({ displayName, serverId }) => [displayName, serverId]));
    await store.update(inner, { name: 'Renamed' });
    await client.folderSync();
    expect(client.mailbox.folders.get(ids.get('Inner') ?? '')).toMatchObject({ displayName: 'Renamed', parentId: '0' });
    await store.remove(inner);
    await store.create({ name: 'Inner', parentId: outer, itemClass: 'Email' });
    await client.folderSync();
    const again = client.mailbox.folders.all().find(({ displayName }) => displayName === 'Inner');
    expect(again?.parentId).toBe(ids.get('Outer'));
    expect([...ids.values()]).not.toContain(again?.serverId);
    expect(names(client)).not.toContain('Innermost');
    expect(client.mailbox.anomalies).toEqual([]);
  });

  test('a lost answer is told again: the previous key counts', async () => {
    const client = await openClient(host, 'lostfolders');
    await foldersOf(host, 'lostfolders').create({ name: 'New', itemClass: 'Email' });
    const key = client.mailbox.folders.syncKey;
    const lost = await client.device.folderSync(key);
    expect(lost.changes?.add).toHaveLength(1);
    await client.folderSync();
    expect(names(client)).toContain('New');
    expect((await client.device.folderSync(key)).status).toBe(1);
    expect(client.mailbox.anomalies).toEqual([]);
  });

  test.each(['nonsense', '1', 'a.b.c'])('the key %p is Status 9', async (syncKey) => {
    const { device } = await openClient(host, 'anna', '14.1', 'badkeys');
    expect(await device.folderSync(syncKey)).toEqual({ status: 9 });
  });

  test('the key of another device is Status 9; FolderSync 0 keeps the CollectionIds', async () => {
    const [one, two] = [await openClient(host, 'anna', '16.1', 'one'), await openClient(host, 'anna', '16.1', 'two')];
    expect(await two.device.folderSync(one.mailbox.folders.syncKey)).toMatchObject({ status: 9 });
    const before = one.inbox;
    const anew = await one.device.folderSync('0');
    expect(anew.changes?.add.find(({ type }) => type === 2)?.serverId).toBe(before);
  });
});

test('an unknown account or a wrong password gets nothing but 401', async () => {
  for (const [user, password] of [
    ['nobody', 'secret'],
    ['ben', 'wrong'],
  ] as const) {
    const { channel } = host.device(user, 'stranger', { password });
    const asked = channel.ask('FolderSync', { syncKey: '0' });
    await expect(asked).rejects.toBeInstanceOf(HttpFailure);
    await expect(asked).rejects.toMatchObject({ status: 401 });
  }
});
