import { createHash } from 'node:crypto';
import { BackendError } from '../contract/errors.ts';
import type { Cursor, Position } from '../contract/items.ts';
import type { Mark } from './collections.ts';
import { digest } from './digest.ts';
import type { Objects } from './listing.ts';

/** How far a folder was read. */
export type State =
  | { readonly by: 'token'; readonly token: string }
  /** What the objects looked like; `ctag` is a digest, empty where the server has none. */
  | { readonly by: 'etags'; readonly ctag: string; readonly seen: Seen };

/** Bytes of one object in a cursor: with 50,000 objects one change in 20 million would go unnoticed. */
const HashBytes = 5;
/**
 * Objects of a folder without sync-collection that a cursor holds at most: 333 kB of text. Larger ones
 * are listed and compared by the caller.
 */
export const SeenLimit = 50_000;

/** Which objects were seen with which ETags: a set of short hashes. */
export class Seen {
  readonly #hashes: ReadonlySet<string>;

  private constructor(hashes: ReadonlySet<string>) {
    this.#hashes = hashes;
  }

  static of(objects: Objects): Seen {
    return new Seen(new Set([...objects].map(([id, etag]) => hashOf(id, etag))));
  }

  /** Reads what {@link encode} wrote; `undefined`: it is damaged. */
  static decode(text: string): Seen | undefined {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length % HashBytes !== 0 || bytes.toString('base64url') !== text) return undefined;
    const hashes = new Set<string>();
    for (let at = 0; at < bytes.length; at += HashBytes) hashes.add(bytes.toString('latin1', at, at + HashBytes));
    return new Seen(hashes);
  }

  has(id: string, etag: string): boolean {
    return this.#hashes.has(hashOf(id, etag));
  }

  /** In order, so that equal sets are equal texts. */
  encode(): string {
    return Buffer.from([...this.#hashes].sort().join(''), 'latin1').toString('base64url');
  }
}

const hashOf = (id: string, etag: string): string =>
  createHash('sha256').update(`${id}\0${etag}`).digest().toString('latin1', 0, HashBytes);

/** The state after objects were listed, of which `mark` was read before. */
export const stateOf = (mark: Mark, objects: Objects): State =>
  mark.by === 'token'
    ? { by: 'token', token: mark.value }
    : { by: 'etags', ctag: mark.by === 'ctag' ? digest(mark.value) : '', seen: Seen.of(objects) };

/**
 * A state as a cursor: `t` and the sync-token, or `e`, the ctag's digest, a dot and the hashes. One
 * with too many objects is `l`: it will be refused.
 */
export const writeCursor = (state: State): Cursor => {
  if (state.by === 'token') return `t${state.token}`;
  const hashes = state.seen.encode();
  return hashes.length > (SeenLimit * HashBytes * 4) / 3 + 1 ? 'l' : `e${state.ctag}.${hashes}`;
};

/** Throws `cursorRefused` for what {@link writeCursor} did not write, or wrote to be refused. */
export const readCursor = (cursor: Cursor): State => {
  if (/^t./.test(cursor)) return { by: 'token', token: cursor.slice(1) };
  const [, ctag, hashes] = /^e([\w-]*)\.([\w-]*)$/.exec(cursor) ?? [];
  const seen = hashes === undefined ? undefined : Seen.decode(hashes);
  if (ctag === undefined || seen === undefined) {
    throw new BackendError('cursorRefused', { detail: cursor === 'l' ? 'too many objects' : 'no such cursor' });
  }
  return { by: 'etags', ctag, seen };
};

/** The position of a folder in a state: the same that {@link positionOf} tells where a mark does. */
export const positionIn = (state: State): Position => {
  if (state.by === 'token') return digest(state.token);
  return state.ctag === '' ? digest(state.seen.encode()) : state.ctag;
};
