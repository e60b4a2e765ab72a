import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SyncKeys } from '../../src/sync/sync-key.ts';

const keys = new SyncKeys(new Uint8Array(32).fill(1));
const scope = ['partnership/anna/device', '5'] as const;
const number = fc.integer({ min: 1, max: 36 ** 9 - 1 });

describe('SyncKeys', () => {
  test('come back as they were made, within 64 characters ([MS-ASCMD] 2.2.3.181.4)', () => {
    fc.assert(
      fc.property(number, number, (chain, generation) => {
        const text = keys.format(scope, { chain, generation });
        expect(text.length).toBeLessThanOrEqual(64);
        expect(keys.parse(scope, text)).toEqual({ chain, generation });
      }),
    );
  });

  test('hold for their partnership and collection alone', () => {
    const text = keys.format(scope, { chain: 7, generation: 2 });
    expect(keys.parse(['partnership/anna/other', '5'], text)).toBeUndefined();
    expect(keys.parse(['partnership/anna/device', '6'], text)).toBeUndefined();
    expect(keys.parse(['partnership/anna/device5', ''], text)).toBeUndefined();
    expect(new SyncKeys(new Uint8Array(32).fill(2)).parse(scope, text)).toBeUndefined();
  });

  test('cannot be changed in any character', () => {
    const text = keys.format(scope, { chain: 1_790_000_000, generation: 42 });
    for (let i = 0; i < text.length; i++) {
      const other = text[i] === 'a' ? 'b' : 'a';
      expect(keys.parse(scope, text.slice(0, i) + other + text.slice(i + 1))).toBeUndefined();
    }
  });

  test.each(['', '0', '1', '{guid}1', 'a.b', 'a.b.c.d', `1.1.${'A'.repeat(17)}`, 'é.1.AAAAAAAAAAAAAAAA'])(
    '%j is none',
    (text) => {
      expect(keys.parse(scope, text)).toBeUndefined();
    },
  );

  test('need a secret worth the name', () => {
    expect(() => new SyncKeys(new Uint8Array(16))).toThrow(RangeError);
  });
});
