import { describe, expect, test } from '@jest/globals';
import type { MailSearch, SearchHit } from '../../backends/contract/search.ts';
import { type SearchJob, searchPage } from '../../src/search/mail-search.ts';
import { MaxHits, ResultMemory } from '../../src/search/result-memory.ts';
import { searchedFolders } from '../../src/search/scope.ts';

const folder = (collectionId: string, parentId = '0', type = 12, itemClass: 'Email' | 'Contacts' = 'Email') => ({
  collectionId,
  parentId,
  name: collectionId,
  type,
  folder: `f${collectionId}`,
  itemClass,
});

const [one, two] = [folder('1'), folder('2')];
const hit = (n: number): SearchHit => ({ folder: n % 2 === 0 ? 'f1' : 'f2', id: `7.${n}`, at: 10_000 - n });

/** A store of numbered mails that counts how often it was searched. */
class Mails implements MailSearch {
  searches = 0;
  hits: readonly SearchHit[];
  readonly gone = new Set<string>();

  constructor(count: number) {
    this.hits = Array.from({ length: count }, (_, n) => hit(n));
  }

  async search() {
    this.searches++;
    return { hits: this.hits, complete: true };
  }
}

const job = (mails: Mails, more: Partial<SearchJob<string>> = {}): SearchJob<string> => ({
  search: mails,
  memory: new ResultMemory(),
  partition: 'anna/phone',
  name: 'Search',
  query: { terms: [{ field: 'any', text: 'x' }] },
  folders: [one, two],
  range: { first: 0, last: 9 },
  rebuild: false,
  now: () => 0,
  signal: new AbortController().signal,
  read: async (_, hits) => hits.map(({ id }) => (mails.gone.has(id) ? undefined : { result: id, bytes: 100 })),
  ...more,
});

const ids = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, i) => `7.${first + i}`);

describe('a page of results', () => {
  test('has what was asked for, in the order of the result, and tells how many there are', async () => {
    const mails = new Mails(55);
    expect(await searchPage(job(mails, { range: { first: 5, last: 44 } }))).toEqual({
      results: ids(5, 44),
      range: { first: 5, last: 44 },
      total: 55,
      complete: true,
    });
    expect(await searchPage(job(mails, { range: { first: 50, last: 99 } }))).toMatchObject({
      results: ids(50, 54),
      range: { first: 50, last: 54 },
    });
    expect(await searchPage(job(mails, { range: { first: 55, last: 99 } }))).toMatchObject({
      results: [],
      range: undefined,
      total: 55,
    });
  });

  test('fits to the page before, whatever came meanwhile, until it is asked to begin anew (MS-ASCMD_R3749, MS-ASCMD_R3755)', async () => {
    const mails = new Mails(30);
    const memory = new ResultMemory();
    await searchPage(job(mails, { memory }));
    mails.hits = [hit(100), ...mails.hits];
    expect((await searchPage(job(mails, { memory, range: { first: 10, last: 19 } })))?.results).toEqual(ids(10, 19));
    expect(mails.searches).toBe(1);
    const rebuilt = await searchPage(job(mails, { memory, rebuild: true }));
    expect([rebuilt?.results[0], rebuilt?.total]).toEqual(['7.100', 31]);
  });

  test('is of the search and the device that ask for it (MS-ASCMD_R5427)', async () => {
    const mails = new Mails(3);
    const memory = new ResultMemory();
    await searchPage(job(mails, { memory }));
    await searchPage(job(mails, { memory, query: { terms: [{ field: 'any', text: 'y' }] } }));
    await searchPage(job(mails, { memory, query: { terms: [{ field: 'any', text: 'y' }] }, folders: [one] }));
    await searchPage(job(mails, { memory, partition: 'ben/phone' }));
    await searchPage(job(mails, { memory, partition: 'ben/phone' }));
    expect(mails.searches).toBe(4);
  });

  test('is found anew once the result was forgotten; what may only go on has none then', async () => {
    const mails = new Mails(3);
    const memory = new ResultMemory();
    expect(await searchPage(job(mails, { memory, resumesOnly: true }))).toBeUndefined();
    await searchPage(job(mails, { memory }));
    expect(await searchPage(job(mails, { memory, resumesOnly: true }))).toMatchObject({ total: 3 });
    const later = () => 5 * 60_000;
    expect(await searchPage(job(mails, { memory, resumesOnly: true, now: later }))).toBeUndefined();
    await searchPage(job(mails, { memory, now: later }));
    expect(mails.searches).toBe(2);
  });

  test('results of two hundred devices are kept at most', async () => {
    const mails = new Mails(1);
    const memory = new ResultMemory();
    for (let n = 0; n < 201; n++) await searchPage(job(mails, { memory, partition: `p${n}` }));
    await searchPage(job(mails, { memory, partition: 'p200' }));
    expect(mails.searches).toBe(201);
    await searchPage(job(mails, { memory, partition: 'p0' }));
    expect(mails.searches).toBe(202);
  });

  test('a mail that was removed leaves its place to the next one (MS-ASCMD_R3757)', async () => {
    const mails = new Mails(40);
    const memory = new ResultMemory();
    await searchPage(job(mails, { memory }));
    for (const id of ids(3, 12)) mails.gone.add(id);
    const page = await searchPage(job(mails, { memory }));
    expect(page).toMatchObject({ results: [...ids(0, 2), ...ids(13, 19)], range: { first: 0, last: 9 }, total: 30 });
    const next = await searchPage(job(mails, { memory, range: { first: 10, last: 12 } }));
    expect(next?.results).toEqual(ids(20, 22));
    for (const { id } of mails.hits) mails.gone.add(id);
    expect(await searchPage(job(mails, { memory }))).toMatchObject({ results: [], range: undefined, total: 0 });
  });

  test('ends with 4 MB, and after 22 seconds, but is never empty for that', async () => {
    const large = async (_: unknown, hits: readonly SearchHit[]) =>
      hits.map(({ id }) => ({ result: id, bytes: 3_000_000 }));
    expect(await searchPage(job(new Mails(40), { read: large }))).toMatchObject({
      results: ['7.0'],
      range: { first: 0, last: 0 },
      total: 40,
    });
    let time = 0;
    const slow = async (_: unknown, hits: readonly SearchHit[]) => {
      time += 15_000;
      return hits.map(({ id }) => ({ result: id, bytes: 1 }));
    };
    const page = await searchPage(job(new Mails(90), { read: slow, now: () => time, range: { first: 0, last: 89 } }));
    expect(page).toMatchObject({ results: ids(0, 19), range: { first: 0, last: 19 }, total: 90 });
  });

  test('the store is asked for a thousand mails within fifteen seconds', async () => {
    const asked: unknown[] = [];
    const search: MailSearch = {
      search: async (_, reach) => {
        asked.push(reach);
        return { hits: [], complete: false };
      },
    };
    const page = await searchPage({ ...job(new Mails(0)), search });
    expect(page).toMatchObject({ complete: false, total: 0 });
    expect(asked).toEqual([{ folders: ['f1', 'f2'], limit: MaxHits, budget: 15_000 }]);
  });
});

describe('the folders that are searched', () => {
  const [inbox, trash, below, deeper] = [folder('1', '0', 2), folder('2', '0', 4), folder('3', '1'), folder('4', '3')];
  const state = {
    chain: 1,
    generation: 1,
    previous: undefined,
    nextId: 9,
    current: [trash, inbox, below, deeper, folder('5', '0', 9, 'Contacts')],
  };
  const names = (ids: readonly string[], deep = false) =>
    searchedFolders(state, ids, deep)?.map(({ collectionId }) => collectionId);

  test('are all of mail where none is named, or the whole mailbox is: the Inbox first, the Trash last', () => {
    expect(names([])).toEqual(['1', '3', '4', '2']);
    expect(names(['0'])).toEqual(['1', '3', '4', '2']);
  });

  test('are those named, with all below them only for DeepTraversal (MS-ASCMD_R2146, MS-ASCMD_R5856)', () => {
    expect(names(['1'])).toEqual(['1']);
    expect(names(['1'], true)).toEqual(['1', '3', '4']);
    expect(names(['3', '2'], true)).toEqual(['3', '4', '2']);
  });

  test('one that is no mail folder has no mail; an unknown one is a mistake', () => {
    expect(names(['5'])).toEqual([]);
    expect(names(['77'])).toBeUndefined();
    expect(searchedFolders(undefined, [], false)).toBeUndefined();
  });
});
