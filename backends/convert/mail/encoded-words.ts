import { decodeText } from './charset.ts';
import { decodeTransfer } from './transfer.ts';

/** One encoded word, `=?utf-8?q?J=C3=BCrgen?=`; a language may follow the charset (RFC 2231, 5). */
const EncodedWord = /=\?([^?\s*]{1,60})(?:\*[^?\s]{0,20})?\?([bq])\?([^?\r\n]*)\?=/gi;

/** Encoded words in a row of one charset: a character may begin in one and end in the next. */
interface Words {
  readonly charset: string;
  readonly pieces: Uint8Array[];
}

/**
 * Decodes the encoded words of a header value (RFC 2047). White space between two of them is not
 * part of the text, and characters that a mail program split between two words are put together.
 */
export const decodeWords = (value: string): string => {
  if (!value.includes('=?')) return value;
  let [text, end] = ['', 0];
  let pending: Words | undefined;
  const flush = (): void => {
    if (pending !== undefined) text += decodeText(Buffer.concat(pending.pieces), pending.charset);
    pending = undefined;
  };
  for (const match of value.matchAll(EncodedWord)) {
    const between = value.slice(end, match.index);
    if (pending === undefined || between.trim() !== '') {
      flush();
      text += between;
    }
    end = match.index + match[0].length;
    const charset = (match[1] as string).toLowerCase();
    if (pending?.charset !== charset) flush();
    pending ??= { charset, pieces: [] };
    pending.pieces.push(wordBytes(match[2] as string, match[3] as string));
  }
  flush();
  return text + value.slice(end);
};

const wordBytes = (encoding: string, content: string): Uint8Array =>
  encoding.toLowerCase() === 'b'
    ? decodeTransfer(latin1(content), 'base64')
    : decodeTransfer(latin1(content.replaceAll('_', ' ')), 'quoted-printable');

/** Text of an encoded word as bytes; letters beyond ASCII (raw UTF-8 in it) as UTF-8. */
const latin1 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A header value of the form `value; name=value; …`. */
export interface ParameterValue {
  /** What stands before the first `;`, lower case. */
  readonly value: string;
  /** Names in lower case, values decoded in every known way. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Parameters of a header, at most: more are an attack, not a mail. */
export const MaxParameters = 200;

/** Reads Content-Type and Content-Disposition (RFC 2045, RFC 2231 continuations and charsets included). */
export const parseParameters = (header: string): ParameterValue => {
  const pieces = splitParameters(header);
  const plain = new Map<string, string>();
  const sections = new Map<string, Section[]>();
  for (const piece of pieces.slice(1, MaxParameters + 1)) {
    const equals = piece.indexOf('=');
    if (equals < 0) continue;
    const name = piece.slice(0, equals).trim().toLowerCase();
    const value = unquote(piece.slice(equals + 1).trim());
    const section = /^([^*]+)\*(\d{1,4})?(\*?)$/.exec(name);
    if (section === null) {
      if (!plain.has(name)) plain.set(name, decodeWords(value));
      continue;
    }
    const list = sections.get(section[1] as string) ?? [];
    list.push({ number: Number(section[2] ?? 0), encoded: section[2] === undefined || section[3] === '*', value });
    sections.set(section[1] as string, list);
  }
  for (const [name, list] of sections) plain.set(name, joinSections(list));
  return { value: (pieces[0] ?? '').trim().toLowerCase(), parameters: Object.fromEntries(plain) };
};

interface Section {
  readonly number: number;
  readonly encoded: boolean;
  readonly value: string;
}

/** Puts the sections of an RFC 2231 value together: `charset'language'%41bc`, then more of it. */
const joinSections = (list: Section[]): string => {
  list.sort((a, b) => a.number - b.number);
  const first = list[0];
  const prefix = first?.encoded ? /^([^']{0,60})'[^']{0,60}'/.exec(first.value) : null;
  const bytes: Uint8Array[] = list.map((section, i) => {
    const value = i === 0 && prefix !== null ? section.value.slice(prefix[0].length) : section.value;
    return section.encoded ? percentBytes(value) : new TextEncoder().encode(value);
  });
  const text = decodeText(concatAll(bytes), prefix?.[1] || 'utf-8');
  return prefix === null ? decodeWords(text) : text;
};

const percentBytes = (value: string): Uint8Array => {
  const bytes = new TextEncoder().encode(value);
  const out = new Uint8Array(bytes.length);
  let end = 0;
  for (let i = 0; i < bytes.length; i++) {
    const hex = bytes[i] === 0x25 ? String.fromCharCode(bytes[i + 1] ?? 0, bytes[i + 2] ?? 0) : '';
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      out[end++] = Number.parseInt(hex, 16);
      i += 2;
    } else out[end++] = bytes[i] as number;
  }
  return out.subarray(0, end);
};

const concatAll = (parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/** Splits at `;` outside quotes; comments in parentheses are left out. */
const splitParameters = (header: string): string[] => {
  const pieces: string[] = [];
  let [start, quoted] = [0, false];
  for (let i = 0; i < header.length && pieces.length <= MaxParameters; i++) {
    const char = header[i];
    if (quoted && char === '\\') i++;
    else if (char === '"') quoted = !quoted;
    else if (char === ';' && !quoted) {
      pieces.push(header.slice(start, i));
      start = i + 1;
    }
  }
  // A quote that is never closed swallows what follows: such a header is split at every `;`.
  if (quoted) return header.split(';', MaxParameters + 1);
  pieces.push(header.slice(start));
  return pieces;
};

const unquote = (value: string): string => {
  if (!value.startsWith('"')) {
    const comment = value.endsWith(')') ? value.lastIndexOf('(') : -1;
    return comment < 0 ? value : value.slice(0, comment).trimEnd();
  }
  const end = value.length > 1 && value.endsWith('"') ? value.length - 1 : value.length;
  return value.slice(1, end).replace(/\\(.)/g, '$1');
};
