import type { Database } from './database.ts';
import { DatabaseError } from './errors.ts';

/** One step of a schema. A release adds at most one, so that one step down is one release down. */
export interface Migration {
  /** Counts from 1 without gaps. */
  readonly version: number;
  /** SQL that makes this version out of the one before. */
  readonly up: string;
  /** SQL that makes the version before out of this one, losing only what that one cannot hold. */
  readonly down: string;
}

/**
 * Brings a database to the last of `migrations`, all or nothing. Each step leaves its `down` in the
 * database: the release before this one, which cannot know that step, finds there how to undo it.
 *
 * @throws DatabaseError `misuse` when the database is more than one step ahead.
 */
export const migrate = (database: Database, migrations: readonly Migration[]): void => {
  const target = migrations.length;
  if (currentVersion(database) === target) return;
  database.transaction(() => {
    database.exec('CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, down TEXT NOT NULL)');
    const current = currentVersion(database);
    if (current > target) stepDown(database, current, target);
    else for (const migration of migrations.slice(current)) stepUp(database, migration);
    database.exec(`PRAGMA user_version = ${target}`);
  });
};

/** The version that a database is at; 0: empty. */
export const currentVersion = (database: Database): number =>
  database.prepare('PRAGMA user_version').get<{ user_version: number }>()?.user_version ?? 0;

const stepUp = (database: Database, migration: Migration): void => {
  database.exec(migration.up);
  database.prepare('INSERT INTO schema_versions (version, down) VALUES (?, ?)').run(migration.version, migration.down);
};

const stepDown = (database: Database, current: number, target: number): void => {
  const step = database.prepare('SELECT down FROM schema_versions WHERE version = ?').get<{ down: string }>(current);
  if (current !== target + 1 || step === undefined) {
    throw new DatabaseError(
      'misuse',
      `its schema has version ${current}, this release knows ${target} and can step down only once; ` +
        'start the release that wrote it, or restore a backup',
    );
  }
  database.exec(step.down);
  database.prepare('DELETE FROM schema_versions WHERE version = ?').run(current);
};
