import { expect, test } from '@jest/globals';
import { LocalSettings } from '../../../backends/local/backend.ts';
import { migrations } from '../../../backends/local/schema.ts';
import { openDatabase } from '../../../sqlite/database.ts';
import { migrate } from '../../../sqlite/migrate.ts';

const plans = (): string[] => {
  const database = openDatabase(':memory:');
  migrate(database, migrations);
  const plan = (sql: string): string =>
    database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all<{ detail: string }>(...(sql.match(/\?/g) ?? []).map(() => 1))
      .map(({ detail }) => detail)
      .join('; ');
  const found = [
    plan('SELECT received, uid FROM messages WHERE folder = ? AND received >= ? ORDER BY received, uid LIMIT 5000'),
    plan(`SELECT modseq, uid, revision, received FROM messages
      WHERE folder = ? AND modseq >= ? AND modseq <= ? AND (modseq > ? OR uid > ?) ORDER BY modseq, uid LIMIT 5000`),
    plan('SELECT modseq, uid FROM removals WHERE folder = ? AND modseq >= ? ORDER BY modseq, uid LIMIT 5000'),
    plan('SELECT id FROM messages WHERE folder = ? AND uid = ?'),
    plan('SELECT bytes FROM chunks WHERE content = ? AND number = ?'),
  ];
  database.close();
  return found;
};

test('the look-ups are all served by an index, in its order', () => {
  for (const plan of plans()) {
    expect(plan).toMatch(/^SEARCH \w+ USING .*INDEX/);
    expect(plan).not.toMatch(/SCAN|TEMP B-TREE/);
  }
});

test('settings have defaults, and no unknown keys', () => {
  expect(LocalSettings.parse({})).toEqual({
    file: 'mail.db',
    maxMessageSize: 67_108_864,
    keptRemovals: 50_000,
    passwordCost: 15,
    timeZone: 'UTC',
  });
  expect(() => LocalSettings.parse({ fiel: 'x' })).toThrow(/fiel/);
});
