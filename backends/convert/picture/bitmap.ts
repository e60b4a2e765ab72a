/** A picture as pixels. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of each pixel, from the top left, line by line. */
  readonly rgb: Uint8Array;
}

/** A picture that cannot be read, or shall not be: its message says why. */
export class PictureError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PictureError';
  }
}

/**
 * Pixels of a picture at most: a photo of a phone (4032 by 3024). The coefficients of a larger one would take more than
 * 80 MB while it is read.
 */
export const MaxPixels = 13_000_000;

/** Throws for a picture that is empty or too large. */
export const checkSize = (width: number, height: number): void => {
  if (width < 1 || height < 1) throw new PictureError('The picture has no pixels');
  if (width * height > MaxPixels) throw new PictureError(`The picture has more than ${MaxPixels} pixels`);
};

/** Work in pieces of about a millisecond each, between which others have their turn. */
export type Work<Result> = Generator<void, Result, void>;

/** A picture at most `side` pixels wide and high: each pixel is the mean of those that it stands for. */
export function* shrunk(bitmap: Bitmap, side: number): Work<Bitmap> {
  const factor = Math.max(bitmap.width, bitmap.height) / side;
  if (factor <= 1) return bitmap;
  const width = Math.max(1, Math.round(bitmap.width / factor));
  const height = Math.max(1, Math.round(bitmap.height / factor));
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const rows = span(y, height, bitmap.height);
    for (let x = 0; x < width; x++) meanOf(bitmap, span(x, width, bitmap.width), rows, rgb, (y * width + x) * 3);
    yield;
  }
  return { width, height, rgb };
}

type Span = readonly [from: number, to: number];

/** The pixels of the original that one of the new picture stands for. */
const span = (at: number, count: number, of: number): Span => {
  const from = Math.floor((at * of) / count);
  return [from, Math.max(from + 1, Math.floor(((at + 1) * of) / count))];
};

const meanOf = ({ width, rgb }: Bitmap, columns: Span, rows: Span, into: Uint8Array, place: number): void => {
  const [left, right] = columns;
  const [top, bottom] = rows;
  const count = (right - left) * (bottom - top);
  for (let channel = 0; channel < 3; channel++) {
    let sum = 0;
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) sum += rgb[(y * width + x) * 3 + channel] as number;
    into[place + channel] = Math.round(sum / count);
  }
};

/** The picture turned as EXIF's Orientation says (CIPA DC-008, 4.6.5), 1 to 8. */
export const oriented = (bitmap: Bitmap, orientation: number): Bitmap => {
  const { width, height, rgb } = bitmap;
  if (orientation < 2 || orientation > 8) return bitmap;
  const isTurned = orientation > 4;
  const [outWidth, outHeight] = isTurned ? [height, width] : [width, height];
  const mirrorsX = [2, 3, 7, 8].includes(orientation);
  const mirrorsY = [3, 4, 6, 7].includes(orientation);
  const out = new Uint8Array(rgb.length);
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const [u, v] = isTurned ? [y, x] : [x, y];
      const from = ((mirrorsY ? height - 1 - v : v) * width + (mirrorsX ? width - 1 - u : u)) * 3;
      out.set(rgb.subarray(from, from + 3), (y * outWidth + x) * 3);
    }
  }
  return { width: outWidth, height: outHeight, rgb: out };
};
