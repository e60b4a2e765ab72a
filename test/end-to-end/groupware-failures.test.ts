import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { accountBackends } from '../../backends/account/compose.ts';
import type { Abilities, Backend } from '../../backends/contract/backend.ts';
import type { BackendErrorCode } from '../../backends/contract/errors.ts';
import { BackendError } from '../../backends/contract/errors.ts';
import type { ContactStore } from '../../backends/contract/groupware.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { LocalBackend } from '../../backends/local/backend.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { listProblems } from '../../src/devices/device-list.ts';
import { openTestStore } from '../backends/local/harness.ts';
import { openClient } from '../support/client.ts';
import { itemsOf } from '../support/groupware.ts';
import { type LocalServer, message, startLocalServer } from '../support/local-server.ts';
import { failing, mailOnly, withoutMail } from '../support/parts.ts';

const user = 'anna';
const account = `${user}@example.test`;
const login = { account, user: account, password: 'secret' };

let host: LocalServer;
let [mailServer, cardServer]: (LocalBackend | undefined)[] = [];
/** Whether and how the server of contacts fails. */
let failure: BackendErrorCode | undefined;
/** Contacts that no device could be given. */
const broken = new Set<ItemId>();
let isReadOnly = false;

const refuse = () => Promise.reject(new BackendError('forbidden'));

/** Contacts of which some cannot be converted, and that may be for reading only. */
const oddContacts = (contacts: ContactStore): ContactStore => ({
  ...contacts,
  async *read(folder, ids, request, signal) {
    for await (const result of contacts.read(folder, ids, request, signal)) {
      yield broken.has(result.id) ? { id: result.id, outcome: 'unreadable', reason: 'It has no end' } : result;
    }
  },
  create: (...args) => (isReadOnly ? refuse() : contacts.create(...args)),
  update: (...args) => (isReadOnly ? refuse() : contacts.update(...args)),
  remove: (...args) => (isReadOnly ? refuse() : contacts.remove(...args)),
});

const odd = (backend: Backend): Backend => ({
  ...backend,
  account: (given) => {
    const { contacts, ...rest } = backend.account(given);
    return { ...rest, ...(contacts === undefined ? {} : { contacts: oddContacts(contacts) }) } satisfies Abilities;
  },
});

beforeAll(async () => {
  const [first, second] = [await openTestStore(), await openTestStore()];
  for (const store of [first, second]) await store.accounts.create(account, 'secret');
  [mailServer, cardServer] = [first, second];
  const backend = accountBackends([
    { name: 'mail', backend: mailOnly(first) },
    { name: 'cards', backend: failing(odd(withoutMail(second)), () => failure) },
  ]);
  host = await startLocalServer({ parts: { backend } });
});
afterAll(async () => {
  expect(host.errors).toEqual([]);
  await host.close();
  await mailServer?.close();
  await cardServer?.close();
});
beforeEach(() => {
  failure = undefined;
  isReadOnly = false;
});

let devices = 0;
/** A new device that holds mail and contacts, one of which it added. */
const open = async () => {
  const client = await openClient(host, user, '14.1', `phone${++devices}`);
  const items = itemsOf(client, 'Contacts');
  await client.load(client.inbox);
  await items.load();
  const fileAs = `Contact ${devices}`;
  const answer = await items.sync({ commands: [items.add({ lastName: fileAs })] });
  return { client, items, serverId: answer?.responses?.[0]?.serverId ?? '' };
};

const deliver = async (subject: string): Promise<void> => {
  const { folders, mail } = mailServer?.account(login) ?? {};
  const inbox = (await folders?.list())?.find(({ role }) => role === 'inbox')?.id ?? '';
  await mail?.append(inbox, bytesSource(Buffer.from(message(subject))), {}, subject.padEnd(64, '0'));
};

test.each(['unavailable', 'loginRefused'] as const)(
  'a server of contacts that is %s costs neither mail nor folders, and nothing that was changed meanwhile',
  async (code) => {
    const { client, items, serverId } = await open();
    const before = client.mailbox.folders.all();
    failure = code;
    expect(await client.folderSync()).toBe(1);
    expect(client.mailbox.folders.all()).toEqual(before);
    await deliver(`while ${code}`);
    const asks = { [items.collectionId]: {}, [client.inbox]: {} };
    const response = await client.syncAll(asks);
    expect(response?.collections?.collection.map(({ collectionId }) => collectionId)).toEqual([client.inbox]);
    expect(client.subjects(client.inbox)).toContain(`while ${code}`);

    const change = { commands: [items.change(serverId, { lastName: 'Changed' })] };
    const refused = await client.syncAll({ ...asks, [items.collectionId]: change });
    expect(refused?.collections?.collection).toMatchObject([{ collectionId: items.collectionId, status: 16 }]);
    await expect(items.sync(change)).rejects.toMatchObject({ status: 503 });
    failure = undefined;
    await items.sync(change);
    expect(items.client.mailbox.anomalies).toEqual([]);
    const other = itemsOf(await openClient(host, user, '14.1', `after${code}`), 'Contacts');
    await other.load();
    expect([...other.all().values()].map(({ lastName }) => lastName)).toContain('Changed');
  },
);

test('a device that comes anew while a server is away is told of its folders later', async () => {
  failure = 'unavailable';
  const client = await openClient(host, user, '14.1', 'newcomer');
  expect(client.mailbox.folders.byRole('contacts')).toBeUndefined();
  expect(client.mailbox.folders.byRole('inbox')).toBeDefined();
  failure = undefined;
  await client.folderSync();
  expect(client.mailbox.folders.byRole('contacts')?.type).toBe(9);
});

test('a contact that cannot be converted is left out, listed, and comes when it changes', async () => {
  const { items, serverId } = await open();
  const id = serverId.slice(serverId.indexOf(':') + 1);
  broken.add(id);
  const client = await openClient(host, user, '14.1', 'without');
  const other = itemsOf(client, 'Contacts');
  await other.load();
  const held = other.all().size;
  expect(held).toBe(items.all().size - 1);
  const problems = [];
  for await (const problem of listProblems(host.state, { account })) problems.push(problem);
  expect(problems).toMatchObject([{ how: 'leftOut', reason: 'It has no end' }]);
  expect(await other.sync()).toBeUndefined();

  broken.delete(id);
  await items.sync({ commands: [items.change(serverId, { lastName: 'Mended' })] });
  await other.client.catchUp(other.collectionId);
  expect([...other.all().values()].map(({ lastName }) => lastName)).toContain('Mended');
  expect(other.all().size).toBe(held + 1);
});

test('what may only be read comes back as it is', async () => {
  const { items, serverId } = await open();
  const name = items.all().get(serverId)?.lastName ?? '';
  isReadOnly = true;
  const added = await items.sync({ commands: [items.add({ lastName: 'Nobody' })] });
  expect(added?.responses).toMatchObject([{ kind: 'add', status: 6 }]);
  const changed = await items.sync({ commands: [items.change(serverId, { lastName: 'Mine' })] });
  expect(changed?.responses).toMatchObject([{ kind: 'change', status: 7 }]);
  expect(changed?.commands).toMatchObject([{ kind: 'change', serverId }]);
  items.client.mailbox.collection(items.collectionId).delete(serverId);
  const removed = await items.sync({
    commands: items.client.mailbox.collection(items.collectionId).takeCommands(),
  });
  expect(removed?.responses).toMatchObject([{ kind: 'delete', status: 6 }]);
  expect(items.all().get(serverId)?.lastName).toBe(name);
});
