import { PictureError } from './bitmap.ts';
import type { HuffmanSpec } from './jpeg-tables.ts';

/** The bits of a JPEG scan and the Huffman codes in them (ITU T.81, annexes C and F). */

/** Longest Huffman code in bits. */
const LongestCode = 16;

/** A Huffman code to read by. */
export interface HuffmanTable {
  /** By length: the largest code of it, -1 where there is none. */
  readonly largest: Int32Array;
  /** By length: what is added to a code to have the place of its value. */
  readonly offset: Int32Array;
  readonly values: Uint8Array;
  /** By the next eight bits: length and value of the code that they begin with, 0 where it is longer. */
  readonly short: Uint16Array;
}

/** Makes a table out of what a file says of it. */
export const huffmanTable = ({ counts, values }: HuffmanSpec): HuffmanTable => {
  const [largest, offset] = [new Int32Array(LongestCode + 1).fill(-1), new Int32Array(LongestCode + 1)];
  const short = new Uint16Array(256);
  let [code, place] = [0, 0];
  for (let length = 1; length <= LongestCode; length++) {
    const count = counts[length - 1] as number;
    offset[length] = place - code;
    for (let i = 0; i < count; i++, code++, place++) {
      if (length > 8) continue;
      const from = code << (8 - length);
      short.fill((length << 8) | (values[place] ?? 0), from, from + (1 << (8 - length)));
    }
    if (count > 0) largest[length] = code - 1;
    code <<= 1;
  }
  return { largest, offset, values: Uint8Array.from(values), short };
};

/** Reads the bits of a scan, up to the next marker; beyond it there are zeros, so that a cut picture has an end. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #bits = 0;
  #count = 0;
  /** Bits that were not there. */
  #missing = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Where the next marker is, or the end. */
  get end(): number {
    let at = this.#at;
    while (at < this.#bytes.length && !this.#isMarker(at)) at++;
    return at;
  }

  /** Goes on behind a restart marker, if that is what comes next. */
  restart(): void {
    const { end } = this;
    this.#count = 0;
    this.#at = end;
    const marker = this.#bytes[end + 1] ?? 0;
    if (marker >= 0xd0 && marker <= 0xd7) this.#at = end + 2;
  }

  bit(): number {
    if (this.#count === 0) this.#fill();
    this.#count--;
    return (this.#bits >> this.#count) & 1;
  }

  /** A number of `length` bits, at most 16. */
  number(length: number): number {
    while (this.#count < length) this.#fill();
    this.#count -= length;
    return (this.#bits >> this.#count) & ((1 << length) - 1);
  }

  /** A number of `length` bits that may be negative (F.2.2.1). */
  signed(length: number): number {
    if (length === 0) return 0;
    const value = this.number(length);
    return value < 1 << (length - 1) ? value - (1 << length) + 1 : value;
  }

  /** The value of the next code. */
  code(table: HuffmanTable): number {
    while (this.#count < 8) this.#fill();
    const found = table.short[(this.#bits >> (this.#count - 8)) & 0xff] as number;
    if (found !== 0) {
      this.#count -= found >> 8;
      return found & 0xff;
    }
    let code = this.number(8);
    for (let length = 9; length <= LongestCode; length++) {
      code = (code << 1) | this.bit();
      if (code <= (table.largest[length] as number)) return table.values[code + (table.offset[length] as number)] ?? 0;
    }
    throw new PictureError('The picture is damaged: there is no such code');
  }

  #isMarker(at: number): boolean {
    return this.#bytes[at] === 0xff && this.#bytes[at + 1] !== 0;
  }

  /** Adds eight bits. A zero after 0xFF is no part of the content (B.1.1.5). */
  #fill(): void {
    const isOver = this.#at >= this.#bytes.length || this.#isMarker(this.#at);
    if (isOver && ++this.#missing > MaxMissing) throw new PictureError('The picture is cut off');
    const byte = isOver ? 0 : (this.#bytes[this.#at] as number);
    if (!isOver) this.#at += byte === 0xff ? 2 : 1;
    this.#bits = ((this.#bits & 0xffff) << 8) | byte;
    this.#count += 8;
  }
}

/** Bytes that may be missing at the end: programs cut pictures off by little, and what is there can be shown. */
const MaxMissing = 4_096;
