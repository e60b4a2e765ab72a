import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis as Client } from 'ioredis';
import { freePort, makeFolder, startServer, type TestServer, unprivileged } from './process.ts';

/** Redis, alone or as a part of a larger arrangement. */
export interface Redis extends TestServer {
  readonly port: number;
  /** `redis://127.0.0.1:<port>` */
  readonly url: string;
}

/** How Redis shall run. */
export interface RedisOptions {
  /** More lines of redis.conf, such as `replicaof 127.0.0.1 12345` or `requirepass x`. */
  readonly extra?: string;
  /** Runs as a Sentinel, with its `sentinel` lines in `extra`. */
  readonly sentinel?: boolean;
  /** Further files of its folder by name, such as certificates. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Starts Redis as Postrider demands it: append-only, without eviction. */
export const startRedis = async ({ extra = '', sentinel = false, files = {} }: RedisOptions = {}): Promise<Redis> => {
  const folder = makeFolder('redis');
  const port = await freePort();
  const configuration = join(folder, 'redis.conf');
  const store = sentinel
    ? ''
    : 'appendonly yes\nappendfsync everysec\nmaxmemory-policy noeviction\nsave ""\nrepl-diskless-sync-delay 0\nshutdown-timeout 1\n';
  await writeFile(configuration, `bind 127.0.0.1\nport ${port}\ndir ${folder}\n${store}${extra}\n`);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const server = await startServer({
    name: 'Redis',
    folder,
    command: ['redis-server', configuration, ...(sentinel ? ['--sentinel'] : [])],
    ports: [port],
    identity: unprivileged(),
  });
  return Object.assign(server, { port, url: `redis://127.0.0.1:${port}` });
};

/** Several servers of Redis that work as one. */
export interface RedisGroup {
  /** Address as the configuration takes it. */
  readonly url: string;
  readonly servers: readonly Redis[];
  stop(): Promise<void>;
}

const groupOf = (url: string, servers: readonly Redis[]): RedisGroup => ({
  url,
  servers,
  stop: async () => {
    await Promise.all(servers.map((server) => server.stop()));
  },
});

/** Asks a server with its own client until it says what is wanted; throws after half a minute. */
const untilSays = async (redis: Redis, ask: (client: Client) => Promise<unknown>, wanted: RegExp): Promise<void> => {
  const client = new Client(redis.url);
  try {
    for (const end = Date.now() + 30_000; ; await wait(20)) {
      const said = String(await ask(client).catch((error: unknown) => error));
      if (wanted.test(said)) return;
      if (Date.now() > end) throw new Error(`Redis does not say ${wanted} but ${said}`);
    }
  } finally {
    client.disconnect();
  }
};

/** Slots of a Cluster. */
const Slots = 16_384;

/** Starts a Cluster of masters without replicas, its slots spread evenly. */
export const startRedisCluster = async (masters = 3): Promise<RedisGroup> => {
  const servers = await Promise.all(Array.from({ length: masters }, startClusterNode));
  const clients = servers.map(({ redis }) => new Client(redis.url));
  try {
    const [first] = servers;
    for (const [i, client] of clients.entries()) {
      const [from, to] = [i, i + 1].map((part) => Math.ceil((part * Slots) / masters)) as [number, number];
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
      await client.call('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to - 1));
      if (first !== undefined && i > 0)
        await client.call('CLUSTER', 'MEET', '127.0.0.1', String(first.redis.port), String(first.bus));
    }
    await Promise.all(
      servers.map(({ redis }) =>
        untilSays(redis, (client) => client.cluster('INFO'), new RegExp(`state:ok[^]*known_nodes:${masters}`)),
      ),
    );
  } finally {
    for (const client of clients) client.disconnect();
  }
  const nodes = servers.map(({ redis }) => redis);
  return groupOf(`redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`, nodes);
};

const startClusterNode = async (): Promise<{ readonly redis: Redis; readonly bus: number }> => {
  const bus = await freePort();
  const lines = ['cluster-enabled yes', `cluster-port ${bus}`, 'cluster-node-timeout 5000'];
  return { redis: await startRedis({ extra: lines.join('\n') }), bus };
};

/** Name that the Sentinel of {@link startRedisWithSentinel} knows the server by. */
const Master = 'postrider';

/** Starts a server, a replica that has caught up, and a Sentinel: `servers` in this order. */
export const startRedisWithSentinel = async (): Promise<RedisGroup> => {
  const primary = await startRedis();
  const replica = await startRedis({ extra: `replicaof 127.0.0.1 ${primary.port}` });
  await untilSays(primary, (client) => client.info('replication'), /state=online/);
  const lines = [
    `sentinel monitor ${Master} 127.0.0.1 ${primary.port} 1`,
    `sentinel down-after-milliseconds ${Master} 1000`,
    `sentinel failover-timeout ${Master} 3000`,
  ];
  const sentinel = await startRedis({ sentinel: true, extra: lines.join('\n') });
  // Before it has found the replica it has nobody to promote.
  await untilSays(sentinel, (client) => client.call('SENTINEL', 'replicas', Master), new RegExp(`${replica.port}`));
  return groupOf(`redis+sentinel://127.0.0.1:${sentinel.port}/${Master}`, [primary, replica, sentinel]);
};
