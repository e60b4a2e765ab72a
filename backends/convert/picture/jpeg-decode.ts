import { type Bitmap, oriented, PictureError, shrunk, type Work } from './bitmap.ts';
import {
  type Component,
  type Frame,
  readAdobe,
  readExif,
  readFrame,
  readHuffman,
  readQuantization,
  type Tables,
} from './jpeg-frame.ts';
import { readScan } from './jpeg-scan.ts';
import { Cosines } from './jpeg-tables.ts';

/** Reads JPEGs (ITU T.81): sequential and progressive ones with Huffman codes, grey or in colour. */

/** Markers of the segments that are read (table B.1). */
const Marker = { sequential: 0xc0, extended: 0xc1, progressive: 0xc2, codes: 0xc4, scan: 0xda, steps: 0xdb } as const;
const [RestartInterval, End, Exif, Adobe] = [0xdd, 0xd9, 0xe1, 0xee];

/** Markers that stand alone, without a length. */
const isBare = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/**
 * Scans of a picture at most: programs make about ten. Each goes over all coefficients, so that a
 * small file could ask for work without end.
 */
const MaxScans = 40;

/** Reads a picture, at most `side` pixels wide and high. Throws {@link PictureError}. */
export function* decodeJpeg(bytes: Uint8Array, side: number): Work<Bitmap> {
  const tables: Tables = {
    ...{ quantization: new Map(), first: new Map(), other: new Map() },
    ...{ restartInterval: 0, transform: undefined, orientation: 1 },
  };
  let frame: Frame | undefined;
  let scans = 0;
  for (let found = segmentAt(bytes, 0), at = 0; found !== undefined; found = segmentAt(bytes, at)) {
    at = found.end;
    if (found.marker !== Marker.scan) frame = takeSegment(found.marker, found.segment, tables) ?? frame;
    else if (frame === undefined || ++scans > MaxScans) throw new PictureError('The picture is damaged');
    else at = yield* readScan(bytes, found.segment, at, frame, tables);
  }
  if (frame === undefined || scans === 0) throw new PictureError('There is no picture in it');
  return oriented(yield* shrunk(yield* pixelsOf(frame, tables, side), side), tables.orientation);
}

interface FoundSegment {
  readonly marker: number;
  readonly segment: Uint8Array;
  /** Where what follows begins. */
  readonly end: number;
}

/** The next segment from a place on; `undefined`: the picture is over. */
const segmentAt = (bytes: Uint8Array, from: number): FoundSegment | undefined => {
  let at = from;
  for (; at + 3 < bytes.length; at++) {
    const marker = bytes[at + 1] as number;
    if (bytes[at] !== 0xff || marker === 0 || marker === 0xff || isBare(marker)) continue;
    if (marker === End) return undefined;
    const length = Math.max(2, ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number));
    return { marker, segment: bytes.subarray(at + 4, at + 2 + length), end: at + 2 + length };
  }
  return undefined;
};

/** Takes in what a segment says; gives the frame, if it is one. */
const takeSegment = (marker: number, segment: Uint8Array, tables: Tables): Frame | undefined => {
  switch (marker) {
    case Marker.sequential:
    case Marker.extended:
      return readFrame(segment, false);
    case Marker.progressive:
      return readFrame(segment, true);
    case Marker.codes:
      readHuffman(segment, tables);
      return undefined;
    case Marker.steps:
      readQuantization(segment, tables);
      return undefined;
    case RestartInterval:
      tables.restartInterval = ((segment[0] ?? 0) << 8) | (segment[1] ?? 0);
      return undefined;
    case Exif:
      readExif(segment, tables);
      return undefined;
    case Adobe:
      readAdobe(segment, tables);
      return undefined;
    default:
      if (marker >= 0xc3 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc)
        throw new PictureError('The picture is coded in a way that is not known');
      return undefined;
  }
};

/** One colour as pixels, of which each stands for several of the picture. */
interface Plane {
  readonly width: number;
  readonly samples: Uint8Array;
}

/** Pixels of a block, across and down, that become one: as many as leave a picture larger than what is wanted. */
const scaleOf = ({ width, height }: Frame, side: number): number =>
  [8, 4, 2].find((scale) => Math.max(width, height) / scale >= side) ?? 1;

function* pixelsOf(frame: Frame, tables: Tables, side: number): Work<Bitmap> {
  const scale = scaleOf(frame, side);
  const planes: Plane[] = [];
  for (const component of frame.components) planes.push(yield* planeOf(component, tables, scale));
  const [width, height] = [Math.ceil(frame.width / scale), Math.ceil(frame.height / scale)];
  const rgb = new Uint8Array(width * height * 3);
  const isPlain = tables.transform === 0;
  for (let y = 0; y < height; y++) {
    writeLine(frame.components, planes, { rgb, width, y, isPlain });
    yield;
  }
  return { width, height, rgb };
}

function* planeOf(component: Component, { quantization }: Tables, scale: number): Work<Plane> {
  const steps = quantization.get(component.quantization);
  if (steps === undefined) throw new PictureError('The picture is damaged: it lacks a table of steps');
  const { blocksAcross, blocksDown, coefficients } = component;
  const size = 8 / scale;
  const width = blocksAcross * size;
  const samples = new Uint8Array(width * blocksDown * size);
  for (let row = 0; row < blocksDown; row++) {
    for (let column = 0; column < blocksAcross; column++) {
      const block = (row * blocksAcross + column) * 64;
      writeBlock(coefficients, block, steps, { samples, width, at: row * size * width + column * size, scale });
    }
    yield;
  }
  return { width, samples };
}

interface Place {
  readonly samples: Uint8Array;
  readonly width: number;
  readonly at: number;
  readonly scale: number;
}

/** Writes a block as pixels; where eight become one its mean is enough, which is its first coefficient. */
const writeBlock = (coefficients: Int16Array, block: number, steps: Uint16Array, place: Place): void => {
  const { samples, width, at, scale } = place;
  const mean = ((coefficients[block] as number) * (steps[0] as number)) / 8 + 128;
  if (scale === 8) {
    samples[at] = clamped(mean);
    return;
  }
  const size = 8 / scale;
  const pixels = transformed(coefficients, block, steps);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) samples[at + y * width + x] = clamped(meanAt(pixels, x, y, scale) + 128);
  }
};

const meanAt = (pixels: Float64Array, x: number, y: number, scale: number): number => {
  let sum = 0;
  for (let row = y * scale; row < (y + 1) * scale; row++)
    for (let column = x * scale; column < (x + 1) * scale; column++) sum += pixels[row * 8 + column] as number;
  return sum / (scale * scale);
};

const clamped = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : Math.round(value));

/** The inverse transform of a block, first its lines, then its columns; frequencies that are not there cost nothing. */
const transformed = (coefficients: Int16Array, block: number, steps: Uint16Array): Float64Array => {
  const [lines, pixels] = [new Float64Array(64), new Float64Array(64)];
  for (let i = 0; i < 64; i++) {
    const value = (coefficients[block + i] as number) * (steps[i] as number);
    if (value === 0) continue;
    const [v, u] = [i & 56, i & 7];
    for (let x = 0; x < 8; x++) lines[v + x] = (lines[v + x] as number) + value * (Cosines[x * 8 + u] as number);
  }
  for (let v = 0; v < 8; v++) {
    for (let x = 0; x < 8; x++) {
      const value = lines[v * 8 + x] as number;
      if (value === 0) continue;
      for (let y = 0; y < 8; y++)
        pixels[y * 8 + x] = (pixels[y * 8 + x] as number) + value * (Cosines[y * 8 + v] as number);
    }
  }
  return pixels;
};

interface Line {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly y: number;
  /** The colours are red, green and blue already. */
  readonly isPlain: boolean;
}

/** Puts the colours of a line together; those with fewer pixels are repeated (JFIF). */
const writeLine = (components: readonly Component[], planes: readonly Plane[], line: Line): void => {
  const { rgb, width, y, isPlain } = line;
  const [maxH, maxV] = [Math.max(...components.map(({ h }) => h)), Math.max(...components.map(({ v }) => v))];
  const readers = components.map(({ h, v }, i) => {
    const plane = planes[i] as Plane;
    const start = Math.floor((y * v) / maxV) * plane.width;
    return (x: number): number => plane.samples[start + Math.floor((x * h) / maxH)] ?? 128;
  });
  const [first, second, third] = readers;
  for (let x = 0, at = y * width * 3; x < width; x++, at += 3) {
    const luma = first?.(x) ?? 0;
    if (second === undefined || third === undefined) rgb.fill(luma, at, at + 3);
    else if (isPlain) rgb.set([luma, second(x), third(x)], at);
    else {
      const [blue, red] = [second(x) - 128, third(x) - 128];
      rgb[at] = clamped(luma + 1.402 * red);
      rgb[at + 1] = clamped(luma - 0.344136 * blue - 0.714136 * red);
      rgb[at + 2] = clamped(luma + 1.772 * blue);
    }
  }
};
