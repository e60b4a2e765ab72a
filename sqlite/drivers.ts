import { createRequire } from 'node:module';

/** What is used of a driver. */
export interface NativeDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): NativeStatement;
  close(): void;
}

/** A prepared statement of a driver; the values of its `?` come as one list. */
export interface NativeStatement {
  run(parameters: readonly NativeValue[]): NativeEffect;
  get(parameters: readonly NativeValue[]): object | null | undefined;
  all(parameters: readonly NativeValue[]): object[];
}

/** What a statement did. */
export interface NativeEffect {
  readonly changes: number | bigint;
  readonly lastInsertRowid: number | bigint;
}

/** What is handed to a driver. */
export type NativeValue = null | number | bigint | string | Uint8Array;

/** Opens a file with one driver. */
type Open = (file: string) => NativeDatabase;

/** node:sqlite takes the values one by one. */
interface SpreadDatabase extends Omit<NativeDatabase, 'prepare'> {
  prepare(sql: string): {
    run(...parameters: readonly NativeValue[]): NativeEffect;
    get(...parameters: readonly NativeValue[]): object | undefined;
    all(...parameters: readonly NativeValue[]): object[];
  };
}

const openNode = (Database: new (file: string) => SpreadDatabase, file: string): NativeDatabase => {
  const database = new Database(file);
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => {
      const statement = database.prepare(sql);
      return {
        run: (parameters) => statement.run(...parameters),
        get: (parameters) => statement.get(...parameters),
        all: (parameters) => statement.all(...parameters),
      };
    },
    close: () => database.close(),
  };
};

/**
 * libsql 0.5.29 takes values as a list, and aborts the process on a single blob that is not in one. A
 * statement that was last used by `all` or `run` takes no new values in `get` and answers with the old
 * ones: hence no `get`, and for `run` a statement of its own.
 */
const openLibsql = (Database: new (file: string) => NativeDatabase, file: string): NativeDatabase => {
  const database = new Database(file);
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => {
      const rows = database.prepare(sql);
      let effect: NativeStatement | undefined;
      return {
        run: (parameters) => {
          effect ??= database.prepare(sql);
          return effect.run(parameters);
        },
        get: (parameters) => rows.all(parameters)[0],
        all: (parameters) => rows.all(parameters),
      };
    },
    close: () => database.close(),
  };
};

/** The drivers by name, in the order of preference; each gives `undefined` where this Node lacks it. */
const loaders = {
  /** Part of Node from 22.13 on: nothing to install, and the newest SQLite. */
  node: (): Open | undefined => {
    const module = process.getBuiltinModule?.('node:sqlite') as { DatabaseSync: new (file: string) => SpreadDatabase };
    return module && ((file) => openNode(module.DatabaseSync, file));
  },
  libsql: (): Open | undefined => {
    const Database = createRequire(import.meta.url)('libsql') as new (file: string) => NativeDatabase;
    return (file) => openLibsql(Database, file);
  },
} as const;

/** Name of a driver. */
export type Driver = keyof typeof loaders;

const names = Object.keys(loaders) as Driver[];

/** The drivers that work here, the preferred one first. */
export const availableDrivers = (): Driver[] => names.filter((name) => loaders[name]() !== undefined);

/** Opens `file` with the driver of that name, or with the best that this Node has. */
export const openNative = (file: string, driver: Driver | undefined): NativeDatabase => {
  for (const name of driver === undefined ? names : [driver]) {
    const open = loaders[name]();
    if (open !== undefined) return open(file);
  }
  throw new Error(`No SQLite driver ${driver ?? ''} in Node ${process.versions.node}`);
};
