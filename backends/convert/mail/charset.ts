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
  'x-gbk': 'gb18030',
  'hz-gb-2312': 'gb18030',
  'ks_c_5601-1987': 'cp949',
  ks_c_5601: 'cp949',
  ksc5601: 'cp949',
  'euc-kr': 'cp949',
  'x-windows-949': 'cp949',
  'shift-jis': 'shift_jis',
  'x-sjis': 'shift_jis',
  'windows-31j': 'shift_jis',
  'iso-8859-8-i': 'iso-8859-8',
  'iso-8859-8-e': 'iso-8859-8',
  'iso-8859-6-i': 'iso-8859-6',
  'x-mac-roman': 'macintosh',
  'unicode-1-1-utf-7': 'utf-7',
  'unicode-1-1-utf-8': 'utf-8',
};

/** Codecs of iconv-lite that are no charsets of text. */
const NotText = /^(?:base64|hex|binary|internal|utf-?7-?imap|_.*)$/;

/** Charsets that say nothing reliable: bytes that are valid UTF-8 are UTF-8, whatever these say. */
const Vague = new Set(['', 'windows-1252', 'utf-8', 'utf8']);

/** ISO-2022-JP and its kin, which iconv-lite does not know. */
const Japanese = /^(?:iso-?2022-?jp|csiso2022jp|jis)/;

/** Characters of the longest name of a charset; what is longer is none. */
const MaxCharsetName = 60;

/** The charset a declared name stands for, lower case; `''` when it is unknown or none. */
export const canonicalCharset = (declared: string | undefined): string => {
  if (declared === undefined || declared.length > MaxCharsetName) return '';
  const name = declared
    .toLowerCase()
    .replace(/[\s"';]+/g, '')
    .replace(/^cp-?(125\d)$/, 'windows-$1')
    .replace(/^win(?:dows)?[-_]?(125\d)$/, 'windows-$1')
    .replace(/^utf_?(\d)/, 'utf-$1');
  const known = Object.hasOwn(Aliases, name) ? Aliases[name] : name;
  if (known === undefined || known === '' || NotText.test(known)) return '';
  return Japanese.test(known) || iconv.encodingExists(known) ? known : '';
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
    if (Japanese.test(charset)) return decodeJapanese(toBuffer(bytes), charset);
    return iconv.decode(toBuffer(bytes), charset);
  } catch {
    return new TextDecoder().decode(bytes);
  }
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
