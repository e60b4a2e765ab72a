import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mailComposer } from '../../backends/convert/mail/composer.ts';
import { LocalSettings, openLocal } from '../../backends/local/backend.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { createPolicy } from '../../src/devices/policy.ts';
import { joinCluster } from '../../src/push/cluster.ts';
import { parseRedisUrl } from '../../src/redis/url.ts';
import { createServer } from '../../src/server.ts';
import { openRedisState } from '../../src/state/redis.ts';
import { quietLog, systemClock, systemRandom } from '../../test/support/system.ts';
import { copyAccounts } from './copied-accounts.ts';
import { now } from './line-client.ts';
import { serveParent } from './process.ts';

/** How a node under measure runs, as JSON in its one argument. */
export interface ClusterNodeOptions {
  readonly redisUrl: string;
  readonly domain: string;
  readonly accounts: number;
  /** Whether it joins the other nodes, or only keeps its state on Redis. */
  readonly cluster: boolean;
}

/**
 * A node of a cluster in a process of its own. Each node has a mail store of its own with the same
 * accounts, so that what is measured is not one file that two processes write.
 */
const { redisUrl, domain, accounts, cluster: joins } = JSON.parse(process.argv[2] ?? '{}') as ClusterNodeOptions;
const folder = mkdtempSync(join(tmpdir(), 'postrider-bench-'));
const log = quietLog();
const context = { clock: systemClock, random: systemRandom, log };
const redis = { address: parseRedisUrl(redisUrl), prefix: 'bench' };
const local = openLocal(LocalSettings.parse({}), { log, now: Date.now, dataFolder: folder });
const state = openRedisState({ settings: redis, replicas: 0, ...context });
const cluster = joins ? await joinCluster({ redis, ...context }) : undefined;
const server = await createServer({
  http: { host: '127.0.0.1', port: 0 },
  auth: { accounts: { domains: [domain], upstreamUser: '{address}' } },
  policy: createPolicy({ provisioning: 'off' }),
  backend: { ...local, prove: async () => true },
  state,
  cluster,
  composer: mailComposer,
  ...context,
});
const url = await server.http.listen();

const addressOf = (user: number): string => `user${user}@${domain}`;

await local.accounts.create(addressOf(0), 'secret');
const others = Array.from({ length: Math.max(0, accounts - 1) }, (_, i) => addressOf(i + 1));
copyAccounts(join(folder, 'mail.db'), others);

const mail = (user: number, subject: string): Uint8Array =>
  Buffer.from(`From: Bench <bench@${domain}>\r\nTo: ${addressOf(user)}\r\nSubject: ${subject}\r\n\r\nText\r\n`);

const inboxes = new Map<number, string>();
const inboxOf = async (user: number): Promise<string> => {
  const account = addressOf(user);
  const folders = await local.account({ account, user: account, password: 'secret' }).folders?.list();
  return folders?.find(({ role }) => role === 'inbox')?.id ?? '';
};

process.on('SIGTERM', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});

serveParent({
  address: () => ({ url }),
  /** One mail for each of some accounts. */
  deliver: async ({ from, to, subject }: { from: number; to: number; subject: string }) => {
    for (let user = from; user < to; user++) {
      const message = bytesSource(mail(user, subject));
      await local.deliver({ from: `bench@${domain}`, recipients: [addressOf(user)], message });
    }
  },
  /** Tells of a mail as a webhook does that was received here; gives the time. */
  tell: async ({ user }: { user: number }) => {
    const inbox = inboxes.get(user) ?? (await inboxOf(user));
    inboxes.set(user, inbox);
    const at = now();
    server.hub.publish(addressOf(user), { kind: 'moved', folder: inbox, position: undefined, arrived: true });
    return { at };
  },
  collect: () => {
    globalThis.gc?.();
    globalThis.gc?.();
    return { waiting: server.waiting(), heap: process.memoryUsage().heapUsed, errors: log.errors };
  },
});
