import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDatabase } from '../../sqlite/database.ts';
import { availableDrivers } from '../../sqlite/drivers.ts';
import { currentVersion } from '../../sqlite/migrate.ts';
import { StateUnavailable } from '../../src/state/contract.ts';
import { migrations, openSqliteState, SqliteState } from '../../src/state/sqlite.ts';
import { stateStoreContract } from '../contracts/state-store.ts';
import { openStore } from './sqlite-store.ts';

let folder = '';
let files = 0;
const freshFile = (): string => join(folder, `state-${files++}.db`);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postrider-state-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

for (const driver of availableDrivers()) {
  stateStoreContract(`SQLite by ${driver}`, {
    fresh: async () => `${driver}|${freshFile()}`,
    open: openStore,
    module: 'test/state/sqlite-store.ts',
    openFull: async (location) => {
      const database = openDatabase(location.split('|')[1] ?? '', { driver });
      const pages = database.prepare('PRAGMA page_count').get<{ page_count: number }>()?.page_count ?? 0;
      database.exec(`PRAGMA max_page_count = ${pages + 20}`);
      return new SqliteState(database);
    },
  });

  describe(`SQLite by ${driver}: the file`, () => {
    test('is readable by its owner alone', async () => {
      const file = freshFile();
      const store = openSqliteState(file, { driver });
      await store.commit('p', [{ name: 'a', value: new Uint8Array(1) }]);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
      await store.close();
    });

    test('is flushed to the disk with every commit unless told otherwise', () => {
      const database = openDatabase(freshFile(), { driver });
      const pragma = (name: string): unknown => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
      expect([pragma('synchronous'), pragma('journal_mode'), pragma('busy_timeout')]).toEqual([2, 'wal', 2000]);
      database.close();
    });

    test('a backup is a whole store, and replaces an older backup', async () => {
      const [store, copy] = [openSqliteState(freshFile(), { driver }), freshFile()];
      await store.commit('p', [{ name: 'a', value: new Uint8Array([1]) }]);
      await store.backup(copy);
      await store.commit('p', [{ name: 'a', value: new Uint8Array([2]) }]);
      await store.backup(copy);
      await store.commit('p', [{ name: 'a', value: new Uint8Array([3]) }]);
      await store.close();
      expect(statSync(copy).mode & 0o777).toBe(0o600);
      const restored = openSqliteState(copy, { driver });
      expect((await restored.load('p', ['a'])).get('a')).toEqual({ value: new Uint8Array([2]), revision: 2 });
      await restored.close();
    });

    test('a backup that cannot be written throws StateUnavailable', async () => {
      const store = openSqliteState(freshFile(), { driver });
      await expect(store.backup(join(folder, 'no such folder', 'copy.db'))).rejects.toThrow(StateUnavailable);
      await store.close();
    });

    test('that is no database throws StateUnavailable and stays as it is', () => {
      const file = freshFile();
      writeFileSync(file, 'This is a letter, and no database at all. '.repeat(100));
      expect(() => openSqliteState(file, { driver })).toThrow(StateUnavailable);
      expect(readFileSync(file, 'utf8')).toContain('This is a letter');
    });

    test('of a folder that is not there throws StateUnavailable', () => {
      expect(() => openSqliteState(join(folder, 'missing', 'state.db'), { driver })).toThrow(StateUnavailable);
    });

    test('written by a release two steps ahead is refused', () => {
      const file = freshFile();
      openSqliteState(file, { driver }).close();
      const database = openDatabase(file, { driver });
      database.exec(`PRAGMA user_version = ${migrations.length + 2}`);
      database.close();
      expect(() => openSqliteState(file, { driver })).toThrow(StateUnavailable);
    });
  });

  test(`every step of the schema goes down and up again (${driver})`, () => {
    const database = openDatabase(':memory:', { driver });
    const tables = (): unknown[] =>
      database.prepare("SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name").all();
    for (const { up, down } of migrations) {
      const before = tables();
      database.exec(up);
      const after = tables();
      database.exec(down);
      expect(tables()).toEqual(before);
      database.exec(up);
      expect(tables()).toEqual(after);
      expect(after).not.toEqual(before);
    }
    expect(currentVersion(database)).toBe(0);
    database.close();
  });
}
