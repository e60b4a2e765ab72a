import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import type { Database } from './database.ts';

/**
 * Writes a consistent copy of a database in use to `file` (mode 0600), replacing one that is there
 * only once the new one is complete and on the disk.
 *
 * @throws DatabaseError `full` or `io`; what was at `file` is then untouched.
 */
export const backup = (database: Database, file: string): void => {
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  try {
    database.prepare('VACUUM INTO ?').run(partial);
    chmodSync(partial, 0o600);
    flush(partial);
    renameSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
};

const flush = (file: string): void => {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};
