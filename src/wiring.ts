import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Gauge } from 'prom-client';
import { type AccountBackends, type AccountPart, accountBackends } from '../backends/account/compose.ts';
import type { BackendContext, Login } from '../backends/contract/backend.ts';
import { mailComposer } from '../backends/convert/mail/composer.ts';
import { backendKinds } from '../backends/index.ts';
import { type LocalBackend, LocalSettings, openLocal } from '../backends/local/backend.ts';
import { type AccountOptions, accountResolver } from './auth/accounts.ts';
import { DefaultLoginPace } from './auth/login-pace.ts';
import { autodiscoverRoutes } from './autodiscover/routes.ts';
import type { BackendConfig, Config } from './config/schema.ts';
import { createPolicy, type Policy } from './devices/policy.ts';
import type { Log } from './handlers/context.ts';
import { clientAddressReader } from './http/client-address.ts';
import type { HttpOptions } from './http/options.ts';
import { webhookRoute } from './http/webhook.ts';
import { addClusterMetrics } from './observe/cluster-metrics.ts';
import { type ObserveServer, startObserving } from './observe/listener.ts';
import { createMetrics, type Metrics } from './observe/metrics.ts';
import { logRequest } from './observe/request-log.ts';
import { type Cluster, joinCluster } from './push/cluster.ts';
import type { ChangeHub } from './push/hub.ts';
import { type RedisConfig, redisSettings } from './redis/settings.ts';
import { type AccountBackend, createServer, type Server, type ServerCore, type ServerParts } from './server.ts';
import type { StateStore } from './state/contract.ts';
import { agreeOnFormat } from './state/format.ts';
import { openRedisState, RedisState, requireDurable } from './state/redis.ts';
import { openSqliteState } from './state/sqlite.ts';
import { systemClock, systemRandom } from './system.ts';

export { backendKinds };

/** A configuration that names its data folder. */
export type PlacedConfig = Config & { readonly dataFolder: string };

/** A server that runs, with all that it was made of. */
export interface Running {
  /** Where phones reach it on this machine. */
  readonly url: string;
  /** Where those who watch over it look. */
  readonly observeUrl: string | undefined;
  readonly server: Server;
  /** Reads the certificate again. */
  reload(): void;
  /** Answers the waiting, finishes what is in hand, closes backends and stores. */
  close(): Promise<void>;
}

/** How user names become accounts, as the configuration says. */
export const accountOptionsOf = ({ domains, logins }: Config): AccountOptions => ({ domains, ...logins });

const httpOptionsOf = ({ listen, limits, trustedProxies }: Config): HttpOptions => ({
  ...listen.address,
  tls: listen.tls,
  allowPlainHttp: listen.allowPlainHttp,
  trustedProxies,
  limits: {
    maxBody: limits.maxBodyBytes,
    requestTimeout: limits.requestSeconds * 1000,
    keepAliveTimeout: limits.keepAliveSeconds * 1000,
  },
});

const policyOf = ({ provisioning, allowNonProvisionable, policy }: Config): Policy =>
  createPolicy({ provisioning, allowNonProvisionable, policy });

/** Accounts of the local store are named by their address, whatever mail servers are sent. */
const UserTemplates: Readonly<Record<string, string>> = { local: '{address}' };

/** The name that one backend is sent, where it differs from that of the others. */
const loginMap = (config: Config, { kind, user }: BackendConfig): ((login: Login) => Login) | undefined => {
  const upstreamUser = user ?? UserTemplates[kind];
  if (upstreamUser === undefined) return undefined;
  const resolve = accountResolver({ ...accountOptionsOf(config), upstreamUser });
  return (login) => {
    const resolved = resolve(login.account);
    return resolved.ok ? { ...login, user: resolved.account.upstreamUser } : login;
  };
};

/** Opens each backend of the configuration. No I/O to other servers yet. */
const openParts = (config: PlacedConfig, log: Log): readonly AccountPart[] => {
  const { dataFolder, webhook } = config;
  const context: BackendContext = { log, now: Date.now, dataFolder, hasNotices: webhook !== undefined };
  return Object.entries(config.backends).map(([name, entry]) => {
    const kind = backendKinds.get(entry.kind);
    if (kind === undefined) throw new TypeError(`backends.${name}: there is no kind ${entry.kind}`);
    const login = loginMap(config, entry);
    return { name, backend: kind.open(entry.settings, context), ...(login === undefined ? {} : { login }) };
  });
};

/** The backends of the configuration as one. Throws when none of them can prove a password. */
export const openBackends = (config: PlacedConfig, log: Log): AccountBackends =>
  accountBackends(openParts(config, log));

/** Opens the embedded store of a data folder, with what only its owner may do. */
export const openLocalStore = (dataFolder: string, log: Log): LocalBackend =>
  openLocal(LocalSettings.parse({}), { log, now: Date.now, dataFolder });

/** Opens what Postrider remembers of the phones, whatever is in it. */
export const openStateStore = ({ dataFolder, state, redis }: PlacedConfig, log: Log): StateStore =>
  redis === undefined ? openSqliteState(join(dataFolder, state.file)) : openOnRedis(redis, log);

/** Opens what Postrider remembers of the phones. Throws when it cannot be used, or not by this release. */
export const openState = async (config: PlacedConfig, log: Log): Promise<StateStore> => {
  const store = openStateStore(config, log);
  try {
    if (store instanceof RedisState) await requireDurable(store, log);
    await agreeOnFormat(store);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
};

const openOnRedis = (redis: RedisConfig, log: Log): RedisState => {
  const options = { settings: redisSettings(redis), replicas: redis.replicas, log };
  return openRedisState({ ...options, clock: systemClock, random: systemRandom });
};

/** Joins the other nodes that keep their state on the same Redis. */
const openCluster = async ({ redis }: Config, log: Log, backend: AccountBackend): Promise<Cluster | undefined> => {
  if (redis === undefined) return undefined;
  const locate = (account: string, path: string) => backend.locate?.(account, path);
  return joinCluster({ redis: redisSettings(redis), clock: systemClock, random: systemRandom, log, locate });
};

/** Makes the folder of large uploads; what an earlier run left there goes with the next of the same name. */
const spoolFolderOf = ({ dataFolder }: PlacedConfig): string => {
  const folder = join(dataFolder, 'spool');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
};

const mergeRulesOf = ({
  mergedFolders: { contacts, calendars, tasks, notes },
}: Config): ServerParts['mergedFolders'] => ({
  Contacts: contacts,
  Calendar: calendars,
  Tasks: tasks,
  Notes: notes,
});

/** Adds routes to the phones' listener. */
type RouteAdder = NonNullable<ServerParts['routes']>;

const autodiscover = (config: Config, log: Log): RouteAdder[] => {
  if (config.publicUrl === undefined) return [];
  const options = { publicUrl: config.publicUrl };
  const clientAddress = clientAddressReader(config.trustedProxies);
  return [
    (app, { authenticator }: ServerCore) =>
      autodiscoverRoutes(options, { authenticator, clock: systemClock, random: systemRandom, log, clientAddress })(app),
  ];
};

/**
 * Carries news of an account also to its other name: where the name that is typed is the name that is
 * sent, `anna` and `anna@example.org` are two accounts here and may be one user of the mail server.
 * A wake that turns out to be another's costs that one a look.
 */
const hubOfUsers = (hub: ChangeHub, { domains: [domain], logins }: Config): Pick<ChangeHub, 'publish'> => ({
  publish: (account, event) => {
    hub.publish(account, event);
    if (!logins.upstreamUser.includes('{login}')) return;
    if (!account.includes('@')) hub.publish(`${account}@${domain}`, event);
    else if (account.endsWith(`@${domain}`)) hub.publish(account.slice(0, -`@${domain}`.length), event);
  },
});

const webhook = (config: Config, backend: AccountBackend): RouteAdder[] => {
  if (config.webhook === undefined) return [];
  const { secret } = config.webhook;
  const resolve = accountResolver(accountOptionsOf(config));
  const accountOf = (user: string): string | undefined => {
    const resolved = resolve(user);
    return resolved.ok ? resolved.account.identity.name : undefined;
  };
  const locate = (account: string, mailbox: string) => backend.locate?.(account, mailbox);
  return [
    (app, { hub }) => webhookRoute({ secret, hub: hubOfUsers(hub, config), now: Date.now, accountOf, locate })(app),
  ];
};

/** All routes beside ActiveSync. */
const routesOf = (config: Config, log: Log, backend: AccountBackend): RouteAdder => {
  const adders = [...autodiscover(config, log), ...webhook(config, backend)];
  return (app, core) => {
    for (const add of adders) add(app, core);
  };
};

const serverParts = (config: PlacedConfig, log: Log, backend: AccountBackend, state: StateStore): ServerParts => ({
  http: httpOptionsOf(config),
  auth: {
    accounts: accountOptionsOf(config),
    pace: { ...DefaultLoginPace, perSecond: config.limits.loginsPerSecond },
  },
  devicesPerAccount: config.limits.devicesPerAccount,
  policy: policyOf(config),
  backend,
  state,
  composer: mailComposer,
  fromPolicy: config.sending.from,
  clock: systemClock,
  random: systemRandom,
  log,
  mergedFolders: mergeRulesOf(config),
  heartbeats: { min: config.heartbeats.minSeconds, max: config.heartbeats.maxSeconds },
  spoolFolder: spoolFolderOf(config),
  routes: routesOf(config, log, backend),
});

/** Figures of the server that stand now, beside those that are counted. */
const addGauges = ({ registry }: Metrics, server: Server): void => {
  const gauges = {
    postrider_waiting_devices: { help: 'Devices that wait for changes now', value: server.waiting },
    postrider_watched_accounts: { help: 'Accounts that are watched for changes now', value: server.watched },
    postrider_slowed_devices: { help: 'Devices that are slowed now, for they repeat themselves', value: server.slowed },
    postrider_logins_queued: { help: 'Logins that wait for their turn now', value: () => server.authenticator.queued },
  };
  for (const [name, { help, value }] of Object.entries(gauges)) {
    const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(value()) });
  }
};

const observe = async (
  { observe: options }: Config,
  metrics: Metrics,
  state: StateStore,
  isLeaving: () => boolean,
): Promise<ObserveServer | undefined> => {
  if (options === undefined) return undefined;
  const ready = async () => {
    if (isLeaving()) return [{ part: 'server', reason: 'It is being stopped' }];
    try {
      await state.load('account/', ['ready']);
      return [];
    } catch (error) {
      return [{ part: 'state store', reason: String(error) }];
    }
  };
  return startObserving(options.address, { metrics, ready });
};

/** Closes in the given order, each whatever became of those before; the first failure is thrown at the end. */
const closeAll = async (...closers: readonly (() => Promise<void> | undefined)[]): Promise<void> => {
  const failures: unknown[] = [];
  for (const close of closers) await Promise.resolve(close()).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
};

/**
 * Milliseconds between the moment in which a node of a cluster is no longer ready and that in which
 * it takes no more connections: what balances the load sees it within, and sends phones elsewhere.
 */
export const LeaveTime = 1500;

/** What runs instead of what the configuration says. */
export interface RunOptions {
  readonly log: Log;
  /** Already open backends; they are closed with the server. */
  readonly backend?: AccountBackend;
}

/** Starts a server. Throws when anything of the configuration cannot be used; nothing is left open then. */
export const run = async (config: PlacedConfig, { log, backend: given }: RunOptions): Promise<Running> => {
  mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 });
  const backend = given ?? openBackends(config, log);
  const state = await openState(config, log).catch(async (error: unknown) => {
    await backend.close();
    throw error;
  });
  const metrics = createMetrics();
  const served: ServerParts['served'] = (facts) => {
    metrics.served(facts);
    logRequest(log, facts);
  };
  let server: Server | undefined;
  let watching: ObserveServer | undefined;
  let cluster: Cluster | undefined;
  let leaving = false;
  const leave = async (): Promise<void> => {
    leaving = true;
    server?.http.leave();
    const seen = server !== undefined && cluster !== undefined;
    if (seen) await new Promise<void>((resolve) => systemClock.after(LeaveTime, resolve));
  };
  const close = (): Promise<void> =>
    closeAll(
      () => leave(),
      () => server?.close(),
      () => watching?.close(),
      () => backend.close(),
      () => state.close(),
      () => cluster?.close(),
    );
  try {
    cluster = await openCluster(config, log, backend);
    server = await createServer({ ...serverParts(config, log, backend, state), served, cluster });
    addGauges(metrics, server);
    if (cluster !== undefined) addClusterMetrics(metrics.registry, cluster);
    watching = await observe(config, metrics, state, () => leaving);
    const url = await server.http.listen();
    const { http } = server;
    return { url, observeUrl: watching?.url, server, reload: () => http.reloadCertificate(), close };
  } catch (error) {
    await close();
    throw error;
  }
};
