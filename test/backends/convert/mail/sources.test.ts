import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeWords, headerField, parameter, quotedPrintable } from '../../../../backends/convert/mail/encode-text.ts';
import { decodeWords, parseParameters } from '../../../../backends/convert/mail/encoded-words.ts';
import { locateParts } from '../../../../backends/convert/mail/source-structure.ts';
import { base64Source, joinSources, piecesOf } from '../../../../backends/convert/mail/sources.ts';
import { parseStructure } from '../../../../backends/convert/mail/structure.ts';
import { decodeTransfer } from '../../../../backends/convert/mail/transfer.ts';
import { type ByteSource, bytesSource, readAll } from '../../../../protocol/wbxml/bytes.ts';

describe('joined sources', () => {
  test('any stretch of them is that of their bytes, also through slices', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 6 }),
        fc.array(fc.nat(60), { minLength: 4, maxLength: 4 }),
        (pieces, [a = 0, b = 0, c = 0, d = 0]) => {
          const whole = Buffer.concat(pieces);
          const joined = joinSources(pieces.map((piece) => bytesSource(piece)));
          const [from, to] = [Math.min(a, b), Math.max(a, b)];
          expect(joined.length).toBe(whole.length);
          expect(Buffer.from(joined.read(from, to))).toEqual(whole.subarray(from, to));
          const [start, end] = [Math.min(c, d), Math.max(c, d)];
          const slice = joined.slice(from, to);
          expect(Buffer.from(slice.read(start, end))).toEqual(whole.subarray(from, to).subarray(start, end));
        },
      ),
    );
  });

  test('keep the pieces that they are made of, also those of joined ones and in a slice', () => {
    const [a, b, c] = ['one', 'two', 'three'].map((text) => bytesSource(Buffer.from(text))) as [
      ByteSource,
      ByteSource,
      ByteSource,
    ];
    const joined = joinSources([joinSources([a, b]), c]);
    expect(piecesOf(joined)).toEqual([a, b, c]);
    expect(piecesOf(joined.slice(2, 11))[1]).toBe(b);
    expect(piecesOf(a)).toEqual([a]);
  });
});

describe('base64 of a source', () => {
  test('is that of its bytes in lines of 76, whichever stretch is read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(600), fc.nat(600), (bytes, a, b) => {
        const expected = Buffer.from(bytes)
          .toString('base64')
          .replace(/.{1,76}/g, '$&\r\n');
        const encoded = base64Source(bytesSource(bytes));
        expect(encoded.length).toBe(expected.length);
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        expect(Buffer.from(encoded.read(from, to)).toString()).toBe(expected.slice(from, to));
        expect(Buffer.from(readAll(encoded.slice(from, to))).toString()).toBe(expected.slice(from, to));
      }),
    );
  });
});

describe('the structure of a message that is not in memory', () => {
  test('is that of its bytes, and little of it is held', () => {
    const filler = `${'QUJD'.repeat(19)}\r\n`;
    const message = Buffer.from(
      [
        'Content-Type: multipart/mixed; boundary=b',
        '',
        '--b',
        'Content-Type: text/plain',
        '',
        'text',
        '--b',
        'Content-Type: application/pdf; name=a',
        'Content-Transfer-Encoding: base64',
        '',
        filler.repeat(40_000),
        '--b',
        'Content-Type: image/png',
        '',
        filler.repeat(20_000),
        '--b--',
        'epilogue',
      ].join('\r\n'),
    );
    let largest = 0;
    const watched = (bytes: Uint8Array): ByteSource => ({
      ...bytesSource(bytes),
      read: (from, to) => {
        largest = Math.max(largest, to - from);
        return bytes.subarray(from, to);
      },
    });
    expect(locateParts(watched(message)).structure).toEqual(parseStructure(message).structure);
    expect(largest).toBeLessThan(1_000_000);
    // One that is cut off within its last part.
    const cut = message.subarray(0, 4_000_000);
    expect(locateParts(watched(cut)).structure).toEqual(parseStructure(cut).structure);
  });
});

describe('texts on their way out', () => {
  test('quoted-printable decodes to what it was, in lines of at most 76 characters of ASCII', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const encoded = quotedPrintable(bytes);
        expect(encoded).toMatch(/^[\t -~\r\n]*$/);
        expect(Math.max(...encoded.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(76);
        expect(encoded.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
        expect(Buffer.from(decodeTransfer(Buffer.from(encoded), 'quoted-printable'))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test('encoded words and parameters decode to what they were, without a control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const clean = text
          .replace(/[\s\p{Cc}]+/gu, ' ')
          .trim()
          .replace(/\p{Surrogate}/gu, '\ufffd');
        expect(decodeWords(encodeWords(clean))).toBe(clean);
        const field = `attachment; ${parameter('filename', clean)}`;
        expect(field.replaceAll('\r\n ', '')).toMatch(/^[ -~]*$/);
        expect(parseParameters(field.replaceAll('\r\n', '')).parameters.filename ?? '').toBe(clean);
      }),
    );
  });

  test('a field is folded at blanks, never so that a line is blank', () => {
    const field = headerField('To', Array.from({ length: 300 }, (_, i) => `user${i}@example.test`).join(', '));
    expect(Math.max(...field.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(78);
    expect(field.replaceAll('\r\n', '')).toBe(
      `To: ${Array.from({ length: 300 }, (_, i) => `user${i}@example.test`).join(', ')}`,
    );
    expect(headerField('X', `${'y'.repeat(500)} z`)).toBe(`X: ${'y'.repeat(500)}\r\n z\r\n`);
  });
});
