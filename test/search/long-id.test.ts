import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { longIdOf, parseLongId } from '../../src/search/long-id.ts';
import { parseServerId, serverIdOf } from '../../src/sync/server-id.ts';

const Reference = fc.record({
  collectionId: fc.stringMatching(/^[0-9]{1,9}$/),
  itemId: fc.stringMatching(/^[A-Za-z0-9._-]{1,40}$/),
});

test('a LongId names what it was made of, and is neither a ServerId nor longer than a phone takes', () => {
  fc.assert(
    fc.property(Reference, (reference) => {
      const longId = longIdOf(reference);
      expect(parseLongId(longId)).toEqual(reference);
      expect(longId.length).toBeLessThanOrEqual(256);
      expect(longId).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(parseServerId(longId)).toBeUndefined();
      expect(parseLongId(serverIdOf(reference.collectionId, reference.itemId))).toBeUndefined();
    }),
  );
});

test('one item has one LongId: whatever else is written is none', () => {
  const longId = longIdOf({ collectionId: '5', itemId: '1.2' });
  for (const other of [
    '',
    'M',
    longId.slice(1),
    `${longId}A`,
    `${longId}=`,
    longId.toLowerCase(),
    `M${longId}`,
    'M////',
  ]) {
    expect(parseLongId(other)).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      const reference = parseLongId(text);
      if (reference !== undefined) expect(longIdOf(reference)).toBe(text);
    }),
  );
});
