import { type ByteSource, bytesSource } from '../../../protocol/wbxml/bytes.ts';

/** Byte sources made of others: a message is put together without any of it being read. */

/** A source made of pieces, none of them made of others. */
interface JoinedSource extends ByteSource {
  readonly pieces: readonly ByteSource[];
}

const isJoined = (source: ByteSource): source is JoinedSource => 'pieces' in source;

/** The sources that a source was made of, in order; a piece that was joined as a whole is itself. */
export const piecesOf = (source: ByteSource): readonly ByteSource[] => (isJoined(source) ? source.pieces : [source]);

/** Several sources, one behind the other. */
export const joinSources = (sources: readonly ByteSource[]): ByteSource => {
  const pieces = sources.flatMap(piecesOf).filter((source) => source.length > 0);
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const ends: number[] = [];
  let length = 0;
  for (const piece of pieces) {
    length += piece.length;
    ends.push(length);
  }
  /** What `take` makes of the stretch of each piece that lies between `start` and `end`. */
  const stretches = <T>(start: number, end: number, take: (piece: ByteSource, from: number, to: number) => T): T[] => {
    const found: T[] = [];
    for (let i = firstBeyond(ends, start), at = start; at < end; i++) {
      const [piece, pieceEnd] = [pieces[i] as ByteSource, ends[i] as number];
      const pieceStart = pieceEnd - piece.length;
      found.push(take(piece, at - pieceStart, Math.min(end, pieceEnd) - pieceStart));
      at = pieceEnd;
    }
    return found;
  };
  const within = (position: number): number => Math.max(0, Math.min(position, length));
  const slice = (piece: ByteSource, from: number, to: number): ByteSource =>
    from === 0 && to === piece.length ? piece : piece.slice(from, to);
  const joined: JoinedSource = {
    pieces,
    length,
    read: (start, end) => {
      const found = stretches(within(start), within(end), (piece, from, to) => piece.read(from, to));
      return found.length === 1 ? (found[0] as Uint8Array) : Buffer.concat(found);
    },
    slice: (start, end) => joinSources(stretches(within(start), within(end), slice)),
  };
  return joined;
};

/** Index of the first piece that ends beyond `position`. */
const firstBeyond = (ends: readonly number[], position: number): number => {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) > position) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** Text as a source, in UTF-8. */
export const textSource = (text: string): ByteSource => bytesSource(Buffer.from(text, 'utf8'));

/** Bytes of data in a line of base64, and characters of the line with its CR LF (RFC 2045, 6.8). */
const [LineBytes, LineChars] = [57, 78];

/** Base64 of a source in lines of 76 characters, encoded as it is read: nothing is held. */
export const base64Source = (source: ByteSource): ByteSource => {
  const lines = Math.ceil(source.length / LineBytes);
  const lastBytes = source.length - (lines - 1) * LineBytes;
  const length = lines === 0 ? 0 : (lines - 1) * LineChars + Math.ceil(lastBytes / 3) * 4 + 2;
  const encode = (first: number, last: number): Buffer => {
    const bytes = source.read(first * LineBytes, Math.min(source.length, last * LineBytes));
    const digits = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    return Buffer.from(digits.replace(/.{1,76}/g, '$&\r\n'), 'latin1');
  };
  const read = (start: number, end: number): Uint8Array => {
    const first = Math.floor(start / LineChars);
    const encoded = encode(first, Math.ceil(end / LineChars));
    return encoded.subarray(start - first * LineChars, end - first * LineChars);
  };
  return view(length, read, 0, length);
};

/** A stretch of what `read` gives. */
const view = (
  length: number,
  read: (start: number, end: number) => Uint8Array,
  from: number,
  to: number,
): ByteSource => {
  const at = (position: number): number => from + Math.max(0, Math.min(position, to - from));
  return {
    length: to - from,
    read: (start, end) => (at(end) > at(start) ? read(at(start), at(end)) : new Uint8Array(0)),
    slice: (start, end) => view(length, read, at(start), Math.max(at(start), at(end))),
  };
};
