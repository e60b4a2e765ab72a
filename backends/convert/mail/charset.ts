import iconv from 'iconv-lite';
import { decode as decodeJapanese } from 'libmime/lib/charset.js';

/**
 * Text out of bytes in whatever charset a mail declares, or fails to. Node's own TextDecoder is
 * used for UTF-8 alone: on Node 20 it takes windows-1252 for ISO-8859-1 and knows few others.
 */

/** How the bytes came to be. */
export interface DecodeOptions {
  /** The bytes end where somebody stopped reading: an unfinished last character is dropped. */
  readonly cut?: boolean | undefined;
}

/**
 * Names that mean another charset than they say. The first group is how browsers and mail
 * programs read them: what is declared as ISO-8859-1 is windows-1252 (WHATWG Encoding, 4.2).
 */
const Aliases: Readonly<Record<string, string>> = {
  'iso-8859-1': 'windows-1252',
  'iso8859-1': 'windows-1252',
  iso88591: 'windows-1252',
  latin1: 'windows-1252',
  'latin-1': 'windows-1252',
  l1: 'windows-1252',
  'us-ascii': 'windows-1252',
  ascii: 'windows-1252',
  'ansi_x3.4-1968': 'windows-1252',
  'iso-8859-9': 'windows-1254',
  latin5: 'windows-1254',
  'iso-8859-11': 'windows-874',
  'tis-620': 'windows-874',
  gb2312: 'gb18030',
  gbk: 'gb18030',
  'gb_2312-80': 'gb18030',
  'ks_c_5601-1987': 'cp949',
  ks_c_5601: 'cp949',
  ksc5601: 'cp949',
  'euc-kr': 'cp949',
  'windows-949': 'cp949',
  'shift-jis': 'shift_jis',
  sjis: 'shift_jis',
  'windows-31j': 'shift_jis',
  'iso-8859-8-i': 'iso-8859-8',
  'iso-8859-8-e': 'iso-8859-8',
  'iso-8859-6-i': 'iso-8859-6',
  'mac-roman': 'macintosh',
  'mac-cyrillic': 'maccyrillic',
  'mac-ce': 'maccenteuro',
  'unicode-1-1-utf-7': 'utf-7',
  'unicode-1-1-utf-8': 'utf-8',
};

/** Codecs of iconv-lite that are no charsets of text. */
const NotText = /^(?:base64|hex|binary|internal|utf-?7-?imap|_.*)$/;

/** Charsets that say nothing reliable: bytes that are valid UTF-8 are UTF-8, whatever these say. */
const Vague = new Set(['', 'windows-1252', 'utf-8', 'utf8']);

/**
 * Charsets of one byte a character in which hardly any word is valid UTF-8 by accident: where the whole text is, it is
 * UTF-8 that some program on the way declared as its own charset.
 */
const SingleByte = /^(?:iso-?8859-(?:[1-9]|1[03-6])|windows-125\d|koi8-[ru]|macintosh)$/;

/** ISO-2022-JP and its kin, which iconv-lite does not know. */
const Japanese = /^iso-2022-jp/;

/** Charsets of seven bits that change to two bytes a character and back, which iconv-lite does not know either. */
const Shifting: Readonly<Record<string, { readonly marks: RegExp; readonly charset: string }>> = {
  // RFC 1843: between ~{ and ~}; a tilde is ~~, and ~ at the end of a line joins it with the next.
  'hz-gb-2312': { marks: /~\{([!-~]*?)~\}|~(~)|~\r?\n/g, charset: 'gb18030' },
  // RFC 1557: between SO and SI, behind an announcement.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are its marks
  'iso-2022-kr': { marks: /\u001b\$\)C|\u000e([!-~\s]*)\u000f?/g, charset: 'cp949' },
  // RFC 1922: the same with two character sets, of which the first is in use.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are its marks
  'iso-2022-cn': { marks: /\u001b\$[)*][AGH]|\u000e([!-~\s]*)\u000f?/g, charset: 'gb18030' },
};

/** Characters of the longest name of a charset; what is longer is none. */
const MaxCharsetName = 60;

/** The charset a declared name stands for, lower case; `''` when it is unknown or none. */
export const canonicalCharset = (declared: string | undefined): string => {
  if (declared === undefined || declared.length > MaxCharsetName) return '';
  const name = declared.toLowerCase().replace(/^[\s"']+|[\s"';,][\s\S]*$/g, '');
  return knownCharset(Irregular.test(name) ? regularName(name) : name);
};

/** Names that are written in several ways. */
const Irregular = /^(?:x-|cp|win|cs|iso-?2022|utf_?\d|8859)/;

const regularName = (name: string): string =>
  name
    .replace(/^x-/, '')
    .replace(/^(?:cp|win(?:dows)?)[-_]?(125\d)$/, 'windows-$1')
    .replace(/^(?:cs)?iso-?2022-?(jp|kr|cn)/, 'iso-2022-$1')
    .replace(/^utf_?(\d)/, 'utf-$1')
    .replace(/^8859-/, 'iso-8859-');

const knownCharset = (name: string): string => {
  const known = Object.hasOwn(Aliases, name) ? (Aliases[name] as string) : name;
  if (known === '' || NotText.test(known)) return '';
  const isOurs = Japanese.test(known) || Object.hasOwn(Shifting, known);
  return isOurs || iconv.encodingExists(known) ? known : '';
};

/**
 * Decodes bytes that claim to be in charset `declared`. Never throws; bytes that mean nothing
 * become U+FFFD. A byte order mark wins over the declaration; bytes declared as ASCII, Latin-1 or
 * UTF-8, as something unknown or not at all are UTF-8 when they are valid UTF-8, else windows-1252.
 */
export const decodeText = (bytes: Uint8Array, declared: string | undefined, options: DecodeOptions = {}): string => {
  const marked = markedCharset(bytes);
  const charset = marked ?? canonicalCharset(declared);
  if (Vague.has(charset)) {
    return decodeUtf8(bytes, options) ?? decodeOther(bytes, charset === 'utf-8' ? guess(bytes) : 'windows-1252');
  }
  if (SingleByte.test(charset) && marked === undefined) {
    const utf8 = decodeUtf8(bytes, options);
    if (utf8 !== undefined && utf8.length < bytes.length) return utf8;
  }
  const text = decodeOther(options.cut ? wholeUnits(bytes, charset) : bytes, charset);
  return options.cut ? text.replace(/\ufffd$/, '') : text;
};

/** The charset that a byte order mark tells. */
const markedCharset = (bytes: Uint8Array): string | undefined => {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
};

const Strict = new TextDecoder('utf-8', { fatal: true });

/** Strict UTF-8; `undefined` when the bytes are none. */
const decodeUtf8 = (bytes: Uint8Array, options: DecodeOptions): string | undefined => {
  try {
    if (!options.cut) return Strict.decode(bytes);
    // With `stream` a decoder keeps an unfinished last character to itself instead of failing.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
};

/** Share of broken bytes from which text declared as UTF-8 is taken for windows-1252. */
const BrokenShare = 0.5;

/**
 * What text declared as UTF-8 but not valid really is: a few broken places in UTF-8 text (a cut
 * by some mailing list) or another charset altogether, in which hardly any sequence is valid.
 */
const guess = (bytes: Uint8Array): string => {
  const text = new TextDecoder().decode(bytes.subarray(0, 65_536));
  let [broken, other] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0xfffd) broken++;
    else if (unit > 0x7f) other++;
  }
  return broken > (broken + other) * BrokenShare ? 'windows-1252' : 'utf-8';
};

const decodeOther = (bytes: Uint8Array, charset: string): string => {
  try {
    if (Japanese.test(charset)) return decode2022(bytes, charset);
    if (Object.hasOwn(Shifting, charset)) return decodeShifting(toBuffer(bytes), charset);
    return iconv.decode(toBuffer(bytes), charset);
  } catch {
    return new TextDecoder().decode(bytes);
  }
};

const Escape = 0x1b;

/** ISO-2022-JP; without escapes but with bytes of eight bits it is another charset of Japan, or UTF-8. */
const decode2022 = (bytes: Uint8Array, charset: string): string => {
  if (!bytes.includes(Escape) && bytes.some((byte) => byte > 0x7f)) {
    return decodeUtf8(bytes, {}) ?? iconv.decode(toBuffer(bytes), isEucJp(bytes) ? 'euc-jp' : 'shift_jis');
  }
  return decodeJapanese(toBuffer(bytes), charset);
};

/** Whether bytes of eight bits come in pairs of 0xA1 to 0xFE only, as EUC-JP has them. */
const isEucJp = (bytes: Uint8Array): boolean => {
  for (let i = 0; i < bytes.length; i++) {
    if ((bytes[i] as number) < 0x80) continue;
    if ((bytes[i] as number) < 0x8e || (bytes[++i] ?? 0) < 0xa1) return false;
  }
  return true;
};

/** Between the marks the high bits are set, which makes the charset of eight bits of it. */
const decodeShifting = (bytes: Buffer, name: string): string => {
  const { marks, charset } = Shifting[name] as (typeof Shifting)[string];
  const raised = bytes.toString('latin1').replace(marks, (_, shifted?: string, kept?: string) => {
    if (typeof kept === 'string') return kept;
    return (shifted ?? '').replace(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) | 0x80));
  });
  return iconv.decode(Buffer.from(raised, 'latin1'), charset);
};

const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Leaves out the unfinished unit at the end of a text whose characters have a fixed width. */
const wholeUnits = (bytes: Uint8Array, charset: string): Uint8Array => {
  const width = /^(?:utf-?16|ucs-?2)/.test(charset) ? 2 : /^(?:utf-?32|ucs-?4)/.test(charset) ? 4 : 1;
  return bytes.subarray(0, bytes.length - (bytes.length % width));
};

/**
 * How many bytes of text in this charset may be needed for one byte of UTF-8, at worst: ASCII
 * text takes two bytes a letter in UTF-16.
 */
export const bytesPerUtf8Byte = (declared: string | undefined): number => {
  const charset = canonicalCharset(declared);
  if (/^(?:utf-?32|ucs-?4)/.test(charset)) return 4;
  if (/^(?:utf-?16|ucs-?2|utf-?7|gb18030)/.test(charset)) return 2;
  return Japanese.test(charset) ? 2 : 1;
};
