import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Bitmap, PictureError, type Work } from '../../../../backends/convert/picture/bitmap.ts';
import { decodeJpeg } from '../../../../backends/convert/picture/jpeg-decode.ts';
import { encodeJpeg } from '../../../../backends/convert/picture/jpeg-encode.ts';
import { JpegSamples } from './jpeg-samples.ts';

const done = <Result>(work: Work<Result>): Result => {
  for (;;) {
    const { done: isDone, value } = work.next();
    if (isDone) return value;
  }
};
const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));
const [sample = ''] = Object.values(JpegSamples).map(({ jpeg }) => jpeg);

/** Every 12th pixel across and down. */
const grid = ({ width, height, rgb }: Bitmap): number[] => {
  const pixels: number[] = [];
  for (let y = 0; y < height; y += 12)
    for (let x = 0; x < width; x += 12) pixels.push(...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3));
  return pixels;
};
const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? Number.NaN))));

describe('a JPEG', () => {
  test.each(Object.entries(JpegSamples))('%s, is read as by another program', (_, { jpeg, pixels }) => {
    const bitmap = done(decodeJpeg(bytesOf(jpeg), 1_000));
    expect([bitmap.width, bitmap.height]).toEqual([61, 43]);
    expect(furthest(grid(bitmap), bytesOf(pixels))).toBeLessThanOrEqual(2);
  });

  test.each([30, 16, 7, 1])('is made at most %d wide, with the colours that it has', (side) => {
    const whole = done(decodeJpeg(bytesOf(sample), 1_000));
    const small = done(decodeJpeg(bytesOf(sample), side));
    expect([small.width, small.height]).toEqual([side, Math.max(1, Math.round((43 * side) / 61))]);
    const mean = ({ rgb }: Bitmap) => rgb.reduce((sum, value) => sum + value, 0) / rgb.length;
    expect(Math.abs(mean(whole) - mean(small))).toBeLessThan(16);
  });

  /** The sample with what a camera says of how it was held, in either order of bytes. */
  const held = (orientation: number, little: boolean): Uint8Array => {
    const exif = little
      ? ['II', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]
      : ['MM', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
    const [order, ...rest] = exif as [string, ...number[]];
    const content = Buffer.concat([Buffer.from(`Exif\0\0${order}`, 'latin1'), Buffer.from(rest)]);
    const head = Buffer.from([0xff, 0xe1, 0, content.length + 2]);
    const bytes = bytesOf(sample);
    return Uint8Array.from(Buffer.concat([bytes.subarray(0, 2), head, content, bytes.subarray(2)]));
  };
  /** Where the first pixel of the picture as it is held is in the file: CIPA DC-008, 4.6.5. */
  const FirstPixel: Readonly<Record<number, readonly [x: number, y: number]>> = {
    1: [0, 0],
    2: [60, 0],
    3: [60, 42],
    4: [0, 42],
    5: [0, 0],
    6: [0, 42],
    7: [60, 42],
    8: [60, 0],
  };
  test.each(Object.entries(FirstPixel))('held as %s is turned upright', (orientation, [x, y]) => {
    const whole = done(decodeJpeg(bytesOf(sample), 1_000));
    for (const little of [true, false]) {
      const turned = done(decodeJpeg(held(Number(orientation), little), 1_000));
      expect([turned.width, turned.height]).toEqual(Number(orientation) > 4 ? [43, 61] : [61, 43]);
      const at = (y * 61 + x) * 3;
      expect([...turned.rgb.subarray(0, 3)]).toEqual([...whole.rgb.subarray(at, at + 3)]);
    }
  });

  test('that is cut off a little is shown, and one that is not there is none', () => {
    const bytes = bytesOf(sample);
    expect(done(decodeJpeg(bytes.subarray(0, bytes.length - 60), 1_000)).width).toBe(61);
    for (const length of [0, 2, 20, 200])
      expect(() => done(decodeJpeg(bytes.subarray(0, length), 1_000))).toThrow(PictureError);
    expect(() => done(decodeJpeg(Buffer.from('no picture at all'), 1_000))).toThrow(PictureError);
  });

  test('larger than any photo is refused before anything is made of it', () => {
    const bytes = bytesOf(sample);
    const frame = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
    bytes.set([0xff, 0xff, 0xff, 0xff], frame + 5);
    expect(() => done(decodeJpeg(bytes, 1_000))).toThrow(/pixels/);
  });

  test('that is damaged anywhere is a picture or a PictureError, within bounded work', () => {
    const samples = Object.values(JpegSamples).map(({ jpeg }) => bytesOf(jpeg));
    const damage = fc.record({
      which: fc.nat(samples.length - 1),
      places: fc.array(fc.tuple(fc.nat(1_200), fc.nat(255)), { minLength: 1, maxLength: 6 }),
    });
    fc.assert(
      fc.property(damage, ({ which, places }) => {
        const bytes = Uint8Array.from(samples[which] ?? []);
        for (const [at, value] of places) bytes.fill(value, at, at + 1);
        const failure = failureOf(bytes);
        if (failure !== undefined) expect(failure).toBeInstanceOf(PictureError);
      }),
      { numRuns: 300 },
    );
  });
});

/** What reading throws, if anything; what became large by the damage is not read to its end. */
const failureOf = (bytes: Uint8Array): unknown => {
  const work = decodeJpeg(bytes, 32);
  try {
    for (let steps = 0; steps < 2_000 && work.next().done !== true; steps++);
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('a written JPEG', () => {
  const smooth = (width: number, height: number, seed: number): Bitmap => {
    const value = (i: number) => {
      const [x, y, channel] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
      return 128 + 100 * Math.sin((x * (channel + 1) + y * seed) / 25);
    };
    return { width, height, rgb: Uint8Array.from({ length: width * height * 3 }, (_, i) => value(i)) };
  };

  test('is read as what it was made of, whatever its size', () => {
    const size = fc.integer({ min: 1, max: 70 });
    fc.assert(
      fc.property(size, size, fc.nat(5), (width, height, seed) => {
        const bitmap = smooth(width, height, seed);
        const again = done(decodeJpeg(done(encodeJpeg(bitmap, { quality: 95, comment: '' })), 1_000));
        expect([again.width, again.height]).toEqual([width, height]);
        const error = again.rgb.reduce((sum, value, i) => sum + Math.abs(value - (bitmap.rgb[i] ?? 0)), 0);
        expect(error / again.rgb.length).toBeLessThan(6);
      }),
      { numRuns: 40 },
    );
  });

  test('is smaller at a lower quality, and carries its remark', () => {
    const bitmap = smooth(64, 64, 2);
    const sizes = [95, 70, 40, 10].map((quality) => done(encodeJpeg(bitmap, { quality, comment: 'of us' })).length);
    expect([...sizes].sort((a, b) => b - a)).toEqual(sizes);
    const text = Buffer.from(done(encodeJpeg(bitmap, { quality: 70, comment: 'of us' }))).toString('latin1');
    expect(text.indexOf('of us')).toBe(24);
    expect(text.slice(-2)).toBe('\xff\xd9');
  });
});
