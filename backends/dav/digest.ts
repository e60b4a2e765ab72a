import { createHash } from 'node:crypto';

/** Characters of a digest: 132 bits, as an ItemId, a Revision and a Position have room for. */
const Length = 22;

/** A text in 22 characters out of `A-Z a-z 0-9 _ -`. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, Length);
