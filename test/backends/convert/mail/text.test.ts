import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cleanText, cutChars, cutHtml, cutUtf8, unflow, utf8Length } from '../../../../backends/convert/mail/text.ts';

const AnyText = fc.string({ unit: fc.constantFrom('a', 'ä', '€', '😀', '<', '>', '&', ';', ' ', '\r\n', '\0') });

describe('cutting', () => {
  test('cutUtf8 keeps whole characters, as many as fit', () => {
    expect(cutUtf8('a€b', 3)).toBe('a');
    expect(cutUtf8('a€b', 4)).toBe('a€');
    expect(cutUtf8('😀', 3)).toBe('');
    expect(cutUtf8('abc', 0)).toBe('');
    fc.assert(
      fc.property(AnyText, fc.nat(40), (text, max) => {
        const cut = cutUtf8(text, max);
        expect(text.startsWith(cut)).toBe(true);
        expect(utf8Length(cut)).toBeLessThanOrEqual(max);
        expect(cut).toBe(cleanPairs(cut));
        const next = [...text.slice(cut.length)][0];
        if (next !== undefined) expect(utf8Length(cut + next)).toBeGreaterThan(max);
      }),
    );
  });

  test('cutChars splits no pair', () => {
    expect(cutChars('a😀b', 2)).toBe('a');
    expect(cutChars('a😀b', 3)).toBe('a😀');
  });

  test.each([
    ['<p>one</p><p>two</p>', 12, '<p>one</p>'],
    ['a&amp;b', 4, 'a'],
    ['a&amp;b', 6, 'a&amp;'],
    ['x > y & z', 9, 'x > y & z'],
    ['abc', 2, 'ab'],
  ])('cutHtml leaves out what it would divide: %s at %i', (html, max, expected) => {
    expect(cutHtml(html, max)).toBe(expected);
  });

  test('cutHtml never gives more than cutUtf8', () => {
    fc.assert(
      fc.property(AnyText, fc.nat(40), (text, max) => {
        expect(cutUtf8(text, max).startsWith(cutHtml(text, max))).toBe(true);
      }),
    );
  });
});

const cleanPairs = (text: string): string => text.replace(/\p{Surrogate}/gu, '');

describe('cleaning', () => {
  test('takes out what XML 1.0 and WBXML text cannot hold, and nothing else', () => {
    expect(cleanText('a\0b\u0001c\u001fd\t\r\ne\ufffef')).toBe('abcd\t\r\nef');
    expect(cleanText('\ud800a\udc00😀')).toBe('\ufffda\ufffd😀');
  });
});

describe('format=flowed (RFC 3676)', () => {
  test.each([
    ['one \r\ntwo\r\nthree', false, 'one two\r\nthree'],
    ['one \r\ntwo', true, 'onetwo'],
    ['> a \r\n> b\r\nc', false, '> a b\r\nc'],
    ['> a \r\n>> b', false, '> a \r\n>> b'],
    [' >no quote', false, '>no quote'],
    ['text\r\n-- \r\nAnna', false, 'text\r\n-- \r\nAnna'],
    ['a \n b', false, 'a b'],
    ['', false, ''],
  ])('%j', (text, delSp, expected) => {
    expect(unflow(text, delSp)).toBe(expected);
  });
});
