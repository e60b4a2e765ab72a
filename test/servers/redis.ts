import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
}

/** Starts Redis as Postrider demands it: append-only, without eviction. */
export const startRedis = async ({ extra = '', sentinel = false }: RedisOptions = {}): Promise<Redis> => {
  const folder = makeFolder('redis');
  const port = await freePort();
  const configuration = join(folder, 'redis.conf');
  const store = sentinel
    ? ''
    : 'appendonly yes\nappendfsync everysec\nmaxmemory-policy noeviction\nsave ""\nrepl-diskless-sync-delay 0\nshutdown-timeout 1\n';
  await writeFile(configuration, `bind 127.0.0.1\nport ${port}\ndir ${folder}\n${store}${extra}\n`);
  const server = await startServer({
    name: 'Redis',
    folder,
    command: ['redis-server', configuration, ...(sentinel ? ['--sentinel'] : [])],
    ports: [port],
    identity: unprivileged(),
  });
  return Object.assign(server, { port, url: `redis://127.0.0.1:${port}` });
};
