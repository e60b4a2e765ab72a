/** Bytes asked for, both ends included ([MS-ASCMD] 2.2.3.143.2). */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** Reads `0-1023`; `undefined`: it is none. */
export const parseRange = (text: string): ByteRange | undefined => {
  const match = /^(\d{1,12})-(\d{1,12})$/.exec(text);
  if (match === null) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2])];
  return last < first ? undefined : { first, last };
};

/** The part of a range that `size` bytes have; `undefined`: none. */
export const clipRange = ({ first, last }: ByteRange, size: number): ByteRange | undefined =>
  first >= size ? undefined : { first, last: Math.min(last, size - 1) };

/** The range as it is written. */
export const formatRange = ({ first, last }: ByteRange): string => `${first}-${last}`;
