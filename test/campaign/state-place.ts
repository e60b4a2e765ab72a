import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../servers/process.ts';
import { type Redis, startRedis } from '../servers/redis.ts';

/** Where the nodes' state lies, and what can be done to it. */
export interface StatePlace {
  /** A folder for the nodes' files. */
  readonly folder: string;
  readonly redis: Redis | undefined;
  /** Whether nodes must be dead while it is kept or put back. */
  readonly isInFiles: boolean;
  /** Whether {@link fill} does anything. */
  readonly canFill: boolean;
  /** Takes away all room for more. */
  fill(): Promise<void>;
  unfill(): Promise<void>;
  /** Remembers the state as it is now. */
  keep(): Promise<void>;
  /** Has the state be as it was when it was kept: all commits since are lost. */
  putBack(): Promise<void>;
  remove(): Promise<void>;
}

/** Megabytes of the disk of the state: it is filled quickly. */
const DiskSize = 24;

/** The files of the state on SQLite. */
const Files = ['state.db', 'state.db-wal', 'state.db-shm'];

/** State on SQLite, on a small disk of its own where that is allowed. */
export const stateInFiles = async (parent: string): Promise<StatePlace> => {
  const [folder, kept, ballast] = [join(parent, 'state'), join(parent, 'kept'), join(parent, 'state/ballast')];
  await mkdir(folder);
  const isDisk = await run('mount', ['-t', 'tmpfs', '-o', `size=${DiskSize}m`, 'none', folder]).then(
    () => true,
    () => false,
  );
  return {
    folder,
    redis: undefined,
    isInFiles: true,
    canFill: isDisk,
    fill: () => writeFile(ballast, Buffer.alloc(DiskSize * 1024 * 1024)).catch(() => undefined),
    unfill: () => rm(ballast, { force: true }),
    keep: async () => {
      await rm(kept, { recursive: true, force: true });
      await cp(folder, kept, { recursive: true });
    },
    putBack: async () => {
      for (const name of Files) await rm(join(folder, name), { force: true });
      await cp(kept, folder, { recursive: true });
    },
    remove: async () => {
      if (isDisk) await run('umount', ['-l', folder]);
    },
  };
};

/** State on Redis. What it lost in a fail-over is what a copy of its files lacks that was made before. */
export const stateOnRedis = async (folder: string): Promise<StatePlace> => {
  const redis = await startRedis();
  const [data, kept] = [join(redis.folder, 'appendonlydir'), join(redis.folder, 'kept')];
  const configure = async (name: string, value: string): Promise<void> => {
    await run('redis-cli', ['-p', String(redis.port), 'CONFIG', 'SET', name, value]);
  };
  const replace = async (target: string, source: string): Promise<void> => {
    await redis.kill();
    await rm(target, { recursive: true, force: true });
    await run('cp', ['-a', source, target]);
    await redis.restart();
  };
  return {
    folder,
    redis,
    isInFiles: false,
    canFill: true,
    fill: () => configure('maxmemory', '1'),
    unfill: () => configure('maxmemory', '0'),
    keep: () => replace(kept, data),
    putBack: () => replace(data, kept),
    remove: () => redis.stop(),
  };
};
