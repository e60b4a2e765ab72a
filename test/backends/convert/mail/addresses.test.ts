import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  displayNames,
  formatAddresses,
  MaxAddressListLength,
  parseAddresses,
} from '../../../../backends/convert/mail/addresses.ts';
import { timeOf } from './support.ts';

describe('address lists', () => {
  test.each<[string, [name: string, address: string][]]>([
    ['anna@example.org', [['', 'anna@example.org']]],
    ['<anna@example.org>', [['', 'anna@example.org']]],
    ['Anna Ek <anna@example.org>', [['Anna Ek', 'anna@example.org']]],
    ['"Ek, Anna" <anna@example.org>', [['Ek, Anna', 'anna@example.org']]],
    ['"Anna \\"A\\" Ek" <anna@example.org>', [['Anna "A" Ek', 'anna@example.org']]],
    [
      '=?utf-8?q?J=C3=BCrgen?= <j@x.org>, b@x.org',
      [
        ['Jürgen', 'j@x.org'],
        ['', 'b@x.org'],
      ],
    ],
    ['"=?utf-8?q?J=C3=BCrgen?=" <j@x.org>', [['Jürgen', 'j@x.org']]],
    // The comma of a name that stands in an encoded word divides nothing.
    ['=?utf-8?q?Ek=2C_Anna?= <a@x.org>', [['Ek, Anna', 'a@x.org']]],
    ['anna@example.org (Anna Ek)', [['Anna Ek', 'anna@example.org']]],
    [
      'Team: a@x.org, B <b@x.org>; c@x.org',
      [
        ['', 'a@x.org'],
        ['B', 'b@x.org'],
        ['', 'c@x.org'],
      ],
    ],
    ['undisclosed-recipients:;', []],
    [
      'a@x.org; b@x.org',
      [
        ['', 'a@x.org'],
        ['', 'b@x.org'],
      ],
    ],
    ['<@relay,@other:anna@example.org>', [['', 'anna@example.org']]],
    ['"anna ek"@example.org', [['', '"anna ek"@example.org']]],
    ['Anna Ek anna@example.org', [['Anna Ek', 'anna@example.org']]],
    ['Anna <anna@example.org', [['Anna', 'anna@example.org']]],
    ['Anna "Ek <anna@example.org>', [['Anna Ek', 'anna@example.org']]],
    ["'Anna' <anna@example.org>", [['Anna', 'anna@example.org']]],
    ['MAILER-DAEMON', [['MAILER-DAEMON', '']]],
    [
      'a@x.org,, ,b@x.org',
      [
        ['', 'a@x.org'],
        ['', 'b@x.org'],
      ],
    ],
    ['Anna (x (y) z) <a@x.org>', [['Anna', 'a@x.org']]],
    ['< anna @ example.org >', [['', 'anna@example.org']]],
    ['', []],
    [' \t ', []],
  ])('%s', (text, addresses) => {
    expect(parseAddresses(text).map(({ name, address }) => [name, address])).toEqual(addresses);
  });

  test('MS-ASEMAIL_R786 MS-ASEMAIL_R787 MS-ASEMAIL_R330 MS-ASEMAIL_R331 addresses are divided by commas', () => {
    expect(formatAddresses(parseAddresses('Anna <a@x.org>, b@x.org'))).toBe('"Anna" <a@x.org>, b@x.org');
  });

  test('a name is quoted, and so are the quotes and backslashes in it', () => {
    expect(formatAddresses([{ name: 'A "B" \\ C', address: 'a@x.org' }])).toBe('"A \\"B\\" \\\\ C" <a@x.org>');
  });

  test('MS-ASEMAIL_R477 MS-ASEMAIL_R788 a list is at most 32,768 characters, and of whole addresses', () => {
    const list = Array.from({ length: 5_000 }, (_, i) => ({ name: `Person ${i}`, address: `person${i}@example.org` }));
    const text = formatAddresses(list) as string;
    expect(text.length).toBeLessThanOrEqual(MaxAddressListLength);
    expect(text.length).toBeGreaterThan(MaxAddressListLength - 100);
    expect(text).toMatch(/@example\.org>$/);
  });

  test('MS-ASEMAIL_R399 MS-ASEMAIL_R400 display names are divided by semi-colons', () => {
    expect(displayNames(parseAddresses('Anna; "B; C" <b@x.org>, d@x.org'))).toBe('Anna; B, C; d@x.org');
  });

  test('no list, no element', () => {
    expect([formatAddresses([]), displayNames([])]).toEqual([undefined, undefined]);
  });

  test('what is formatted is read back', () => {
    const Name = fc.stringMatching(/^[A-Za-z"\\,;<>@():]{1,20}$/).filter((name) => !/^'.*'$/.test(name));
    const Mailbox = fc.record({ name: Name, address: fc.stringMatching(/^[a-z]{1,8}@[a-z]{1,8}\.org$/) });
    fc.assert(
      fc.property(fc.array(Mailbox, { minLength: 1, maxLength: 5 }), (list) => {
        expect(parseAddresses(formatAddresses(list))).toEqual(list);
      }),
    );
  });

  test('nothing crashes it, and no result holds a line end', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab@.,;:<>()"\\ \r\n=?') }), (text) => {
        expect(formatAddresses(parseAddresses(text)) ?? '').not.toMatch(/[\r\n]/);
      }),
    );
  });

  test('hostile lists take linear time', () => {
    for (const piece of ['"', '\\"', '<', '(', '("', ',', 'a@b ', ':', '"a', '<"', ' ', "'"]) {
      expect(timeOf(() => parseAddresses(piece.repeat(60_000)), 500)).toBeLessThan(500);
    }
  });
});
