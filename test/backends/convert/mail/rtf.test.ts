import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readRtf } from '../../../../backends/convert/mail/rtf.ts';
import { MaxRtfBytes, unpackRtf } from '../../../../backends/convert/mail/rtf-compression.ts';
import { latin1, timeOf } from './support.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
const unpacked = (hex: string): string => Buffer.from(unpackRtf(bytes(hex)) ?? []).toString('latin1');

describe('compressed RTF', () => {
  test('the examples of [MS-OXRTFCP] 4.1', () => {
    const simple =
      '2d000000 2b000000 4c5a4675 f1c5c7a7 03000a00 72637067 31323542 320af320 68656c09 0020 6277 05b06c64 7d0a800fa0';
    expect(unpacked(simple)).toBe('{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n');
    const overlapping = '1a000000 1c000000 4c5a4675 e2d44b51 41000420 5758595a 0d6e7d01 0eb0';
    expect(unpacked(overlapping)).toBe('{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}');
  });

  test('RTF that is stored as it is', () => {
    expect(unpacked('0f000000 03000000 4d454c41 00000000 616263 ffff')).toBe('abc');
  });

  test('what is cut off gives what came out until then, anything else nothing', () => {
    expect(unpacked('1a000000 1c000000 4c5a4675 e2d44b51 41000420 5758')).toBe('{\\rtf1 WX');
    expect(unpackRtf(bytes('0000'))).toBeUndefined();
    expect(unpackRtf(bytes('1a000000 1c000000 00000000 00000000 00'))).toBeUndefined();
  });

  test('a size that lies is bounded', () => {
    const lying = Buffer.concat([bytes('ffffffff ffffffff 4c5a4675 00000000'), Buffer.alloc(2_000_000, 0x0f)]);
    expect(unpackRtf(lying)?.length).toBeLessThanOrEqual(MaxRtfBytes);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (rest) => {
        const all = Buffer.concat([bytes('ffffffff 00100000 4c5a4675 00000000'), rest]);
        expect(unpackRtf(all)?.length).toBeLessThanOrEqual(4_096);
      }),
    );
  });
});

const text = (rtf: string): string => readRtf(latin1(rtf)).text;

describe('the text of RTF', () => {
  test.each([
    ['paragraphs, lines and tabs', '{\\rtf1 a\\par b\\line c\\tab d\\par}', 'a\r\nb\r\nc\td'],
    ['escapes', '{\\rtf1 \\{a\\}\\\\b\\~c\\_d}', '{a}\\b\u00a0c-d'],
    ['characters by name', '{\\rtf1 \\lquote a\\rquote  \\emdash  \\bullet}', '‘a’ — •'],
    ['bytes in the code page', "{\\rtf1\\ansi\\ansicpg1251 \\'cf\\'f0\\'e8\\'e2\\'e5\\'f2}", 'Привет'],
    ['bytes of two-byte characters', "{\\rtf1\\ansicpg932 \\'83\\'65\\'83\\'58\\'83g}", 'テスト'],
    [
      'bytes in the character set of a font',
      "{\\rtf1{\\fonttbl{\\f0\\fcharset0 A;}{\\f1\\fcharset204 B;}}\\f0\\'e4\\f1\\'e4}",
      'äд',
    ],
    [
      'Unicode with its stand-ins left out',
      "{\\rtf1\\uc1 \\u8364?x\\u-10179?\\u-8704?{\\uc2 \\u228\\'e4\\'e4y}}",
      '€x😀äy',
    ],
    ['no stand-ins', '{\\rtf1\\uc0 \\u8364x}', '€x'],
    [
      'what is no text',
      '{\\rtf1{\\fonttbl{\\f0 Arial;}}{\\colortbl;\\red0;}{\\*\\unknown x}{\\pict 0102}{\\info{\\title t}}yes}',
      'yes',
    ],
    ['pictures as bytes', '{\\rtf1 a\\bin5 }}}{\\b}', 'ab'],
    ['groups end what began in them', "{\\rtf1\\ansicpg1252{\\f1\\'e4}{\\*\\x hidden}b}", 'äb'],
    ['line ends of the file', '{\\rtf1 a\r\nb}', 'ab'],
    ['a field by its result', '{\\rtf1{\\field{\\*\\fldinst HYPERLINK "x"}{\\fldrslt shown}}}', 'shown'],
  ])('%s', (_, rtf, expected) => {
    expect(text(rtf)).toBe(expected);
  });

  test('the HTML that was wrapped into it ([MS-OXRTFEX] 2.1.3)', () => {
    const rtf =
      '{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{\\fonttbl{\\f0 Arial;}}{\\*\\htmltag18 <html>}{\\*\\htmltag34 <p class="a">}' +
      "\\htmlrtf {\\b \\htmlrtf0 caf\\'e9 {\\*\\htmltag84 &amp;}\\htmlrtf &\\htmlrtf0  b\\htmlrtf }\\htmlrtf0 " +
      '{\\*\\mhtmltag92 <x>}{\\*\\htmltag42 </p>}\\htmlrtf\\par\\htmlrtf0{\\*\\htmltag27 </html>}}';
    expect(readRtf(latin1(rtf))).toEqual({ isHtml: true, text: '<html><p class="a">café &amp; b</p></html>' });
  });

  test('anything is read, in linear time', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '\\',
      "\\'",
      '\\u',
      '\\bin',
      '-9',
      '\\htmlrtf',
      '\\fromhtml1',
      '\\*',
      '{\\*\\htmltag1 ',
      'x',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
        expect(typeof text(pieces.join(''))).toBe('string');
      }),
    );
    for (const piece of ['{', '}', '{}', "\\'e4", '\\u8364 ', '\\par ', '{\\*\\htmltag', '\\f1', 'x{\\f0 ']) {
      const rtf = latin1(piece.repeat(MaxRtfBytes / piece.length));
      expect(timeOf(() => readRtf(rtf), 3_000)).toBeLessThan(3_000);
    }
  });
});
