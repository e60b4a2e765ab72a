import { chown, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImapFlow } from 'imapflow';
import { type AccountPart, accountBackends } from '../../backends/account/compose.ts';
import type { Backend, BackendContext, Login } from '../../backends/contract/backend.ts';
import { mailComposer } from '../../backends/convert/mail/composer.ts';
import { imap } from '../../backends/imap/backend.ts';
import { smtpKind } from '../../backends/smtp/backend.ts';
import { accountResolver } from '../../src/auth/accounts.ts';
import { createPolicy } from '../../src/devices/policy.ts';
import type { Clock } from '../../src/handlers/context.ts';
import type { RequestFacts } from '../../src/http/active-sync.ts';
import { WebhookPath, webhookRoute } from '../../src/http/webhook.ts';
import { Device } from '../../src/phone/device.ts';
import { Phone, type PhoneOptions } from '../../src/phone/phone.ts';
import { type AccountBackend, createServer, type Server, type ServerParts } from '../../src/server.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { type Relay, startRelay } from '../backends/imap/relay.ts';
import { type Dovecot, type DovecotOptions, DovecotPassword, startDovecot } from '../servers/dovecot.ts';
import { deliverLmtp, elsewhere } from '../servers/mail.ts';
import { type Postfix, type PostfixOptions, startPostfix } from '../servers/postfix.ts';
import { freePort, run } from '../servers/process.ts';
import { Client } from './client.ts';
import { responseRecorder } from './record.ts';
import { quietLog, systemClock, systemRandom } from './system.ts';

/** How the server learns of changes: told by Dovecot's Lua script, or by holding a connection. */
export type WatchMode = 'webhook' | 'notify' | 'idle';

/** A whole server in front of a real Dovecot, and a Postfix where it was asked for. */
export interface ImapServer {
  readonly server: Server;
  readonly dovecot: Dovecot;
  readonly postfix: Postfix | undefined;
  /** Between the server and Dovecot: counts commands, breaks connections. */
  readonly relay: Relay;
  readonly url: string;
  readonly errors: readonly string[];
  /** What was logged below errors. */
  readonly warnings: readonly string[];
  /** Every request that was answered. */
  readonly served: readonly RequestFacts[];
  /** Logins that were asked of Dovecot to prove a password. */
  readonly proofs: readonly Login[];
  /** A device of an account; any user exists, with the password `secret`. */
  device(user: string, deviceId: string, options?: DeviceOptions): Device;
  phone(user: string, deviceId: string, options?: PhoneOptions): Phone;
  /** A device that does what it is told, provisioned, with the hierarchy. */
  client(user: string, deviceId?: string, options?: DeviceOptions): Promise<Client>;
  /** Delivers by LMTP. */
  deliver(user: string, raw: string | Uint8Array): Promise<void>;
  /** Puts messages into the Inbox behind Dovecot's back, as an import of Maildir files does. */
  dropFiles(user: string, messages: readonly (string | Uint8Array)[]): Promise<void>;
  /** Runs `doveadm` for a user. */
  doveadm(user: string, command: readonly string[], ...args: readonly string[]): Promise<string>;
  /** Does something as another mail program of the user. */
  elsewhere<T>(user: string, action: (client: ImapFlow) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

type DeviceOptions = Partial<ConstructorParameters<typeof Device>[0]>;

/** How a test's server differs. */
export interface ImapServerOptions {
  /** NOTIFY unless told. */
  readonly watch?: WatchMode | undefined;
  /** Whether there is a Postfix, and how it differs. */
  readonly postfix?: boolean | Partial<PostfixOptions> | undefined;
  readonly dovecot?: DovecotOptions | undefined;
  /** Settings of the IMAP backend. */
  readonly imap?: object | undefined;
  /** Further parts of the accounts: calendars and the like. */
  more?(context: BackendContext): readonly AccountPart[];
  readonly parts?: Partial<ServerParts> | undefined;
}

const Domain = 'example.test';
const Secret = 'a secret between Dovecot and the server';

/** The name that a user has at Dovecot. */
export const addressOf = (user: string): string => (user.includes('@') ? user : `${user}@${Domain}`);

/** Time that runs, but whose waits last a tenth: the server tries again sooner what failed. */
export const hastyClock: Clock = {
  now: systemClock.now,
  after: (milliseconds, call) => systemClock.after(milliseconds / 10, call),
};

const startMailServers = async (port: number, options: ImapServerOptions) => {
  const dovecot = await startDovecot({
    ...(options.watch === 'webhook' && {
      pushScript: 'examples/dovecot-push.lua',
      pluginSettings: { postrider_url: `http://127.0.0.1:${port}${WebhookPath}`, postrider_secret: Secret },
    }),
    ...options.dovecot,
  });
  const { saslPort, lmtpPort } = dovecot;
  const postfixOptions = typeof options.postfix === 'object' ? options.postfix : {};
  const postfix = options.postfix
    ? await startPostfix({ saslPort, lmtpPort, domains: [Domain], ...postfixOptions })
    : undefined;
  return { dovecot, postfix, relay: await startRelay(dovecot.port) };
};

type MailServers = Awaited<ReturnType<typeof startMailServers>>;

const openBackends = ({ postfix, relay }: MailServers, options: ImapServerOptions, context: BackendContext) => {
  const watch = { mode: options.watch === 'idle' ? 'idle' : 'auto', pollSeconds: 5 };
  const imapSettings = { url: `imap://127.0.0.1:${relay.port}`, watch, ...options.imap };
  const mail = imap.open(imap.settings.parse(imapSettings), context);
  const parts: AccountPart[] = [{ name: 'mail', backend: mail }];
  if (postfix !== undefined) {
    const settings = smtpKind.settings.parse({ url: `smtp://127.0.0.1:${postfix.port}` });
    parts.push({ name: 'submission', backend: smtpKind.open(settings, context) });
  }
  parts.push(...(options.more?.(context) ?? []));
  return { mail, all: accountBackends(parts) };
};

const counted = (backend: AccountBackend, proofs: Login[]): AccountBackend => ({
  ...backend,
  prove: (login) => {
    proofs.push(login);
    return backend.prove(login);
  },
});

const accounts = { domains: [Domain], upstreamUser: '{address}' };

const webhook = (mail: Backend): NonNullable<ServerParts['routes']> => {
  const resolve = accountResolver(accounts);
  const accountOf = (user: string): string | undefined => {
    const resolved = resolve(user);
    return resolved.ok ? resolved.account.identity.name : undefined;
  };
  const locate = (account: string, mailbox: string) => mail.locate?.(account, mailbox);
  return (app, { hub }) => webhookRoute({ secret: Secret, hub, now: Date.now, accountOf, locate })(app);
};

const doveadm = async ({ folder, mailFolder }: Dovecot, args: readonly string[]): Promise<string> => {
  const { uid, gid } = await stat(mailFolder);
  const identity = ['-o', `mail_uid=${uid}`, '-o', `mail_gid=${gid}`];
  return run('doveadm', [...identity, '-c', join(folder, 'dovecot.conf'), ...args]);
};

const dropFiles = async (
  { mailFolder }: Dovecot,
  user: string,
  messages: readonly (string | Uint8Array)[],
): Promise<void> => {
  const { uid, gid } = await stat(mailFolder);
  const inbox = join(mailFolder, addressOf(user), 'maildir/new');
  for (const [i, message] of messages.entries()) {
    const file = join(inbox, `1764000000.M${i}P1.import`);
    await writeFile(file, message);
    await chown(file, uid, gid);
  }
};

/** Starts all of it on loopback. */
export const startImapServer = async (options: ImapServerOptions = {}): Promise<ImapServer> => {
  const warnings: string[] = [];
  const note = (facts: object, text: string): void => void warnings.push(`${text} ${JSON.stringify(facts)}`);
  const log = { ...quietLog(), warn: note, info: note };
  const served: RequestFacts[] = [];
  const proofs: Login[] = [];
  const port = await freePort();
  const servers = await startMailServers(port, options);
  const { dovecot, postfix, relay } = servers;
  const { mail, all } = openBackends(servers, options, {
    log,
    now: Date.now,
    dataFolder: '',
    hasNotices: options.watch === 'webhook',
  });
  const state = openSqliteState(':memory:');
  const server = await createServer({
    http: { host: '127.0.0.1', port },
    auth: { accounts },
    policy: createPolicy({ provisioning: 'required' }),
    backend: counted(all, proofs),
    state,
    composer: mailComposer,
    clock: hastyClock,
    random: systemRandom,
    log,
    served: (facts) => void served.push(facts),
    routes: (app, core) => {
      if (options.watch === 'webhook') webhook(mail)(app, core);
    },
    ...options.parts,
  });
  const url = await server.http.listen();
  const devices: Device[] = [];
  const device: ImapServer['device'] = (user, deviceId, more = {}) => {
    const made = new Device({
      url,
      user,
      password: DovecotPassword,
      deviceId,
      onExchange: responseRecorder(),
      ...more,
    });
    devices.push(made);
    return made;
  };
  return {
    server,
    dovecot,
    postfix,
    relay,
    url,
    errors: log.errors,
    warnings,
    served,
    proofs,
    device,
    phone: (user, deviceId, phone = {}) => new Phone(device(user, deviceId), phone),
    client: async (user, deviceId = `${user}phone`, more = {}) => {
      const client = new Client(undefined, user, device(user, deviceId, more));
      await client.device.provision();
      await client.folderSync();
      return client;
    },
    deliver: (user, raw) => deliverLmtp(dovecot.lmtpPort, addressOf(user), raw),
    dropFiles: (user, messages) => dropFiles(dovecot, user, messages),
    doveadm: (user, command, ...args) => doveadm(dovecot, [...command, '-u', addressOf(user), ...args]),
    elsewhere: (user, action) => elsewhere(dovecot.port, addressOf(user), DovecotPassword, action),
    close: async () => {
      for (const each of devices) each.close();
      await server.close();
      await all.close();
      await state.close();
      await relay.close();
      await Promise.all([dovecot.stop(), postfix?.stop()]);
    },
  };
};

export { until } from './until.ts';
