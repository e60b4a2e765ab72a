import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { mailComposer } from '../../backends/convert/mail/composer.ts';
import { imap } from '../../backends/imap/backend.ts';
import { createPolicy } from '../../src/devices/policy.ts';
import { webhookRoute } from '../../src/http/webhook.ts';
import { type AccountBackend, createServer } from '../../src/server.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { quietLog, systemClock, systemRandom } from '../../test/support/system.ts';
import { groupwareBackend } from './groupware-backend.ts';
import { serveParent } from './process.ts';

/** How the server under measure runs, as JSON in its one argument. */
export interface ImapServerOptions {
  readonly imapPort: number;
  /** Contacts and events instead of mail: of the DAV server at `url`, or of the local store. */
  readonly groupware?: { readonly url?: string | undefined } | undefined;
  readonly port: number;
  /** Folder for its state. */
  readonly folder: string;
  readonly watch?: { readonly mode: string } | undefined;
  /** Seconds after which an IMAP connection without work is closed. */
  readonly idleSeconds?: number | undefined;
  /** Secret of the webhook; absent: there is none. */
  readonly webhook?: string | undefined;
  /** Domain of the accounts. */
  readonly domain: string;
}

/** A server in front of a real IMAP server, in a process of its own. */
const options = JSON.parse(process.argv[2] ?? '{}') as ImapServerOptions;
const { domain, folder, groupware, idleSeconds, imapPort, port, watch, webhook } = options;
const log = quietLog();
const settings = imap.settings.parse({
  url: `imap://127.0.0.1:${imapPort}`,
  ...(watch === undefined ? {} : { watch }),
  ...(idleSeconds === undefined ? {} : { idleSeconds }),
});
const context = { log, now: Date.now, dataFolder: folder };
const backend = groupware === undefined ? imap.open(settings, context) : groupwareBackend(groupware.url, context);
const state = openSqliteState(join(folder, 'state.db'));
const delay = monitorEventLoopDelay({ resolution: 2 });

const server = await createServer({
  http: { host: '127.0.0.1', port },
  auth: { accounts: { domains: [domain], upstreamUser: '{address}' } },
  policy: createPolicy({ provisioning: 'off' }),
  backend: backend as AccountBackend,
  state,
  composer: mailComposer,
  clock: systemClock,
  random: systemRandom,
  log,
  routes: (app, { hub }) => {
    if (webhook === undefined) return;
    const locate = (account: string, path: string) => backend.locate?.(account, path);
    webhookRoute({ secret: webhook, hub, now: Date.now, accountOf: (user) => user, locate })(app);
  },
});
const url = await server.http.listen();

process.on('SIGTERM', async () => {
  await server.close();
  await backend.close();
  await state.close();
  process.exit(0);
});

const profiler = new Session();
profiler.connect();

serveParent({
  address: () => ({ url }),
  waiting: () => ({ waiting: server.waiting() }),
  /** Takes the garbage away, and tells how things stand. */
  collect: () => {
    globalThis.gc?.();
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return { waiting: server.waiting(), watched: server.watched(), heap: heapUsed, external, errors: log.errors };
  },
  delayStart: () => {
    delay.reset();
    delay.enable();
    return {};
  },
  delayStop: () => {
    delay.disable();
    return { p50: delay.percentile(50) / 1e6, p999: delay.percentile(99.9) / 1e6, max: delay.max / 1e6 };
  },
  profileStart: async () => {
    await profiler.post('Profiler.enable');
    await profiler.post('Profiler.start');
    return {};
  },
  profileStop: async ({ file }: { file: string }) => {
    const { profile } = await profiler.post('Profiler.stop');
    writeFileSync(file, JSON.stringify(profile));
    return {};
  },
});
