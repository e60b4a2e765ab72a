import type { Email } from '../../../protocol/classes/email.ts';
import type { Spooled } from '../../../protocol/wbxml/bytes.ts';
import type { EmailFlag, MailRequest } from '../../contract/mail.ts';
import { type Address, displayNames, formatAddresses, parseAddresses } from './addresses.ts';
import { attachmentsOf } from './attachments.ts';
import { type BodySource, bodyOf, bodyPartOf, sectionText } from './body.ts';
import { conversationId, conversationIndex, threadTopic } from './conversation.ts';
import { type HeaderFields, headerText } from './headers.ts';
import { contentClass, messageClass } from './message-class.ts';
import { openMail } from './opened.ts';
import { nativeType, planMail } from './plan.ts';
import { reportPart, segmentsOf } from './segments.ts';
import type { MimePart } from './structure.ts';
import { cleanText } from './text.ts';

export { type MailPlan, planMail, type SectionRequest } from './plan.ts';

/** What flags and stored facts tell about a mail, beside its content. */
export interface MailFacts {
  /** `\Seen`. */
  readonly seen: boolean;
  /** `\Answered`. */
  readonly answered: boolean;
  /** `$Forwarded`. */
  readonly forwarded: boolean;
  /** `\Flagged`. */
  readonly flagged: boolean;
  /** `\Draft`. */
  readonly draft: boolean;
  /** Names of categories, for display (see categories.ts for those kept as IMAP keywords). */
  readonly categories: readonly string[];
  /** The follow-up flag as a device set it, where the store keeps it; used only while `flagged`. */
  readonly flag?: EmailFlag | undefined;
  /** The last verb, where the store keeps it: 1 reply, 2 reply to all, 3 forward. */
  readonly lastVerb?: 1 | 2 | 3 | undefined;
  /** When the last verb was executed, where the store keeps it. */
  readonly lastVerbAt?: Date | undefined;
}

/** Everything that {@link buildEmail} needs. */
export interface EmailInput {
  /** `parseHeaders` of the header block, or of at least the fields in `EmailHeaderNames`. */
  readonly headers: HeaderFields;
  readonly structure: MimePart;
  readonly facts: MailFacts;
  /** INTERNALDATE: when the mail was received. */
  readonly received: Date;
  /** RFC822.SIZE: bytes of the whole message. */
  readonly size: number;
  /** THREADID, where the server has it (RFC 8474, 5.2). */
  readonly thread?: string | undefined;
  /** What {@link planMail} asked for, by part, as it stands in the message (not decoded), maybe cut. */
  readonly sections: ReadonlyMap<string, Uint8Array>;
  /** The first bytes of the whole message, at least as many as the plan asked for. */
  readonly mime?: Uint8Array | Spooled | undefined;
  readonly request: MailRequest;
}

/** The mail as a device sees it. Never throws on any content. */
export const buildEmail = (input: EmailInput): Email => {
  const { headers, facts, received, request } = input;
  if (request.flagsOnly === true) return buildFlags(facts);
  const { structure, sections, meeting, tnefClass } = openMail(input.structure, input.sections);
  const source: BodySource = { ...input, structure, sections, plan: planMail(structure, request, input.size) };
  const report = reportPart(structure);
  const className = messageClass(structure, {
    report: report && sectionText(source, report)?.text,
    meeting: meeting?.messageClass,
    tnef: tnefClass,
  });
  const attachments = attachmentsOf(structure);
  return {
    ...headerElements(headers, received, input.thread),
    ...buildFlags(facts),
    bcc: facts.draft ? formatAddresses(parseAddresses(headers.get('bcc'))) : undefined,
    isDraft: facts.draft || undefined,
    attachments: attachments.length === 0 ? undefined : attachments,
    body: bodyOf(source, request),
    bodyPart: request.bodyPart === undefined ? undefined : bodyPartOf(source, request.bodyPart),
    messageClass: className,
    meetingRequest: className === meeting?.messageClass ? meeting.request : undefined,
    contentClass: contentClass(className),
    nativeBodyType: nativeType(segmentsOf(structure)),
  };
};

/** Only what flags tell ({@link MailRequest.flagsOnly}). */
export const buildFlags = (facts: MailFacts): Email => ({
  read: facts.seen,
  // Without a flag the element is there and empty ([MS-ASEMAIL] 2.2.2.34).
  flag: facts.flagged ? (facts.flag ?? DefaultFlag) : {},
  categories: facts.categories.map(cleanText),
  lastVerbExecuted: facts.lastVerb ?? lastVerb(facts),
  lastVerbExecutionTime: facts.lastVerbAt,
});

/** A flag that another mail program set: active, without dates ([MS-ASEMAIL] 2.2.2.74, 2.2.2.35). */
const DefaultFlag: EmailFlag = { status: 2, flagType: 'for Follow Up' };

/** What IMAP's flags tell of LastVerbExecuted ([MS-ASEMAIL] 2.2.2.44): which of both came last it does not. */
const lastVerb = (facts: MailFacts): number | undefined => {
  if (facts.answered) return 1;
  return facts.forwarded ? 3 : undefined;
};

/** What the header fields of a mail tell. */
export const headerElements = (headers: HeaderFields, received: Date, thread?: string): Email => {
  const addresses = (name: string): Address[] => parseAddresses(headers.all(name).join(', '));
  const [from, sender, to] = [addresses('from'), addresses('sender'), addresses('to')];
  const subject = cleanText(headerText(headers.get('subject') ?? ''));
  return {
    to: formatAddresses(to),
    cc: formatAddresses(addresses('cc')),
    from: formatAddresses(from.length > 0 ? from : sender),
    subject,
    // The one list that is divided by semi-colons ([MS-ASEMAIL] 2.2.2.66).
    replyTo: formatAddresses(addresses('reply-to'), '; '),
    dateReceived: received,
    displayTo: displayNames(to),
    threadTopic: threadTopic(subject),
    importance: importance(headers),
    // Everything is sent as UTF-8 ([MS-ASEMAIL] 2.2.2.40).
    internetCpid: '65001',
    conversationId: conversationId(headers, thread),
    conversationIndex: conversationIndex(headers, dateOf(headers) ?? received),
    sender: senderElement(from, sender),
  };
};

/** Sender, where another one than From sent the mail ([MS-ASEMAIL] 2.2.2.70). */
const senderElement = (from: readonly Address[], [sender]: readonly Address[]): string | undefined => {
  if (sender === undefined || sender.address === '' || from.length === 0) return undefined;
  const isAuthor = from.some(({ address }) => address.toLowerCase() === sender.address.toLowerCase());
  return isAuthor ? undefined : formatAddresses([sender]);
};

/** The Date field, where it holds a date between 1970 and 9999. */
const dateOf = (headers: HeaderFields): Date | undefined => {
  const date = new Date(headers.get('date')?.slice(0, 100) ?? '');
  return date.getTime() >= 0 && date.getUTCFullYear() <= 9999 ? date : undefined;
};

/** How senders write what [MS-ASEMAIL] 2.2.2.38 numbers 0 low, 1 normal, 2 high. */
const ImportanceValues: readonly (readonly [field: string, value: RegExp, importance: number])[] = [
  ['importance', /^\s*high/i, 2],
  ['importance', /^\s*low/i, 0],
  ['importance', /^\s*normal/i, 1],
  ['x-priority', /^\s*[12](?!\d)/, 2],
  ['x-priority', /^\s*[45](?!\d)/, 0],
  ['x-msmail-priority', /^\s*high/i, 2],
  ['x-msmail-priority', /^\s*low/i, 0],
  ['priority', /^\s*urgent/i, 2],
  ['priority', /^\s*non-urgent/i, 0],
];

const importance = (headers: HeaderFields): number =>
  ImportanceValues.find(([field, value]) => value.test(headers.get(field) ?? ''))?.[2] ?? 1;
