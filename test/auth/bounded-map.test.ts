import { expect, test } from '@jest/globals';
import { BoundedMap } from '../../src/auth/bounded-map.ts';

test('keeps what was used last', () => {
  const map = new BoundedMap<number>(3);
  for (const [index, key] of ['a', 'b', 'c'].entries()) map.set(key, index);
  expect(map.get('a')).toBe(0);
  map.set('d', 3);
  expect(['a', 'b', 'c', 'd'].map((key) => map.get(key))).toEqual([0, undefined, 2, 3]);
  expect(map.size).toBe(3);
});

test('a value set again takes no second place', () => {
  const map = new BoundedMap<number>(2);
  for (const value of [1, 2, 3]) map.set('a', value);
  map.set('b', 1);
  expect([map.size, map.get('a'), map.delete('a'), map.delete('a'), map.get('a')]).toEqual([
    2,
    3,
    true,
    false,
    undefined,
  ]);
});
