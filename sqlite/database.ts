import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Driver, type NativeDatabase, type NativeStatement, type NativeValue, openNative } from './drivers.ts';
import { DatabaseError, databaseError } from './errors.ts';

/** A value in a row. */
export type SqlValue = null | number | string | Uint8Array;

/** A value for a `?`; a boolean becomes 0 or 1, `undefined` becomes NULL. */
export type SqlParameter = SqlValue | boolean | undefined;

/** A row as a plain object by column name. */
export type Row = Record<string, SqlValue>;

/** A prepared statement with `?` parameters. */
export interface Statement {
  /** Runs it for its effect. `lastId` is the rowid of the last insert. */
  run(...parameters: SqlParameter[]): { readonly changes: number; readonly lastId: number };
  /** The first row. */
  get<Shape = Row>(...parameters: SqlParameter[]): Shape | undefined;
  /** All rows. */
  all<Shape = Row>(...parameters: SqlParameter[]): Shape[];
}

/** How a database is opened. */
export interface DatabaseOptions {
  /** `FULL` (default): a commit is on the disk when it returns. `NORMAL`: a power cut may lose the last ones. */
  readonly synchronous?: 'FULL' | 'NORMAL';
  /** Milliseconds to wait for another process's lock. Waiting blocks this process, so it is short: 2,000. */
  readonly busyTimeout?: number;
  /** Driver to use; the best that this Node has unless told. */
  readonly driver?: Driver;
}

/** Milliseconds for which a lock of another process (a backup, an administrator's shell) is waited for. */
const DefaultBusyTimeout = 2000;

/** Opens `file`, made with mode 0600 when it is not there, or a database in memory for `:memory:`. */
export const openDatabase = (file: string, options: DatabaseOptions = {}): Database => {
  const path = file === ':memory:' ? file : resolve(file);
  return attempt(() => {
    if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600));
    const database = new Database(openNative(path, options.driver));
    database.exec(`PRAGMA busy_timeout = ${Math.trunc(options.busyTimeout ?? DefaultBusyTimeout)}`);
    database.exec('PRAGMA journal_mode = WAL');
    database.exec(`PRAGMA synchronous = ${options.synchronous ?? 'FULL'}`);
    database.exec('PRAGMA foreign_keys = ON');
    return database;
  });
};

/**
 * One SQLite database over either driver. Every method throws {@link DatabaseError}. Calls are
 * synchronous; work of many rows is for the caller to cut into slices.
 */
export class Database {
  readonly #native: NativeDatabase;
  readonly #statements = new Map<string, Statement>();
  #depth = 0;
  #closed = false;

  constructor(native: NativeDatabase) {
    this.#native = native;
  }

  /** Runs one or several statements without parameters. */
  exec(sql: string): void {
    this.#guard(() => this.#native.exec(sql));
  }

  /** The statement for a text, compiled once: texts are constants, values go into `?`. */
  prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const native = this.#guard(() => this.#native.prepare(sql));
    const statement = this.#statement(native);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Whether a transaction is open. */
  get inTransaction(): boolean {
    return this.#depth > 0;
  }

  /**
   * Runs `work` all or nothing, with the write lock from its start, so that what it reads stays
   * true until it commits. Inside another transaction it is a part that fails alone.
   */
  transaction<Result>(work: () => Result): Result {
    const level = this.#depth;
    this.exec(level === 0 ? 'BEGIN IMMEDIATE' : `SAVEPOINT level${level}`);
    this.#depth++;
    try {
      const result = work();
      if (result instanceof Promise) throw new DatabaseError('misuse', 'a transaction cannot wait for a promise');
      this.exec(level === 0 ? 'COMMIT' : `RELEASE level${level}`);
      return result;
    } catch (error) {
      this.#undo(level);
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /**
   * Closes the database; a second call does nothing. libsql keeps the file open until its statements
   * are collected as garbage, so what stands in the -wal file is moved over here and not left to it.
   */
  close(): void {
    if (this.#closed) return;
    this.#quietly('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#closed = true;
    this.#statements.clear();
    attempt(() => this.#native.close());
  }

  /** SQLite undoes the whole transaction by itself after some errors (disk full): then nothing is left to undo. */
  #undo(level: number): void {
    this.#quietly(level === 0 ? 'ROLLBACK' : `ROLLBACK TO level${level}; RELEASE level${level}`);
  }

  /** Runs what may fail without harm: what led here is reported, not this. */
  #quietly(sql: string): void {
    try {
      this.#native.exec(sql);
    } catch {
      // Nothing depends on it.
    }
  }

  /** libsql goes on answering after close, node:sqlite throws an error of its own: here both are `closed`. */
  #guard<Result>(call: () => Result): Result {
    if (this.#closed) throw new DatabaseError('closed', 'no further calls');
    return attempt(call);
  }

  #statement(native: NativeStatement): Statement {
    return {
      run: (...parameters) => {
        const { changes, lastInsertRowid } = this.#guard(() => native.run(parameters.map(toNative)));
        return { changes: Number(changes), lastId: Number(lastInsertRowid) };
      },
      get: <Shape>(...parameters: SqlParameter[]) => {
        const row = this.#guard(() => native.get(parameters.map(toNative)));
        return row === undefined || row === null ? undefined : (plainRow(row) as Shape);
      },
      all: <Shape>(...parameters: SqlParameter[]) =>
        this.#guard(() => native.all(parameters.map(toNative))).map((row) => plainRow(row) as Shape),
    };
  }
}

const attempt = <Result>(call: () => Result): Result => {
  try {
    return call();
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOSPC') throw new DatabaseError('full', String(error), error);
    if ((error as { syscall?: unknown }).syscall === 'open') throw new DatabaseError('io', String(error), error);
    throw databaseError(error);
  }
};

/**
 * Both drivers bind every number as REAL, hence BigInt for whole ones. libsql aborts the process on
 * a boolean and cuts a text at NUL; both change unpaired surrogates: those texts are refused.
 */
const toNative = (value: SqlParameter): NativeValue => {
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && unstorable.test(value)) {
    throw new DatabaseError('misuse', 'a text with NUL or an unpaired surrogate cannot be stored');
  }
  return value;
};

const unstorable = /\0|\p{Surrogate}/u;

/**
 * node:sqlite gives rows without prototype; libsql adds `_metadata` to a single row, and gives blobs
 * as Buffer there and as ArrayBuffer in lists.
 */
const plainRow = (row: object): Row => {
  const plain: Row = {};
  for (const [name, value] of Object.entries(row)) {
    if (name !== '_metadata') plain[name] = isBlob(value) ? plainBytes(value) : (value as SqlValue);
  }
  return plain;
};

const isBlob = (value: unknown): value is Uint8Array | ArrayBuffer => typeof value === 'object' && value !== null;

const plainBytes = (blob: Uint8Array | ArrayBuffer): Uint8Array =>
  ArrayBuffer.isView(blob) ? new Uint8Array(blob.buffer, blob.byteOffset, blob.byteLength) : new Uint8Array(blob);
