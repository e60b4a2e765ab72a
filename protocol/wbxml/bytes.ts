/**
 * Bytes of a known length that can be read piece by piece, so that a large request need not be
 * in memory. The server backs large bodies with a file; everything else is an array.
 */
export interface ByteSource {
  /** Length in bytes. */
  readonly length: number;
  /** The bytes from `start` up to, not including, `end`; a view where that is possible. */
  read(start: number, end: number): Uint8Array;
  /** The part from `start` up to `end`, without reading it. */
  slice(start: number, end: number): ByteSource;
}

/** A value too large for memory, written into a response as a piece of known length. */
export interface Spooled {
  /** Length in bytes. */
  readonly byteLength: number;
  /** Streams the bytes; each call starts at the beginning. */
  open(): AsyncIterable<Uint8Array>;
}

/** A response is a list of pieces, so that its length is known before its large parts are read. */
export type Piece = Uint8Array | Spooled;

/** A source over an array. */
export const bytesSource = (bytes: Uint8Array): ByteSource => ({
  length: bytes.length,
  read: (start, end) => bytes.subarray(start, end),
  slice: (start, end) => bytesSource(bytes.subarray(start, end)),
});

/**
 * The opaque value of a request as a source: bytes, or a source of those that were too many for memory.
 *
 * @throws TypeError for anything else: only what a response is made of may be a spool
 */
export const sourceOfOpaque = (value: unknown): ByteSource => {
  if (value instanceof Uint8Array) return bytesSource(value);
  if (typeof value === 'object' && value !== null && 'read' in value && 'slice' in value) return value as ByteSource;
  throw new TypeError('A request holds bytes, never a spool');
};

/** All bytes of a source, in memory. */
export const readAll = (source: ByteSource): Uint8Array => source.read(0, source.length);

/** Length of a list of pieces in bytes. */
export const piecesLength = (pieces: readonly Piece[]): number =>
  pieces.reduce((total, piece) => total + piece.byteLength, 0);
