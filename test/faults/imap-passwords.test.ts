import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { HttpFailure } from '../../src/phone/failures.ts';
import { connectImap } from '../servers/mail.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { addressOf, type ImapServer, startImapServer, until } from '../support/imap-server.ts';
import { message } from '../support/local-server.ts';

let host: ImapServer;
let clock: FakeClock;

beforeAll(async () => {
  clock = new FakeClock();
  host = await startImapServer({ watch: 'webhook', parts: { clock } });
}, 30_000);

afterAll(async () => {
  await host?.close();
  expect(host.errors).toEqual([]);
});

/** HTTP status of a request that fails. */
const refused = (request: Promise<unknown>): Promise<number | undefined> =>
  request.then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof HttpFailure)) throw error;
      return error.status;
    },
  );

/** Logins that Dovecot itself refused to a user. */
const refusedByDovecot = async (user: string): Promise<number> => {
  const log = await host.dovecot.log();
  return log.split('\n').filter((line) => line.includes(`user=<${addressOf(user)}>`) && /auth failed/.test(line))
    .length;
};

const minutes = 60_000;

test('a wrong password while the connection of the right one is warm is 401, and the right one goes on', async () => {
  await host.deliver('anna', message('mine'));
  const phone = await host.client('anna');
  await phone.load(phone.inbox);
  const held = phone.device.ping({ heartbeatInterval: 120, folders: [{ id: phone.inbox, class: 'Email' }] });
  const opened = host.relay.opened;
  const thief = host.device('anna', 'thief', { password: 'wrong' });
  expect(await refused(thief.askOptions())).toBe(401);
  expect(await refused(thief.channel.ask('FolderSync', { syncKey: '0' }))).toBe(401);
  expect(await refused(thief.channel.ask('Ping', { heartbeatInterval: 60, folders: [{ id: phone.inbox }] }))).toBe(401);
  // With the device id of the right one, too.
  const twin = host.device('anna', 'annaphone', { password: 'wrong' });
  expect(await refused(twin.channel.ask('FolderSync', { syncKey: '0' }))).toBe(401);
  expect(host.relay.opened - opened).toBe(1);
  expect(host.server.waiting()).toBe(1);
  await host.deliver('anna', message('news'));
  expect(await held).toMatchObject({ status: 2 });
  await phone.catchUp(phone.inbox);
  expect(phone.subjects(phone.inbox)).toEqual(['mine', 'news']);
  expect(phone.mailbox.anomalies).toEqual([]);
});

test('one stale phone repeating for an hour: at most 12 logins upstream, nobody else disturbed', async () => {
  await host.deliver('ben', message('mine'));
  const [phone, other] = [await host.client('ben'), await host.client('carl')];
  const stale = host.device('ben', 'stale', { password: 'old' });
  const before = host.proofs.filter(({ password }) => password === 'old').length;
  const answers = new Set<number | undefined>();
  for (let minute = 0; minute < 60; minute++) {
    for (let second = 0; second < 60; second += 10) {
      answers.add(await refused(stale.channel.ask('Ping', undefined)));
      await clock.advance(10_000);
    }
    if (minute % 10 === 5) {
      expect(await phone.folderSync()).toBe(1);
      expect(await other.folderSync()).toBe(1);
    }
  }
  expect([...answers].every((status) => status === 401 || status === 503)).toBe(true);
  const upstream = host.proofs.filter(({ password }) => password === 'old').length - before;
  expect(upstream).toBeGreaterThanOrEqual(1);
  expect(upstream).toBeLessThanOrEqual(12);
  expect(await refusedByDovecot('ben')).toBe(upstream);
  await phone.load(phone.inbox);
  expect(phone.subjects(phone.inbox)).toEqual(['mine']);
}, 30_000);

test('a phone that tries ever other passwords is held back; the users behind the same proxy are not', async () => {
  const phone = await host.client('dora');
  const before = host.proofs.length;
  const answers: (number | undefined)[] = [];
  for (let i = 0; i < 30; i++) {
    answers.push(await refused(host.device('dora', 'guesser', { password: `guess ${i}` }).askOptions()));
    answers.push(await refused(host.device('dora', `guesser${i}`, { password: `other guess ${i}` }).askOptions()));
  }
  expect(answers.filter((status) => status !== 401 && status !== 503)).toEqual([]);
  expect(answers.filter((status) => status === 503).length).toBeGreaterThan(20);
  expect(host.proofs.length - before).toBeLessThanOrEqual(40);
  expect(await phone.folderSync()).toBe(1);
  expect(await (await host.client('emil')).folderSync()).toBe(1);
}, 30_000);

test('a password that was changed: the old one ends with its proof, the new one is let in at once', async () => {
  const users = { 'fred@example.test': 'old password' };
  const own = await startImapServer({ dovecot: { users }, parts: { clock } });
  try {
    const old = await own.client('fred', 'fredphone', { password: 'old password' });
    await old.load(old.inbox);
    const file = `${own.dovecot.folder}/users`;
    await writeFile(file, 'fred@example.test:{PLAIN}brand new password\n');
    own.dovecot.signal('SIGHUP');
    await until(async () => {
      const login = connectImap(own.dovecot.port, 'fred@example.test', 'brand new password');
      return login.then((client) => client.logout().then(() => true)).catch(() => false);
    });
    const fresh = await own.client('fred', 'fredphone', { password: 'brand new password' });
    await fresh.load(fresh.inbox);
    await clock.advance(6 * minutes);
    expect(await refused(old.folderSync())).toBe(401);
    expect(await fresh.folderSync()).toBe(1);
    expect(own.errors).toEqual([]);
  } finally {
    await own.close();
  }
}, 30_000);
