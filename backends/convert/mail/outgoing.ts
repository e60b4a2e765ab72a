import type { UnderstoodMail } from '../../contract/composer.ts';
import { parseAddresses } from './addresses.ts';
import { bodyOffset, type FieldRange, fieldValue, locateFields } from './headers.ts';

/** The envelope of a message that a device sends, and its header without what recipients must not see. */

/** Bytes from `start` up to `end` of a message. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Who sends a message and who shall get it: addresses in From (else Sender), Reply-To, To, Cc and Bcc. */
export interface OutgoingEnvelope extends Omit<UnderstoodMail, 'wire'> {
  /** Bytes of the header, the empty line after it included. */
  readonly headerLength: number;
}

/** An address that may stand in an SMTP envelope: no blanks, controls or brackets, at most 320 characters. */
const Usable =
  /^(?:"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])+"|[^\s"<>,;:()[\]\\\p{Cc}]+)@(?:[^\s"<>,;:@()[\]\\\p{Cc}]+|\[[\w.:]+\])$/u;

/** RFC 5321, 4.5.3.1: 64 characters of local part, 255 of domain. */
const MaxAddressLength = 320;

/**
 * Reads the envelope out of a message. Only fields that begin at a line of their own count (after LF or CR LF): what
 * stands after a bare CR is part of the field before it, so that no value can add a recipient.
 */
export const outgoingEnvelope = (raw: Uint8Array): OutgoingEnvelope => {
  const { fields, headerLength } = wholeHeader(raw);
  const addresses = (...names: string[]): string[] =>
    names.flatMap((name) => fields.filter((field) => field.name === name)).flatMap((field) => mailboxes(raw, field));
  const recipients = [...new Set(addresses('to', 'cc', 'bcc'))];
  return {
    from: [...addresses('from'), ...addresses('sender')].find(isUsable),
    authors: addresses('from'),
    plainAuthor: isPlainAuthor(fields.filter((field) => field.name === 'from').map((field) => fieldValue(raw, field))),
    replyTo: addresses('reply-to'),
    recipients: recipients.filter(isUsable),
    unusable: recipients.filter((address) => !isUsable(address)),
    headerLength,
  };
};

/** The header without the limits for mail that comes in: a field left unread would be a recipient lost or shown. */
const wholeHeader = (raw: Uint8Array): { fields: FieldRange[]; headerLength: number } => {
  const headerLength = bodyOffset(raw, 0, raw.length);
  return { fields: locateFields(raw, 0, headerLength, Number.POSITIVE_INFINITY), headerLength };
};

const mailboxes = (raw: Uint8Array, field: FieldRange): string[] =>
  parseAddresses(fieldValue(raw, field)).map(({ name, address }) => address || name);

const isUsable = (address: string): boolean => address.length <= MaxAddressLength && Usable.test(address);

/** `name <address>` or `address`, the name without anything that could be an address itself. */
const PlainAuthor =
  /^(?:(?:"(?:[^"\\@<>]|\\[^@<>])*"|[^"@<>,;:()\\]*)<[^\s<>"(),;:\\]+@[^\s<>"(),;:@\\]+>|[^\s<>"(),;:\\]+@[^\s<>"(),;:@\\]+)$/;

const isPlainAuthor = (values: readonly string[]): boolean => values.length === 1 && PlainAuthor.test(values[0] ?? '');

/** Fields that recipients must not see. */
const Hidden = new Set(['bcc', 'resent-bcc']);

/**
 * The message without its Bcc fields, as ranges of its bytes: everything else passes byte for
 * byte. A line of a Bcc field after a bare CR is left out, too: a mail server on the way may take the CR
 * for a line end and show it.
 */
export const withoutBcc = (raw: Uint8Array): ByteRange[] => {
  const hidden = wholeHeader(raw).fields.flatMap((field) =>
    Hidden.has(field.name) ? [{ start: field.start, end: field.end }] : afterBareCr(raw, field),
  );
  const kept: ByteRange[] = [];
  let at = 0;
  for (const { start, end } of hidden) {
    if (start > at) kept.push({ start: at, end: start });
    at = Math.max(at, end);
  }
  if (raw.length > at) kept.push({ start: at, end: raw.length });
  return kept;
};

const [Cr, Lf] = [0x0d, 0x0a];

/** Stretches within a field that a bare CR makes look like a Bcc field, each up to the next CR or LF. */
const afterBareCr = (raw: Uint8Array, field: FieldRange): ByteRange[] => {
  const found: ByteRange[] = [];
  const bytes = raw.subarray(field.start, field.end);
  for (let cr = bytes.indexOf(Cr); cr >= 0; cr = bytes.indexOf(Cr, cr + 1)) {
    if (bytes[cr + 1] === Lf) continue;
    const line = Buffer.from(bytes.subarray(cr + 1, cr + 40)).toString('latin1');
    if (!/^(?:resent-)?bcc[ \t]*:/i.test(line)) continue;
    let end = cr + 1;
    while (end < bytes.length && bytes[end] !== Cr && bytes[end] !== Lf) end++;
    found.push({ start: field.start + cr, end: field.start + end });
  }
  return found;
};

/** The bytes of ranges, put together. */
export const joinRanges = (raw: Uint8Array, ranges: readonly ByteRange[]): Uint8Array => {
  const joined = new Uint8Array(ranges.reduce((total, { start, end }) => total + end - start, 0));
  let at = 0;
  for (const { start, end } of ranges) {
    joined.set(raw.subarray(start, end), at);
    at += end - start;
  }
  return joined;
};
