import { BackendError } from '../contract/errors.ts';
import { IdSet } from '../contract/id-set.ts';
import type { Cursor, Position } from '../contract/items.ts';
import type { Selected } from './select.ts';

/**
 * Cursors and positions as text. What they hold depends on what the server keeps of a mailbox:
 *
 * - `q` (QRESYNC): mod-sequences move with every arrival, change and removal.
 * - `c` (CONDSTORE alone): with arrivals and changes; a removal shows only in UIDNEXT and the count.
 * - `s` (neither): a snapshot of every message's flags.
 *
 * Numbers are in base 36, fields separated by dots, UIDVALIDITY always first.
 */
export type Mark =
  | { readonly kind: 'q'; readonly uidValidity: bigint; readonly modSeq: bigint }
  | {
      readonly kind: 'c';
      readonly uidValidity: bigint;
      readonly modSeq: bigint;
      readonly uidNext: number;
      readonly exists: number;
    }
  | { readonly kind: 's'; readonly uidValidity: bigint; readonly snapshot: IdSet };

/** How a mailbox can be followed: `connection.tracking`, unless it keeps no mod-sequences itself. */
export const markKind = (tracking: 'qresync' | 'condstore' | 'none', modSeq: bigint | undefined): Mark['kind'] => {
  if (modSeq === undefined || modSeq === 0n || tracking === 'none') return 's';
  return tracking === 'qresync' ? 'q' : 'c';
};

/** The mark of a mailbox as it was selected; `undefined` where only a snapshot tells. */
export const markOf = (
  tracking: 'qresync' | 'condstore' | 'none',
  { uidValidity, highestModSeq, uidNext, exists }: Selected,
): Exclude<Mark, { kind: 's' }> | undefined => {
  const kind = markKind(tracking, highestModSeq);
  if (kind === 's' || highestModSeq === undefined) return undefined;
  if (kind === 'q') return { kind, uidValidity, modSeq: highestModSeq };
  return { kind, uidValidity, modSeq: highestModSeq, uidNext, exists };
};

/** Writes a cursor. */
export const writeCursor = (mark: Mark): Cursor => {
  const start = `${mark.kind}.${mark.uidValidity.toString(36)}`;
  if (mark.kind === 's') return `${start}.${Buffer.from(mark.snapshot.encode()).toString('base64url')}`;
  const { modSeq } = mark;
  if (mark.kind === 'q') return `${start}.${modSeq.toString(36)}`;
  return `${start}.${[modSeq, mark.uidNext, mark.exists].map((value) => value.toString(36)).join('.')}`;
};

/** Reads a cursor; throws `cursorRefused` for anything that {@link writeCursor} did not write. */
export const readCursor = (cursor: Cursor): Mark => {
  const [kind, epoch = '', first = '', ...rest] = cursor.split('.');
  try {
    const uidValidity = base36(epoch);
    if (kind === 's') return { kind, uidValidity, snapshot: IdSet.decode(Buffer.from(first, 'base64url')) };
    const modSeq = base36(first);
    const [uidNext, exists] = rest.map((text) => Number(base36(text)));
    if (kind === 'q' && rest.length === 0) return { kind, uidValidity, modSeq };
    if (kind === 'c' && uidNext !== undefined && exists !== undefined) {
      return { kind, uidValidity, modSeq, uidNext, exists };
    }
  } catch (cause) {
    throw new BackendError('cursorRefused', { detail: 'it cannot be read', cause });
  }
  throw new BackendError('cursorRefused', { detail: 'it cannot be read' });
};

const base36 = (text: string): bigint => {
  if (!/^[0-9a-z]{1,13}$/.test(text)) throw new RangeError('not a number in base 36');
  return [...text].reduce((value, digit) => value * 36n + BigInt(Number.parseInt(digit, 36)), 0n);
};

/** What a position is made of, whether SELECT, STATUS or NOTIFY told it. */
export interface MailboxState {
  readonly uidValidity: bigint;
  readonly modSeq: bigint | undefined;
  readonly uidNext?: number | undefined;
  readonly exists?: number | undefined;
  readonly unseen?: number | undefined;
}

/** Writes a position; `undefined` when the state does not tell enough. */
export const writePosition = (
  tracking: 'qresync' | 'condstore' | 'none',
  { uidValidity, modSeq, uidNext, exists, unseen }: MailboxState,
): Position | undefined => {
  const kind = markKind(tracking, modSeq);
  const fields = { q: [modSeq], c: [modSeq, uidNext, exists], s: [uidNext, exists, unseen] }[kind];
  if (fields.includes(undefined)) return undefined;
  return [kind, ...[uidValidity, ...fields].map((value) => value?.toString(36))].join('.');
};
