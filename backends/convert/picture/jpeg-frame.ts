import { checkSize, PictureError } from './bitmap.ts';
import { type HuffmanTable, huffmanTable } from './jpeg-bits.ts';
import { ZigZag } from './jpeg-tables.ts';

/** What the segments of a JPEG say before its scans (ITU T.81, annex B). */

/** One colour of a picture, in blocks of 8 by 8. */
export interface Component {
  readonly id: number;
  /** Blocks of it in one unit of all colours, across and down. */
  readonly h: number;
  readonly v: number;
  readonly quantization: number;
  /** Blocks that are there, up to a whole unit. */
  readonly blocksAcross: number;
  readonly blocksDown: number;
  /** Blocks that a scan of this colour alone has. */
  readonly ownAcross: number;
  readonly ownDown: number;
  /** 64 a block, in their places. */
  readonly coefficients: Int16Array;
  /** First coefficient of the block before. */
  last: number;
}

/** The size of a picture and its colours. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly isProgressive: boolean;
  readonly unitsAcross: number;
  readonly unitsDown: number;
  readonly components: readonly Component[];
}

/** Everything that scans are read by. */
export interface Tables {
  readonly quantization: Map<number, Uint16Array>;
  readonly first: Map<number, HuffmanTable>;
  readonly other: Map<number, HuffmanTable>;
  /** Units between restart markers; 0: there are none. */
  restartInterval: number;
  /** How the colours are to be read, as Adobe's programs say it: 0 as they are; `undefined`: nothing is said. */
  transform: number | undefined;
  /** EXIF's Orientation; 1 as it stands. */
  orientation: number;
}

/** The content of a segment, without marker and length. */
export type Segment = Uint8Array;

const word = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** Reads SOF0 to SOF2; every other coding is none that cameras and phones use. */
export const readFrame = (segment: Segment, isProgressive: boolean): Frame => {
  const [height, width, count] = [word(segment, 1), word(segment, 3), segment[5] ?? 0];
  checkSize(width, height);
  if (segment[0] !== 8) throw new PictureError('The picture has other than 8 bits a colour');
  if (count !== 1 && count !== 3) throw new PictureError(`The picture has ${count} colours`);
  const factors = Array.from({ length: count }, (_, i) => {
    const [id = 0, sampling = 0, quantization = 0] = segment.subarray(6 + i * 3, 9 + i * 3);
    return { id, h: sampling >> 4, v: sampling & 15, quantization };
  });
  if (factors.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4)) throw new PictureError('The picture is damaged');
  const [maxH, maxV] = [Math.max(...factors.map(({ h }) => h)), Math.max(...factors.map(({ v }) => v))];
  const unitsAcross = Math.ceil(width / (8 * maxH));
  const unitsDown = Math.ceil(height / (8 * maxV));
  const components = factors.map((factor) => {
    const [blocksAcross, blocksDown] = [unitsAcross * factor.h, unitsDown * factor.v];
    const ownAcross = Math.ceil(Math.ceil((width * factor.h) / maxH) / 8);
    const ownDown = Math.ceil(Math.ceil((height * factor.v) / maxV) / 8);
    const coefficients = new Int16Array(blocksAcross * blocksDown * 64);
    return { ...factor, blocksAcross, blocksDown, ownAcross, ownDown, coefficients, last: 0 };
  });
  return { width, height, isProgressive, unitsAcross, unitsDown, components };
};

/** Reads DQT. */
export const readQuantization = (segment: Segment, { quantization }: Tables): void => {
  for (let at = 0; at < segment.length; ) {
    const kind = segment[at++] ?? 0;
    const isWide = kind >> 4 > 0;
    const steps = new Uint16Array(64);
    for (let i = 0; i < 64; i++, at += isWide ? 2 : 1) {
      steps[ZigZag[i] as number] = isWide ? word(segment, at) : (segment[at] ?? 0);
    }
    quantization.set(kind & 15, steps);
  }
};

/** Reads DHT. */
export const readHuffman = (segment: Segment, { first, other }: Tables): void => {
  for (let at = 0; at + 17 <= segment.length; ) {
    const kind = segment[at] as number;
    const counts = [...segment.subarray(at + 1, at + 17)];
    const total = counts.reduce((sum, count) => sum + count, 0);
    at += 17;
    if (total > 256) throw new PictureError('The picture is damaged: too many codes');
    const table = huffmanTable({ counts, values: [...segment.subarray(at, at + total)] });
    (kind >> 4 === 0 ? first : other).set(kind & 15, table);
    at += total;
  }
};

/** Reads APP14 of Adobe's programs. */
export const readAdobe = (segment: Segment, tables: Tables): void => {
  if (text(segment, 0, 5) === 'Adobe') tables.transform = segment[11];
};

const text = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));

const OrientationTag = 0x0112;

/** Reads the Orientation in APP1 of cameras (CIPA DC-008, 4.6.2). */
export const readExif = (segment: Segment, tables: Tables): void => {
  if (text(segment, 0, 6) !== 'Exif\0\0') return;
  const tiff = new DataView(segment.buffer, segment.byteOffset + 6, segment.length - 6);
  try {
    const little = tiff.getUint16(0) === 0x4949;
    const directory = tiff.getUint32(4, little);
    const count = tiff.getUint16(directory, little);
    for (let i = 0; i < count; i++) {
      const entry = directory + 2 + i * 12;
      if (tiff.getUint16(entry, little) === OrientationTag) tables.orientation = tiff.getUint16(entry + 8, little);
    }
  } catch (error) {
    // A directory that leads nowhere says nothing.
    if (!(error instanceof RangeError)) throw error;
  }
};
