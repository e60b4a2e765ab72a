import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodedSize,
  decodeTransfer,
  decodeTransferStream,
  encodedBytesFor,
  transferDecoder,
} from '../../../../backends/convert/mail/transfer.ts';
import { latin1, utf8 } from './support.ts';

const text = (encoded: string, encoding: string): string =>
  Buffer.from(decodeTransfer(latin1(encoded), encoding)).toString('latin1');

/** base64 as mail programs write it: lines of 76 characters. */
const base64Lines = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('base64')
    .replace(/.{76}(?=.)/g, '$&\r\n');

const quotedPrintable = (bytes: Uint8Array): string => {
  let [out, line] = ['', 0];
  for (const byte of bytes) {
    const piece = byte > 0x20 && byte < 0x7f && byte !== 0x3d ? String.fromCharCode(byte) : `=${hex2(byte)}`;
    if (line + piece.length > 75) {
      out += '=\r\n';
      line = 0;
    }
    out += piece;
    line += piece.length;
  }
  return out;
};
const hex2 = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');

describe('base64', () => {
  test.each([
    ['SGVsbG8=', 'Hello'],
    ['SGVs\r\nbG8=\r\n', 'Hello'],
    ['SGVsbG8', 'Hello'],
    ['SGVsbG8=SGVsbG8=', 'HelloHello'],
    ['S G*V!s-bG8='.replace('-', ''), 'Hello'],
    ['-_-_', '\xfb\xff\xbf'],
    ['S', ''],
    ['', ''],
    ['====', ''],
  ])('%j', (encoded, decoded) => {
    expect(text(encoded, 'base64')).toBe(decoded);
  });
});

describe('quoted-printable', () => {
  test.each([
    ['J=C3=BCrgen', 'J\xc3\xbcrgen'],
    ['a=\r\nb', 'ab'],
    ['a=\nb', 'ab'],
    ['a=  \r\nb', 'ab'],
    ['a=3', 'a'],
    ['a=', 'a'],
    ['100=% sure', '100=% sure'],
    ['a=zzb', 'a=zzb'],
    ['=c3=bc', '\xc3\xbc'],
    ['a = b', 'a = b'],
  ])('%j', (encoded, decoded) => {
    expect(text(encoded, 'quoted-printable')).toBe(decoded);
  });
});

describe('any encoding', () => {
  test('7bit, 8bit, binary and unknown ones pass the bytes through', () => {
    for (const encoding of ['7bit', '8bit', 'binary', 'x-uuencode', '']) expect(text('a=3D', encoding)).toBe('a=3D');
  });

  test('what was encoded comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(decodeTransfer(latin1(base64Lines(bytes)), 'BASE64 ')).toEqual(bytes);
        expect(decodeTransfer(latin1(quotedPrintable(bytes)), 'quoted-printable')).toEqual(bytes);
      }),
    );
  });

  test('in pieces it gives the same as in one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.nat(300), { maxLength: 8 }),
        fc.constantFrom('base64', 'quoted-printable', '8bit'),
        fc.boolean(),
        async (noise, cuts, encoding, wellFormed) => {
          const encoded = wellFormed
            ? latin1(encoding === 'base64' ? base64Lines(noise) : quotedPrintable(noise))
            : noise;
          const borders = [0, ...cuts.filter((cut) => cut < encoded.length).sort((a, b) => a - b), encoded.length];
          const chunks: Uint8Array[] = [];
          const source = (async function* () {
            for (let i = 1; i < borders.length; i++) yield encoded.subarray(borders[i - 1], borders[i]);
          })();
          for await (const chunk of decodeTransferStream(source, encoding)) chunks.push(chunk.slice());
          expect(Buffer.concat(chunks)).toEqual(Buffer.from(decodeTransfer(encoded, encoding)));
        },
      ),
    );
  });

  test('a decoder without input has nothing at its end', () => {
    for (const encoding of ['base64', 'quoted-printable', '7bit'])
      expect(transferDecoder(encoding).end()).toHaveLength(0);
  });

  test('the size of base64 is told to within two bytes without reading it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), (size) => {
        const encoded = base64Lines(new Uint8Array(size));
        expect(Math.abs(decodedSize(encoded.length, 'base64') - size)).toBeLessThanOrEqual(2);
      }),
    );
  });

  test('the bytes planned for a number of decoded bytes are enough', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), fc.nat(2_000), (bytes, wanted) => {
        const want = Math.min(wanted, bytes.length);
        for (const [encoding, encoded] of [
          ['base64', base64Lines(bytes)],
          ['quoted-printable', quotedPrintable(bytes)],
          ['8bit', Buffer.from(bytes).toString('latin1')],
        ] as const) {
          const cut = latin1(encoded).subarray(0, encodedBytesFor(want, encoding));
          expect(decodeTransfer(cut, encoding).length).toBeGreaterThanOrEqual(want);
        }
      }),
    );
  });

  test('utf8 text survives', () => {
    expect(Buffer.from(decodeTransfer(utf8('Z3LDvMOfZQ=='), 'base64')).toString()).toBe('grüße');
  });
});
