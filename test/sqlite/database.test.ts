import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { backup } from '../../sqlite/backup.ts';
import { type Database, openDatabase } from '../../sqlite/database.ts';
import { availableDrivers, openNative } from '../../sqlite/drivers.ts';
import { DatabaseError, type DatabaseErrorCode } from '../../sqlite/errors.ts';
import { currentVersion, type Migration, migrate } from '../../sqlite/migrate.ts';

let folder = '';
let files = 0;
const freshFile = (): string => join(folder, `${files++}.db`);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postrider-sqlite-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const codeOf = (call: () => unknown): DatabaseErrorCode | undefined => {
  try {
    call();
    return undefined;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return error.code;
  }
};

test('libsql works on every Node, node:sqlite where Node has it, and is then preferred', () => {
  const hasOwn = process.getBuiltinModule?.('node:sqlite') !== undefined;
  expect(availableDrivers()).toEqual(hasOwn ? ['node', 'libsql'] : ['libsql']);
  if (!hasOwn) expect(() => openNative(':memory:', 'node')).toThrow('No SQLite driver node');
});

describe.each(availableDrivers())('values by %s', (driver) => {
  let database: Database;
  beforeEach(() => {
    database = openDatabase(':memory:', { driver });
    database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v)');
  });

  const through = (value: Parameters<ReturnType<Database['prepare']>['run']>[0]): unknown => {
    const { lastId } = database.prepare('INSERT INTO t (v) VALUES (?)').run(value);
    const one = database.prepare('SELECT v FROM t WHERE id = ?').get<{ v: unknown }>(lastId);
    const all = database.prepare('SELECT v FROM t WHERE id = ?').all<{ v: unknown }>(lastId);
    expect(all).toEqual([one]);
    return one?.v;
  };

  test.each([
    ['null', null],
    ['zero', 0],
    ['a whole number', 42],
    ['a negative number', -7],
    ['beyond 32 bits', 1_764_000_000_000],
    ['the largest whole number', Number.MAX_SAFE_INTEGER],
    ['a fraction', 1.5],
    ['an empty text', ''],
    ['a text', "it's “ü” 😀"],
    ['no bytes', new Uint8Array(0)],
    ['bytes', Uint8Array.of(0, 1, 255)],
    ['a view into a larger array', Uint8Array.of(9, 1, 2, 9).subarray(1, 3)],
  ])('%s comes back as it went in', (_, value) => {
    const back = through(value);
    expect(back).toStrictEqual(value instanceof Uint8Array ? Uint8Array.from(value) : value);
  });

  test('whole numbers are stored as INTEGER, not as REAL', () => {
    expect(database.prepare('SELECT typeof(?) AS type').get(5)).toStrictEqual({ type: 'integer' });
  });

  test('a boolean is 0 or 1, and undefined is NULL', () => {
    expect([through(true), through(false), through(undefined)]).toEqual([1, 0, null]);
  });

  test.each([['a\0b'], ['a\ud800'], ['\udc00b']])('a text that cannot be stored is refused: %j', (text) => {
    expect(codeOf(() => through(text))).toBe('misuse');
  });

  test('one parameter alone may be NULL or bytes, in every call', () => {
    for (const value of [null, Uint8Array.of(1, 2), new Uint8Array(0)]) {
      expect(database.prepare('SELECT ? AS v').get(value)).toStrictEqual({ v: value });
      expect(database.prepare('SELECT ? AS v').all(value)).toStrictEqual([{ v: value }]);
    }
  });

  test('a statement used again takes the new values, whatever it was used for before', () => {
    const statement = database.prepare('SELECT ? AS v');
    const uses = {
      get: (value: number) => statement.get(value),
      all: (value: number) => statement.all(value)[0],
      run: (value: number) => [statement.run(value), { v: value }][1],
    };
    let value = 0;
    for (const first of Object.values(uses)) {
      for (const second of Object.values(uses)) {
        for (const use of [first, second]) expect(use(++value)).toEqual({ v: value });
      }
    }
  });

  test('a list of any length is whole', () => {
    for (let count = 1; count <= 301; count++) {
      database.prepare('INSERT INTO t (v) VALUES (?)').run(count);
      if (count % 50 < 2) expect(database.prepare('SELECT v FROM t WHERE v > ?').all(0)).toHaveLength(count);
    }
  });

  test('rows are plain objects with the columns alone', () => {
    expect(database.prepare('SELECT 1 AS a, ? AS b').get('x')).toStrictEqual({ a: 1, b: 'x' });
    expect(database.prepare('SELECT 1 AS a, ? AS b').all('x')).toStrictEqual([{ a: 1, b: 'x' }]);
    expect(database.prepare('SELECT 1 AS a WHERE 0').get()).toBeUndefined();
    expect(database.prepare('SELECT 1 AS a WHERE 0').all()).toEqual([]);
  });

  test('run tells the rows changed and the last id', () => {
    expect(database.prepare('INSERT INTO t (v) VALUES (1), (2)').run()).toEqual({ changes: 2, lastId: 2 });
    expect(database.prepare('UPDATE t SET v = 3').run().changes).toBe(2);
    expect(database.prepare('DELETE FROM t WHERE id = 99').run().changes).toBe(0);
  });
});

describe.each(availableDrivers())('transactions by %s', (driver) => {
  let database: Database;
  const insert = (value: number): unknown => database.prepare('INSERT INTO t (v) VALUES (?)').run(value);
  const stored = (): unknown[] =>
    database
      .prepare('SELECT v FROM t ORDER BY v')
      .all<{ v: number }>()
      .map(({ v }) => v);
  const failure = new Error('stop');
  const fail = (): never => {
    throw failure;
  };

  beforeEach(() => {
    database = openDatabase(freshFile(), { driver });
    database.exec('CREATE TABLE t (v INTEGER UNIQUE, blob BLOB)');
  });

  test('commit what was done and give the result', () => {
    expect(database.transaction(() => [insert(1), database.inTransaction][1])).toBe(true);
    expect([stored(), database.inTransaction]).toEqual([[1], false]);
  });

  test('undo everything when the work throws, with the very error', () => {
    expect(() => database.transaction(() => [insert(1), fail()])).toThrow(failure);
    expect([stored(), database.inTransaction]).toEqual([[], false]);
    database.transaction(() => insert(2));
    expect(stored()).toEqual([2]);
  });

  test('inside another fail alone', () => {
    database.transaction(() => {
      insert(1);
      expect(() => database.transaction(() => [insert(2), fail()])).toThrow(failure);
      database.transaction(() => insert(3));
    });
    expect(stored()).toEqual([1, 3]);
  });

  test('cannot wait for a promise', () => {
    const waiting = (): unknown => database.transaction(async () => insert(1));
    expect(codeOf(waiting)).toBe('misuse');
    expect(stored()).toEqual([]);
  });

  test('leave no reading open: another connection writes, and it is seen', () => {
    const file = freshFile();
    const [one, two] = [openDatabase(file, { driver }), openDatabase(file, { driver })];
    one.exec('CREATE TABLE n (v)');
    const count = (): unknown => one.prepare('SELECT count(*) AS n FROM n').get<{ n: number }>()?.n;
    two.exec('INSERT INTO n VALUES (1), (2)');
    expect([count(), one.prepare('SELECT v FROM n').get()]).toEqual([2, { v: 1 }]);
    two.exec('INSERT INTO n VALUES (3)');
    expect(count()).toBe(3);
    one.close();
    two.close();
  });

  test('a write that another process holds up is busy after the timeout', () => {
    const file = freshFile();
    const [one, two] = [openDatabase(file, { driver }), openDatabase(file, { driver, busyTimeout: 20 })];
    one.exec('CREATE TABLE n (v)');
    one.transaction(() => {
      expect(codeOf(() => two.transaction(() => undefined))).toBe('busy');
    });
    expect(codeOf(() => two.transaction(() => undefined))).toBeUndefined();
    one.close();
    two.close();
  });

  test('without space are full, changed nothing, and small ones go on', () => {
    insert(1);
    const pages = database.prepare('PRAGMA page_count').get<{ page_count: number }>()?.page_count ?? 0;
    database.exec(`PRAGMA max_page_count = ${pages + 5}`);
    const fill = (): unknown =>
      database.transaction(() => {
        insert(2);
        database.prepare('UPDATE t SET blob = ?').run(new Uint8Array(100_000));
      });
    expect(codeOf(fill)).toBe('full');
    expect(stored()).toEqual([1]);
    database.transaction(() => insert(3));
    expect(stored()).toEqual([1, 3]);
  });

  test('a broken rule is a constraint error', () => {
    insert(1);
    expect(codeOf(() => insert(1))).toBe('constraint');
  });
});

describe.each(availableDrivers())('files by %s', (driver) => {
  test('are made for their owner alone', () => {
    const file = freshFile();
    openDatabase(file, { driver }).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('keep FULL synchronisation unless told otherwise', () => {
    const level = (options: { synchronous?: 'NORMAL' }): unknown => {
      const database = openDatabase(freshFile(), { driver, ...options });
      const row = database.prepare('PRAGMA synchronous').get();
      database.close();
      return row;
    };
    expect([level({}), level({ synchronous: 'NORMAL' })]).toEqual([{ synchronous: 2 }, { synchronous: 1 }]);
  });

  test('that cannot be opened are an io error', () => {
    expect(codeOf(() => openDatabase(join(folder, 'missing', 'x.db'), { driver }))).toBe('io');
    expect(codeOf(() => openDatabase(folder, { driver }))).toBe('io');
  });

  test('that are damaged are a corrupt error', () => {
    const [noDatabase, torn] = [freshFile(), freshFile()];
    writeFileSync(noDatabase, 'no database '.repeat(500));
    expect(codeOf(() => openDatabase(noDatabase, { driver }))).toBe('corrupt');
    const database = openDatabase(torn, { driver });
    database.exec('CREATE TABLE t (v)');
    database.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(50_000));
    database.close();
    const bytes = readFileSync(torn);
    writeFileSync(torn, bytes.fill(0xa5, 4096, 8192));
    const damaged = openDatabase(torn, { driver });
    expect(codeOf(() => damaged.prepare('SELECT v FROM t').all())).toBe('corrupt');
    damaged.close();
  });

  test('once closed answer nothing but a closed error; closing again is harmless', () => {
    const database = openDatabase(freshFile(), { driver });
    const statement = database.prepare('SELECT 1 AS one');
    expect(statement.get()).toEqual({ one: 1 });
    database.close();
    database.close();
    expect(codeOf(() => statement.get())).toBe('closed');
    expect(codeOf(() => statement.all())).toBe('closed');
    expect(codeOf(() => database.exec('SELECT 1'))).toBe('closed');
    expect(codeOf(() => database.prepare('SELECT 2'))).toBe('closed');
  });

  test('wrong SQL is misuse, and names what is wrong', () => {
    const database = openDatabase(':memory:', { driver });
    expect(codeOf(() => database.prepare('SELEC 1'))).toBe('misuse');
    expect(() => database.prepare('SELEC 1')).toThrow(/SELEC/);
  });

  test('are backed up whole; a failed backup leaves the older one', () => {
    const [database, copy] = [openDatabase(freshFile(), { driver }), freshFile()];
    database.exec('CREATE TABLE t (v); INSERT INTO t VALUES (1)');
    backup(database, copy);
    database.transaction(() => {
      // Inside a transaction SQLite refuses to copy.
      expect(codeOf(() => backup(database, copy))).toBe('misuse');
    });
    const restored = openDatabase(copy, { driver });
    expect(restored.prepare('SELECT v FROM t').all()).toEqual([{ v: 1 }]);
    restored.close();
  });
});

describe('migrations', () => {
  const steps: readonly Migration[] = [
    { version: 1, up: 'CREATE TABLE a (v)', down: 'DROP TABLE a' },
    { version: 2, up: 'ALTER TABLE a ADD COLUMN w', down: 'ALTER TABLE a DROP COLUMN w' },
    { version: 3, up: 'CREATE TABLE b (v)', down: 'DROP TABLE b' },
  ];
  const columns = (database: Database, table: string): unknown[] =>
    database
      .prepare(`PRAGMA table_info(${table})`)
      .all<{ name: string }>()
      .map(({ name }) => name);

  test('go up step by step from any version, and run once', () => {
    const database = openDatabase(':memory:');
    for (let release = 1; release <= 3; release++) {
      migrate(database, steps.slice(0, release));
      migrate(database, steps.slice(0, release));
      expect(currentVersion(database)).toBe(release);
    }
    expect([columns(database, 'a'), columns(database, 'b')]).toEqual([['v', 'w'], ['v']]);
  });

  test('an older release steps down once by what the newer one left, and up again', () => {
    const database = openDatabase(':memory:');
    migrate(database, steps.slice(0, 2));
    database.exec('INSERT INTO a (v, w) VALUES (1, 2)');
    migrate(database, steps.slice(0, 1));
    expect([currentVersion(database), columns(database, 'a')]).toEqual([1, ['v']]);
    migrate(database, steps);
    expect(database.prepare('SELECT * FROM a').all()).toEqual([{ v: 1, w: null }]);
  });

  test('two releases down are refused and change nothing', () => {
    const database = openDatabase(':memory:');
    migrate(database, steps);
    expect(codeOf(() => migrate(database, steps.slice(0, 1)))).toBe('misuse');
    expect([currentVersion(database), columns(database, 'b')]).toEqual([3, ['v']]);
  });

  test('a step that fails changes nothing', () => {
    const database = openDatabase(':memory:');
    const broken = [...steps, { version: 4, up: 'CREATE TABLE c (v); CREATE TABLE a (v)', down: '' }];
    expect(codeOf(() => migrate(database, broken))).toBe('misuse');
    expect([currentVersion(database), columns(database, 'a')]).toEqual([0, []]);
  });
});
