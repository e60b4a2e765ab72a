import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { mailComposer } from '../../backends/convert/mail/composer.ts';
import { LocalSettings, openLocal } from '../../backends/local/backend.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { createPolicy } from '../../src/devices/policy.ts';
import { createServer } from '../../src/server.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { quietLog, systemClock, systemRandom } from '../../test/support/system.ts';
import { copyAccounts } from './copied-accounts.ts';
import { serveParent } from './process.ts';

/**
 * A server on the local store, in a process of its own. Passwords are not proved: deriving fifteen
 * thousand keys would measure scrypt and nothing else.
 */
const Domain = 'bench.test';
const folder = mkdtempSync(join(tmpdir(), 'postrider-bench-'));
const log = quietLog();
const local = openLocal(LocalSettings.parse({}), { log, now: Date.now, dataFolder: folder });
const state = openSqliteState(join(folder, 'state.db'));
const delay = monitorEventLoopDelay({ resolution: 5 });

const server = await createServer({
  http: { host: '127.0.0.1', port: 0 },
  auth: { accounts: { domains: [Domain], upstreamUser: '{address}' } },
  policy: createPolicy({ provisioning: 'off' }),
  backend: { ...local, prove: async () => true },
  state,
  composer: mailComposer,
  clock: systemClock,
  random: systemRandom,
  log,
});
const url = await server.http.listen();

process.on('SIGTERM', async () => {
  await server.close();
  await local.close();
  await state.close();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});

serveParent({
  accounts: async ({ count, mails }: { count: number; mails: number }) => {
    await local.accounts.create(`user0@${Domain}`, 'secret');
    const others = Array.from({ length: count - 1 }, (_, i) => `user${i + 1}@${Domain}`);
    copyAccounts(join(folder, 'mail.db'), others);
    for (let i = 0; i < count; i++) for (let m = 0; m < mails; m++) await deliver(i, `Mail ${m}`);
    return { url, domain: Domain };
  },
  deliver: async ({ user, subject = 'News' }: { user: number; subject?: string }) => {
    const sent = performance.timeOrigin + performance.now();
    await deliver(user, subject);
    return { sent, taken: performance.timeOrigin + performance.now() };
  },
  collect: () => {
    globalThis.gc?.();
    globalThis.gc?.();
    return { waiting: server.waiting(), heap: process.memoryUsage().heapUsed, errors: log.errors };
  },
  delayStart: () => {
    delay.reset();
    delay.enable();
  },
  delayStop: () => {
    delay.disable();
    return { p999: delay.percentile(99.9) / 1e6, max: delay.max / 1e6 };
  },
});

const deliver = (user: number, subject: string): Promise<void> =>
  local.deliver({
    from: `bench@${Domain}`,
    recipients: [`user${user}@${Domain}`],
    message: bytesSource(
      new TextEncoder().encode(
        `From: Bench <bench@${Domain}>\r\nTo: user${user}@${Domain}\r\nSubject: ${subject}\r\nDate: ${new Date().toUTCString()}\r\n\r\nText\r\n`,
      ),
    ),
  });
