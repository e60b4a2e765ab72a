import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { base64ToBytes, bytesToBase64 } from '../../../protocol/wbxml/base64.ts';
import { blankControls, decodeUtf8, encodeUtf8, legalUtf8 } from '../../../protocol/wbxml/utf8.ts';
import { hex, legalText, utf8 } from './support.ts';

describe('base64', () => {
  test('agrees with the platform in both directions', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const expected = Buffer.from(bytes).toString('base64');
        expect(bytesToBase64(bytes)).toBe(expected);
        expect(base64ToBytes(expected)).toEqual(bytes);
        expect(base64ToBytes(expected.replace(/=+$/, ''))).toEqual(bytes);
      }),
    );
  });

  test.each([
    ['', ''],
    ['Zg==', 'f'],
    ['Zm8=', 'fo'],
    ['Zm9v', 'foo'],
    ['Zm9vYmFy', 'foobar'],
    [' Zm9v\r\n\tYmFy \n', 'foobar'],
    ['Zm8=\r\n', 'fo'],
    ['Zg= =', 'f'],
  ])('%j is %j (RFC 4648, section 10)', (text, expected) => {
    expect(base64ToBytes(text)).toEqual(utf8(expected));
  });

  test.each(['Z', 'Zm9vY', 'Zm9v!', 'Zm-_', 'Zg===', 'Z=g=', 'Zm9vü', '===='])('%j is none', (text) => {
    expect(base64ToBytes(text)).toBeUndefined();
  });

  test('a large value is read whole', () => {
    const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 7) % 256);
    expect(Buffer.compare(base64ToBytes(bytesToBase64(bytes)) ?? new Uint8Array(), bytes)).toBe(0);
  });
});

describe('UTF-8', () => {
  test('decoding agrees with the platform at every length and place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(5), (bytes, skip) => {
        const start = Math.min(skip, bytes.length);
        const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start));
        expect(decodeUtf8(bytes, start, bytes.length)).toBe(expected);
      }),
    );
  });

  test('legal text passes untouched', () => {
    fc.assert(
      fc.property(legalText(), (text) => {
        const bytes = utf8(text);
        expect(legalUtf8(bytes)).toBe(bytes);
        expect(decodeUtf8(encodeUtf8(text), 0, bytes.length)).toBe(text);
      }),
    );
  });

  test('everything that XML excludes is dropped, nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that XML excludes
        const expected = text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '');
        expect(encodeUtf8(text)).toEqual(utf8(expected));
      }),
    );
  });

  test.each([
    ['00 00 00', ''],
    ['41 00', '41'],
    ['EF BF BE 41 EF BF BF', '41'],
    ['EF BF', 'EF BF'],
    ['EF', 'EF'],
    ['EF BF BD', 'EF BF BD'],
  ])('%s becomes %s', (bytes, expected) => {
    expect(legalUtf8(hex(bytes))).toEqual(hex(expected));
  });

  test('blanking keeps the length and leaves the given bytes alone', () => {
    const bytes = hex('41 00 09 0A 0D 1F 7F');
    expect(blankControls(bytes)).toEqual(hex('41 20 09 0A 0D 20 7F'));
    expect(bytes[1]).toBe(0);
    const clean = utf8('clean');
    expect(blankControls(clean)).toBe(clean);
  });
});
