import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { mailComposer } from '../../backends/convert/mail/composer.ts';
import { imap } from '../../backends/imap/backend.ts';
import { createPolicy } from '../../src/devices/policy.ts';
import { type AccountBackend, createServer, type Server } from '../../src/server.ts';
import { openSqliteState, type SqliteState } from '../../src/state/sqlite.ts';
import { startDovecot } from '../servers/dovecot.ts';
import { freePort, stopAfterTests } from '../servers/process.ts';
import { newTally, preparePhones, StormPhone } from '../support/storm-phone.ts';
import { quietLog, systemClock, systemRandom } from '../support/system.ts';
import { until } from '../support/until.ts';

/** The storm in short; bench/morning-storm.ts makes it with 2,000 accounts. */
const Accounts = 40;
const PerSecond = 20;

const keep = stopAfterTests();

/** Opens a server on the state that the one before left, and counts its logins at the mail server. */
const open = async (port: number, imapPort: number, state: SqliteState, folder: string) => {
  const log = quietLog();
  const settings = imap.settings.parse({
    url: `imap://127.0.0.1:${imapPort}`,
    watch: { mode: 'none' },
    idleSeconds: 2,
  });
  const backend = imap.open(settings, { log, now: Date.now, dataFolder: folder }) as AccountBackend;
  const logins: number[] = [];
  const prove: AccountBackend['prove'] = (login) => {
    logins.push(Date.now());
    return backend.prove(login);
  };
  const server = await createServer({
    http: { host: '127.0.0.1', port },
    auth: { accounts: { domains: ['storm.test'] }, pace: { perSecond: PerSecond, patience: 20_000 } },
    policy: createPolicy({ provisioning: 'off' }),
    backend: { ...bound(backend), prove },
    state,
    composer: mailComposer,
    clock: systemClock,
    random: systemRandom,
    log,
  });
  await server.http.listen();
  const close = async (): Promise<void> => {
    await server.close();
    await backend.close();
  };
  return { server, logins, log, close };
};

const bound = (backend: AccountBackend): AccountBackend => ({
  prove: (login) => backend.prove(login),
  account: (login) => backend.account(login),
  forget: (account) => backend.forget(account),
  check: (login) => backend.check(login),
  close: () => backend.close(),
});

const allWait = ({ waiting }: Server): Promise<void> => until(() => waiting() === Accounts, 100_000, 20);

/** The most events within any span of so many milliseconds. */
const most = (times: readonly number[], span: number): number =>
  Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + span).length));

test('after a restart all wait again, at the pace of logins; nobody is asked for a password or told to start over', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-storm-'));
  const dovecot = await keep(startDovecot());
  const port = await freePort();
  const state = openSqliteState(join(folder, 'state.db'));
  const tally = newTally();
  const url = `http://127.0.0.1:${port}`;
  const phones = Array.from(
    { length: Accounts },
    (_, i) => new StormPhone({ url, user: `user${i}@storm.test`, deviceId: `storm${i}` }, tally),
  );
  const first = await open(port, dovecot.port, state, folder);
  await preparePhones(phones);
  for (const phone of phones) phone.wait();
  await allWait(first.server);
  await first.close();
  tally.answers.clear();

  const second = await open(port, dovecot.port, state, folder);
  await allWait(second.server);
  expect(second.logins).toHaveLength(Accounts);
  // A second's worth at once after a quiet time, and from then on at the pace.
  expect(most(second.logins, 1000)).toBeLessThanOrEqual(2 * PerSecond + 1);
  // A loaded machine may let phones wait too long for their turn; nothing else may happen to them.
  expect([...tally.answers.keys()].filter((status) => status !== '200' && status !== '503')).toEqual([]);
  expect([...first.log.errors, ...second.log.errors]).toEqual([]);

  for (const phone of phones) phone.stop();
  await second.close();
  await state.close();
  rmSync(folder, { recursive: true, force: true });
}, 240_000);
