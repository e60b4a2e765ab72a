import { AttachmentMethod } from '../../../protocol/classes/air-sync-base.ts';
import type { Email } from '../../../protocol/classes/email.ts';
import { BodyType, type MailRequest, RawMessagePart } from '../../contract/mail.ts';

import { buildFlags, headerElements, type MailFacts } from './email.ts';
import { type HeaderFields, noHeaders } from './headers.ts';
import { htmlDocument, textToHtmlFragment } from './html.ts';
import { cleanText, cutChars, cutHtml, cutUtf8, utf8Length } from './text.ts';

/** What is known of a mail that cannot be read. */
export interface FallbackInput {
  /** Its header fields, where they could be had. */
  readonly headers?: HeaderFields | undefined;
  readonly facts: MailFacts;
  readonly received: Date;
  /** Bytes of the whole message. */
  readonly size: number;
  /** THREADID, where the server has it. */
  readonly thread?: string | undefined;
  /** What went wrong, in words for the user. */
  readonly reason: string;
  readonly request: MailRequest;
}

/**
 * A mail that cannot be read is never left out: it goes as what its header tells, a notice, and
 * the message itself as an attachment of part name {@link RawMessagePart}.
 */
export const fallbackEmail = (input: FallbackInput): Email => {
  const { headers = noHeaders, facts, received, size, request } = input;
  if (request.flagsOnly === true) return buildFlags(facts);
  const elements = headerElements(headers, received, input.thread);
  return {
    ...elements,
    ...buildFlags(facts),
    isDraft: facts.draft || undefined,
    attachments: [
      {
        kind: 'attachment',
        displayName: `${cutChars(elements.subject ?? '', 200).replace(/[\\/]/g, '_') || 'message'}.eml`,
        fileReference: RawMessagePart,
        method: AttachmentMethod.embeddedMessage,
        estimatedDataSize: size,
      },
    ],
    body: noticeBody(input.reason, request),
    messageClass: 'IPM.Note',
    contentClass: 'urn:content-classes:message',
    nativeBodyType: BodyType.plain,
  };
};

const noticeBody = (reason: string, request: MailRequest): Email['body'] => {
  const preference = request.preferences.find(({ type }) => type === BodyType.plain || type === BodyType.html);
  if (request.preferences.length === 0) return undefined;
  const notice = cleanText(
    `Postrider could not read this message: ${reason}.\r\n` +
      'Its text is not shown here. The message as it was received is attached; a mail program on a computer may open it.',
  );
  const isHtml = preference?.type === BodyType.html;
  const whole = isHtml ? htmlDocument(textToHtmlFragment(notice)) : notice;
  const data = (isHtml ? cutHtml : cutUtf8)(whole, preference?.truncationSize ?? utf8Length(whole));
  return {
    type: isHtml ? BodyType.html : BodyType.plain,
    estimatedDataSize: utf8Length(whole),
    truncated: data.length < whole.length || undefined,
    data: data === '' ? undefined : data,
  };
};
