import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Submission } from '../../backends/contract/mail.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { sendMail } from '../../src/phone/mail-commands.ts';
import type { AccountBackend } from '../../src/server.ts';
import { stopAfterTests } from '../servers/process.ts';
import { type Redis, startRedis } from '../servers/redis.ts';
import { Chance } from '../support/chance.ts';
import { Client, emailNodes } from '../support/client.ts';
import { message } from '../support/local-server.ts';
import { until } from '../support/until.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { type LocalNode, type LocalNodes, startLocalNodes } from './local-nodes.ts';

const keep = stopAfterTests();
let redis: Redis;
let cluster: LocalNodes;
let [a, b] = [] as unknown as [LocalNode, LocalNode];
let balancer: Balancer;
/** Resolved before a submission ends. */
let gate: Promise<void> = Promise.resolve();
let submitted = 0;

const slowly = (backend: AccountBackend): AccountBackend => ({
  ...backend,
  prove: (login) => backend.prove(login),
  account: (login) => {
    const abilities = backend.account(login);
    const { submission } = abilities;
    if (submission === undefined) throw new Error('the local store sends');
    const submit: Submission['submit'] = async (request) => {
      submitted++;
      await gate;
      return submission.submit(request);
    };
    return { ...abilities, submission: { ...submission, submit } };
  },
});

beforeAll(async () => {
  redis = await keep(startRedis());
  cluster = await startLocalNodes(redis.url, slowly);
  [a, b] = cluster.nodes;
  balancer = await startBalancer([a.url, b.url]);
}, 30_000);
afterAll(async () => {
  balancer.close();
  for (const { device } of clients) device.close();
  await cluster.close();
  expect([...a.errors, ...b.errors]).toEqual([]);
});

let users = 0;
const clients: Client[] = [];
const deliver = async (user: string, subject: string): Promise<void> => {
  const content = bytesSource(Buffer.from(message(subject)));
  await cluster.local.deliver({ from: 'carl@example.test', recipients: [`${user}@example.test`], message: content });
};
/** A phone behind the balancer, with its Inbox loaded. */
const openPhone = async (subjects: readonly string[] = []): Promise<Client> => {
  const user = `user${++users}`;
  await cluster.local.accounts.create(`${user}@example.test`, 'secret', user);
  for (const subject of subjects) await deliver(user, subject);
  const client = new Client(cluster, user, a.device(user, `${user}phone`, { url: balancer.url }));
  clients.push(client);
  await client.device.provision();
  await client.folderSync();
  await client.load(client.inbox);
  return client;
};
const ping = (client: Client) =>
  client.device.ping({ heartbeatInterval: 60, folders: [{ id: client.inbox, class: 'Email' }] });
const waiting = (): readonly number[] => [a.server.waiting(), b.server.waiting()];
const watched = (): number => a.cluster.leases.held + b.cluster.leases.held;

test('a phone whose requests go to another node each time notices nothing', async () => {
  balancer.to(undefined);
  const client = await openPhone(['one', 'two', 'three']);
  const from = balancer.passed.length;
  for (let round = 0; round < 6; round++) {
    const woken = ping(client);
    await until(() => waiting().includes(1));
    await deliver(client.user, `news ${round}`);
    expect(await woken).toMatchObject({ status: 2, folders: [client.inbox] });
    await client.catchUp(client.inbox);
    const held = client.mailbox.collection(client.inbox);
    held.change(client.idOf(client.inbox, `news ${round}`), emailNodes({ read: true }));
    expect(await client.sync(client.inbox, { commands: held.takeCommands() })).toMatchObject({ status: 1 });
  }
  expect(client.subjects(client.inbox)).toEqual(
    [0, 1, 2, 3, 4, 5].map((n) => `news ${n}`).concat('one', 'three', 'two'),
  );
  const mails = [...client.emails(client.inbox).values()];
  expect(mails.filter(({ read }) => read)).toHaveLength(6);
  expect(new Set(balancer.passed.slice(from))).toEqual(new Set([0, 1]));
});

test('two devices of an account on two nodes are watched for once, and both are told', async () => {
  const first = await openPhone();
  const second = new Client(cluster, first.user, b.device(first.user, 'second', { url: balancer.url }));
  await second.device.provision();
  await second.folderSync();
  await second.load(second.inbox);
  clients.push(second);
  const before = watched();
  balancer.to(0);
  const onA = ping(first);
  await until(() => a.server.waiting() === 1);
  balancer.to(1);
  const onB = ping(second);
  await until(() => b.server.waiting() === 1 && b.cluster.leases.refused > 0);
  expect(watched()).toBe(before + 1);
  await deliver(first.user, 'for both');
  expect((await Promise.all([onA, onB])).map(({ status }) => status)).toEqual([2, 2]);
});

test.each(['Ping', 'Sync'] as const)('a newer request on another node ends the older wait, a %s', async (name) => {
  const client = await openPhone();
  balancer.to(0);
  const older = name === 'Ping' ? ping(client) : client.syncAll({ [client.inbox]: {} }, { wait: 5 });
  await until(() => a.server.waiting() === 1);
  balancer.to(1);
  const newer = ping(client);
  const answer = await older;
  expect(name === 'Ping' ? answer : { status: 1, empty: answer }).toMatchObject({ status: 1 });
  await until(() => waiting().join() === '0,1');
  await deliver(client.user, 'news');
  expect(await newer).toMatchObject({ status: 2 });
});

test('the same request on two nodes at once: either answer may be the one that arrives', async () => {
  const client = await openPhone(Array.from({ length: 24 }, (_, i) => `mail ${String(i).padStart(2, '0')}`));
  const held = client.mailbox.collection(client.inbox);
  const random = new Chance(7);
  const left = client.subjects(client.inbox);
  for (let round = 0; round < 8; round++) {
    await deliver(client.user, `news ${round}`);
    const [flagged = '', removed = ''] = left.splice(0, 2);
    held.change(client.idOf(client.inbox, flagged), emailNodes({ read: true }));
    held.delete(client.idOf(client.inbox, removed));
    const commands = held.takeCommands();
    const request = { partial: false, ...client.request({ [client.inbox]: { commands, deletesAsMoves: false } }) };
    const bytes = await client.device.channel.prepare('Sync', request);
    const answers = await Promise.all(
      [0, 1].map((node) => {
        balancer.to(node);
        return client.device.channel.exchange('Sync', bytes);
      }),
    );
    for (const answer of answers) expect(answer?.collections?.collection[0]).toMatchObject({ status: 1 });
    client.mailbox.applySync(random.one(answers), request.collections?.collection ?? []);
  }
  await client.catchUp(client.inbox);
  const subjects = client.subjects(client.inbox);
  expect(subjects.filter((subject) => subject.startsWith('news'))).toHaveLength(8);
  expect(subjects).toHaveLength(24);
  expect([...client.emails(client.inbox).values()].filter(({ read }) => read)).toHaveLength(8);
  expect([held.refused, client.mailbox.wipes]).toEqual([[], 0]);
  // What the device may hold or not is deleted and added again, as after any lost response.
  expect(client.mailbox.anomalies.filter(({ kind }) => kind !== 'deleteOfUnknownItem')).toEqual([]);
});

describe('a message sent on two nodes at once', () => {
  const mime = (to: string, subject: string) =>
    Buffer.from(`From: x@example.test\r\nTo: ${to}@example.test\r\nSubject: ${subject}\r\n\r\nText\r\n`);

  test.each([
    ['with a ClientId', false],
    ['as raw MIME', true],
  ])('%s goes out once', async (_name, raw) => {
    const client = await openPhone();
    submitted = 0;
    let open = (): void => undefined;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const send = () =>
      sendMail(client.device, mime(client.user, 'once'), { clientId: 'c1', raw, saveInSentItems: false });
    balancer.to(0);
    const first = send();
    await until(() => submitted === 1);
    balancer.to(1);
    const second = send().catch((error: unknown) => error);
    await until(() => balancer.passed.at(-1) === 1);
    open();
    await first;
    const outcome = await second;
    expect(submitted).toBe(1);
    // One that has a ClientId is told that it was sent before (Status 118).
    if (raw) expect(outcome).toBeUndefined();
    else expect(outcome).toMatchObject({ status: 118 });
    await client.catchUp(client.inbox);
    expect(client.subjects(client.inbox)).toEqual(['once']);
  });
});
