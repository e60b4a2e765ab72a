import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { StateStore } from '../../src/state/contract.ts';
import { agreeOnFormat, CurrentFormat } from '../../src/state/format.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { exportLines, importLines, isEmptyStore, verifyExport } from '../../src/state/transfer.ts';

const stores: StateStore[] = [];
const open = (): StateStore => {
  const store = openSqliteState(':memory:');
  stores.push(store);
  return store;
};

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});

type Documents = Readonly<Record<string, Readonly<Record<string, string>>>>;

const fill = async (store: StateStore, documents: Documents): Promise<void> => {
  for (const [partition, named] of Object.entries(documents))
    await store.commit(
      partition,
      Object.entries(named).map(([name, text]) => ({ name, value: Buffer.from(text) })),
    );
};

const contentOf = async (store: StateStore): Promise<Documents> => {
  const all: Record<string, Record<string, string>> = {};
  for await (const partition of store.partitions('')) {
    const named = [...(await store.list(partition, ''))].filter(([name]) => name !== 'state-format');
    if (named.length > 0)
      all[partition] = Object.fromEntries(named.map(([name, { value }]) => [name, Buffer.from(value).toString()]));
  }
  return all;
};

const exported = async (store: StateStore): Promise<string[]> => {
  const lines: string[] = [];
  for await (const line of exportLines(store)) lines.push(line);
  return lines;
};

async function* stream(lines: readonly string[]): AsyncIterable<string> {
  yield* lines;
}

const sample: Documents = {
  server: { 'sync-key-secret': 'secret' },
  'partnership/anna/phone': { 'collection/1': 'one', 'collection/2': '', ping: 'ü' },
  'account/anna': { 'follow-up/5': 'later' },
};

describe('export and import', () => {
  let store: StateStore;
  let lines: string[];

  beforeEach(async () => {
    store = open();
    await agreeOnFormat(store);
    await fill(store, sample);
    lines = await exported(store);
  });

  test('carry every document over, whatever its names and bytes', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 8 });
    const odd = fc.constantFrom('\u2028', '\r', '\n', '\0', '\ud800', '"', '__x', '😀');
    const word = fc.oneof(text, odd);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(word, word, fc.uint8Array({ maxLength: 40 }))), async (documents) => {
        const [from, to] = [open(), open()];
        for (const [partition, name, value] of documents) await from.commit(partition, [{ name, value }]);
        const all = await exported(from);
        for (const line of all) expect(line).toMatch(/^[\x20-\x7e]+$/);
        await verifyExport(stream(all));
        await importLines(to, stream(all));
        for (const [partition, name] of documents) {
          const [was, is] = [await from.load(partition, [name]), await to.load(partition, [name])];
          expect(is.get(name)?.value).toEqual(was.get(name)?.value);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('the file says what it is, how much, and its digest', () => {
    expect(JSON.parse(lines[0] ?? '')).toEqual({ 'postrider-state': 1, ...CurrentFormat });
    expect(lines).toContain('["partnership/anna/phone","collection/1","b25l"]');
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ documents: 5, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test('replace what the store held', async () => {
    const to = open();
    await fill(to, { server: { 'sync-key-secret': 'other', more: 'x' }, 'partnership/ben/phone': { ping: 'x' } });
    await importLines(to, stream(lines));
    expect(await contentOf(to)).toEqual(sample);
    await agreeOnFormat(to);
  });

  test('a store is empty while only a server has noted something there', async () => {
    const to = open();
    expect(await isEmptyStore(to)).toBe(true);
    await agreeOnFormat(to);
    await fill(to, { server: { 'sync-key-secret': 'x' } });
    expect(await isEmptyStore(to)).toBe(true);
    await fill(to, { 'account/anna': { a: 'x' } });
    expect(await isEmptyStore(to)).toBe(false);
  });

  test('a partition larger than a commit is carried over in several', async () => {
    const [from, to] = [open(), open()];
    const big = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`d${i}`, `${i}`.repeat(1_500_000)]));
    await fill(from, { big });
    await importLines(to, stream(await exported(from)));
    expect(await contentOf(to)).toEqual({ big });
  });

  test('an import that was broken off leaves a store that no server starts on', async () => {
    const to = open();
    const broken = async function* (): AsyncIterable<string> {
      yield* lines.slice(0, 3);
      throw new Error('pulled out');
    };
    await expect(importLines(to, broken())).rejects.toThrow('pulled out');
    await expect(agreeOnFormat(to)).rejects.toThrow('broken off');
    await importLines(to, stream(lines));
    await agreeOnFormat(to);
    expect(await contentOf(to)).toEqual(sample);
  });

  test('a file truncated after any line, or with any line changed, is refused', async () => {
    expect(await verifyExport(stream(lines))).toBe(5);
    for (let length = 0; length < lines.length; length++)
      await expect(verifyExport(stream(lines.slice(0, length)))).rejects.toThrow(
        /no whole export.*Nothing was written/,
      );
    for (const [index, line] of lines.entries()) {
      const changed = lines.with(
        index,
        line.replace(/[A-Za-z](?=[^A-Za-z]*$)/, (c) => (c === 'x' ? 'y' : 'x')),
      );
      await expect(verifyExport(stream(changed))).rejects.toThrow();
      await expect(verifyExport(stream(lines.toSpliced(index, 1)))).rejects.toThrow();
      await expect(verifyExport(stream(lines.toSpliced(index, 0, line)))).rejects.toThrow();
    }
    await expect(verifyExport(stream([...lines, '']))).rejects.toThrow();
  });

  test('a file of a newer release, or of something else, is refused in words', async () => {
    const header = (value: object) => stream(lines.with(0, JSON.stringify(value)));
    await expect(verifyExport(header({ 'postrider-state': 2 }))).rejects.toThrow(/version 2, this release reads 1/);
    const newer = { 'postrider-state': 1, format: 9, readableFrom: 8 };
    await expect(verifyExport(header(newer))).rejects.toThrow(/written by a newer release \(format 9/);
    await expect(verifyExport(stream(['Dear all,', 'x', 'y']))).rejects.toThrow(/line 1 cannot be read/);
    await expect(verifyExport(stream(['[]', '[]', '{}']))).rejects.toThrow(/first line says nothing of Postrider/);
  });
});
