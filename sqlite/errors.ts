/** What kind of failure a database reported. */
export type DatabaseErrorCode =
  /** The disk, the quota or the page limit is used up; the transaction was undone. */
  | 'full'
  /** The file is damaged or no database. */
  | 'corrupt'
  /** Another process holds the file for longer than the busy timeout. */
  | 'busy'
  /** A UNIQUE, NOT NULL, FOREIGN KEY or CHECK rule was broken. */
  | 'constraint'
  /** The file or its folder cannot be opened, read or written. */
  | 'io'
  /** The database was closed. */
  | 'closed'
  /** Anything else: wrong SQL, wrong parameters, a schema of another release. */
  | 'misuse';

/** A failure of the database, by code; `cause` is the driver's own error. */
export class DatabaseError extends Error {
  readonly code: DatabaseErrorCode;

  constructor(code: DatabaseErrorCode, message: string, cause?: unknown) {
    super(`${meanings[code]}: ${message}`, { cause });
    this.name = 'DatabaseError';
    this.code = code;
  }
}

const meanings: Record<DatabaseErrorCode, string> = {
  full: 'No space is left for the database',
  corrupt: 'The database file is damaged or no database; restore a backup',
  busy: 'Another process holds the database',
  constraint: 'The database refused a row',
  io: 'The database file cannot be read or written',
  closed: 'The database is closed',
  misuse: 'The database was used wrongly',
};

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html) that have a meaning of their own here. */
const primaryCodes: Readonly<Record<number, DatabaseErrorCode>> = {
  3: 'io', // SQLITE_PERM
  5: 'busy', // SQLITE_BUSY
  6: 'busy', // SQLITE_LOCKED
  8: 'io', // SQLITE_READONLY
  10: 'io', // SQLITE_IOERR
  11: 'corrupt', // SQLITE_CORRUPT
  13: 'full', // SQLITE_FULL
  14: 'io', // SQLITE_CANTOPEN
  19: 'constraint', // SQLITE_CONSTRAINT
  26: 'corrupt', // SQLITE_NOTADB
};

/** The typed error for what a driver threw: libsql tells the code as `rawCode`, node:sqlite as `errcode`. */
export const databaseError = (thrown: unknown): DatabaseError => {
  if (thrown instanceof DatabaseError) return thrown;
  const { rawCode, errcode, message } = Object(thrown) as { rawCode?: number; errcode?: number; message?: string };
  const primary = (errcode ?? rawCode ?? 0) & 0xff;
  return new DatabaseError(primaryCodes[primary] ?? 'misuse', message ?? String(thrown), thrown);
};
