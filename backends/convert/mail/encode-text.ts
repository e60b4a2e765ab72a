/** Text on its way out: bodies in a transfer encoding, header values as encoded words. */

/** Bytes in lines of base64, 76 characters each (RFC 2045, 6.8). */
export const base64Lines = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('base64')
    .replace(/.{1,76}/g, '$&\r\n');

/** Characters of a line of quoted-printable before its soft break: with it 76, and no escape is divided. */
const QuotedLine = 73;

/**
 * Bytes as quoted-printable (RFC 2045, 6.7). CR LF stays a line end, every other control character
 * is escaped, so that what comes out has no line that SMTP or IMAP could object to.
 */
export const quotedPrintable = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('latin1')
    .split('\r\n')
    // A blank before a line end would be lost on the way.
    .map((line) => broken(line.replace(/[^\t -<>-~]|[\t ]$/g, escapeByte)))
    .join('\r\n');

/** A line with soft breaks. */
const broken = (line: string): string => {
  if (line.length <= QuotedLine + 3) return line;
  const pieces: string[] = [];
  let at = 0;
  while (line.length - at > QuotedLine + 3) {
    const lastEscape = line.lastIndexOf('=', at + QuotedLine - 1);
    const end = lastEscape > at + QuotedLine - 3 ? lastEscape : at + QuotedLine;
    pieces.push(line.slice(at, end));
    at = end;
  }
  return [...pieces, line.slice(at)].join('=\r\n');
};

const escapeByte = (char: string): string => `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/** The encoding that takes less room, with the text in it. */
export const encodeBody = (bytes: Uint8Array): { readonly encoding: string; readonly text: string } => {
  let escaped = 0;
  for (const byte of bytes) if (byte > 0x7e || byte === 0x3d) escaped++;
  return escaped * 6 > bytes.length
    ? { encoding: 'base64', text: base64Lines(bytes) }
    : { encoding: 'quoted-printable', text: quotedPrintable(bytes) };
};

/** Bytes of UTF-8 in one encoded word, which is at most 75 characters long (RFC 2047, 2). */
const WordBytes = 42;

/** Text as it may stand in an unstructured field: as it is when it is plain ASCII, else as encoded words. */
export const encodeWords = (text: string): string => {
  const clean = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  if (/^[ -~]*$/.test(clean) && !clean.includes('=?')) return clean;
  const words: string[] = [];
  let [word, bytes] = ['', 0];
  for (const char of clean) {
    const size = Buffer.byteLength(char);
    if (bytes + size > WordBytes) {
      words.push(word);
      [word, bytes] = ['', 0];
    }
    word += char;
    bytes += size;
  }
  words.push(word);
  return words.map((each) => `=?utf-8?B?${Buffer.from(each, 'utf8').toString('base64')}?=`).join(' ');
};

/** A parameter of Content-Type or Content-Disposition, quoted, beyond ASCII in the form of RFC 2231. */
export const parameter = (name: string, value: string): string => {
  const clean = value.replace(/[\p{Cc}]+/gu, ' ');
  if (/^[ -~]*$/.test(clean)) return `${name}="${clean.replace(/["\\]/g, '\\$&')}"`;
  const encoded = [...Buffer.from(clean, 'utf8')].map((byte) =>
    /[A-Za-z0-9._-]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  );
  const pieces: string[] = [];
  for (const each of encoded) {
    const last = pieces.at(-1);
    if (last === undefined || last.length + each.length > 54) pieces.push(each);
    else pieces[pieces.length - 1] = last + each;
  }
  if (pieces.length === 1) return `${name}*=utf-8''${pieces[0]}`;
  return pieces.map((piece, i) => `${name}*${i}*=${i === 0 ? "utf-8''" : ''}${piece}`).join(';\r\n ');
};

/** Characters of a line that a field is folded at, and that it must not exceed (RFC 5322, 2.1.1). */
const [FoldAt, MaxLine] = [78, 998];

/** A field as it stands in a header, folded at blanks where a line would grow long; ends with CR LF. */
export const headerField = (name: string, value: string): string => `${foldLine(`${name}: ${value}`)}\r\n`;

const foldLine = (line: string): string => {
  const out: string[] = [];
  let rest = line;
  while (rest.length > FoldAt) {
    const at = breakAt(rest);
    if (at < 0) break;
    out.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  return [...out, rest].join('\r\n');
};

/** Where a line may be broken: before its last blank within the limit, else its first one. Never before text. */
const breakAt = (line: string): number => {
  const isPlace = (at: number): boolean => at > 0 && /\S/.test(line.slice(0, at)) && /\S/.test(line.slice(at));
  const last = line.lastIndexOf(' ', FoldAt);
  if (last > line.indexOf(':') + 1 && isPlace(last)) return last;
  const next = line.indexOf(' ', FoldAt);
  return isPlace(next) ? next : -1;
};

/** The lines of a field that exceed what SMTP carries are folded, the others stay as they are. */
export const foldLong = (field: string): string =>
  field
    .split('\r\n')
    .map((line) => (line.length > MaxLine ? foldLine(line) : line))
    .join('\r\n');
