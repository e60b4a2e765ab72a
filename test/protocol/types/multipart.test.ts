import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeMultipart, encodeMultipart, MaxParts, MultipartError } from '../../../protocol/types/multipart.ts';
import type { Spooled } from '../../../protocol/wbxml/bytes.ts';
import { concat, drainPieces, hex, joinPieces, spoolOf, toHex, utf8 } from '../wbxml/support.ts';

/** Two parts: a document of 30 bytes at 20, `hello` at 50. */
const header = '02000000 14000000 1E000000 32000000 05000000';
const document = new Uint8Array(30).fill(0x45);

const problem = (body: Uint8Array): unknown => {
  try {
    return decodeMultipart(body);
  } catch (error) {
    return error;
  }
};

describe('a multipart body (MS-ASCMD_R5504 to MS-ASCMD_R5518)', () => {
  test('has a header of counts and places', () => {
    const body = joinPieces(encodeMultipart([document.subarray(0, 10), document.subarray(10)], [utf8('hello')]));
    expect(body).toHaveLength(55);
    expect(toHex(body.subarray(0, 20))).toBe(header.replace(/ /g, ''));
    expect(toHex(body.subarray(50))).toBe('68656C6C6F');
  });

  test('is decoded', () => {
    const [first, second] = decodeMultipart(concat([hex(header), document, utf8('hello')]));
    expect(first).toEqual(document);
    expect(second).toEqual(utf8('hello'));
  });

  test('takes spools by their length, without opening them', async () => {
    const pieces = encodeMultipart([document], [spoolOf(utf8('he'), utf8('llo'))]);
    expect(toHex(pieces[0] as Uint8Array)).toBe(header.replace(/ /g, ''));
    expect(decodeMultipart(await drainPieces(pieces))[1]).toEqual(utf8('hello'));
  });

  test('cannot be longer than its offsets can tell', () => {
    const large = (byteLength: number): Spooled => ({ byteLength, open: () => spoolOf().open() });
    const headerLength = 20;
    expect(() => encodeMultipart([], [large(0xffff_ffff - headerLength)])).not.toThrow();
    expect(() => encodeMultipart([], [large(0x1_0000_0000 - headerLength)])).toThrow(RangeError);
  });

  test('is read from a view that does not begin its buffer', () => {
    const body = concat([hex('FF'), hex(header), document, utf8('hello')]).subarray(1);
    expect(decodeMultipart(body)[1]).toEqual(utf8('hello'));
  });

  test.each([
    ['nothing', ''],
    ['half a count', '0200'],
    ['no parts', '00000000'],
    ['a header cut off', '02000000 14000000 00000000 14000000'],
    ['a count beyond the body', 'FFFFFFFF'],
    ['a part beyond the body', '01000000 0C000000 01000000'],
    ['a part within the header', '01000000 08000000 04000000'],
    ['an offset at the far end', '01000000 FFFFFFFF FFFFFFFF'],
  ])('%s is refused', (_, bytes) => {
    expect(problem(hex(bytes))).toBeInstanceOf(MultipartError);
  });

  test(`more than ${MaxParts} parts are refused`, () => {
    const body = (count: number): Uint8Array => {
      const bytes = new Uint8Array(4 + 8 * count);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, count, true);
      for (let at = 4; at < bytes.length; at += 8) view.setUint32(at, bytes.length, true);
      return bytes;
    };
    expect(decodeMultipart(body(MaxParts))).toHaveLength(MaxParts);
    expect(problem(body(MaxParts + 1))).toBeInstanceOf(MultipartError);
  });

  test('what is encoded is decoded', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.array(fc.uint8Array()), (first, parts) => {
        expect(decodeMultipart(joinPieces(encodeMultipart([first], parts))).map(toHex)).toEqual(
          [first, ...parts].map(toHex),
        );
      }),
    );
  });
});
