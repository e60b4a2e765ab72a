import { AllVersions, type KnownVersion, type VersionSpan } from '../versions.ts';

/** One element name of WBXML: a token on a code page, and the versions that know it. */
export interface Tag {
  /** Code page, 0-25. */
  readonly page: number;
  /** Token on the page, 0x05-0x3F, without the content bit. */
  readonly token: number;
  /** Qualified name for messages, `Email:Subject`. */
  readonly name: string;
  /** Versions that may send the tag; `undefined`: undocumented, accepted and never sent. */
  readonly versions: VersionSpan | undefined;
}

/** A row of a code page: the token, then since when and until when unless always; `null`: undocumented. */
type Row =
  | number
  | readonly [token: number, since: KnownVersion, until?: KnownVersion]
  | readonly [token: number, since: null];

/** A code page: its tags by name. */
export type CodePage<Names extends string> = { readonly [Name in Names]: Tag };

const versionsOf = (row: Row): VersionSpan | undefined => {
  if (typeof row === 'number') return AllVersions;
  const [, since, until] = row;
  return since === null ? undefined : { since, until: until ?? AllVersions.until };
};

/** Builds the tags of one code page out of its table ([MS-ASWBXML] 2.1.2.1). */
export const codePage = <const Rows extends Record<string, Row>>(
  page: number,
  namespace: string,
  rows: Rows,
): CodePage<Extract<keyof Rows, string>> => {
  const tags = Object.entries<Row>(rows).map(([name, row]) => {
    const token = typeof row === 'number' ? row : row[0];
    return [name, { page, token, name: `${namespace}:${name}`, versions: versionsOf(row) }] as const;
  });
  return Object.freeze(Object.fromEntries(tags)) as CodePage<Extract<keyof Rows, string>>;
};
