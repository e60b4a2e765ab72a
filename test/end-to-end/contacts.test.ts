import { describe, expect, test } from '@jest/globals';
import type { ContactStore } from '../../backends/contract/groupware.ts';
import type { Contact } from '../../protocol/classes/contact.ts';
import { Contacts } from '../../protocol/code-pages/index.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import { itemOf, openClient } from '../support/client.ts';
import { type Items, itemsOf, storeFolderOf, storesOf } from '../support/groupware.ts';
import { serverForTests } from '../support/server-for-tests.ts';
import { until } from '../support/until.ts';

const host = await serverForTests();

const Versions: readonly ProtocolVersion[] = ['12.1', '14.1', '16.1'];

const mia: Contact = {
  fileAs: 'Keller, Mia',
  firstName: 'Mia',
  lastName: 'Keller',
  mobilePhoneNumber: '+49 30 1234',
  email1Address: 'mia@example.test',
  companyName: 'Keller & Co',
  categories: ['Friends'],
  body: { type: 1, data: 'Met in Köln' },
};

let users = 0;
const open = async (version: ProtocolVersion = '14.1', user = `contacts${++users}`, device = `${user}phone`) => {
  const items = itemsOf(await openClient(host, user, version, device), 'Contacts');
  return { user, items };
};

/** A device with one contact, added by itself. */
const openWithMia = async (version: ProtocolVersion = '14.1', supported?: readonly (keyof typeof Contacts)[]) => {
  const { user, items } = await open(version);
  const list = supported?.map((name) => ({ tag: Contacts[name], children: [] }));
  await items.sync({ syncKey: '0', supported: list });
  await items.sync();
  const answer = await items.sync({ commands: [items.add(mia)] });
  expect(answer?.responses).toMatchObject([{ kind: 'add', status: 1, clientId: 'c1' }]);
  return { user, items, serverId: answer?.responses?.[0]?.serverId ?? '' };
};

const storeOf = (user: string): ContactStore => {
  const { contacts } = storesOf(host, user);
  if (contacts === undefined) throw new Error('the local store keeps contacts');
  return contacts;
};

const folderOf = (user: string): Promise<string> => storeFolderOf(host, user, 'Contacts');

/** Changes a contact in the store behind the device's back. */
const patch = async (user: string, serverId: string, set: Contact): Promise<void> => {
  const seen = { preferences: [], form: 'instants' } as const;
  await storeOf(user).update(await folderOf(user), itemOf(serverId), { set, cleared: [], seen });
};

/** What another device of the account has. */
const elsewhere = async (user: string, version: ProtocolVersion = '14.1'): Promise<Items<'Contacts'>> => {
  const { items } = await open(version, user, `${user}tablet`);
  await items.load();
  return items;
};

describe.each(Versions)('contacts in %s', (version) => {
  test('every class has its default folder, of its own Type', async () => {
    const { items } = await open(version);
    const { folders } = items.client.mailbox;
    const types = ['tasks', 'calendar', 'contacts', 'notes'].map((role) => folders.byRole(role)?.type);
    expect(types).toEqual([7, 8, 9, 10]);
  });

  test('one that a device adds is there on another one, whole', async () => {
    const { user } = await openWithMia(version);
    const { body, ...rest } = (await elsewhere(user, version)).only();
    const { body: _, ...sent } = mia;
    expect(rest).toMatchObject(sent);
    expect(body).toMatchObject({ type: 1, data: 'Met in Köln' });
  });

  test('its own Add does not come back', async () => {
    const { items } = await openWithMia(version);
    expect(await items.sync()).toBeUndefined();
  });

  test('a Change reaches the other device; the rest stays as it was', async () => {
    const { user, items, serverId } = await openWithMia(version);
    const other = await elsewhere(user, version);
    await items.sync({ commands: [items.change(serverId, { ...mia, mobilePhoneNumber: '+49 30 99' })] });
    await other.sync();
    expect(other.only()).toMatchObject({ ...mia, mobilePhoneNumber: '+49 30 99', body: { data: 'Met in Köln' } });
    expect(other.client.mailbox.anomalies).toEqual([]);
  });

  test('a Delete removes it for good, whatever DeletesAsMoves says', async () => {
    const { user, items, serverId } = await openWithMia(version);
    const other = await elsewhere(user, version);
    await items.sync({ deletesAsMoves: true, commands: [{ kind: 'delete', serverId }] });
    await other.sync();
    expect(other.all().size).toBe(0);
    expect((await storeOf(user).list(await folderOf(user), undefined)).ids.isEmpty).toBe(true);
  });

  test('an Add whose answer was lost makes no twin', async () => {
    const { user, items } = await open(version);
    await items.load();
    const request = items.client.request({ [items.collectionId]: { commands: [items.add(mia)] } });
    await items.client.device.sync(request);
    const answer = await items.client.send(request);
    expect(answer?.collections?.collection[0]?.responses).toMatchObject([{ kind: 'add', status: 1 }]);
    expect((await elsewhere(user, version)).all().size).toBe(1);
    expect(items.client.mailbox.anomalies).toEqual([]);
  });

  test('Fetch gives the whole, by ItemOperations and by Sync', async () => {
    const { items, serverId } = await openWithMia(version);
    const options = { schema: [], bodyPreferences: [{ type: 2 }] };
    const answer = await items.client.device.command('ItemOperations', [
      { kind: 'fetch', store: 'Mailbox', collectionId: items.collectionId, serverId, options },
    ]);
    expect(answer?.response?.fetch).toMatchObject([{ status: 1, class: 'Contacts', serverId }]);
    expect(JSON.stringify(answer?.response?.fetch[0]?.properties)).toContain('<html>');
    const fetched = await items.sync({ commands: [{ kind: 'fetch', serverId }] });
    expect(JSON.stringify(fetched?.responses)).toContain('Met in K');
  });
});

describe('what a Change leaves out', () => {
  test('is taken away where the device manages all (MS-ASCMD_R5906, R5912, R879); the note is not (R878)', async () => {
    const { user, items, serverId } = await openWithMia();
    await items.sync({ commands: [items.change(serverId, { fileAs: 'Keller, Mia', lastName: 'Keller' })] });
    const now = (await elsewhere(user)).only();
    expect(now).toMatchObject({ lastName: 'Keller', body: { data: 'Met in Köln' } });
    expect([now.mobilePhoneNumber, now.companyName, now.categories]).toEqual([undefined, undefined, undefined]);
  });

  test('stays where Supported does not list it (MS-ASCMD_R5907, R5908, R5911)', async () => {
    const { user, items, serverId } = await openWithMia('14.1', ['FileAs', 'LastName', 'FirstName', 'CompanyName']);
    await items.sync({ commands: [items.change(serverId, { fileAs: 'Keller, Mia', lastName: 'Keller' })] });
    const now = (await elsewhere(user)).only();
    expect(now).toMatchObject({ mobilePhoneNumber: '+49 30 1234', categories: ['Friends'] });
    expect([now.firstName, now.companyName]).toEqual([undefined, undefined]);
  });

  test('stays altogether with an empty Supported (MS-ASCMD_R5909)', async () => {
    const { user, items, serverId } = await openWithMia('14.1', []);
    await items.sync({ commands: [items.change(serverId, { jobTitle: 'Smith' })] });
    expect((await elsewhere(user)).only()).toMatchObject({ ...mia, jobTitle: 'Smith', body: { data: 'Met in Köln' } });
  });

  test('is not decided by a Supported that comes later (MS-ASCMD_R4551)', async () => {
    const { user, items, serverId } = await openWithMia();
    await items.sync({ supported: [], commands: [items.change(serverId, { lastName: 'Keller' })] });
    expect((await elsewhere(user)).only().companyName).toBeUndefined();
  });

  test('an empty Picture takes no photo away', async () => {
    const { user, items, serverId } = await openWithMia();
    const picture = Buffer.from('/9j/4AAQSkZJRgABAQEAYABgAAD/2Q==', 'base64');
    await items.sync({ commands: [items.change(serverId, { ...mia, picture })] });
    const other = await elsewhere(user);
    const before = other.only().picture;
    expect(before).toBeDefined();
    await items.sync({ commands: [items.change(serverId, { ...mia, jobTitle: 'Smith', picture: null })] });
    await other.sync();
    expect(other.only()).toMatchObject({ jobTitle: 'Smith', picture: before });
  });
});

describe('two who change one contact', () => {
  const both = async (conflict: 0 | 1) => {
    const { user, items, serverId } = await openWithMia();
    await patch(user, serverId, { mobilePhoneNumber: '+49 30 2' });
    const answer = await items.sync({
      options: [{ conflict }],
      commands: [items.change(serverId, { ...mia, mobilePhoneNumber: '+49 30 3' })],
    });
    return { user, items, answer, stored: (await elsewhere(user)).only() };
  };

  test('the server wins: Status 7, and the device gets what is there (MS-ASCMD_R2068, R2069, R4444)', async () => {
    const { items, answer, stored } = await both(1);
    expect(answer?.responses).toMatchObject([{ kind: 'change', status: 7 }]);
    expect(stored.mobilePhoneNumber).toBe('+49 30 2');
    expect(items.only().mobilePhoneNumber).toBe('+49 30 2');
  });

  test('the device wins where it says so (MS-ASCMD_R2067)', async () => {
    const { answer, stored } = await both(0);
    expect(answer?.responses).toBeUndefined();
    expect(stored).toMatchObject({ ...mia, mobilePhoneNumber: '+49 30 3', body: { data: 'Met in Köln' } });
  });

  test('a Change after a lost answer to another one is no conflict', async () => {
    const { user, items, serverId } = await openWithMia();
    const [first, second] = ['+49 30 5', '+49 30 6'].map((mobilePhoneNumber) =>
      items.client.request({
        [items.collectionId]: { commands: [items.change(serverId, { ...mia, mobilePhoneNumber })] },
      }),
    );
    await items.client.device.sync(first);
    const answer = await items.client.send(second);
    expect(answer?.collections?.collection[0]?.responses).toBeUndefined();
    expect((await elsewhere(user)).only().mobilePhoneNumber).toBe('+49 30 6');
  });

  test('a Change of what was deleted is Status 8', async () => {
    const { user, items, serverId } = await openWithMia();
    await storeOf(user).remove(await folderOf(user), [itemOf(serverId)], 'permanent');
    const answer = await items.sync({ commands: [items.change(serverId, mia)] });
    expect(answer?.responses).toMatchObject([{ kind: 'change', status: 8 }]);
    expect(items.all().size).toBe(0);
  });
});

describe('a waiting device', () => {
  test('is woken by the change of a contact, told which folder, and by nothing of its own', async () => {
    const { user, items, serverId } = await openWithMia();
    const { client } = items;
    await client.load(client.inbox);
    const other = await elsewhere(user);
    const ping = client.device.ping({
      heartbeatInterval: 600,
      folders: [client.inbox, items.collectionId].map((id) => ({ id, class: 'Email' })),
    });
    await until(() => host.server.waiting() > 0);
    await other.sync({
      commands: [other.change([...other.all().keys()][0] ?? serverId, { ...mia, jobTitle: 'Baker' })],
    });
    expect(await ping).toMatchObject({ status: 2, folders: [items.collectionId] });
    await items.sync();
    expect(items.only().jobTitle).toBe('Baker');
  });

  test('GetItemEstimate counts contacts', async () => {
    const { user, items } = await openWithMia();
    const add = { set: { fileAs: 'Somebody' }, cleared: [], seen: { preferences: [], form: 'instants' } } as const;
    await storeOf(user).create(await folderOf(user), add, 'f'.repeat(64));
    const { syncKey } = items.client.mailbox.collection(items.collectionId);
    const answer = await items.client.device.command('GetItemEstimate', {
      collections: [{ collectionId: items.collectionId, syncKey, options: [] }],
    });
    expect(answer?.response).toMatchObject([{ status: 1, collection: { estimate: 1 } }]);
  });
});

describe('folders of contacts', () => {
  test('can be made, filled by MoveItems, and take no mail', async () => {
    const { items, serverId } = await openWithMia('14.1');
    const { client } = items;
    const made = await client.device.command('FolderCreate', {
      syncKey: client.mailbox.folders.syncKey,
      parentId: '0',
      displayName: 'Customers',
      type: 14,
    });
    const target = made?.serverId ?? '';
    expect(made?.status).toBe(1);
    client.mailbox.folders.edited(made?.syncKey ?? '', {
      serverId: target,
      parentId: '0',
      displayName: 'Customers',
      type: 14,
    });
    const move = (dst: string) =>
      client.device.command('MoveItems', {
        move: [{ srcMsgId: serverId, srcFldId: items.collectionId, dstFldId: [dst] }],
      });
    expect((await move(client.inbox))?.response).toMatchObject([{ status: 2 }]);
    expect((await move(target))?.response).toMatchObject([{ status: 3, srcMsgId: serverId }]);
    await items.sync();
    expect(items.all().size).toBe(0);
    await client.load(target);
    expect(client.mailbox.collection(target).size).toBe(1);
  });
});
