import { deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type Bitmap, PictureError } from '../../../../backends/convert/picture/bitmap.ts';
import { decodePng, isPng, pngContentBytes, readPngHead } from '../../../../backends/convert/picture/png.ts';

const chunk = (name: string, data: Uint8Array): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(name, 'latin1'), data, Buffer.alloc(4)]);
};

interface Made {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly kind: number;
  /** Each with its filter in front. */
  readonly lines: readonly (readonly number[])[];
  readonly more?: readonly Buffer[];
  readonly interlaced?: boolean;
}

const png = ({ width, height, depth, kind, lines, more = [], interlaced = false }: Made): Uint8Array => {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([depth, kind, 0, 0, interlaced ? 1 : 0], 8);
  const content = chunk('IDAT', deflateSync(Buffer.from(lines.flat())));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Uint8Array.from(
    Buffer.concat([signature, chunk('IHDR', head), ...more, content, chunk('IEND', Buffer.alloc(0))]),
  );
};

const read = (bytes: Uint8Array, side = 100): Bitmap => {
  const head = readPngHead(bytes);
  const work = decodePng(head, Uint8Array.from(inflateSync(Buffer.concat(head.content))), side);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
};

describe('a PNG', () => {
  const line = (...bytes: number[]) => [0, ...bytes];
  test.each<[string, Made, number[]]>([
    ['grey', { width: 2, height: 1, depth: 8, kind: 0, lines: [line(7, 200)] }, [7, 7, 7, 200, 200, 200]],
    [
      'black and white',
      { width: 3, height: 1, depth: 1, kind: 0, lines: [line(0b10100000)] },
      [255, 255, 255, 0, 0, 0, 255, 255, 255],
    ],
    ['grey of 4 bits', { width: 2, height: 1, depth: 4, kind: 0, lines: [line(0xf3)] }, [255, 255, 255, 51, 51, 51]],
    [
      'in colour',
      { width: 1, height: 2, depth: 8, kind: 2, lines: [line(1, 2, 3), line(4, 5, 6)] },
      [1, 2, 3, 4, 5, 6],
    ],
    ['in colour of 16 bits', { width: 1, height: 1, depth: 16, kind: 2, lines: [line(9, 1, 8, 1, 7, 1)] }, [9, 8, 7]],
    [
      'grey with alpha',
      { width: 2, height: 1, depth: 8, kind: 4, lines: [line(0, 0, 100, 255)] },
      [255, 255, 255, 100, 100, 100],
    ],
    ['in colour with alpha', { width: 1, height: 1, depth: 8, kind: 6, lines: [line(0, 255, 0, 51)] }, [204, 255, 204]],
    [
      'by a palette that is clear in part',
      {
        ...{ width: 3, height: 1, depth: 2, kind: 3, lines: [line(0b00011000)] },
        more: [chunk('PLTE', Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9])), chunk('tRNS', Buffer.from([255, 0]))],
      },
      [1, 2, 3, 255, 255, 255, 7, 8, 9],
    ],
  ])('%s, is read', (_, made, rgb) => {
    expect([...read(png(made)).rgb]).toEqual(rgb);
  });

  test('has each of its filters taken off', () => {
    const pixels = [
      [10, 20, 30, 40, 50, 60],
      [11, 22, 33, 44, 55, 66],
      [90, 80, 70, 60, 50, 40],
      [200, 100, 0, 250, 3, 77],
      [1, 255, 128, 64, 32, 16],
    ];
    const paeth = (a: number, b: number, c: number) => {
      const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
      return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    };
    const filtered = pixels.map((row, y) => {
      const value = (x: number, of = row) => (x < 0 ? 0 : (of[x] ?? 0));
      const above = pixels[y - 1] ?? [0, 0, 0, 0, 0, 0];
      const guess = [
        () => 0,
        (x: number) => value(x - 3),
        (x: number) => value(x, above),
        (x: number) => Math.floor((value(x - 3) + value(x, above)) / 2),
        (x: number) => paeth(value(x - 3), value(x, above), value(x - 3, above)),
      ][y] as (x: number) => number;
      return [y, ...row.map((one, x) => (one - guess(x) + 256) % 256)];
    });
    expect([...read(png({ width: 2, height: 5, depth: 8, kind: 2, lines: filtered })).rgb]).toEqual(pixels.flat());
  });

  test('is made smaller by the mean of its pixels', () => {
    const lines = [line(0, 100, 40, 60), line(100, 200, 50, 50)];
    expect(read(png({ width: 4, height: 2, depth: 8, kind: 0, lines }), 2)).toEqual({
      ...{ width: 2, height: 1 },
      rgb: Uint8Array.from([100, 100, 100, 50, 50, 50]),
    });
  });

  test('that is interlaced, too large, cut off or none is refused', () => {
    const made: Made = { width: 2, height: 2, depth: 8, kind: 0, lines: [line(1, 2), line(3, 4)] };
    expect(() => read(png({ ...made, interlaced: true }))).toThrow(PictureError);
    expect(() => read(png({ ...made, width: 60_000, height: 60_000 }))).toThrow(/pixels/);
    expect(() => read(png({ ...made, height: 3 }))).toThrow(/cut off/);
    expect(() => read(png({ ...made, lines: [[9, 1, 2], line(1, 2)] }))).toThrow(/filter/);
    expect(() => readPngHead(Buffer.from('none'))).toThrow(PictureError);
    expect(() => readPngHead(Uint8Array.from(png(made).subarray(0, 25)))).toThrow(PictureError);
    expect([isPng(png(made)), isPng(Buffer.from([0xff, 0xd8]))]).toEqual([true, false]);
    expect(pngContentBytes(readPngHead(png(made)))).toBe(6);
  });
});
