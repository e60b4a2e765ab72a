import { type Bitmap, checkSize, PictureError, shrunk, type Work } from './bitmap.ts';

/** Reads PNGs (ISO 15948) that are not interlaced; what shows through them is white. */

/** What the head of a PNG says. */
export interface PngHead {
  readonly width: number;
  readonly height: number;
  /** Bits of one value: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** 0 grey, 2 colour, 3 by a palette, 4 grey with alpha, 6 colour with alpha. */
  readonly kind: number;
  /** Red, green and blue of each colour of the palette. */
  readonly palette: Uint8Array;
  /** Alpha of the first colours of the palette. */
  readonly alpha: Uint8Array;
  /** The compressed content. */
  readonly content: readonly Uint8Array[];
}

const Signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether bytes are a PNG. */
export const isPng = (bytes: Uint8Array): boolean => Signature.every((byte, i) => bytes[i] === byte);

/** Values of one pixel by kind. */
const Channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Reads the head of a PNG. Throws {@link PictureError}. */
export const readPngHead = (bytes: Uint8Array): PngHead => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks = chunksOf(bytes, view);
  const head = chunks.find(({ name }) => name === 'IHDR')?.data;
  if (!isPng(bytes) || head === undefined || head.length < 13) throw new PictureError('It is no PNG');
  const at = head.byteOffset - bytes.byteOffset;
  const [width, height] = [view.getUint32(at), view.getUint32(at + 4)];
  const [depth = 0, kind = 0, , , interlaced] = head.subarray(8);
  checkSize(width, height);
  if (interlaced !== 0 || Channels[kind] === undefined || ![1, 2, 4, 8, 16].includes(depth))
    throw new PictureError('The picture is coded in a way that is not known');
  const dataOf = (name: string) => chunks.filter((chunk) => chunk.name === name).map(({ data }) => data);
  const [palette = new Uint8Array(0)] = dataOf('PLTE');
  const [alpha = new Uint8Array(0)] = dataOf('tRNS');
  return {
    width,
    height,
    depth,
    kind,
    palette,
    alpha: kind === 3 ? alpha : new Uint8Array(0),
    content: dataOf('IDAT'),
  };
};

const chunksOf = (bytes: Uint8Array, view: DataView): { readonly name: string; readonly data: Uint8Array }[] => {
  const chunks: { name: string; data: Uint8Array }[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    chunks.push({ name, data: bytes.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
};

/** Bytes of a line, without the one that names its filter. */
const lineBytes = ({ width, depth, kind }: PngHead): number => Math.ceil((width * depth * (Channels[kind] ?? 1)) / 8);

/** Bytes that the content has when it is decompressed. */
export const pngContentBytes = (head: PngHead): number => (lineBytes(head) + 1) * head.height;

/** Reads a picture out of its decompressed content, at most `side` pixels wide and high. Throws {@link PictureError}. */
export function* decodePng(head: PngHead, content: Uint8Array, side: number): Work<Bitmap> {
  const { width, height } = head;
  const length = lineBytes(head);
  const step = Math.max(1, Math.ceil((head.depth * (Channels[head.kind] ?? 1)) / 8));
  if (content.length < pngContentBytes(head)) throw new PictureError('The picture is cut off');
  const rgb = new Uint8Array(width * height * 3);
  let above: Uint8Array = new Uint8Array(length);
  for (let y = 0; y < height; y++) {
    const start = y * (length + 1);
    const line = content.subarray(start + 1, start + 1 + length);
    unfilter(line, above, content[start] ?? 0, step);
    for (let x = 0; x < width; x++) writePixel(head, line, x, rgb, (y * width + x) * 3);
    above = line;
    yield;
  }
  return yield* shrunk({ width, height, rgb }, side);
}

/** Takes the filter off a line, in its place (ISO 15948, 9.2). */
const unfilter = (line: Uint8Array, above: Uint8Array, filter: number, step: number): void => {
  if (filter > 4) throw new PictureError('The picture is damaged: there is no such filter');
  for (let i = 0; filter > 0 && i < line.length; i++) {
    const left = i < step ? 0 : (line[i - step] as number);
    const up = above[i] as number;
    const corner = i < step ? 0 : (above[i - step] as number);
    line[i] = (line[i] as number) + predicted(filter, left, up, corner);
  }
};

const predicted = (filter: number, left: number, up: number, corner: number): number => {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
};

/** A value of a line, the upper eight bits of it. */
const valueAt = ({ depth }: PngHead, line: Uint8Array, index: number): number => {
  if (depth === 8) return line[index] as number;
  if (depth === 16) return line[index * 2] as number;
  const perByte = 8 / depth;
  const shift = 8 - depth * ((index % perByte) + 1);
  return ((line[Math.floor(index / perByte)] as number) >> shift) & ((1 << depth) - 1);
};

const writePixel = (head: PngHead, line: Uint8Array, x: number, rgb: Uint8Array, at: number): void => {
  const { kind, depth, palette, alpha } = head;
  const first = x * (Channels[kind] ?? 1);
  const value = (offset: number) => valueAt(head, line, first + offset);
  if (kind === 3) {
    const index = value(0);
    onWhite(
      rgb,
      at,
      [0, 1, 2].map((i) => palette[index * 3 + i] ?? 0),
      alpha[index] ?? 255,
    );
    return;
  }
  const grey = depth < 8 ? Math.round((value(0) * 255) / ((1 << depth) - 1)) : value(0);
  if (kind === 0 || kind === 4) onWhite(rgb, at, [grey, grey, grey], kind === 4 ? value(1) : 255);
  else onWhite(rgb, at, [value(0), value(1), value(2)], kind === 6 ? value(3) : 255);
};

const onWhite = (rgb: Uint8Array, at: number, colour: readonly number[], alpha: number): void => {
  for (let i = 0; i < 3; i++) rgb[at + i] = Math.round(((colour[i] as number) * alpha + 255 * (255 - alpha)) / 255);
};
