import type { Spooled } from '../../../protocol/wbxml/bytes.ts';

/** A message as the Data of a Body: the bytes of the message, and only what WBXML text cannot hold changed. */

/** WBXML ends a string at a zero byte; one within a message is sent as a blank, so that the size stays right. */
const withoutZeros = (bytes: Uint8Array): Uint8Array => {
  if (!bytes.includes(0)) return bytes;
  return bytes.map((byte) => (byte === 0 ? 0x20 : byte));
};

/** Where to cut at `end` or up to three bytes before, so that no UTF-8 character is divided. */
const utf8Border = (bytes: Uint8Array, end: number): number => {
  for (let at = end - 1; at >= 0 && at >= end - 3; at--) {
    const byte = bytes[at] as number;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return at + characterLength(byte) > end ? at : end;
  }
  // Continuation bytes without a beginning are no UTF-8: there is no border to keep.
  return end;
};

const characterLength = (first: number): number => {
  if (first >= 0xf0) return 4;
  return first >= 0xe0 ? 3 : 2;
};

/** The first `max` bytes of a message (all without it), whole characters of it. */
export const mimeData = (mime: Uint8Array | Spooled, max?: number): Uint8Array | Spooled => {
  if (mime instanceof Uint8Array) {
    const end = max === undefined ? mime.length : utf8Border(mime, Math.min(max, mime.length));
    return withoutZeros(mime.subarray(0, end));
  }
  const byteLength = Math.min(mime.byteLength, max ?? mime.byteLength);
  return { byteLength, open: () => firstBytes(mime, byteLength) };
};

/** The length is promised already, so a character that the cut divides is blanked, not left out. */
async function* firstBytes(spooled: Spooled, count: number): AsyncIterable<Uint8Array> {
  let left = count;
  let unfinished: Uint8Array = new Uint8Array(0);
  for await (const chunk of spooled.open()) {
    const piece = concat(unfinished, chunk.subarray(0, left));
    left -= Math.min(left, chunk.length);
    const border = utf8Border(piece, piece.length);
    unfinished = piece.slice(border);
    yield withoutZeros(piece.subarray(0, border));
    if (left === 0) break;
  }
  if (unfinished.length > 0) yield count < spooled.byteLength ? unfinished.fill(0x20) : unfinished;
}

const concat = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  if (first.length === 0) return second;
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
};
