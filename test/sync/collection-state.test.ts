import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IdSet } from '../../backends/contract/id-set.ts';
import { type CollectionState, decodeCollection, encodeCollection, readMark } from '../../src/sync/collection-state.ts';
import { firstGeneration, type Generation } from '../../src/sync/generation.ts';
import { DefaultOptions } from '../../src/sync/options.ts';

const numbers = fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 60 });
const set = numbers.map((list) => IdSet.numbered('k3x9', list));
const generation: fc.Arbitrary<Generation> = fc
  .record({ held: set, toAdd: set, toChange: set, toDelete: set, toSoftDelete: set, number: fc.nat(1000) })
  .map((sets) => ({
    ...firstGeneration(3, 20_000),
    ...sets,
    cursor: 'c',
    position: 'p',
    shown: new Map([['k3x9.7', 'rev']]),
  }));

const stateOf = (current: Generation, previous?: Generation): CollectionState => ({
  chain: 1_790_000_000,
  folder: 'INBOX',
  options: DefaultOptions,
  current,
  previous,
  journals: { '1.1': { digest: { status: 1, serverId: '5:k3x9.7', revision: 'r' } } },
});

const plain = (generation: Generation | undefined) =>
  generation && {
    ...generation,
    shown: [...generation.shown],
    sets: [generation.held, generation.toAdd, generation.toChange, generation.toDelete, generation.toSoftDelete].map(
      (ids) => [...ids],
    ),
    held: 0,
    toAdd: 0,
    toChange: 0,
    toDelete: 0,
    toSoftDelete: 0,
  };

describe('stored collections', () => {
  test('come back as they were stored, both generations', () => {
    fc.assert(
      fc.property(generation, fc.option(generation, { nil: undefined }), (current, previous) => {
        const state = stateOf(current, previous);
        const read = decodeCollection(encodeCollection(state));
        expect(plain(read.current)).toEqual(plain(current));
        expect(plain(read.previous)).toEqual(plain(previous));
        expect({ ...read, current: 0, previous: 0 }).toEqual({ ...state, current: 0, previous: 0 });
      }),
      { numRuns: 50 },
    );
  });

  test('cost at most 4 kB and two bytes a hole, both generations together', () => {
    const holes = 40_000;
    const scattered = IdSet.numbered(
      'k3x9',
      Array.from({ length: holes }, (_, i) => 1 + i * 2),
    );
    const before: Generation = {
      ...firstGeneration(0, 20_000),
      cursor: 'cursor',
      position: 'position',
      held: scattered,
    };
    const window = IdSet.run('k3x9', 90_001, 90_100);
    const after: Generation = { ...before, number: 2, held: scattered.union(window) };
    const stored = encodeCollection(stateOf(after, { ...before, toAdd: window }));
    expect(stored.length).toBeLessThanOrEqual(4096 + 2 * holes);
    const whole = encodeCollection(stateOf({ ...after, held: IdSet.run('k3x9', 1, 1_000_000) }, before));
    expect(encodeCollection(stateOf({ ...before, held: IdSet.run('k3x9', 1, 1_000_000) })).length).toBeLessThan(1024);
    expect(whole.length).toBeGreaterThan(holes);
  });

  test('a mark is read without the sets and says the same', () => {
    fc.assert(
      fc.property(generation, (current) => {
        const pending = ![current.toAdd, current.toChange, current.toDelete, current.toSoftDelete].every(
          (ids) => ids.isEmpty,
        );
        expect(readMark(encodeCollection(stateOf(current, current)))).toEqual({
          folder: 'INBOX',
          generation: current.number,
          position: 'p',
          pending,
        });
      }),
    );
  });

  test('what is of another form is refused, not misread', () => {
    const bytes = encodeCollection(stateOf(firstGeneration(0, 0)));
    const text = new TextDecoder('latin1').decode(bytes).replace('"form":1', '"form":9');
    expect(() => decodeCollection(Buffer.from(text, 'latin1'))).toThrow('form 9');
    expect(() => decodeCollection(bytes.subarray(0, bytes.length - 1))).toThrow(RangeError);
    expect(() => decodeCollection(new Uint8Array(0))).toThrow(RangeError);
  });
});
