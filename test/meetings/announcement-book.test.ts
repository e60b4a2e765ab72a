import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { AnnouncementBook, MaxRemembered, type OpenAnnouncement } from '../../src/meetings/announcement-book.ts';
import type { StateStore } from '../../src/state/contract.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';

const Partition = 'partnership/anna/phone';
let state: StateStore;
let book: AnnouncementBook;

beforeEach(() => {
  state = openSqliteState(':memory:');
  book = new AnnouncementBook(state, Partition);
});

afterEach(() => state.close());

const change = (id: string, at: number, length = 1): OpenAnnouncement => ({
  folder: 'calendar',
  id,
  before: 'x'.repeat(length),
  at,
});

const kept = async (): Promise<string[]> => (await book.of('calendar')).map(({ id }) => id);

test('what is open is remembered by folder until it was told of; then nothing is stored any more', async () => {
  await book.open([change('a', 1), { ...change('b', 2), folder: 'other' }]);
  expect(await kept()).toEqual(['a']);
  await book.close([change('a', 1)]);
  expect(await kept()).toEqual([]);
  await book.close([{ ...change('b', 2), folder: 'other' }]);
  expect((await state.list(Partition, '')).size).toBe(0);
});

test('a hundred changes are remembered, the oldest go first', async () => {
  await book.open(Array.from({ length: 103 }, (_, i) => change(`e${i}`, i)));
  const ids = await kept();
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([100, 'e3', 'e102']);
});

test('large events: the newest that there is room for; one that is too large for itself takes no room', async () => {
  const third = Math.floor(MaxRemembered / 3);
  await book.open([change('a', 1, third), change('b', 2, third), change('c', 3, third)]);
  expect(await kept()).toEqual(['a', 'b', 'c']);
  await book.open([change('d', 4, third), change('huge', 5, MaxRemembered + 1), change('small', 0, 2)]);
  expect(await kept()).toEqual(['b', 'c', 'd']);
});

test('nothing but what does not fit: nothing is stored', async () => {
  await book.open([change('huge', 1, MaxRemembered + 1)]);
  expect((await state.list(Partition, '')).size).toBe(0);
});
