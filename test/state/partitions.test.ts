import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  accountPartition,
  parsePartnership,
  partnershipPartition,
  partnershipPrefix,
} from '../../src/state/partitions.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 12 });
const nasty = fc.string({
  unit: fc.constantFrom('/', '%', '{', '}', '\0', '\ud800', 'a', '0', ':', '.', ' '),
  maxLength: 6,
});
const name = fc.oneof(anyText, nasty);

describe('names of partitions', () => {
  test('are readable for ordinary accounts and devices', () => {
    expect(accountPartition('anna@example.org')).toBe('account/anna@example.org');
    expect(partnershipPartition('anna@example.org', 'ApplDX3')).toBe('partnership/anna@example.org/ApplDX3');
  });

  test('give back account and device, whatever characters they hold', () => {
    fc.assert(
      fc.property(name, name, (account, deviceId) => {
        expect(parsePartnership(partnershipPartition(account, deviceId))).toEqual({ account, deviceId });
      }),
    );
  });

  test('are different for different pairs', () => {
    fc.assert(
      fc.property(name, name, name, name, (a, b, c, d) => {
        const same = a === c && b === d;
        expect(partnershipPartition(a, b) === partnershipPartition(c, d)).toBe(same);
      }),
    );
    expect(partnershipPartition('a/b', 'c')).not.toBe(partnershipPartition('a', 'b/c'));
  });

  test('hold nothing that ends a Redis hash tag, a line or a text', () => {
    fc.assert(
      fc.property(name, name, (account, deviceId) => {
        expect(partnershipPartition(account, deviceId)).toMatch(/^[A-Za-z0-9@._%/-]*$/);
        expect(accountPartition(account)).toMatch(/^account\/[A-Za-z0-9@._%-]*$/);
      }),
    );
  });

  test('of one account begin with its prefix, those of others do not', () => {
    fc.assert(
      fc.property(name, name, name, (account, deviceId, other) => {
        expect(partnershipPartition(account, deviceId).startsWith(partnershipPrefix(account))).toBe(true);
        expect(partnershipPartition(other, deviceId).startsWith(partnershipPrefix(account))).toBe(other === account);
        expect(partnershipPartition(other, deviceId).startsWith(partnershipPrefix())).toBe(true);
      }),
    );
  });

  test('of another kind are no partnership', () => {
    expect(parsePartnership(accountPartition('anna@example.org'))).toBeUndefined();
    expect(parsePartnership('partnership/anna')).toBeUndefined();
    expect(parsePartnership('partnership/a/b/c')).toBeUndefined();
  });
});
