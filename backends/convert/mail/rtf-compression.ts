/** Compressed RTF ([MS-OXRTFCP]): LZ77 over a ring of 4,096 bytes that begins with what most RTF begins with. */

/**
 * Bytes of RTF that are unpacked at most; the text of a longer one ends there. A person reads less than that, and
 * reading so much takes some 50 ms at worst.
 */
export const MaxRtfBytes = 524_288;

const HeaderLength = 16;
const Compressed = 0x75465a4c;
const Uncompressed = 0x414c454d;
const RingSize = 4_096;
/** A reference is 12 bits of place and 4 bits of length, from 2 on. */
const ShortestRun = 2;

const InitialRing =
  '{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbol' +
  'ArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx';

/**
 * Unpacks RTF. Data that end early, or lie, give what came out until then; `undefined` when they do not begin like
 * compressed RTF.
 *
 *     0   4   bytes of what follows these four
 *     4   4   bytes of the RTF
 *     8   4   `LZFu` compressed, `MELA` as it is
 *     12  4   checksum, not looked at
 */
export const unpackRtf = (bytes: Uint8Array): Uint8Array | undefined => {
  if (bytes.length < HeaderLength) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [size, kind] = [Math.min(view.getUint32(4, true), MaxRtfBytes), view.getUint32(8, true)];
  if (kind === Uncompressed) return bytes.subarray(HeaderLength, HeaderLength + size);
  return kind === Compressed ? unpack(bytes, size) : undefined;
};

const unpack = (bytes: Uint8Array, size: number): Uint8Array => {
  const ring = new Uint8Array(RingSize);
  for (let i = 0; i < InitialRing.length; i++) ring[i] = InitialRing.charCodeAt(i);
  const out = new Uint8Array(size);
  let [write, end, at, flags, bit] = [InitialRing.length, 0, HeaderLength, 0, 8];
  const put = (byte: number): void => {
    if (end < size) out[end++] = byte;
    ring[write] = byte;
    write = (write + 1) % RingSize;
  };
  while (end < size && at < bytes.length) {
    if (bit === 8) {
      flags = bytes[at++] as number;
      bit = 0;
      continue;
    }
    if (((flags >> bit++) & 1) === 0) {
      put(bytes[at++] as number);
      continue;
    }
    const reference = ((bytes[at] as number) << 8) | (bytes[at + 1] ?? 0);
    at += 2;
    const [from, length] = [reference >> 4, (reference & 15) + ShortestRun];
    // A reference to the place of the next byte is the end.
    if (from === write) break;
    for (let i = 0; i < length; i++) put(ring[(from + i) % RingSize] as number);
  }
  return out.subarray(0, end);
};
