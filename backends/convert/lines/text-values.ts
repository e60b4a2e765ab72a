/** Values of type TEXT (RFC 5545 3.3.11, RFC 6350 3.4): escaped, in lists and in structures. */

/** Text as a value. */
export const escapeText = (text: string): string => text.replace(/[\\;,]/g, '\\$&').replace(/\r\n|\r|\n/g, '\\n');

/** The text of a value; a backslash before anything else stands for that (`\:` of old writers). */
export const unescapeText = (value: string): string =>
  value.replace(/\\([\s\S])/g, (_, character: string) => (character === 'n' || character === 'N' ? '\n' : character));

/** The pieces of a value between separators that are not escaped, still escaped themselves. */
export const splitValue = (value: string, separator: ',' | ';'): string[] => {
  const pieces: string[] = [];
  let start = 0;
  for (let at = 0; at < value.length; at++) {
    if (value[at] === '\\') at++;
    else if (value[at] === separator) {
      pieces.push(value.slice(start, at));
      start = at + 1;
    }
  }
  return [...pieces, value.slice(start)];
};

/** The texts of a list, `CATEGORIES:a,b`. */
export const textList = (value: string): string[] => splitValue(value, ',').map(unescapeText);

/** The texts of a structure, `N:Doe;Jane;;;`; a list within a field is joined as it is read. */
export const structure = (value: string): string[] =>
  splitValue(value, ';').map((field) => splitValue(field, ',').map(unescapeText).join(', '));

/**
 * A structure with some of its fields replaced; the others stay as they are, and the length grows as
 * far as it must.
 */
export const replaceFields = (value: string, fields: Readonly<Record<number, string>>): string => {
  const pieces = value === '' ? [] : splitValue(value, ';');
  for (const [index, text] of Object.entries(fields)) {
    while (pieces.length <= Number(index)) pieces.push('');
    pieces[Number(index)] = escapeText(text);
  }
  return pieces.join(';');
};
