import type { Bitmap, Work } from './bitmap.ts';
import {
  BrightnessSteps,
  ColourSteps,
  Cosines,
  FirstCodes,
  type HuffmanSpec,
  OtherCodes,
  ZigZag,
} from './jpeg-tables.ts';

/** Writes JPEGs (ITU T.81): sequential ones with the usual codes, colours at half the size. */

/** How a picture is written. */
export interface JpegOptions {
  /** 1 to 100; 50 is where the usual steps stand. */
  readonly quality: number;
  /** A remark that goes along in the file, ASCII. */
  readonly comment: string;
}

/** Writes a picture. */
export function* encodeJpeg(bitmap: Bitmap, { quality, comment }: JpegOptions): Work<Uint8Array> {
  const [brightness, colour] = [scaled(BrightnessSteps, quality), scaled(ColourSteps, quality)];
  const out = new BitWriter();
  out.bytes(0xff, 0xd8);
  out.segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
  out.segment(0xfe, [...Buffer.from(comment, 'latin1')]);
  out.segment(0xdb, [0, ...zigZagged(brightness), 1, ...zigZagged(colour)]);
  const { width, height } = bitmap;
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  out.segment(0xc0, [8, ...size, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
  out.segment(0xc4, [0, ...FirstCodes.counts, ...FirstCodes.values, 0x10, ...OtherCodes.counts, ...OtherCodes.values]);
  out.segment(0xda, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
  yield* writeUnits(bitmap, out, { brightness, colour });
  out.align();
  out.bytes(0xff, 0xd9);
  return out.result();
}

/** Steps at a quality, as the libraries of the world scale them. */
const scaled = (steps: readonly number[], quality: number): readonly number[] => {
  const percent = quality < 50 ? 5_000 / quality : 200 - quality * 2;
  return steps.map((step) => Math.min(255, Math.max(1, Math.floor((step * percent + 50) / 100))));
};

const zigZagged = (steps: readonly number[]): number[] => [...ZigZag].map((place) => steps[place] as number);

interface Steps {
  readonly brightness: readonly number[];
  readonly colour: readonly number[];
}

/** Units of 16 by 16 pixels: four blocks of brightness, one of each colour. */
function* writeUnits(bitmap: Bitmap, out: BitWriter, { brightness, colour }: Steps): Work<void> {
  const codes = { first: codesOf(FirstCodes), other: codesOf(OtherCodes) };
  const last = [0, 0, 0];
  const write = (channel: number, pixels: Float64Array, steps: readonly number[]): void => {
    last[channel] = writeBlock(out, codes, quantized(pixels, steps), last[channel] as number);
  };
  for (let y = 0; y < bitmap.height; y += 16) {
    for (let x = 0; x < bitmap.width; x += 16) {
      const [luma, blue, red] = unitAt(bitmap, x, y);
      for (const block of luma) write(0, block, brightness);
      write(1, blue, colour);
      write(2, red, colour);
    }
    yield;
  }
}

/** The pixels of a unit by brightness and colours; beyond the edge the last ones are repeated. */
const unitAt = (
  { width, height, rgb }: Bitmap,
  left: number,
  top: number,
): readonly [Float64Array[], Float64Array, Float64Array] => {
  const luma = Array.from({ length: 4 }, () => new Float64Array(64));
  const [blue, red] = [new Float64Array(64), new Float64Array(64)];
  for (let y = 0; y < 16; y++) {
    for (let x = 0; x < 16; x++) {
      const at = (Math.min(top + y, height - 1) * width + Math.min(left + x, width - 1)) * 3;
      const [r, g, b] = [rgb[at] as number, rgb[at + 1] as number, rgb[at + 2] as number];
      const block = luma[(y >> 3) * 2 + (x >> 3)] as Float64Array;
      block[(y & 7) * 8 + (x & 7)] = 0.299 * r + 0.587 * g + 0.114 * b - 128;
      const half = (y >> 1) * 8 + (x >> 1);
      blue[half] = (blue[half] as number) + (-0.168736 * r - 0.331264 * g + 0.5 * b) / 4;
      red[half] = (red[half] as number) + (0.5 * r - 0.418688 * g - 0.081312 * b) / 4;
    }
  }
  return [luma, blue, red];
};

/** The coefficients of a block in the order in which they are written. */
const quantized = (pixels: Float64Array, steps: readonly number[]): Int32Array => {
  const lines = new Float64Array(64);
  for (let y = 0; y < 8; y++)
    for (let u = 0; u < 8; u++) {
      let sum = 0;
      for (let x = 0; x < 8; x++) sum += (pixels[y * 8 + x] as number) * (Cosines[x * 8 + u] as number);
      lines[y * 8 + u] = sum;
    }
  return Int32Array.from(ZigZag, (place) => {
    const [v, u] = [place >> 3, place & 7];
    let sum = 0;
    for (let y = 0; y < 8; y++) sum += (lines[y * 8 + u] as number) * (Cosines[y * 8 + v] as number);
    return Math.round(sum / (steps[place] as number));
  });
};

type Codes = ReadonlyMap<number, { readonly code: number; readonly length: number }>;

const codesOf = ({ counts, values }: HuffmanSpec): Codes => {
  const codes = new Map<number, { code: number; length: number }>();
  let [code, place] = [0, 0];
  for (const [i, count] of counts.entries()) {
    for (let k = 0; k < count; k++) codes.set(values[place++] as number, { code: code++, length: i + 1 });
    code <<= 1;
  }
  return codes;
};

/** Bits that a number takes (F.1.2.1). */
const sizeOf = (value: number): number => 32 - Math.clz32(Math.abs(value));

/** Writes a block (F.1.2); gives its first coefficient. */
const writeBlock = (
  out: BitWriter,
  { first, other }: { readonly first: Codes; readonly other: Codes },
  coefficients: Int32Array,
  last: number,
): number => {
  const dc = coefficients[0] as number;
  out.coded(first, sizeOf(dc - last), dc - last);
  let zeros = 0;
  for (let k = 1; k < 64; k++) {
    const value = coefficients[k] as number;
    if (value === 0) {
      zeros++;
      continue;
    }
    for (; zeros > 15; zeros -= 16) out.coded(other, 0xf0, 0);
    out.coded(other, (zeros << 4) | sizeOf(value), value);
    zeros = 0;
  }
  if (zeros > 0) out.coded(other, 0, 0);
  return dc;
};

class BitWriter {
  readonly #bytes: number[] = [];
  #bits = 0;
  #count = 0;

  bytes(...bytes: readonly number[]): void {
    for (const byte of bytes) this.#bytes.push(byte);
  }

  segment(marker: number, content: readonly number[]): void {
    const length = content.length + 2;
    this.bytes(0xff, marker, length >> 8, length & 255, ...content);
  }

  /** A code, and behind it the value in as many bits as the lower half of what it stands for says. */
  coded(codes: Codes, symbol: number, value: number): void {
    const found = codes.get(symbol);
    if (found === undefined) throw new TypeError(`there is no code for ${symbol}`);
    this.#put(found.code, found.length);
    const size = symbol & 15;
    if (size > 0) this.#put(value < 0 ? value + (1 << size) - 1 : value, size);
  }

  /** Fills the last byte with ones. */
  align(): void {
    if (this.#count > 0) this.#put((1 << (8 - this.#count)) - 1, 8 - this.#count);
  }

  result(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #put(value: number, length: number): void {
    for (let i = length - 1; i >= 0; i--) {
      this.#bits = (this.#bits << 1) | ((value >> i) & 1);
      if (++this.#count < 8) continue;
      this.#bytes.push(this.#bits);
      if (this.#bits === 0xff) this.#bytes.push(0);
      [this.#bits, this.#count] = [0, 0];
    }
  }
}
