import { backup } from '../../sqlite/backup.ts';
import { type Database, type DatabaseOptions, openDatabase } from '../../sqlite/database.ts';
import { DatabaseError } from '../../sqlite/errors.ts';
import { type Migration, migrate } from '../../sqlite/migrate.ts';
import { type Partition, type StateStore, StateUnavailable, type StoredDocument, type Write } from './contract.ts';
import { fromKey, toKey } from './text-key.ts';

/** The steps of the schema, oldest first. */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    up: `CREATE TABLE documents (
      partition TEXT NOT NULL,
      name TEXT NOT NULL,
      revision INTEGER NOT NULL,
      value BLOB NOT NULL,
      PRIMARY KEY (partition, name)
    )`,
    down: 'DROP TABLE documents',
  },
];

/** Opens the state store in `file`, or in memory for `:memory:`. Throws StateUnavailable. */
export const openSqliteState = (file: string, options: DatabaseOptions = {}): SqliteState =>
  guard(() => {
    const database = openDatabase(file, options);
    try {
      migrate(database, migrations);
    } catch (error) {
      database.close();
      throw error;
    }
    return new SqliteState(database);
  });

/** How many partitions are read at a time: few enough not to hold up the event loop. */
const PartitionPage = 500;

interface DocumentRow {
  readonly name: string;
  readonly revision: number;
  readonly value: Uint8Array;
}

/** The state store on SQLite: one table of documents, one transaction a commit. */
export class SqliteState implements StateStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async load(partition: Partition, names: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>> {
    return guard(() => {
      const statement = this.#database.prepare(
        'SELECT name, revision, value FROM documents WHERE partition = ? AND name = ?',
      );
      const rows = names.map((name) => statement.get<DocumentRow>(toKey(partition), toKey(name)));
      return documentsOf(rows.filter((row) => row !== undefined));
    });
  }

  async list(partition: Partition, prefix: string): Promise<ReadonlyMap<string, StoredDocument>> {
    return guard(() => {
      const rows = this.#database
        .prepare('SELECT name, revision, value FROM documents WHERE partition = ? AND name >= ? AND name < ?')
        .all<DocumentRow>(toKey(partition), toKey(prefix), afterPrefix(prefix));
      return documentsOf(rows);
    });
  }

  async commit(partition: Partition, writes: readonly Write[]): Promise<boolean> {
    return guard(() =>
      this.#database.transaction(() => {
        const revisions = writes.map(({ name }) => this.#revision(partition, name));
        if (writes.some(({ expect }, index) => expect !== undefined && expect !== revisions[index])) return false;
        for (const [index, write] of writes.entries()) this.#write(partition, write, revisions[index] ?? 0);
        return true;
      }),
    );
  }

  async *partitions(prefix: string): AsyncIterable<Partition> {
    let [from, comparison] = [toKey(prefix), '>='];
    for (;;) {
      const page = guard(() =>
        this.#database
          .prepare(`SELECT DISTINCT partition FROM documents
            WHERE partition ${comparison} ? AND partition < ? ORDER BY partition LIMIT ${PartitionPage}`)
          .all<{ partition: string }>(from, afterPrefix(prefix)),
      );
      for (const { partition } of page) yield fromKey(partition);
      const last = page.at(-1);
      if (last === undefined || page.length < PartitionPage) return;
      [from, comparison] = [last.partition, '>'];
    }
  }

  async drop(partition: Partition): Promise<void> {
    guard(() => this.#database.prepare('DELETE FROM documents WHERE partition = ?').run(toKey(partition)));
  }

  /** Writes a consistent copy of the store in use to `file`. Throws StateUnavailable. */
  async backup(file: string): Promise<void> {
    guard(() => backup(this.#database, file));
  }

  async close(): Promise<void> {
    guard(() => this.#database.close());
  }

  #revision(partition: Partition, name: string): number {
    const row = this.#database
      .prepare('SELECT revision FROM documents WHERE partition = ? AND name = ?')
      .get<{ revision: number }>(toKey(partition), toKey(name));
    return row?.revision ?? 0;
  }

  #write(partition: Partition, { name, value }: Write, revision: number): void {
    if (value === null) {
      this.#database
        .prepare('DELETE FROM documents WHERE partition = ? AND name = ?')
        .run(toKey(partition), toKey(name));
      return;
    }
    this.#database
      .prepare('INSERT OR REPLACE INTO documents (partition, name, revision, value) VALUES (?, ?, ?, ?)')
      .run(toKey(partition), toKey(name), revision + 1, value);
  }
}

/** What the database refuses or cannot do becomes StateUnavailable; anything else is a bug and stays itself. */
const guard = <Result>(call: () => Result): Result => {
  try {
    return call();
  } catch (error) {
    throw error instanceof DatabaseError ? new StateUnavailable(error) : error;
  }
};

const documentsOf = (rows: readonly DocumentRow[]): ReadonlyMap<string, StoredDocument> =>
  new Map(rows.map(({ name, revision, value }) => [fromKey(name), { value, revision }]));

/** Greater than every stored text that begins with `prefix`: U+10FFFF itself is never stored. */
const afterPrefix = (prefix: string): string => `${toKey(prefix)}\u{10ffff}`;
