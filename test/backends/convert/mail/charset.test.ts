import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesPerUtf8Byte, canonicalCharset, decodeText } from '../../../../backends/convert/mail/charset.ts';
import { latin1, utf8 } from './support.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('charsets of real mail', () => {
  // Node 20's TextDecoder('windows-1252') gives U+0093 U+0080 U+0094 for these three bytes.
  test('windows-1252 has its quotation marks and the euro sign on every Node', () => {
    expect(decodeText(bytes('938094'), 'windows-1252')).toBe('“€”');
  });

  test.each([
    ['iso-8859-1', '938094', '“€”'],
    ['latin1', 'e4f6fc', 'äöü'],
    ['us-ascii', 'e4', 'ä'],
    ['iso-8859-15', 'a4', '€'],
    ['iso-8859-2', 'b1e6', 'ąć'],
    ['koi8-r', 'f0d2c9d7c5d4', 'Привет'],
    ['windows-1251', 'cff0e8e2e5f2', 'Привет'],
    ['cp1251', 'cff0e8e2e5f2', 'Привет'],
    ['"windows-1250"', 'b9', 'ą'],
    ['iso-8859-9', 'fd', 'ı'],
    ['gb2312', 'c4e3bac3', '你好'],
    ['gbk', 'c4e3bac3', '你好'],
    ['big5', 'a741a66e', '你好'],
    ['shift_jis', '93fa967b', '日本'],
    ['euc-jp', 'c6fccbdc', '日本'],
    ['iso-2022-jp', '1b2442467c4b5c1b2842', '日本'],
    ['ks_c_5601-1987', 'b0a1', '가'],
    ['euc-kr', 'b0a1', '가'],
    ['tis-620', 'a1', 'ก'],
    ['iso-8859-8-i', 'f9ec', 'של'],
    ['cp850', '8494', 'äö'],
    ['utf-16le', '4100e400', 'Aä'],
    ['utf-7', latin1Hex('+AOQ-'), 'ä'],
    ['macintosh', '8a', 'ä'],
    ['x-mac-cyrillic', '80', 'А'],
    ['koi8-u', 'a4', 'є'],
    ['x-windows-1251', 'cff0', 'Пр'],
    ['windows-1251; format=flowed', 'cff0', 'Пр'],
    [' "koi8-r" ', 'f0d2', 'Пр'],
    ['8859-2', 'b1e6', 'ąć'],
    ['iso_8859-2:1987', 'b1', 'ą'],
    // The second character is one of GBK alone.
    ['gb2312', 'd6ece946bbf9', '朱镕基'],
    ['windows-31j', '8740', '①'],
    ['csISO2022JP', '1b2442467c4b5c1b284a', '日本'],
    ['iso-2022-jp-ms', '1b24422d211b2842', '①'],
    ['iso-2022-jp-2', '1b2849414243', 'ﾁﾂﾃ'],
    ['hz-gb-2312', latin1Hex('a~~~{<:Ky2;S{#,NpJ)l6HK!#~}b~\nc'), 'a~己所不欲，勿施於人。bc'],
    ['iso-2022-kr', `1b242943${latin1Hex('a\x0e0!\x0fb')}`, 'a가b'],
    ['iso-2022-cn', `1b242941${latin1Hex('\x0e<:\x0f')}`, '己'],
  ])('%s', (charset, hex, text) => {
    expect(decodeText(bytes(hex), charset)).toBe(text);
  });

  test.each(['iso-8859-1', 'us-ascii', 'windows-1252', undefined, '', 'x-unknown', 'default'])(
    'UTF-8 that is declared as %s is read as UTF-8',
    (declared) => {
      expect(decodeText(utf8('Grüße €'), declared)).toBe('Grüße €');
    },
  );

  test.each(['iso-8859-2', 'iso-8859-15', 'windows-1251', 'koi8-r', 'macintosh', 'x-windows-1250'])(
    'UTF-8 that is declared as %s is read as UTF-8, too',
    (declared) => {
      expect(decodeText(utf8('Grüße, Привет'), declared)).toBe('Grüße, Привет');
    },
  );

  test.each([
    ['shift_jis', '93fa967b8cea'],
    ['euc-jp', 'c6fccbdcb8ec'],
    ['utf-8', 'e697a5e69cace8aa9e'],
  ])('%s that is declared as iso-2022-jp is read as what it is', (_, hex) => {
    expect(decodeText(bytes(hex), 'iso-2022-jp')).toBe('日本語');
  });

  test('windows-1252 that is declared as UTF-8 is read as windows-1252', () => {
    expect(decodeText(latin1('Gr\xfc\xdfe'), 'utf-8')).toBe('Grüße');
  });

  test('one broken place does not turn UTF-8 into something else', () => {
    expect(decodeText(Uint8Array.from([...utf8('Grüße und Küsse '), 0xff, ...utf8('ä')]), 'utf-8')).toBe(
      'Grüße und Küsse \ufffdä',
    );
  });

  test('a byte order mark wins over the declaration and is not part of the text', () => {
    expect(decodeText(bytes('efbbbf41'), 'koi8-r')).toBe('A');
    expect(decodeText(bytes('fffe4100e400'), 'utf-8')).toBe('Aä');
    expect(decodeText(bytes('feff004100e4'), undefined)).toBe('Aä');
  });

  test.each(['base64', 'hex', 'binary', '_internal', '__proto__', 'constructor', 'x'.repeat(10_000)])(
    '%.20s is no charset',
    (name) => {
      expect(canonicalCharset(name)).toBe('');
    },
  );

  test('a section that was cut within a character loses that character only', () => {
    expect(decodeText(utf8('aä').subarray(0, 2), 'utf-8', { cut: true })).toBe('a');
    expect(decodeText(bytes('c4e3ba'), 'gbk', { cut: true })).toBe('你');
    expect(decodeText(bytes('4100e4'), 'utf-16le', { cut: true })).toBe('A');
  });

  test('no bytes and no declaration make it throw', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.oneof(fc.string(), CharsetNames),
        fc.boolean(),
        (input, name, cut) => {
          expect(typeof decodeText(input, name, { cut })).toBe('string');
        },
      ),
    );
  });

  test('any text in UTF-8 comes back, whatever it was declared as among the vague ones', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.startsWith('\ufeff'));
        expect(decodeText(utf8(text), 'utf-8')).toBe(text);
      }),
    );
  });

  test('wide charsets are known to need more bytes', () => {
    expect(['utf-8', 'iso-8859-1', 'utf-16', 'utf-32le', undefined].map(bytesPerUtf8Byte)).toEqual([1, 1, 2, 4, 1]);
  });
});

const CharsetNames = fc.constantFrom(
  'utf-16',
  'utf-16be',
  'gb18030',
  'iso-2022-jp',
  'big5',
  'utf-7',
  'koi8-u',
  'cp949',
);

function latin1Hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}
