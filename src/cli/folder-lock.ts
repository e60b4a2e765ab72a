import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../sqlite/database.ts';
import { DatabaseError } from '../../sqlite/errors.ts';
import { CliFailure } from './failure.ts';

/** Milliseconds that a server which is just leaving gets. */
const Patience = 500;

/**
 * Keeps a data folder for this process: two servers on one would not hear of each other's changes.
 * The lock is one of the operating system, so it goes with the process however that ends.
 *
 * @returns gives the folder free
 */
export const lockFolder = (folder: string): (() => void) => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new CliFailure(
      `The data folder ${folder} cannot be made (${(error as Error).message}). Give this user the right to, or name ` +
        'another one with POSTRIDER_DATA.',
    );
  }
  const database = openDatabase(join(folder, 'lock.db'), { busyTimeout: Patience });
  try {
    database.exec('BEGIN IMMEDIATE');
  } catch (error) {
    database.close();
    if (!(error instanceof DatabaseError) || error.code !== 'busy') throw error;
    throw new CliFailure(
      `Another Postrider runs on the data folder ${folder}. Stop it first, or give this one a folder of its own with ` +
        'POSTRIDER_DATA.',
    );
  }
  return () => database.close();
};
