const Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const Encode = new TextEncoder().encode(Alphabet);
const Invalid = 0xff;
const Space = 0xfe;
const Padding = '='.charCodeAt(0);

const Decode = ((): Uint8Array => {
  const table = new Uint8Array(256).fill(Invalid);
  Encode.forEach((code, value) => {
    table[code] = value;
  });
  for (const space of '\t\n\r ') table[space.charCodeAt(0)] = Space;
  return table;
})();

/**
 * Decodes base64 (RFC 4648, section 4); `undefined` when the text is none. White space between is
 * skipped and missing padding accepted, as clients write both.
 */
export const base64ToBytes = (text: string): Uint8Array | undefined => {
  const out = new Uint8Array(Math.ceil((text.length * 3) / 4));
  const end = textEnd(text);
  let [length, bits, held] = [0, 0, 0];
  for (let i = 0; i < end; i++) {
    const value = Decode[text.charCodeAt(i)] ?? Invalid;
    if (value === Space) continue;
    if (value === Invalid) return undefined;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[length++] = bits >> held;
    }
  }
  return held === 6 ? undefined : out.subarray(0, length);
};

/** Where the padding begins: at most two signs, perhaps with white space about them. */
const textEnd = (text: string): number => {
  let end = text.length;
  for (let signs = 0; end > 0; end--) {
    const code = text.charCodeAt(end - 1);
    if (code === Padding && signs < 2) signs++;
    else if (Decode[code] !== Space) break;
  }
  return end;
};

/** Encodes as base64 with padding, on one line. */
export const bytesToBase64 = (bytes: Uint8Array): string => {
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(Padding);
  let length = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const bits = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let k = 0; k < Math.min(left + 1, 4); k++) out[length + k] = Encode[(bits >> (18 - 6 * k)) & 0x3f] as number;
    length += 4;
  }
  return new TextDecoder().decode(out);
};
