/**
 * A text as the stores hold it: what a text of SQLite or UTF-8 cannot hold (NUL, unpaired surrogates),
 * U+10FFFF, and the escape sign itself, as `%` and four hex digits a UTF-16 unit. Character by
 * character, so a prefix stays a prefix.
 */
export const toKey = (text: string): string => text.replace(/[%\0\p{Surrogate}\u{10ffff}]/gu, escapeUnits);

/** The text that {@link toKey} made a key of. */
export const fromKey = (key: string): string =>
  key.replace(/%([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const escapeUnits = (character: string): string =>
  character
    .split('')
    .map((unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
