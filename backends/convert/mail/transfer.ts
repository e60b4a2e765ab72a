/**
 * Content-Transfer-Encodings (RFC 2045, 6), as broken as real mail has them: what cannot be
 * decoded is passed over or left as it is, nothing throws.
 */

/** Decodes a stream of bytes piece by piece. */
export interface TransferDecoder {
  /** Decoded bytes as far as `chunk` tells; may be a view of `chunk`. */
  write(chunk: Uint8Array): Uint8Array;
  /** What is left at the end. */
  end(): Uint8Array;
}

const Nothing = new Uint8Array(0);

/** A decoder for an encoding; unknown ones (and 7bit, 8bit, binary) pass the bytes through. */
export const transferDecoder = (encoding: string): TransferDecoder => {
  const name = encoding.trim().toLowerCase();
  if (name === 'base64') return base64Decoder();
  if (name === 'quoted-printable') return quotedPrintableDecoder();
  return { write: (chunk) => chunk, end: () => Nothing };
};

/** Decodes all of `bytes`. */
export const decodeTransfer = (bytes: Uint8Array, encoding: string): Uint8Array => {
  const decoder = transferDecoder(encoding);
  const [body, rest] = [decoder.write(bytes), decoder.end()];
  if (rest.length === 0) return body;
  const all = new Uint8Array(body.length + rest.length);
  all.set(body);
  all.set(rest, body.length);
  return all;
};

/** Decodes a stream, chunk by chunk; holds no more than a chunk. */
export async function* decodeTransferStream(
  chunks: AsyncIterable<Uint8Array>,
  encoding: string,
): AsyncIterable<Uint8Array> {
  const decoder = transferDecoder(encoding);
  for await (const chunk of chunks) {
    const decoded = decoder.write(chunk);
    if (decoded.length > 0) yield decoded;
  }
  const rest = decoder.end();
  if (rest.length > 0) yield rest;
}

/**
 * Bytes after decoding, as well as that can be told without reading them: base64 in lines of 76
 * characters is at most 2 bytes off (its padding is not seen).
 */
export const decodedSize = (encodedSize: number, encoding: string): number => {
  if (encoding !== 'base64') return encodedSize;
  return Math.floor(((encodedSize - 2 * Math.floor(encodedSize / 78)) * 3) / 4);
};

/** Encoded bytes that may be needed to get `decoded` bytes, at worst. */
export const encodedBytesFor = (decoded: number, encoding: string): number => {
  // base64: 4 characters for 3 bytes, a line end after 76 (or 60, uuencode-like writers).
  if (encoding === 'base64') return Math.ceil((decoded * 4) / 3 / 60) * 62 + 4;
  // quoted-printable: 3 characters a byte, a soft line break of 3 within every 76.
  if (encoding === 'quoted-printable') return Math.ceil((decoded * 3) / 72) * 78 + 3;
  return decoded;
};

/** Value of each byte as a base64 digit (both alphabets); 64 is padding, 255 is no digit. */
const Base64Values = ((): Uint8Array => {
  const values = new Uint8Array(256).fill(255);
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  for (let i = 0; i < digits.length; i++) values[digits.charCodeAt(i)] = i;
  values['-'.charCodeAt(0)] = 62;
  values['_'.charCodeAt(0)] = 63;
  values['='.charCodeAt(0)] = 64;
  return values;
})();

/** Decodes the groups of four digits from `from` on, up to the first thing else; gives their number. */
const decodeGroups = (bytes: Uint8Array, from: number, out: Uint8Array, start: number): number => {
  let [at, end] = [from, start];
  for (; at + 4 <= bytes.length; at += 4) {
    const a = Base64Values[bytes[at] as number] as number;
    const b = Base64Values[bytes[at + 1] as number] as number;
    const c = Base64Values[bytes[at + 2] as number] as number;
    const d = Base64Values[bytes[at + 3] as number] as number;
    if ((a | b | c | d) >= 64) break;
    out[end++] = (a << 2) | (b >> 4);
    out[end++] = ((b & 15) << 4) | (c >> 2);
    out[end++] = ((c & 3) << 6) | d;
  }
  return (at - from) / 4;
};

/** Digits are counted over anything between them; padding ends a group, and another may follow. */
const base64Decoder = (): TransferDecoder => {
  let [bits, digits] = [0, 0];
  const flush = (out: Uint8Array, at: number): number => {
    let end = at;
    if (digits >= 2) out[end++] = (digits === 2 ? bits >> 4 : bits >> 10) & 255;
    if (digits === 3) out[end++] = (bits >> 2) & 255;
    [bits, digits] = [0, 0];
    return end;
  };
  const add = (value: number, out: Uint8Array, at: number): number => {
    bits = (bits << 6) | value;
    if (++digits < 4) return at;
    out[at] = (bits >> 16) & 255;
    out[at + 1] = (bits >> 8) & 255;
    out[at + 2] = bits & 255;
    [bits, digits] = [0, 0];
    return at + 3;
  };
  return {
    write: (chunk) => {
      const out = new Uint8Array(Math.ceil(((chunk.length + 4) * 3) / 4));
      let end = 0;
      for (let i = 0; i < chunk.length; ) {
        const groups = digits === 0 ? decodeGroups(chunk, i, out, end) : 0;
        i += groups * 4;
        end += groups * 3;
        const value = Base64Values[chunk[i++] ?? 0] as number;
        if (value < 64) end = add(value, out, end);
        else if (value === 64) end = flush(out, end);
      }
      return out.subarray(0, end);
    },
    end: () => {
      const out = new Uint8Array(2);
      return out.subarray(0, flush(out, 0));
    },
  };
};

const [Equals, Lf, Cr, Space, Tab] = [0x3d, 0x0a, 0x0d, 0x20, 0x09];

/** Value of each byte as a hexadecimal digit; 255 is no digit. */
const HexValues = ((): Uint8Array => {
  const values = new Uint8Array(256).fill(255);
  for (let i = 0; i < 16; i++) {
    const digit = i.toString(16);
    values[digit.charCodeAt(0)] = i;
    values[digit.toUpperCase().charCodeAt(0)] = i;
  }
  return values;
})();

/** Blanks that some transport left between `=` and the line end, at most. */
const MaxPadding = 76;

/**
 * Length of the soft line break that starts with the `=` at `at`; 0 when the `=` escapes nothing, -1
 * when the bytes end within an escape.
 */
const softBreakAt = (bytes: Uint8Array, at: number): number => {
  let end = at + 1;
  while (end - at <= MaxPadding && (bytes[end] === Space || bytes[end] === Tab)) end++;
  if (bytes[end] === Lf) return end + 1 - at;
  if (bytes[end] === Cr && bytes[end + 1] === Lf) return end + 2 - at;
  if (end >= bytes.length) return -1;
  const mayGoOn = bytes[end] === Cr || HexValues[bytes[at + 1] as number] !== 255;
  return end + 1 >= bytes.length && mayGoOn ? -1 : 0;
};

/** Decodes `input` into `out`; gives the length of the output and how much of the input was used. */
const decodeEscapes = (input: Uint8Array, out: Uint8Array): { length: number; used: number } => {
  let [length, at] = [0, 0];
  while (at < input.length) {
    const byte = input[at] as number;
    const value = byte === Equals ? hexByte(input, at + 1) : byte;
    if (value >= 0) {
      out[length++] = value;
      at += byte === Equals ? 3 : 1;
      continue;
    }
    const skipped = softBreakAt(input, at);
    if (skipped < 0) break;
    if (skipped === 0) out[length++] = byte;
    at += Math.max(1, skipped);
  }
  return { length, used: at };
};

/** The byte that two hexadecimal digits stand for; -1 when they are not there. */
const hexByte = (bytes: Uint8Array, at: number): number => {
  if (at + 1 >= bytes.length) return -1;
  const high = HexValues[bytes[at] as number] as number;
  const low = HexValues[bytes[at + 1] as number] as number;
  return (high | low) < 16 ? (high << 4) | low : -1;
};

const quotedPrintableDecoder = (): TransferDecoder => {
  let kept = Nothing;
  return {
    write: (chunk) => {
      const input = kept.length === 0 ? chunk : concat(kept, chunk);
      const out = new Uint8Array(input.length);
      const { length, used } = decodeEscapes(input, out);
      kept = input.slice(used);
      return out.subarray(0, length);
    },
    // An escape that the end cuts off says nothing; `=` alone is a soft line break.
    end: () => {
      kept = Nothing;
      return Nothing;
    },
  };
};

const concat = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
};
