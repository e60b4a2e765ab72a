import type { RedisConnection } from './connection.ts';
import { mastersOf } from './nodes.ts';

/** What a server of Redis tells of itself. */
export interface RedisFacts {
  /** `host:port`, or the name that Sentinels know it by. */
  readonly server: string;
  /** Numbers of its version, `7.0.15`. */
  readonly version: string;
  /** Whether every change is written to its append-only file. */
  readonly appendOnly: boolean;
  /** What it does when its memory is full. */
  readonly evictionPolicy: string;
  /** Bytes that it may use; 0: no limit of its own. */
  readonly maxMemory: number;
  /** Bytes that it uses. */
  readonly usedMemory: number;
  /** Replicas that are connected and up to date. */
  readonly replicas: number;
}

/** Reads INFO: every server allows it, while CONFIG is often forbidden. */
export const readFacts = (server: string, info: string): RedisFacts => {
  const fields = new Map(
    [...info.matchAll(/^([a-z0-9_]+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  const text = (name: string): string => fields.get(name) ?? '';
  return {
    server,
    version: text('redis_version'),
    appendOnly: text('aof_enabled') === '1',
    evictionPolicy: text('maxmemory_policy'),
    maxMemory: Number(text('maxmemory')),
    usedMemory: Number(text('used_memory')),
    replicas: [...fields].filter(([name, value]) => /^slave\d+$/.test(name) && value.includes('state=online')).length,
  };
};

/** Asks all servers that hold keys. */
export const askFacts = (redis: RedisConnection): Promise<readonly RedisFacts[]> =>
  Promise.all(
    mastersOf(redis).map(async (node) => {
      const { host, port, name } = node.options;
      return readFacts(name ?? `${host}:${port}`, await node.info());
    }),
  );

/**
 * Whether a server throws keys without a time of expiry away when its memory is full. Ours have none:
 * a device whose state is gone loads everything anew, and without the secret behind the SyncKeys all do.
 */
export const evicts = ({ evictionPolicy, maxMemory }: RedisFacts): boolean =>
  evictionPolicy.startsWith('allkeys-') && maxMemory > 0;
