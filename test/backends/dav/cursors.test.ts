import { describe, expect, test } from '@jest/globals';
import { isBackendError } from '../../../backends/contract/errors.ts';
import { positionOf } from '../../../backends/dav/collections.ts';
import { positionIn, readCursor, Seen, SeenLimit, stateOf, writeCursor } from '../../../backends/dav/cursors.ts';

const objects = new Map([
  ['a', '"1"'],
  ['b', '"2"'],
]);

const codeOf = (cursor: string): string | undefined => {
  try {
    readCursor(cursor);
    return undefined;
  } catch (error) {
    return isBackendError(error) ? error.code : 'other';
  }
};

describe('cursors', () => {
  test('hold the sync-token, however it is written', () => {
    const state = stateOf({ by: 'token', value: 'http://example.org/ns/sync/12?a=b&c "ü"' }, objects);
    expect(readCursor(writeCursor(state))).toEqual(state);
  });

  test('without one hold what the objects looked like', () => {
    const state = readCursor(writeCursor(stateOf({ by: 'ctag', value: 'c1' }, objects)));
    if (state.by !== 'etags') throw new Error('it is a comparison');
    expect([...objects].map(([id, etag]) => state.seen.has(id, etag))).toEqual([true, true]);
    expect([state.seen.has('a', '"2"'), state.seen.has('c', '"1"')]).toEqual([false, false]);
  });

  test('do not depend on the order of a listing', () => {
    const turned = new Map([...objects].reverse());
    expect(Seen.of(turned).encode()).toBe(Seen.of(objects).encode());
  });

  test('of no objects at all', () => {
    const state = stateOf({ by: 'etags' }, new Map());
    expect(readCursor(writeCursor(state))).toEqual(state);
  });

  test('of five thousand objects have 33 kB', () => {
    const many = new Map(Array.from({ length: 5_000 }, (_, i) => [`id${i}`, `"${i}"`]));
    expect(writeCursor(stateOf({ by: 'etags' }, many)).length).toBeLessThan(34_000);
  });

  test('of more objects than SeenLimit are refused, so that they are listed', () => {
    const many = (count: number) => new Map(Array.from({ length: count }, (_, i) => [`id${i}`, '"1"']));
    expect(codeOf(writeCursor(stateOf({ by: 'etags' }, many(SeenLimit))))).toBeUndefined();
    expect(codeOf(writeCursor(stateOf({ by: 'etags' }, many(SeenLimit + 1))))).toBe('cursorRefused');
  });

  test.each([[''], ['t'], ['l'], ['e'], ['x1'], ['ec.a'], ['e!.AAAA'], ['ec']])('%p is none', (cursor) => {
    expect(codeOf(cursor)).toBe('cursorRefused');
  });

  test('positions are those that the marks tell', () => {
    for (const mark of [
      { by: 'token', value: 't'.repeat(500) },
      { by: 'ctag', value: 'c' },
    ] as const) {
      expect(positionIn(stateOf(mark, objects))).toBe(positionOf(mark));
      expect(positionOf(mark)).toHaveLength(22);
    }
    const without = positionIn(stateOf({ by: 'etags' }, objects));
    expect(without).not.toBe(positionIn(stateOf({ by: 'etags' }, new Map([...objects, ['c', '"3"']]))));
  });
});
