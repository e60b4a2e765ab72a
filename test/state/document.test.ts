import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadPartnership } from '../../src/devices/partnership.ts';
import { packDocument, requireForm, unpackDocument } from '../../src/state/document.ts';
import { partnershipPartition } from '../../src/state/partitions.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';

describe('stored documents', () => {
  test('give back JSON and bytes', () => {
    const json = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(json, fc.array(fc.uint8Array({ maxLength: 50 })), (value, blobs) => {
        expect(unpackDocument(packDocument(value, blobs))).toEqual({ json: value, blobs });
      }),
    );
  });

  test('begin with the length of the JSON, little-endian', () => {
    expect([...packDocument({}, [new Uint8Array([7])])]).toEqual([2, 0, 0, 0, 0x7b, 0x7d, 1, 0, 0, 0, 7]);
  });

  test('that are cut off or empty are refused', () => {
    const whole = packDocument({ a: 1 }, [new Uint8Array(3)]);
    for (let length = 0; length < whole.length; length++) {
      if (length === whole.length - 7) continue; // The JSON alone is a whole document.
      expect(() => unpackDocument(whole.subarray(0, length))).toThrow(RangeError);
    }
  });

  test('of a newer form are refused in words', async () => {
    expect(() => requireForm('thing', 2, 1)).toThrow('The stored thing has form 2, this release reads 1');
    requireForm('thing', 1, 1);
    const state = openSqliteState(':memory:');
    const value = packDocument({ v: 2, partnership: { deviceId: 'phone' } });
    await state.commit(partnershipPartition('anna', 'phone'), [{ name: 'partnership', value }]);
    await expect(loadPartnership(state, 'anna', 'phone')).rejects.toThrow('partnership has form 2');
    await state.close();
  });
});
