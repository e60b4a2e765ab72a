import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { epochOf, expandRuns, parseRuns, runsOf, sequenceSets, uidsOf } from '../../../backends/imap/sequence.ts';

const uids = fc.uniqueArray(fc.integer({ min: 1, max: 5_000 }), { maxLength: 400 });

describe('sequence sets', () => {
  test('are written as ranges', () => {
    expect(sequenceSets([5, 3, 4, 9, 1])).toEqual(['1,3:5,9']);
    expect(sequenceSets([])).toEqual([]);
  });

  test('give the same numbers back, however long the list', () => {
    fc.assert(
      fc.property(uids, (numbers) => {
        const read = sequenceSets(numbers).flatMap((set) => expandRuns(parseRuns(set)));
        expect(read).toEqual([...numbers].sort((a, b) => a - b));
      }),
    );
  });

  test('stay short enough for one command line', () => {
    const odd = Array.from({ length: 20_000 }, (_, i) => 2 * i + 1);
    const sets = sequenceSets(odd);
    expect(Math.max(...sets.map((set) => set.length))).toBeLessThanOrEqual(6_000);
    expect(sets.flatMap((set) => expandRuns(parseRuns(set)))).toEqual(odd);
  });

  test('join numbers that touch or repeat', () => {
    expect(runsOf([1, 2, 2, 3, 7, 8])).toEqual([1, 3, 7, 8]);
  });

  test.each([['1:2:3'], ['a'], ['1,'], ['*'], ['1:*'], [''], ['-1'], ['1 2'], ['99999999999']])(
    '%j is none',
    (text) => {
      expect(() => parseRuns(text)).toThrow(RangeError);
    },
  );

  test('of a server that names two thousand million messages are refused, not expanded', () => {
    expect(() => expandRuns(parseRuns('1:2000000000'))).toThrow(RangeError);
    expect(() => parseRuns(Array.from({ length: 1_000_001 }, () => '1').join(','))).toThrow(RangeError);
  });

  test('may have their ends the wrong way round, as servers may send them', () => {
    expect(parseRuns('9:5')).toEqual([5, 9]);
  });
});

describe('ids', () => {
  test('hold UIDVALIDITY in base 36 and the UID', () => {
    expect(epochOf(1_795_434_156n)).toBe((1_795_434_156).toString(36));
    expect(uidsOf('a1', ['a1.5', 'a1.7'])).toEqual([5, 7]);
  });

  test('of another epoch, or none at all, name no message', () => {
    const odd = [
      'b1.5',
      'a1.05',
      'a1.0',
      'a1.-1',
      'a1.1e3',
      'a1.',
      'a1',
      '',
      'a1.5.6',
      'a1.1:*',
      'a1.*',
      'a1.99999999999',
    ];
    expect(uidsOf('a1', odd)).toEqual([]);
  });

  test('named twice are one message', () => {
    expect(uidsOf('a', ['a.3', 'a.3'])).toEqual([3]);
  });
});
