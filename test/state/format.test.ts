import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { StateStore } from '../../src/state/contract.ts';
import { packDocument, unpackDocument } from '../../src/state/document.ts';
import { agreeOnFormat, CurrentFormat, FormatPlace, formatWrite, type StateFormat } from '../../src/state/format.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';

let store: StateStore;

beforeEach(() => {
  store = openSqliteState(':memory:');
});
afterEach(() => store.close());

const stored = async (): Promise<unknown> => {
  const document = (await store.load(FormatPlace.partition, [FormatPlace.name])).get(FormatPlace.name);
  return document === undefined ? undefined : unpackDocument(document.value).json;
};

/** Releases as they may come: each reads what the one before wrote. */
const release = (format: number): StateFormat => ({ format, readableFrom: Math.max(1, format - 1) });

describe('the format of the state', () => {
  test('is noted in a new store, and in one from before there was a note', async () => {
    await agreeOnFormat(store);
    expect(await stored()).toEqual(CurrentFormat);
    await agreeOnFormat(store);
    expect((await store.load('server', ['state-format'])).get('state-format')?.revision).toBe(1);
  });

  test('goes up with a newer release, stays when the one before comes back, and goes on from there', async () => {
    await agreeOnFormat(store, release(1));
    await agreeOnFormat(store, release(2));
    expect(await stored()).toEqual({ format: 2, readableFrom: 1 });
    await agreeOnFormat(store, release(1));
    expect(await stored()).toEqual({ format: 2, readableFrom: 1 });
    await agreeOnFormat(store, release(2));
    await agreeOnFormat(store, release(3));
    expect(await stored()).toEqual({ format: 3, readableFrom: 2 });
  });

  test('of a release two steps ahead is refused in words, and left as it is', async () => {
    await agreeOnFormat(store, release(3));
    await expect(agreeOnFormat(store, release(1))).rejects.toThrow(
      /written by a newer release \(format 3, readable from format 2 on; this release knows format 1\)\. Start that/,
    );
    expect(await stored()).toEqual({ format: 3, readableFrom: 2 });
  });

  test('two nodes of two releases that start at once agree', async () => {
    await Promise.all([release(1), release(2), release(1), release(2)].map((ours) => agreeOnFormat(store, ours)));
    expect(await stored()).toEqual({ format: 2, readableFrom: 1 });
  });

  test('of a store that an import left half full is refused', async () => {
    await store.commit(FormatPlace.partition, [formatWrite({ ...CurrentFormat, importing: true })]);
    await expect(agreeOnFormat(store)).rejects.toThrow(/import of the state was broken off.*--replace/);
  });

  test('may carry what this release does not know', async () => {
    const value = packDocument({ format: 2, readableFrom: 1, later: 'something' });
    await store.commit(FormatPlace.partition, [{ name: FormatPlace.name, value }]);
    await agreeOnFormat(store, release(1));
    expect(await stored()).toMatchObject({ later: 'something' });
  });
});
