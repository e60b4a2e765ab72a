import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startLocalNodes } from '../cluster/local-nodes.ts';
import { stopAfterTests } from '../servers/process.ts';
import { startRedis } from '../servers/redis.ts';
import { Client, foldersOf } from '../support/client.ts';
import { type ImapServer, startImapServer } from '../support/imap-server.ts';
import { until } from '../support/until.ts';

const keep = stopAfterTests();

const ping = (client: Client) =>
  client.device.ping({ heartbeatInterval: 60, folders: [{ id: client.inbox, class: 'Email' }] });

/** A Ping that waits until the device does something else. */
const waitOnce = async (client: Client, waiting: () => number): Promise<void> => {
  const held = ping(client);
  await until(() => waiting() === 1);
  await client.sync(client.inbox);
  await held;
  await until(() => waiting() === 0);
};

const names = (client: Client): readonly string[] =>
  client.mailbox.folders
    .all()
    .map(({ displayName }) => displayName)
    .filter((name) => name.startsWith('Work'));

/** What happened elsewhere is told by the next Ping, and is over with a FolderSync. */
const expectTold = async (client: Client, wanted: readonly string[]): Promise<void> => {
  expect(await ping(client)).toEqual({ status: 7 });
  expect(await client.folderSync()).toBe(1);
  expect(names(client)).toEqual(wanted);
};

describe.each(['notify', 'webhook'] as const)('on Dovecot, watched by %s', (watch) => {
  let host: ImapServer;
  beforeAll(async () => {
    host = await startImapServer({ watch });
  }, 60_000);
  afterAll(async () => {
    await host?.close();
    expect(host.errors).toEqual([]);
  });

  test('a folder made, renamed or removed elsewhere between two Pings is told by the next: MS-ASCMD_R4257', async () => {
    const client = await host.client('anna');
    await client.load(client.inbox);
    const waiting = () => host.server.waiting();
    await waitOnce(client, waiting);
    await host.elsewhere('anna', (imap) => imap.mailboxCreate('Work'));
    await expectTold(client, ['Work']);
    await host.elsewhere('anna', (imap) => imap.mailboxRename('Work', 'Works'));
    await expectTold(client, ['Works']);
    await waitOnce(client, waiting);
    await host.elsewhere('anna', (imap) => imap.mailboxDelete('Works'));
    await expectTold(client, []);
    // Nothing new: the next one waits, and the mail server is not asked for folders again.
    await waitOnce(client, waiting);
    const asked = host.relay.commands.length;
    await waitOnce(client, waiting);
    const lists = host.relay.commands.slice(asked).filter((command) => /^LIST .*SPECIAL-USE/.test(command));
    expect(lists).toEqual([]);
  }, 60_000);
});

test('on two nodes, whichever the phone comes to next', async () => {
  const redis = await keep(startRedis());
  const cluster = await startLocalNodes(redis.url);
  const [a, b] = cluster.nodes;
  await cluster.local.accounts.create('anna@example.test', 'secret', 'anna');
  const onA = new Client(cluster, 'anna', a.device('anna', 'phone'));
  await onA.device.provision();
  await onA.folderSync();
  await onA.load(onA.inbox);
  const onB = new Client(cluster, 'anna', b.device('anna', 'phone'));
  await onB.device.provision();
  await onB.folderSync();
  await onB.load(onB.inbox);
  const folders = foldersOf(cluster, 'anna');
  await waitOnce(onB, () => b.server.waiting());
  const id = await folders.create({ name: 'Work', itemClass: 'Email' });
  await expectTold(onB, ['Work']);
  await waitOnce(onB, () => b.server.waiting());
  await folders.update(id, { name: 'Works' });
  expect(await onA.device.ping({ heartbeatInterval: 60, folders: [{ id: onB.inbox, class: 'Email' }] })).toEqual({
    status: 7,
  });
  await expectTold(onB, ['Works']);
  for (const { device } of [onA, onB]) device.close();
  await cluster.close();
  expect([...a.errors, ...b.errors]).toEqual([]);
}, 60_000);
