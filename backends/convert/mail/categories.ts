/**
 * Categories as IMAP keywords. A keyword is an atom of ASCII (RFC 9051, 9), a category any text:
 * what an atom cannot hold is written in modified UTF-7, as mailbox names are and as Thunderbird
 * writes its tags.
 */

/** Keywords that mail programs use for themselves and nobody chose as a category, lower case. */
const Reserved = new Set([
  'junk',
  'nonjunk',
  'notjunk',
  'forwarded',
  'mdnsent',
  'submitpending',
  'submitted',
  'phishing',
]);

/** Characters of a category: longer ones some servers refuse as a keyword. */
const MaxCategoryLength = 100;

/** Categories out of a message's flags: system flags, `$…` and other programs' own keywords are none. */
export const categoriesOf = (flags: Iterable<string>): string[] =>
  [...flags]
    .filter((flag) => !/^[\\$]/.test(flag) && !Reserved.has(flag.toLowerCase()))
    .map(categoryOfKeyword)
    .sort();

/** The category that a keyword stands for. */
export const categoryOfKeyword = (keyword: string): string =>
  keyword.replace(/&([A-Za-z0-9+,]*)-/g, (_, digits: string) => (digits === '' ? '&' : utf16(digits)));

const utf16 = (digits: string): string => {
  const bytes = Buffer.from(digits.replaceAll(',', '/'), 'base64');
  let text = '';
  for (let i = 0; i + 1 < bytes.length; i += 2) text += String.fromCharCode(bytes.readUInt16BE(i));
  return text;
};

/** The keyword for a category; `undefined` when there can be none (empty, too long, a reserved name). */
export const keywordOfCategory = (category: string): string | undefined => {
  const text = category.trim();
  if (text === '' || text.length > MaxCategoryLength || /^[\\$]/.test(text)) return undefined;
  if (Reserved.has(text.toLowerCase())) return undefined;
  return text.replace(/&|[^!#$&'+\-./0-9:;<=>?@A-Z^_`a-z|~,]+/g, (run) => (run === '&' ? '&-' : `&${base64(run)}-`));
};

const base64 = (text: string): string => {
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    bytes[2 * i] = text.charCodeAt(i) >> 8;
    bytes[2 * i + 1] = text.charCodeAt(i) & 255;
  }
  return Buffer.from(bytes).toString('base64').replaceAll('/', ',').replace(/=+$/, '');
};
