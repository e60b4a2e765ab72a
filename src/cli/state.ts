import { createReadStream, createWriteStream, type PathLike } from 'node:fs';
import { mkdtemp, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createLog } from '../observe/log.ts';
import { redisName } from '../redis/url.ts';
import { type StateStore, StateUnavailable } from '../state/contract.ts';
import { agreeOnFormat, StateUnusable } from '../state/format.ts';
import { exportLines, importLines, isEmptyStore, verifyExport } from '../state/transfer.ts';
import { openStateStore, type PlacedConfig } from '../wiring.ts';
import { type Console, print } from './console.ts';
import { CliFailure } from './failure.ts';
import { lockFolder } from './folder-lock.ts';
import { type ConfigOption, readConfigFile, refuseDemo } from './serve.ts';

/** Stands for standard input or output in the place of a file. */
const Standard = '-';

/** What the command line said. */
export interface ImportOptions extends ConfigOption {
  /** Throw away what the store holds. */
  readonly replace?: boolean | undefined;
}

/** The store in words. */
const nameOf = ({ redis, dataFolder, state }: PlacedConfig): string =>
  redis === undefined ? `SQLite ${join(dataFolder, state.file)}` : redisName(redis.url);

/** Works with the store of a configuration, then closes it; what can go wrong is told in words. */
export const withStore = async <Result>(
  config: PlacedConfig,
  work: (store: StateStore) => Promise<Result>,
): Promise<Result> => {
  try {
    const store = openStateStore(config, createLog({ level: 'silent' }));
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  } catch (error) {
    throw wordsFor(error, config);
  }
};

const wordsFor = (error: unknown, config: PlacedConfig): unknown => {
  const { message, code } = error as NodeJS.ErrnoException;
  if (error instanceof StateUnavailable) {
    return new CliFailure(`${nameOf(config)} cannot be used: ${error.reason}. See that it runs, then repeat this.`, {
      cause: error,
    });
  }
  if (error instanceof StateUnusable) return new CliFailure(`${message}.`, { cause: error });
  return code === undefined ? error : new CliFailure(`${message}. Name a file that can be used.`, { cause: error });
};

/** Writes all state to a file, which appears only once it is whole, or to standard output. */
export const stateExport = async (file: string, options: ConfigOption, io: Console): Promise<number> => {
  const config = readConfigFile(options.config, io);
  // Redis gives each partition as of one moment, also to several; SQLite belongs to one process.
  const unlock = config.redis === undefined ? lockFolder(config.dataFolder) : (): void => undefined;
  try {
    const lines = await withStore(config, async (store) => {
      await agreeOnFormat(store);
      return file === Standard ? writeLines(store, io.output, false) : writeFile(store, file);
    });
    print(io.errors, `Exported ${lines - 2} documents from ${nameOf(config)}.`);
    return 0;
  } finally {
    unlock();
  }
};

const writeLines = async (store: StateStore, output: Writable, end: boolean): Promise<number> => {
  let count = 0;
  const ended = async function* (): AsyncIterable<string> {
    for await (const line of exportLines(store)) {
      count++;
      yield `${line}\n`;
    }
  };
  await pipeline(Readable.from(ended()), output, { end });
  return count;
};

const writeFile = async (store: StateStore, file: string): Promise<number> => {
  const partial = `${file}.part`;
  try {
    // It holds the secret behind the SyncKeys.
    const lines = await writeLines(store, createWriteStream(partial, { mode: 0o600 }), true);
    await flush(partial);
    await rename(partial, file);
    return lines;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
};

const flush = async (file: PathLike): Promise<void> => {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Fills the store from an export. The file is read twice: nothing is written before it is known to be whole. */
export const stateImport = async (file: string, options: ImportOptions, io: Console): Promise<number> => {
  const config = readConfigFile(options.config, io);
  refuseDemo(config);
  const unlock = lockFolder(config.dataFolder);
  const folder = file === Standard ? await mkdtemp(join(config.dataFolder, 'import-')) : undefined;
  try {
    const source = folder === undefined ? file : join(folder, 'state');
    const documents = await withStore(config, async (store) => {
      if (folder !== undefined) await pipeline(io.input, createWriteStream(source, { mode: 0o600 }));
      const count = await verifyExport(linesOf(source));
      if (!options.replace && !(await isEmptyStore(store))) throw new CliFailure(notEmpty(config));
      await importLines(store, linesOf(source));
      return count;
    });
    print(io.output, `Imported ${documents} documents into ${nameOf(config)}. Start the servers.`);
    return 0;
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    unlock();
  }
};

const notEmpty = (config: PlacedConfig): string =>
  `${nameOf(config)} already holds state of phones. With --replace all of that is thrown away for what is imported; ` +
  'stop all servers first.';

async function* linesOf(file: string): AsyncIterable<string> {
  const input = createReadStream(file);
  // An error of the file ends the lines without a word of it.
  const failed = new Promise<never>((_, fail) => input.once('error', fail));
  failed.catch(() => undefined);
  const opened = new Promise<void>((resolve) => input.once('open', () => resolve()));
  await Promise.race([opened, failed]);
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  if (input.errored) throw input.errored;
}
