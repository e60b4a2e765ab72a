import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IdSet, splitId } from '../../../backends/contract/id-set.ts';

const prefix = fc.constantFrom('7', '8', 'a.b', '', 'ü\n');
const numberedId = fc.tuple(prefix, fc.nat(40)).map(([name, number]) => `${name}.${number}`);
const largeId = fc
  .tuple(prefix, fc.constantFrom(127, 128, 16_384, 4_294_967_295, 999_999_999_999_999))
  .map(([name, number]) => `${name}.${number}`);
const name = fc.oneof(
  fc.constantFrom('', 'x', '.', '1', '7.', '7.01', '7.-1', '7.1e3', '7.1000000000000000', '\ufeffmark', '__proto__'),
  fc.string({ unit: 'binary', maxLength: 5 }),
);
const id = fc.oneof({ weight: 4, arbitrary: numberedId }, largeId, name);
const ids = fc.array(id, { maxLength: 60 });

const sorted = (values: Iterable<string>): string[] => [...values].sort();

/** What a set holds, and that its forms agree with each other. */
const expectSet = (set: IdSet, model: ReadonlySet<string>): void => {
  expect(sorted(set)).toEqual(sorted(model));
  expect(set.size).toBe(model.size);
  expect(set.isEmpty).toBe(model.size === 0);
  for (const prefix of set.prefixes()) expectRuns(set.runs(prefix));
};

/** Runs ascend, are not empty, and do not touch. */
const expectRuns = (runs: readonly number[]): void => {
  expect(runs.length % 2).toBe(0);
  expect(runs.length).toBeGreaterThan(0);
  for (let i = 0; i < runs.length; i += 2) {
    expect(runs[i + 1]).toBeGreaterThanOrEqual(runs[i] as number);
    if (i > 0) expect(runs[i]).toBeGreaterThan((runs[i - 1] as number) + 1);
  }
};

describe('against a plain set', () => {
  test('of, has, size, iteration', () => {
    fc.assert(
      fc.property(ids, ids, (members, others) => {
        const [set, model] = [IdSet.of(members), new Set(members)];
        expectSet(set, model);
        for (const one of [...members, ...others]) expect(set.has(one)).toBe(model.has(one));
      }),
    );
  });

  const operations: [string, (a: IdSet, b: IdSet) => IdSet, (inA: boolean, inB: boolean) => boolean][] = [
    ['union', (a, b) => a.union(b), (inA, inB) => inA || inB],
    ['minus', (a, b) => a.minus(b), (inA, inB) => inA && !inB],
    ['intersect', (a, b) => a.intersect(b), (inA, inB) => inA && inB],
    ['xor', (a, b) => a.xor(b), (inA, inB) => inA !== inB],
  ];

  test.each(operations)('%s', (_, combine, keep) => {
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        const [inA, inB] = [new Set(a), new Set(b)];
        const model = new Set([...a, ...b].filter((one) => keep(inA.has(one), inB.has(one))));
        const [left, right] = [IdSet.of(a), IdSet.of(b)];
        expectSet(combine(left, right), model);
        expectSet(left, inA);
        expectSet(right, inB);
      }),
    );
  });

  test('equals, and xor is its own inverse', () => {
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        const [left, right] = [IdSet.of(a), IdSet.of(b)];
        expect(left.equals(right)).toBe(JSON.stringify(sorted(new Set(a))) === JSON.stringify(sorted(new Set(b))));
        expect(left.equals(IdSet.of([...a].reverse()))).toBe(true);
        expect(left.xor(left.xor(right)).equals(right)).toBe(true);
      }),
    );
  });

  test('encode and decode', () => {
    fc.assert(
      fc.property(ids, (members) => {
        const set = IdSet.of(members);
        const again = IdSet.decode(set.encode());
        expectSet(again, new Set(members));
        expect(again.equals(set)).toBe(true);
        expect([...again]).toEqual([...set]);
      }),
    );
  });

  test('newest is the beginning of newestFirst', () => {
    fc.assert(
      fc.property(ids, fc.integer({ min: -2, max: 70 }), (members, count) => {
        const set = IdSet.of(members);
        expect(set.newest(count)).toEqual([...set.newestFirst()].slice(0, Math.max(0, count)));
      }),
    );
  });

  test('newestFirst descends within a prefix, names come last', () => {
    fc.assert(
      fc.property(ids, (members) => {
        const listed = [...IdSet.of(members).newestFirst()].map(splitId);
        const names = listed.indexOf(undefined);
        expect(names < 0 || listed.slice(names).every((one) => one === undefined)).toBe(true);
        listed.forEach((one, i) => {
          const next = listed[i + 1];
          if (one !== undefined && next?.prefix === one.prefix) expect(next.number).toBeLessThan(one.number);
        });
      }),
    );
  });

  test('numbers and runs under a prefix', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60)), (numbers) => {
        const model = [...new Set(numbers)].sort((a, b) => a - b);
        const set = IdSet.numbered('7', numbers);
        expect([...set.numbers('7')]).toEqual(model);
        expect(set.equals(IdSet.of(numbers.map((number) => `7.${number}`)))).toBe(true);
        const fromRuns: number[] = [];
        const runs = set.runs('7');
        for (let i = 0; i < runs.length; i += 2) {
          for (let n = runs[i] as number; n <= (runs[i + 1] as number); n++) fromRuns.push(n);
        }
        expect(fromRuns).toEqual(model);
        expect([...set.numbers('8')]).toEqual([]);
        expect(set.runs('8')).toEqual([]);
      }),
    );
  });
});

describe('by hand', () => {
  test('runs join where they touch', () => {
    expect(IdSet.numbered('7', [5, 1, 2, 3, 9, 8, 3]).runs('7')).toEqual([1, 3, 5, 5, 8, 9]);
    expect(
      IdSet.run('7', 1, 4)
        .union(IdSet.run('7', 5, 9))
        .runs('7'),
    ).toEqual([1, 9]);
    expect(
      IdSet.run('7', 1, 9)
        .minus(IdSet.run('7', 4, 5))
        .runs('7'),
    ).toEqual([1, 3, 6, 9]);
    expect(
      IdSet.run('7', 1, 5)
        .xor(IdSet.run('7', 3, 9))
        .runs('7'),
    ).toEqual([1, 2, 6, 9]);
    expect(IdSet.run('7', 0, 0).has('7.0')).toBe(true);
  });

  test('an empty run, an empty list and an empty difference are the empty set', () => {
    expect(IdSet.run('7', 5, 4).isEmpty).toBe(true);
    expect(IdSet.numbered('7', []).prefixes()).toEqual([]);
    const difference = IdSet.run('7', 1, 5).minus(IdSet.run('7', 0, 9));
    expect([difference.isEmpty, difference.prefixes(), difference.size]).toEqual([true, [], 0]);
    expect(IdSet.empty.equals(difference)).toBe(true);
  });

  test('a given list is left as it was', () => {
    const numbers = [3, 1, 2];
    IdSet.numbered('7', numbers);
    expect(numbers).toEqual([3, 1, 2]);
  });

  test('prefixes tell the epochs', () => {
    expect(IdSet.of(['7.1', '9.1', '7.2', 'x']).prefixes().sort()).toEqual(['7', '9']);
  });

  test.each([
    ['7.1', { prefix: '7', number: 1 }],
    ['a.b.12', { prefix: 'a.b', number: 12 }],
    ['.0', { prefix: '', number: 0 }],
    ['a\nb.3', { prefix: 'a\nb', number: 3 }],
    ['7.999999999999999', { prefix: '7', number: 999_999_999_999_999 }],
  ])('%j is a numbered id', (text, expected) => {
    expect(splitId(text)).toEqual(expected);
  });

  test.each(['7', '', '7.', '7.01', '7.1000000000000000', '7.1 ', '7.-1', '7.1\n'])('%j is a name', (text) => {
    expect(splitId(text)).toBeUndefined();
  });
});

describe('size and cost', () => {
  test('a mailbox in one run takes a few bytes', () => {
    expect(IdSet.run('1700000000', 1, 1_000_000).encode().length).toBeLessThan(20);
  });

  test('holes cost about two bytes each', () => {
    const holes = Array.from({ length: 1000 }, (_, i) => 50 * i + 25);
    const set = IdSet.run('7', 1, 50_000).minus(IdSet.numbered('7', holes));
    expect(set.encode().length).toBeLessThan(2.1 * 1001 + 10);
    expect(IdSet.decode(set.encode()).equals(set)).toBe(true);
  });

  test('operations on whole mailboxes count runs, not ids', () => {
    const all = IdSet.run('7', 1, 999_999_999_999_999);
    const rest = all.minus(IdSet.run('7', 10, 20));
    expect(rest.runs('7')).toEqual([1, 9, 21, 999_999_999_999_999]);
    expect(rest.size).toBe(999_999_999_999_999 - 11);
    expect(rest.newest(2)).toEqual(['7.999999999999999', '7.999999999999998']);
  });

  test('large numbers survive the encoding', () => {
    const numbers = [0, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 999_999_999_999_999];
    const set = IdSet.numbered('7', numbers);
    expect([...IdSet.decode(set.encode()).numbers('7')]).toEqual(numbers);
  });
});

describe('decode of damaged bytes', () => {
  const whole = IdSet.of(['7.1', '7.2', '7.300', '8.5', 'name']).encode();

  test('every cut is noticed', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(() => IdSet.decode(whole.subarray(0, length))).toThrow(RangeError);
    }
  });

  test('bytes behind the end are noticed', () => {
    expect(() => IdSet.decode(Uint8Array.from([...whole, 0]))).toThrow(RangeError);
  });

  test.each([
    ['a number too large', [1, 1, 0x37, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 0]],
    ['a number of endless zeros', [...new Array(300).fill(0x80), 0]],
    ['a prefix twice', [2, 1, 0x37, 1, 1, 0, 1, 0x37, 1, 5, 0, 0]],
    ['a prefix without runs', [1, 1, 0x37, 0, 0]],
    ['runs that touch', [1, 1, 0x37, 2, 1, 3, 1, 0, 0]],
  ])('%s is noticed', (_, bytes) => {
    expect(() => IdSet.decode(Uint8Array.from(bytes))).toThrow(RangeError);
  });

  test('any bytes give a set that keeps its rules, or a RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        let set: IdSet;
        try {
          set = IdSet.decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        for (const prefix of set.prefixes()) expectRuns(set.runs(prefix));
        expect(IdSet.decode(set.encode()).equals(set)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
