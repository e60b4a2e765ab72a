import type { Email } from '../../protocol/classes/email.ts';
import type { Spooled } from '../../protocol/wbxml/bytes.ts';
import { BackendError, isBackendError } from '../contract/errors.ts';
import { type Attachment, type EncodedPart, type MailRequest, RawMessagePart } from '../contract/mail.ts';
import { attachmentFacts } from '../convert/mail/attachments.ts';
import { buildEmail, buildFlags, type EmailInput, planMail } from '../convert/mail/email.ts';
import { contentFields } from '../convert/mail/encoded-part.ts';
import { fallbackEmail } from '../convert/mail/fallback.ts';
import { parseHeaders } from '../convert/mail/headers.ts';
import { attachmentWithin, tnefHolding } from '../convert/mail/opened.ts';
import type { LocatedPart } from '../convert/mail/structure.ts';
import { MaxTnefBytes } from '../convert/mail/tnef.ts';
import { decodeTransferStream } from '../convert/mail/transfer.ts';
import { type Content, findContent, readRange, streamRange } from './content.ts';
import type { MessageRow } from './messages.ts';
import { stateOfRow } from './state.ts';
import type { LocalStore } from './store.ts';

/** Bytes of a whole message up to which it is handed on in memory; a longer one is streamed. */
const MimeInMemory = 1024 * 1024;

/**
 * A stored message as a device wants to see it; one that cannot be converted as its header, a notice and the message
 * attached. Throws `notFound` when it was removed.
 *
 * @param onProblem Told why, when it is a notice.
 */
export const emailOf = (
  store: LocalStore,
  row: MessageRow,
  request: MailRequest,
  onProblem?: (reason: string) => void,
): Email => {
  const facts = stateOfRow(row);
  if (request.flagsOnly) return buildFlags(facts);
  const content = findContent(store.database, row.content);
  if (content === undefined) throw new BackendError('notFound', { detail: 'the message was removed' });
  const { structure, size } = content;
  const headers = parseHeaders(readRange(store.database, content.id, 0, structure.bodyStart));
  const input = { headers, facts, received: new Date(row.received * 1000), size, request };
  const asNotice = (reason: string): Email => {
    onProblem?.(reason);
    return fallbackEmail({ ...input, reason });
  };
  if (request.notice !== undefined) return asNotice(request.notice);
  try {
    return buildEmail({ ...input, structure, ...contentsOf(store, content, request) });
  } catch (error) {
    if (isBackendError(error)) throw error;
    return asNotice(error instanceof Error ? error.message : 'it cannot be converted');
  }
};

/** What of a message is needed to answer `request`. */
const contentsOf = (
  store: LocalStore,
  content: Content,
  request: MailRequest,
): Pick<EmailInput, 'sections' | 'mime'> => {
  const { structure, size } = content;
  const plan = planMail(structure, request);
  const sections = plan.sections.map(({ part, maxBytes }) => {
    const { bodyStart = 0, end = 0 } = locate(structure, part) ?? {};
    const readEnd = Math.min(end, bodyStart + (maxBytes ?? end));
    return [part, readRange(store.database, content.id, bodyStart, readEnd)] as const;
  });
  return {
    sections: new Map(sections),
    mime: plan.mime && mimeOf(store, content, Math.min(size, plan.mime.maxBytes ?? size)),
  };
};

const mimeOf = (store: LocalStore, { id }: Content, length: number): Uint8Array | Spooled =>
  length <= MimeInMemory
    ? readRange(store.database, id, 0, length)
    : { byteLength: length, open: () => streamRange(store.database, id, 0, length) };

/** A part of a stored message, decoded; `undefined` when there is no such part. */
export const attachmentOf = (store: LocalStore, content: Content, part: string): Attachment | undefined => {
  if (part === RawMessagePart) return wholeMessage(store, content);
  const found = locate(content.structure, part);
  if (found === undefined) return attachmentInTnef(store, content, part);
  if (found.children !== undefined) return undefined;
  return {
    ...attachmentFacts(found),
    open: () =>
      decodeTransferStream(streamRange(store.database, content.id, found.bodyStart, found.end), found.encoding),
  };
};

/** A part of a stored message as it stands there; `undefined` when there is no such part. */
export const encodedPartOf = (store: LocalStore, content: Content, part: string): EncodedPart | undefined => {
  const found = locate(content.structure, part);
  if (found === undefined || found.children !== undefined) return undefined;
  return {
    fields: contentFields(readRange(store.database, content.id, found.headerStart, found.bodyStart), found.type),
    open: () => streamRange(store.database, content.id, found.bodyStart, found.end),
  };
};

/** The whole message, as it is attached to the notice about one that cannot be read. */
const wholeMessage = (store: LocalStore, { id, size }: Content): Attachment => ({
  contentType: 'message/rfc822',
  name: 'message.eml',
  size,
  open: () => streamRange(store.database, id, 0, size),
});

/** An attachment that lies in a winmail.dat. */
const attachmentInTnef = (store: LocalStore, { id, structure }: Content, part: string): Attachment | undefined => {
  const outer = locate(structure, tnefHolding(structure, part)?.part ?? '');
  if (outer === undefined || outer.size > MaxTnefBytes) return undefined;
  return attachmentWithin(outer, readRange(store.database, id, outer.bodyStart, outer.end), part);
};

const locate = (root: LocatedPart, part: string): LocatedPart | undefined => {
  if (root.part === part) return root;
  for (const child of root.children ?? []) {
    const found = locate(child, part);
    if (found !== undefined) return found;
  }
  return undefined;
};
