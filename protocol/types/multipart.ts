import { type Piece, piecesLength } from '../wbxml/bytes.ts';

/**
 * Body of a multipart response, application/vnd.ms-sync.multipart ([MS-ASCMD] 2.2.1.10.1.1):
 *
 *     uint32 LE   number of parts
 *     each part   uint32 LE offset from the start of the body, uint32 LE length
 *     the parts   part 0 is the WBXML document, the others are raw data
 */

const CountLength = 4;
const EntryLength = 8;
const MaxOffset = 0xffff_ffff;

/**
 * Most parts that are read. A response has one part for each Fetch with data; more than this come
 * from no server, and the limit keeps a false count from being believed.
 */
export const MaxParts = 10_000;

/** Bytes that are no multipart body. */
export class MultipartError extends Error {
  override readonly name = 'MultipartError';
}

/**
 * A multipart body. In the document, `Part` counts `parts` from 1.
 *
 * @throws RangeError when the body is longer than its offsets can tell (4 GiB)
 */
export const encodeMultipart = (document: readonly Piece[], parts: readonly Piece[]): Piece[] => {
  const lengths = [piecesLength(document), ...parts.map((part) => part.byteLength)];
  return [multipartHeader(lengths), ...document, ...parts];
};

const multipartHeader = (lengths: readonly number[]): Uint8Array => {
  const header = new Uint8Array(CountLength + EntryLength * lengths.length);
  const view = new DataView(header.buffer);
  view.setUint32(0, lengths.length, true);
  let offset = header.length;
  lengths.forEach((length, index) => {
    if (offset + length > MaxOffset) throw new RangeError('A multipart response cannot be longer than 4 GiB.');
    view.setUint32(CountLength + EntryLength * index, offset, true);
    view.setUint32(CountLength + EntryLength * index + 4, length, true);
    offset += length;
  });
  return header;
};

/**
 * The parts of a multipart body, the document first; each is a view of `body`.
 *
 * @throws MultipartError when the header is cut off or a part lies outside the body
 */
export const decodeMultipart = (body: Uint8Array): Uint8Array[] => {
  if (body.length < CountLength) throw new MultipartError('The body is too short to hold the number of parts.');
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const count = view.getUint32(0, true);
  const headerLength = CountLength + EntryLength * count;
  if (count === 0 || count > MaxParts || headerLength > body.length) {
    throw new MultipartError(`The header counts ${count} parts, which a body of ${body.length} bytes cannot hold.`);
  }
  return Array.from({ length: count }, (_, index) => {
    const offset = view.getUint32(CountLength + EntryLength * index, true);
    const end = offset + view.getUint32(CountLength + EntryLength * index + 4, true);
    if (offset < headerLength || end > body.length) {
      throw new MultipartError(`Part ${index} lies at ${offset} to ${end}, outside the body.`);
    }
    return body.subarray(offset, end);
  });
};
