import type { ImapAttribute, ImapAttributeList, ImapResponse } from 'imapflow';

/** A value in a command: tokens, plain strings (sent quoted), numbers and lists of them. */
export type Argument = ArgumentNode | string | number | readonly Argument[];

interface ArgumentNode {
  readonly type: 'ATOM' | 'SEQUENCE' | 'STRING' | 'LITERAL';
  readonly value: string | Buffer;
  readonly section?: readonly Argument[];
  readonly partial?: readonly number[];
  readonly isLiteral8?: boolean;
}

/** An atom; characters that an atom cannot hold make imapflow send it quoted. */
export const atom = (value: string): Argument => ({ type: 'ATOM', value });

/** A quoted string. CR, LF and NUL are refused before anything is sent. */
export const quoted = (value: string): Argument => ({ type: 'STRING', value });

/** A sequence set, `1:5,7`. */
export const sequence = (value: string): Argument => ({ type: 'SEQUENCE', value });

/** Bytes of a literal; `binary` lets it hold NUL (`literal8`, RFC 3516). */
export const literal = (value: Buffer, binary = false): Argument => ({ type: 'LITERAL', value, isLiteral8: binary });

/** `BODY.PEEK[<section>]<from.count>`: reading never sets \Seen. */
export const peek = (section: string, range?: { readonly from: number; readonly count: number }): Argument => ({
  type: 'ATOM',
  value: 'BODY.PEEK',
  section: section === '' ? [] : [atom(section)],
  ...(range === undefined ? {} : { partial: [range.from, range.count] }),
});

/** `BODY.PEEK[HEADER.FIELDS (<names>)]`. */
export const peekHeaders = (names: readonly string[]): Argument => ({
  type: 'ATOM',
  value: 'BODY.PEEK',
  section: [atom('HEADER.FIELDS'), names.map(atom)],
});

/** The text of a token; `undefined` for NIL and lists. */
export const textOf = (token: ImapAttribute | undefined): string | undefined => {
  const value = token?.value;
  if (value === undefined || value === null) return undefined;
  return Buffer.isBuffer(value) ? value.toString('utf8') : String(value);
};

/** The bytes of a token: the body of a literal or of a quoted string; `undefined` for NIL. */
export const bytesOf = (token: ImapAttribute | undefined): Uint8Array | undefined => {
  const value = token?.value;
  if (value === undefined || value === null) return undefined;
  return Buffer.isBuffer(value) ? value : Buffer.from(String(value), 'utf8');
};

/** A number of at most 15 digits; `undefined` when the token is none. */
export const numberOf = (token: ImapAttribute | undefined): number | undefined => {
  const text = textOf(token);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
};

/** A mod-sequence or another 63-bit number; `undefined` when the token is none. */
export const bigintOf = (token: ImapAttribute | undefined): bigint | undefined => {
  const text = textOf(token);
  return text !== undefined && /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;
};

/** The elements of a list; none for anything else. */
export const listOf = (token: ImapAttribute | undefined): ImapAttributeList =>
  Array.isArray(token) ? token : ([] as ImapAttributeList);

/** The texts of a list of words, such as flags. */
export const wordsOf = (token: ImapAttribute | undefined): string[] =>
  listOf(token).flatMap((word) => textOf(word) ?? []);

/** Name and value pairs of a list, names in upper case, as in `STATUS` and `FETCH`. */
export const pairsOf = (list: ImapAttributeList): Map<string, ImapAttribute> => {
  const pairs = new Map<string, ImapAttribute>();
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = textOf(list[i])?.toUpperCase();
    if (name !== undefined) pairs.set(name, list[i + 1] ?? null);
  }
  return pairs;
};

/** The response code of a status line: `[UIDVALIDITY 5]` is `{ name: 'UIDVALIDITY', values: [5] }`. */
export interface ResponseCode {
  readonly name: string;
  readonly values: ImapAttributeList;
}

/** The response code in square brackets, if the line has one. */
export const responseCode = (line: ImapResponse | undefined): ResponseCode | undefined => {
  const section = line?.attributes?.[0]?.section;
  const name = textOf(section?.[0])?.toUpperCase();
  return section === undefined || name === undefined
    ? undefined
    : { name, values: section.slice(1) as ImapAttributeList };
};
