import type { Email } from '../../protocol/classes/email.ts';
import type { Spooled } from '../../protocol/wbxml/bytes.ts';
import { BackendError } from '../contract/errors.ts';
import type { Attachment, MailRequest } from '../contract/mail.ts';
import { attachmentFacts } from '../convert/mail/attachments.ts';
import { buildEmail, buildFlags, planMail } from '../convert/mail/email.ts';
import { parseHeaders } from '../convert/mail/headers.ts';
import type { LocatedPart } from '../convert/mail/structure.ts';
import { decodeTransferStream } from '../convert/mail/transfer.ts';
import { type Content, findContent, readRange, streamRange } from './content.ts';
import type { MessageRow } from './messages.ts';
import { stateOfRow } from './state.ts';
import type { LocalStore } from './store.ts';

/** Bytes of a whole message up to which it is handed on in memory; a longer one is streamed. */
const MimeInMemory = 1024 * 1024;

/** A stored message as a device wants to see it. Throws `notFound` when it was removed. */
export const emailOf = (store: LocalStore, row: MessageRow, request: MailRequest): Email => {
  const facts = stateOfRow(row);
  if (request.flagsOnly) return buildFlags(facts);
  const content = findContent(store.database, row.content);
  if (content === undefined) throw new BackendError('notFound', { detail: 'the message was removed' });
  const { structure, size } = content;
  const plan = planMail(structure, request);
  const read = (start: number, end: number): Uint8Array => readRange(store.database, content.id, start, end);
  return buildEmail({
    headers: parseHeaders(read(0, structure.bodyStart)),
    structure,
    facts,
    received: new Date(row.received * 1000),
    size,
    sections: new Map(
      plan.sections.map(({ part, maxBytes }) => {
        const { bodyStart = 0, end = 0 } = locate(structure, part) ?? {};
        return [part, read(bodyStart, Math.min(end, bodyStart + (maxBytes ?? end)))];
      }),
    ),
    mime: plan.mime && mimeOf(store, content, Math.min(size, plan.mime.maxBytes ?? size)),
    request,
  });
};

const mimeOf = (store: LocalStore, { id }: Content, length: number): Uint8Array | Spooled =>
  length <= MimeInMemory
    ? readRange(store.database, id, 0, length)
    : { byteLength: length, open: () => streamRange(store.database, id, 0, length) };

/** A part of a stored message, decoded; `undefined` when there is no such part. */
export const attachmentOf = (store: LocalStore, content: Content, part: string): Attachment | undefined => {
  const found = locate(content.structure, part);
  if (found === undefined || found.children !== undefined) return undefined;
  return {
    ...attachmentFacts(found),
    open: () =>
      decodeTransferStream(streamRange(store.database, content.id, found.bodyStart, found.end), found.encoding),
  };
};

const locate = (root: LocatedPart, part: string): LocatedPart | undefined => {
  if (root.part === part) return root;
  for (const child of root.children ?? []) {
    const found = locate(child, part);
    if (found !== undefined) return found;
  }
  return undefined;
};
