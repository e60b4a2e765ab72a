import { accountBackends } from '../../backends/account/compose.ts';
import type { Abilities, BackendContext } from '../../backends/contract/backend.ts';
import { mailComposer } from '../../backends/convert/mail/composer.ts';
import { caldav, carddav } from '../../backends/dav/backend.ts';
import { imap } from '../../backends/imap/backend.ts';
import { smtpKind } from '../../backends/smtp/backend.ts';
import { createPolicy } from '../../src/devices/policy.ts';
import type { Clock, Log } from '../../src/handlers/context.ts';
import { type AccountBackend, createServer } from '../../src/server.ts';
import { type Death, type Step, Striker } from '../faults/striking.ts';
import { systemClock, systemRandom } from '../support/system.ts';
import { Domain } from './names.ts';
import type { NodeOrder, NodePlan, NodeReport } from './nodes.ts';
import { openStore } from './store-child.ts';

/** A node of the campaign in a process of its own: it does what the fleet orders. */

const Steps: Readonly<Record<string, Step>> = { update: 'update', remove: 'remove', move: 'move', append: 'append' };

const tell = (report: NodeReport): void => void process.send?.(report);

/** What is no bug, but what is to be said while the campaign takes the store away. */
const Expected = /^Postrider cannot store anything/;

const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (facts, message) => tell({ kind: 'warned', text: `${message} ${JSON.stringify(facts)}` }),
  error: (facts, message) =>
    tell({ kind: Expected.test(message) ? 'warned' : 'bug', text: `${message} ${JSON.stringify(facts)}` }),
};

const striker = new Striker();
let clockOffset = 0;

/** Waits of a lonely node last a tenth, so that what failed is tried again soon; leases last as long as they last. */
let haste = 1;

/** A clock that may be set. */
const clock: Clock = {
  now: () => systemClock.now() + clockOffset,
  after: (milliseconds, call) => systemClock.after(milliseconds / haste, call),
};

const strikable = (abilities: Abilities): Abilities => ({
  ...abilities,
  ...(abilities.mail && { mail: striker.over(abilities.mail, Steps) }),
  ...(abilities.submission && { submission: striker.over(abilities.submission, { submit: 'submit' }) }),
});

const openDav = (url: string, context: BackendContext): AccountBackend =>
  accountBackends([
    {
      name: 'calendars',
      backend: caldav.open(caldav.settings.parse({ url, timeoutSeconds: 5, watch: { pollSeconds: 5 } }), context),
    },
    {
      name: 'contacts',
      backend: carddav.open(carddav.settings.parse({ url, timeoutSeconds: 5, watch: { pollSeconds: 5 } }), context),
    },
  ]);

const openBackend = ({ imapPort, smtpPort, davUrl, folder }: NodePlan): AccountBackend => {
  const context = { log, now: clock.now, dataFolder: folder };
  if (davUrl !== undefined) return openDav(davUrl, context);
  const watch = { mode: 'auto', pollSeconds: 5 };
  const imapSettings = imap.settings.parse({ url: `imap://127.0.0.1:${imapPort}`, timeoutSeconds: 2, watch });
  const smtpSettings = smtpKind.settings.parse({ url: `smtp://127.0.0.1:${smtpPort}`, timeoutSeconds: 2 });
  const all = accountBackends([
    { name: 'mail', backend: imap.open(imapSettings, context) },
    { name: 'submission', backend: smtpKind.open(smtpSettings, context) },
  ]);
  return { ...all, account: (login) => strikable(all.account(login)) };
};

const open = async (plan: NodePlan): Promise<void> => {
  clockOffset = plan.clockOffset;
  haste = plan.redisUrl === undefined ? 10 : 1;
  const { state, cluster } = await openStore(plan, { clock, random: systemRandom, log });
  const server = await createServer({
    http: { host: '127.0.0.1', port: plan.port },
    auth: { accounts: { domains: [Domain], upstreamUser: '{address}' } },
    policy: createPolicy({ provisioning: 'required' }),
    backend: openBackend(plan),
    state: striker.over(state, { commit: 'commit' }),
    composer: mailComposer,
    // Witnesses ask far more often than phones do.
    slowing: [],
    clock,
    random: systemRandom,
    log,
    cluster,
    spoolFolder: plan.folder,
  });
  await server.http.listen();
};

const Orders: { readonly [Kind in NodeOrder['kind']]: (order: Extract<NodeOrder, { kind: Kind }>) => unknown } = {
  open: ({ plan }) => open(plan),
  arm: ({ death }: { death: Death | undefined }) => striker.arm(death),
  clock: ({ offset }) => {
    clockOffset = offset;
  },
};

process.on('message', async (order: NodeOrder) => {
  try {
    await (Orders[order.kind] as (order: NodeOrder) => unknown)(order);
    tell({ kind: 'done' });
  } catch (error) {
    tell({ kind: 'failed', text: error instanceof Error ? (error.stack ?? String(error)) : String(error) });
  }
});
process.on('disconnect', () => process.exit());
