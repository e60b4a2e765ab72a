const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** Up to this length a loop beats the call into the decoder; most values of a Sync are shorter. */
const ShortText = 24;

/** Decodes `bytes` from `start` up to `end`; what is no UTF-8 becomes U+FFFD, a byte order mark stays. */
export const decodeUtf8 = (bytes: Uint8Array, start: number, end: number): string => {
  if (end - start > ShortText) return decoder.decode(bytes.subarray(start, end));
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
};

/** What {@link legalUtf8} takes away: to search a string is several times as fast as its bytes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const MaybeIllegal = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** UTF-8 of a string that is legal in XML; see {@link legalUtf8}. Lone surrogates become U+FFFD. */
export const encodeUtf8 = (text: string): Uint8Array => {
  const bytes = encoder.encode(text);
  return MaybeIllegal.test(text) ? legalUtf8(bytes) : bytes;
};

/**
 * UTF-8 without the characters that XML 1.0 section 2.2 excludes: controls other than tab, line
 * feed and carriage return, U+FFFE and U+FFFF. NUL would end an inline string; the others stop
 * clients that turn WBXML into XML text. Gives the same array when there is none.
 */
export const legalUtf8 = (bytes: Uint8Array): Uint8Array => {
  const first = illegalFrom(bytes, 0);
  if (first === bytes.length) return bytes;
  const out = new Uint8Array(bytes.length);
  let [length, from] = [0, 0];
  for (let at = first; from < bytes.length; at = illegalFrom(bytes, from)) {
    out.set(bytes.subarray(from, at), length);
    length += at - from;
    from = at + ((bytes[at] as number) < 0x20 ? 1 : 3);
  }
  return out.subarray(0, length);
};

/** The same bytes with a space for each control that XML excludes, where the length must not change. */
export const blankControls = (bytes: Uint8Array): Uint8Array =>
  bytes.some(isIllegalControl) ? bytes.map((byte) => (isIllegalControl(byte) ? 0x20 : byte)) : bytes;

/** Whether XML 1.0 excludes a character below U+0020. */
export const isIllegalControl = (code: number): boolean =>
  code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d;

const illegalFrom = (bytes: Uint8Array, from: number): number => {
  for (let i = from; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte < 0x20 ? isIllegalControl(byte) : byte === 0xef && isNonCharacter(bytes, i)) return i;
  }
  return bytes.length;
};

const isNonCharacter = (bytes: Uint8Array, at: number): boolean =>
  bytes[at + 1] === 0xbf && (bytes[at + 2] as number) >= 0xbe && (bytes[at + 2] as number) <= 0xbf;
