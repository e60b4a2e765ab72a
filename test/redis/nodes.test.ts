import { expect, test } from '@jest/globals';
import { slotOf } from '../../src/redis/nodes.ts';

/** Of the documentation of CLUSTER KEYSLOT and of the Cluster specification; 12739 is CRC-16/XMODEM's check value. */
test.each([
  ['123456789', 12_739],
  ['somekey', 11_058],
  ['foo{hash_tag}', 2515],
  ['bar{hash_tag}', 2515],
  ['', 0],
])('the slot of %s', (key, slot) => {
  expect(slotOf(key)).toBe(slot);
});

test('only the first pair of braces counts, and only with something between', () => {
  expect(slotOf('{user1000}.following')).toBe(slotOf('user1000'));
  expect(slotOf('foo{}{bar}')).not.toBe(slotOf('bar'));
  expect(slotOf('foo{{bar}}zap')).toBe(slotOf('{bar'));
  expect(slotOf('foo{bar}{zap}')).toBe(slotOf('bar'));
});
