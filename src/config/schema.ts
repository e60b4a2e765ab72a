import { isIP } from 'node:net';
import { z } from 'zod';
import type { BackendKind } from '../../backends/contract/backend.ts';
import { DefaultLoginPace } from '../auth/login-pace.ts';
import { DefaultDeviceLimit } from '../devices/gate.ts';
import { MergeRules } from '../devices/quirks.ts';
import { DefaultLimits } from '../http/options.ts';
import { StandardHeartbeat } from '../push/heartbeat.ts';
import { RedisConfigSchema } from '../redis/settings.ts';
import { FromPolicies } from '../send/sender.ts';
import { PolicySettings } from './policy.ts';

/** The kinds of backends by name. */
export type BackendKinds = ReadonlyMap<string, BackendKind<unknown>>;

/** `host:port`, `192.0.2.1:443` or `[::1]:8080` as host and port; undefined when it is none of them. */
const parseAddress = (text: string): { host: string; port: number } | undefined => {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535 || (bracketed !== undefined && isIP(bracketed) !== 6)) return undefined;
  return { host, port };
};

/** An address to listen on, as host and port. */
const address = z.string().transform((text, context) => {
  const parsed = parseAddress(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'must be host:port, such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:443' });
  return z.NEVER;
});

/** A list, or a text with commas or spaces between, as an environment variable holds it. */
const listOf = <Item extends z.ZodType>(item: Item) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(/[\s,]+/).filter((each) => each !== '') : value),
    z.array(item),
  );

const domain = z
  .string()
  .regex(
    /^(?=.{1,253}$)([\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?)(\.[\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?)*$/u,
    {
      error: 'must be a mail domain such as example.org',
    },
  );

const network = z.string().refine((text) => {
  const [host = '', bits, more] = text.split('/');
  const most = isIP(host) === 6 ? 128 : 32;
  return isIP(host) > 0 && more === undefined && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= most));
}, 'must be an IP address or a network such as 10.0.0.0/8');

const publicUrl = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (
    url !== undefined && /^https?:$/.test(url.protocol) && /^\/?$/.test(url.pathname) && url.search + url.hash === ''
  );
}, 'must be the address of the server alone, such as https://mail.example.org: phones add the path themselves');

/** A template whose placeholders are all among `names`. */
const template = (...names: string[]) =>
  z
    .string()
    .refine(
      (text) =>
        [...text.matchAll(/\{(\w*)\}/g)].every(([, name]) => names.includes(name ?? '')) && /\{\w+\}/.test(text),
      `must be made of ${names.map((name) => `{${name}}`).join(', ')} and further text`,
    );

const Listen = z.strictObject({
  address: address.describe('Host and port for phones, or for the proxy in front of Postrider'),
  tls: z
    .strictObject({
      certFile: z.string().min(1).describe('PEM file of the certificate, intermediate ones after it'),
      keyFile: z.string().min(1).describe('PEM file of its key'),
    })
    .optional()
    .describe('Ends TLS in Postrider itself. Both files are read again when they change and on SIGHUP'),
  allowPlainHttp: z
    .boolean()
    .default(false)
    .describe(
      'Plain HTTP beyond loopback. Passwords can then be read on the way: only where a proxy on a private network ends TLS',
    ),
});

const Logins = z
  .strictObject({
    upstreamUser: template('login', 'user', 'domain', 'address')
      .default('{login}')
      .describe(
        'The user name that mail servers are sent. {login}: as the user typed it (`domain\\user` counts as `user` in the ' +
          'first domain and as `user@domain` in others); {user}: without the domain; {address}: the address',
      ),
    address: template('user', 'domain')
      .default('{user}@{domain}')
      .describe("The user's mail address, which phones send from"),
    aliases: z
      .array(template('user', 'domain'))
      .default([])
      .describe(
        'Further addresses that a user may send from, such as `{user}@example.net`; what follows a `+` in an own address is free',
      ),
    windowsDomains: z
      .record(z.string().min(1), domain)
      .default({})
      .describe(
        'Windows domain names (`NAME` in `NAME\\user`) and the mail domain that each means; the first label of a mail domain needs no entry',
      ),
    caseSensitive: z.boolean().default(false).describe('Whether `Anna` and `anna` are two users'),
  })
  .prefault({});

const Sending = z
  .strictObject({
    from: z
      .enum(FromPolicies)
      .default('rewrite')
      .describe(
        "What becomes of a mail whose From is none of the user's addresses. `rewrite`: the user's address is put there, as " +
          'Exchange does; `refuse`: it is not sent; `allow`: it is sent, and Sender says by whom. Bounces go to the user in any case',
      ),
  })
  .prefault({});

const Heartbeats = z
  .strictObject({
    minSeconds: z
      .int()
      .min(1)
      .max(3540)
      .default(StandardHeartbeat.min)
      .describe('Shortest wait that a phone may ask for'),
    maxSeconds: z
      .int()
      .min(1)
      .max(3540)
      .default(StandardHeartbeat.max)
      .describe('Longest wait; set it below the time after which your proxy cuts quiet connections'),
  })
  .refine(({ minSeconds, maxSeconds }) => minSeconds <= maxSeconds, 'minSeconds must not exceed maxSeconds')
  .prefault({});

const Limits = z
  .strictObject({
    maxBodyBytes: z
      .int()
      .min(65_536)
      .default(DefaultLimits.maxBody)
      .describe('Largest request: a mail with its attachments, in base64'),
    requestSeconds: z
      .int()
      .min(10)
      .default(DefaultLimits.requestTimeout / 1000)
      .describe('Time for a request to arrive whole; waiting phones are not bounded by it'),
    keepAliveSeconds: z
      .int()
      .min(1)
      .default(DefaultLimits.keepAliveTimeout / 1000)
      .describe('How long a connection without a request is kept'),
    loginsPerSecond: z
      .int()
      .min(1)
      .max(10_000)
      .default(DefaultLoginPace.perSecond)
      .describe(
        'Passwords proved at mail servers a second. After a restart every waiting phone logs in again; lower it where ' +
          'checking a password is costly',
      ),
    devicesPerAccount: z
      .int()
      .min(1)
      .default(DefaultDeviceLimit)
      .describe(
        'Devices that an account may have; a further one is refused until `postrider device remove` makes room',
      ),
  })
  .prefault({});

const mergeRule = (what: string) => z.enum(MergeRules).default('auto').describe(what);

const MergedFolders = z
  .strictObject({
    contacts: mergeRule('Address books'),
    calendars: mergeRule('Calendars'),
    tasks: mergeRule('Lists of tasks'),
    notes: mergeRule('Folders of notes'),
  })
  .prefault({});

const State = z
  .strictObject({
    file: z.string().min(1).default('state.db').describe('SQLite file within the data folder; not used with `redis`'),
  })
  .prefault({});

const Observe = z.strictObject({
  address: address.describe('Host and port; whoever reaches it can read the metrics, so keep it private'),
});

const Webhook = z.strictObject({
  secret: z
    .string()
    .min(16, 'must have at least 16 characters: make one with `openssl rand -hex 32`')
    .describe('Key of the signature that mail servers put under their calls'),
});

/** A named backend: its kind, and that kind's own settings beside it. */
const backend = (kinds: BackendKinds) =>
  z
    .looseObject({
      kind: z.enum([...kinds.keys()] as [string, ...string[]]),
      user: template('login', 'user', 'domain', 'address').optional(),
    })
    .transform(({ kind, user, ...rest }, context) => {
      const parsed = kinds.get(kind)?.settings.safeParse(rest);
      if (parsed?.success) return { kind, user, settings: parsed.data };
      for (const issue of parsed?.error.issues ?? []) context.issues.push({ ...issue, input: rest } as never);
      return z.NEVER;
    });

/** The schema of the configuration, for the kinds of backends that there are. */
export const configSchema = (kinds: BackendKinds) =>
  z.strictObject({
    listen: Listen.describe('The listener of the phones'),
    publicUrl: publicUrl
      .optional()
      .describe(
        'The address under which phones reach this server. Autodiscover tells it; without it there is no Autodiscover',
      ),
    trustedProxies: listOf(network)
      .default([])
      .describe(
        'Addresses and networks of the proxies in front, whose X-Forwarded-For is believed, or Forwarded where there is no X-Forwarded-For',
      ),
    dataFolder: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Folder for Postrider's files: state and spooled uploads. `POSTRIDER_DATA`, `$STATE_DIRECTORY` or the user's state folder unless told",
      ),
    domains: listOf(domain)
      .pipe(z.array(z.string()).min(1, 'must name at least one mail domain'))
      .describe('Mail domains served; the first is that of a user name without one'),
    logins: Logins.describe('How user names become accounts'),
    backends: z
      .record(z.string().min(1), backend(kinds))
      .refine((backends) => Object.keys(backends).length > 0, 'must have at least one backend')
      .describe(
        'Where the data lives, by a name of your choice. Of each kind of data the first backend that has it serves it',
      ),
    state: State.describe('What Postrider remembers of each phone, where it runs on one machine alone'),
    redis: RedisConfigSchema.optional().describe(
      'Keeps what Postrider remembers of each phone on Redis, for one or several nodes, instead of in `state.file`',
    ),
    provisioning: z
      .enum(['required', 'optional', 'off'])
      .default('required')
      .describe('Whether phones have to take the policy: all of them; those that ask for it; there is none'),
    allowNonProvisionable: z.boolean().default(false).describe('With `required`: let phones in that never provision'),
    policy: PolicySettings.prefault({}).describe(
      'The policy: settings that differ from the default, which demands and forbids nothing. `null`: no limit',
    ),
    sending: Sending.describe('Mail from phones'),
    mergedFolders: MergedFolders.describe(
      'Whether phones see all folders of a class as one, in which what they add goes into the default folder. `auto`: phones that are known to take only one; `always`: all phones; `never`: none',
    ),
    heartbeats: Heartbeats.describe('How long phones wait for changes'),
    limits: Limits.describe('Limits on requests'),
    webhook: Webhook.optional().describe(
      'Lets mail servers tell of changes, so that no connection is held to watch for them',
    ),
    observe: Observe.optional().describe('Listener for `/healthz`, `/readyz` and Prometheus `/metrics`'),
    logLevel: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('How much is logged, as JSON lines on standard output'),
  });

/** The configuration, with all defaults filled in. */
export type Config = z.output<ReturnType<typeof configSchema>>;
/** One backend of the configuration. */
export type BackendConfig = Config['backends'][string];
