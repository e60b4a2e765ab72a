import { connect as connectPlain } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { AbstractConnector, Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress } from './url.ts';

/** Which Redis, and which part of it is ours. */
export interface RedisSettings {
  readonly address: RedisAddress;
  /** Certificates of a private authority, PEM; those of the system unless told. */
  readonly ca?: string | undefined;
  /** Password of the Sentinels, where they have one. */
  readonly sentinelPassword?: string | undefined;
  /** What all keys and channels of ours begin with. See {@link keyOf}. */
  readonly prefix: string;
}

/** A connection that commands are sent on. */
export type RedisConnection = Redis | Cluster;

/** Told of a connection's troubles; a connection tries again by itself whatever happens. */
export type RedisTrouble = (error: Error) => void;

/** Replies keep the form that they have by default, which the types of ioredis then know. */
type Options = Omit<RedisOptions, 'replyMapping'>;

/** Time limits, in milliseconds. */
export const RedisLimits = {
  /** For a connection to be made. */
  connect: 2_000,
  /** For one command, once it is sent. Longer than a WAIT for replicas may take. */
  command: 3_000,
  /** Without a byte while an answer is due: then the connection counts as dead, and a new one is made. */
  silence: 3_500,
  /** Between two looks whether a subscriber's connection still lives: nothing is due on it otherwise. */
  heartbeat: 2_000,
  /** For a server to take leave when a connection is closed; then it is cut. */
  leave: 250,
  /** Longest pause before the next try to connect. */
  backOff: 1_000,
} as const;

/** Milliseconds before the n-th try to connect again, n from 1: 50, 100, 200 … {@link RedisLimits.backOff}. */
export const retryDelay = (attempt: number): number => Math.min(25 * 2 ** Math.min(attempt, 10), RedisLimits.backOff);

/**
 * A key or channel: `prefix:kind:name`. In a Cluster the part in braces decides where it lies; all
 * that one script touches must share it.
 */
export const keyOf = (prefix: string, kind: string, name: string): string => `${prefix}:${kind}:{${name}}`;

/**
 * Opens a connection for commands. It connects by itself and again after any loss. A command fails
 * at once when there is no connection (see {@link whenReady}), and when the connection is lost before
 * its answer: it is never sent twice, and never sent after its caller was told that it failed.
 */
export const openRedis = (settings: RedisSettings, trouble: RedisTrouble): RedisConnection => {
  const { mode, hosts } = settings.address;
  const options = { ...commonOptions(settings), autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 };
  if (mode !== 'cluster')
    return listen(new Redis({ ...options, ...placeOptions(settings), enableOfflineQueue: false }), trouble);
  const cluster = new Cluster([...hosts], {
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelay,
    slotsRefreshTimeout: RedisLimits.connect,
    redisOptions: options,
    // Names of nodes are resolved by the connection: an address would not fit to a certificate.
    dnsLookup: (host, done) => done(null, host),
  });
  return listen(cluster, trouble);
};

/**
 * Opens a connection for subscriptions. It subscribes again by itself; after each `ready` messages
 * may have been missed, so whoever relies on them has to look at what they tell of. In a Cluster it
 * is connected with any one node: PUBLISH reaches them all.
 */
export const openSubscriber = (settings: RedisSettings, trouble: RedisTrouble): Redis => {
  const options: Options = { ...commonOptions(settings), maxRetriesPerRequest: null };
  const place: Options =
    settings.address.mode === 'cluster'
      ? { Connector: rotatingConnector(settings), retryStrategy: retryDelay }
      : placeOptions(settings);
  const redis = listen(new Redis({ ...options, ...place }), trouble);
  // It renews its subscriptions in a promise that nobody holds: a connection lost in that moment would end the process.
  const subscribe = redis.subscribe.bind(redis) as (...channels: unknown[]) => Promise<unknown>;
  redis.subscribe = ((...channels: unknown[]) => {
    const done = subscribe(...channels);
    done.catch(() => undefined);
    return done;
  }) as Redis['subscribe'];
  const heartbeat = setInterval(() => {
    if (redis.status === 'ready') redis.ping().catch(() => undefined);
  }, RedisLimits.heartbeat);
  heartbeat.unref();
  redis.once('end', () => clearInterval(heartbeat));
  return redis;
};

/** Resolves once commands can be sent; throws the last trouble after `limit` milliseconds or when it was closed. */
export const whenReady = (redis: RedisConnection, limit: number): Promise<void> => {
  if (redis.status === 'ready') return Promise.resolve();
  return new Promise((resolve, reject) => {
    let trouble = new Error('Redis does not answer');
    const note = (error: Error): void => {
      trouble = error;
    };
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      redis.off('ready', finish).off('end', ended).off('error', note);
      if (error === undefined) resolve();
      else reject(error);
    };
    const ended = (): void => finish(new Error('The connection to Redis was closed'));
    const timer = setTimeout(() => finish(trouble), limit);
    redis.once('ready', finish).once('end', ended).on('error', note);
    if (redis.status === 'end') ended();
  });
};

/** Without a listener of its own an `error` event is printed, or ends the process. */
const listen = <Connection extends RedisConnection>(redis: Connection, trouble: RedisTrouble): Connection => {
  // While Redis is away every request may wait for it, each with listeners of its own.
  redis.setMaxListeners(0);
  redis.on('error', trouble);
  return redis;
};

const tlsOptions = ({ address, ca }: RedisSettings): { readonly tls?: ConnectionOptions } =>
  address.tls ? { tls: ca === undefined ? {} : { ca } } : {};

/** What holds for every connection, also for those to the nodes of a Cluster. */
const commonOptions = (settings: RedisSettings) => {
  const { username, password } = settings.address;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...tlsOptions(settings),
    connectionName: 'postrider',
    disableClientInfo: true,
    connectTimeout: RedisLimits.connect,
    commandTimeout: RedisLimits.command,
    socketTimeout: RedisLimits.silence,
    disconnectTimeout: RedisLimits.leave,
    // After a fail-over the server that we know is a replica: the next connection finds the new one.
    reconnectOnError: ({ message }: Error) => message.includes('READONLY'),
  };
};

/** Where a single server, or that of the Sentinels, is found. */
const placeOptions = (settings: RedisSettings): Options => {
  const { address, sentinelPassword } = settings;
  const { tls } = tlsOptions(settings);
  const found = { db: address.db, retryStrategy: retryDelay };
  if (address.mode !== 'sentinel') return { ...found, ...address.hosts[0] };
  return {
    ...found,
    sentinels: [...address.hosts],
    name: address.master ?? '',
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(tls === undefined ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
    sentinelRetryStrategy: retryDelay,
    sentinelReconnectStrategy: retryDelay,
    sentinelCommandTimeout: RedisLimits.command,
    // A server that hangs keeps its connections: the Sentinels tell when another one has taken over.
    failoverDetector: true,
  };
};

/** Connects with the next of a Cluster's nodes at each try. */
const rotatingConnector = ({ address, ca }: RedisSettings) => {
  const { hosts, tls } = address;
  return class extends AbstractConnector {
    #next = 0;

    constructor() {
      super(RedisLimits.leave);
    }

    async connect(): Promise<typeof this.stream> {
      const place = hosts[this.#next++ % hosts.length] ?? { host: 'localhost', port: 6379 };
      this.connecting = true;
      this.stream = tls ? connectTls({ ...place, ...(ca === undefined ? {} : { ca }) }) : connectPlain({ ...place });
      this.stream.once('error', (error) => {
        this.firstError = error;
      });
      return this.stream;
    }
  };
};
