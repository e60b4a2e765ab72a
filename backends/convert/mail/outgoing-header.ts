import { type ByteSource, bytesSource } from '../../../protocol/wbxml/bytes.ts';
import type { HeaderFacts, Thread } from '../../contract/composer.ts';
import { BackendError } from '../../contract/errors.ts';
import { type Address, parseAddresses } from './addresses.ts';
import { encodeWords, foldLong, headerField } from './encode-text.ts';
import { bodyOffset, type FieldRange, fieldValue, headerText, locateFields, messageIds } from './headers.ts';
import { joinSources } from './sources.ts';

/** The header of a message on its way out: nothing in it can be taken for what it is not. */

/** Bytes of a header at most: real ones are a few kB, and it is held in memory. */
export const MaxOutgoingHeader = 4 * 1_048_576;

/** Ids in References at most: the first and the last ones, as mail programs keep them. */
const MaxReferences = 30;

/** The header block of a message with its empty line. Throws `rejected` when it is absurdly long. */
export const headerBlock = (message: ByteSource): Uint8Array => {
  for (let size = 65_536; ; size *= 4) {
    const bytes = message.read(0, Math.min(size, message.length));
    const end = bodyOffset(bytes, 0, bytes.length);
    if (end < bytes.length || bytes.length === message.length) return bytes.subarray(0, end);
    if (size > MaxOutgoingHeader) throw new BackendError('rejected', { detail: 'the header is too long' });
  }
};

/** Fields that are written anew, or that only a mail system writes. */
const Replaced = new Set(['sender', 'return-path', 'received', 'delivered-to']);

/** Fields that may stand once (RFC 5322, 3.6): of several the first counts. */
const Single = new Set([
  'from',
  'date',
  'message-id',
  'subject',
  'in-reply-to',
  'references',
  'reply-to',
  'mime-version',
]);

/** Fields that hold addresses. */
const AddressFields = new Set(['from', 'to', 'cc', 'bcc', 'reply-to', 'disposition-notification-to']);

/**
 * The message with a header that is right: each field on lines of its own that end with CR LF, no
 * bare CR, no NUL, no line that is no field, nothing beyond ASCII but addresses that are so
 * themselves, and what is missing filled in. The body passes as it is.
 */
export const withHeader = (message: ByteSource, facts: HeaderFacts): ByteSource => {
  const block = headerBlock(message);
  const located = locateFields(block, 0, block.length, Number.POSITIVE_INFINITY);
  const seen = new Set<string>();
  const fields: string[] = [];
  for (const field of located) {
    if (field.name === 'date' && facts.redate) continue;
    if (Replaced.has(field.name) || (Single.has(field.name) && seen.has(field.name))) continue;
    seen.add(field.name);
    if (field.name !== 'from' || facts.from === undefined) fields.push(cleanField(block, field));
    else fields.push(fromField(facts.from, parseAddresses(fieldValue(block, field))[0]?.name));
  }
  const added = missingFields(
    facts,
    seen,
    located.map((field) => [field.name, field] as const),
    block,
  );
  const header = Buffer.from(`${[...added, ...fields].join('')}\r\n`, 'latin1');
  return joinSources([bytesSource(header), message.slice(block.length, message.length)]);
};

const fromField = (address: string, name: string | undefined): string =>
  addressField('From', [{ name: name ?? '', address }]);

const missingFields = (
  { from, displayName, sender, date, messageId, thread }: HeaderFacts,
  seen: ReadonlySet<string>,
  fields: readonly (readonly [string, FieldRange])[],
  block: Uint8Array,
): string[] => {
  const added: string[] = [];
  if (!seen.has('from') && from !== undefined) added.push(fromField(from, displayName));
  if (sender !== undefined) added.push(addressField('Sender', [{ name: '', address: sender }]));
  if (!seen.has('date')) added.push(headerField('Date', mailDate(date)));
  if (!seen.has('message-id')) added.push(headerField('Message-ID', `<${messageId}>`));
  if (!seen.has('mime-version') && fields.some(([name]) => name.startsWith('content-'))) {
    added.push('MIME-Version: 1.0\r\n');
  }
  if (thread === undefined) return added;
  const answered = fields.find(([name]) => name === 'in-reply-to')?.[1];
  const replyTo = answered === undefined ? undefined : messageIds(fieldValue(block, answered))[0];
  if (thread.isReply && answered === undefined) added.push(headerField('In-Reply-To', `<${thread.original}>`));
  if (!seen.has('references') && (replyTo === undefined || replyTo === thread.original)) {
    added.push(headerField('References', references(thread)));
  }
  return added;
};

const references = ({ original, ancestors }: Thread): string => {
  const all = [...ancestors.filter((id) => id !== original), original];
  const kept = all.length <= MaxReferences ? all : [...all.slice(0, 1), ...all.slice(1 - MaxReferences)];
  return kept.map((id) => `<${id}>`).join(' ');
};

/** `date-time` of RFC 5322, in UTC. */
export const mailDate = (date: Date): string => date.toUTCString().replace('GMT', '+0000');

/** What a message answers, out of the header of its original; `undefined` when that has no Message-ID. */
export const threadOf = (header: Uint8Array, isReply: boolean): Thread | undefined => {
  const fields = new Map<string, string>();
  for (const field of locateFields(header, 0, header.length)) {
    if (!fields.has(field.name)) fields.set(field.name, fieldValue(header, field));
  }
  const usable = (name: string): string[] => messageIds(fields.get(name)).filter((id) => /^[!-~]+$/.test(id));
  const [original] = usable('message-id');
  if (original === undefined) return undefined;
  const known = usable('references');
  return { original, ancestors: known.length > 0 ? known : usable('in-reply-to'), isReply };
};

/** What a bare CR within a field makes look like a Bcc field: who reads on there would see it. */
const HiddenBcc = /\r(?!\n)(?:resent-)?bcc[ \t]*:[^\r\n]*/gi;

/** A field as it may stand in a header. */
const cleanField = (block: Uint8Array, field: FieldRange): string => {
  const bytes = Buffer.from(block.subarray(field.start, field.end));
  const text = bytes
    .toString('latin1')
    .replace(/\r?\n$/, '')
    .replace(HiddenBcc, '')
    .replace(/\r?\n(?=[ \t])/g, '\n')
    .replace(/[\r\0]/g, ' ')
    .replaceAll('\n', '\r\n');
  if (/^[\0-\x7f]*$/.test(text) || field.name.startsWith('content-')) return foldLong(`${text}\r\n`);
  const name = text.slice(0, field.valueStart - field.start - 1).trim();
  const value = fieldValue(block, field);
  return AddressFields.has(field.name)
    ? addressField(name, parseAddresses(value))
    : headerField(name, encodeWords(headerText(value)));
};

/** An address list as a field, names beyond ASCII as encoded words. */
export const addressField = (name: string, list: readonly Address[]): string =>
  headerField(name, list.map(mailbox).join(', '));

const mailbox = ({ name, address }: Address): string => {
  const bare = Buffer.from(address.replace(/[\s\p{Cc}<>]+/gu, ''), 'utf8').toString('latin1');
  if (name === '') return bare.length === 0 ? '' : bare;
  const phrase = phraseOf(name);
  return bare === '' ? phrase : `${phrase} <${bare}>`;
};

/** A name before an address: quoted, or as encoded words. */
const phraseOf = (name: string): string => {
  const words = encodeWords(name);
  return words.startsWith('=?') ? words : `"${words.replace(/["\\]/g, '\\$&')}"`;
};
