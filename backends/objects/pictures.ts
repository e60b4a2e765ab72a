import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { MaxPictureBytes } from '../convert/contact/photo.ts';
import { type Bitmap, PictureError, shrunk, type Work } from '../convert/picture/bitmap.ts';
import { decodeJpeg } from '../convert/picture/jpeg-decode.ts';
import { encodeJpeg } from '../convert/picture/jpeg-encode.ts';
import { decodePng, isPng, pngContentBytes, readPngHead } from '../convert/picture/png.ts';

/**
 * Pictures of contacts, made small enough for devices. The one on the server stays as it is: what a device gets
 * carries a mark of the picture that it was made of, and when it comes back with the mark it changes nothing.
 */

/** Sizes and qualities that are tried, the best first: the last one of any picture is small enough. */
const Attempts: readonly { readonly side: number; readonly quality: number }[] = [
  { side: 360, quality: 85 },
  { side: 360, quality: 70 },
  { side: 240, quality: 70 },
  { side: 160, quality: 60 },
  { side: 96, quality: 50 },
];

/** Bytes of small pictures that are remembered: some hundred contacts of those that are asked for now. */
const RememberedBytes = 16 * 1_048_576;
/** Bytes that a remembered one counts for besides, also one that cannot be made smaller. */
const EntryBytes = 512;

/** Milliseconds of work before others have their turn. */
const SliceTime = 8;
/** Milliseconds of work that one picture is worth: a photo of a phone takes one or two seconds. */
const LongestWork = 15_000;

const inflated = promisify(inflate);

const digestOf = (picture: Uint8Array): string => createHash('sha256').update(picture).digest('base64url').slice(0, 22);

const markOf = (original: Uint8Array): string => `postrider:${digestOf(original)}`;

/** Bytes at the begin of a picture of ours that hold the mark. */
const MarkedBytes = 128;

/** Whether a picture is the one that was made of another, so that it says nothing new. */
export const isMadeOf = (picture: Uint8Array, original: Uint8Array | null | undefined): boolean =>
  original != null && Buffer.from(picture.subarray(0, MarkedBytes)).includes(markOf(original), 0, 'latin1');

type Made = Promise<Uint8Array | undefined>;

/** Makes pictures smaller, one at a time, each once as long as it is remembered. */
export class Pictures {
  readonly #known = new Map<string, { readonly made: Made; bytes: number }>();
  #remembered = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** The picture as devices take it; `undefined`: it cannot be made smaller, as its kind is not known or it is damaged. */
  fit(picture: Uint8Array): Made {
    if (picture.length <= MaxPictureBytes) return Promise.resolve(picture);
    const key = digestOf(picture);
    const known = this.#known.get(key);
    if (known === undefined) return this.#make(key, picture);
    this.#known.delete(key);
    this.#known.set(key, known);
    return known.made;
  }

  #make(key: string, picture: Uint8Array): Made {
    const made = this.#last.then(() => smaller(picture));
    this.#last = made;
    const entry = { made, bytes: EntryBytes };
    this.#known.set(key, entry);
    this.#remembered += EntryBytes;
    void made.then((small) => {
      const bytes = small?.length ?? 0;
      if (this.#known.get(key) !== entry) return;
      entry.bytes += bytes;
      this.#remembered += bytes;
      this.#forget();
    });
    return made;
  }

  /** Forgets those unused for longest. */
  #forget(): void {
    for (const [key, { bytes }] of this.#known) {
      if (this.#remembered <= RememberedBytes) return;
      this.#known.delete(key);
      this.#remembered -= bytes;
    }
  }
}

const smaller = async (picture: Uint8Array): Made => {
  try {
    return await attempts(picture, new Slices());
  } catch (error) {
    // What programs put into cards is no picture now and then: the contact goes without.
    if (error instanceof PictureError || error instanceof RangeError) return undefined;
    throw error;
  }
};

const attempts = async (picture: Uint8Array, slices: Slices): Made => {
  const [{ side }] = Attempts as [(typeof Attempts)[number]];
  const bitmap = await pixelsOf(picture, side, slices);
  for (const attempt of Attempts) {
    const { quality } = attempt;
    const scaled = await slices.run(shrunk(bitmap, attempt.side));
    const made = await slices.run(encodeJpeg(scaled, { quality, comment: markOf(picture) }));
    if (made.length <= MaxPictureBytes) return made;
  }
  return undefined;
};

const pixelsOf = async (picture: Uint8Array, side: number, slices: Slices): Promise<Bitmap> => {
  if (!isPng(picture)) return slices.run(decodeJpeg(picture, side));
  const head = readPngHead(picture);
  // One byte more than there can be: what is longer is an error, not memory.
  const options = { maxOutputLength: pngContentBytes(head) + 1 };
  const content = await inflated(Buffer.concat(head.content), options).catch((error: unknown) => {
    throw new PictureError(`The picture is damaged: ${String(error)}`);
  });
  return slices.run(decodePng(head, content, side));
};

/** Does work in slices between which others have their turn. */
class Slices {
  #spent = 0;

  async run<Result>(work: Work<Result>): Promise<Result> {
    for (let started = performance.now(); ; ) {
      const { done, value } = work.next();
      if (done) return value;
      const now = performance.now();
      if (now - started < SliceTime) continue;
      this.#spent += now - started;
      if (this.#spent > LongestWork) throw new PictureError('The picture takes too long');
      await setImmediate();
      started = performance.now();
    }
  }
}
