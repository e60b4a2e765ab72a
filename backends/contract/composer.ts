import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import type { RefusedRecipient } from './mail.ts';
import type { MeetingMessage, Meetings } from './meetings.ts';

/**
 * What sending mail needs to know of MIME. The server is given it, as only the side of the backends
 * takes messages apart; nothing in it does I/O, and every message is a source that is read in pieces.
 */
export interface MailComposer {
  /** Understands a message by its header. Throws `rejected` for one that is absurdly long. */
  read(message: ByteSource): UnderstoodMail;
  /** The message with a header that is right and whole; its body as it is. */
  withHeader(message: ByteSource, facts: HeaderFacts): ByteSource;
  /** The forms of text in a message. */
  textForms(message: ByteSource): TextForms;
  /** The forms in which an original, itself `native`, is quoted by a message that has `own`. */
  neededForms(own: TextForms, native: TextForm): readonly TextForm[];
  /** What a header says of its content as a whole. */
  contentKind(header: Uint8Array): { readonly encrypted: boolean; readonly signed: boolean };
  /** What a message answers or passes on, out of that one's header. */
  threadOf(header: Uint8Array, isReply: boolean): Thread | undefined;
  /** A reply or forward: the message with the original in it. `seed` makes boundaries. */
  joinOriginal(message: ByteSource, original: Original, seed: string): ByteSource;
  /** A whole message as an attachment. */
  messagePart(message: ByteSource, name: string): CarriedPart;
  /** A new attachment. */
  attachmentPart(added: AddedAttachment): CarriedPart;
  /** The device's part of a forward that the server writes itself. */
  forwardMessage(
    header: Uint8Array,
    forwardees: readonly Forwardee[],
    body: { readonly form: TextForm; readonly text: string } | undefined,
  ): ByteSource;
  /** What people of meetings tell each other. */
  readonly meetings: Meetings;
  /** A mail about a meeting (RFC 6047), with a text of the sender's above its own; `seed` makes its boundary. */
  meetingMail(
    message: MeetingMessage,
    seed: string,
    words?: { readonly form: TextForm; readonly text: string },
  ): ByteSource;
  /** The same as an attachment of another mail. */
  calendarPart(message: MeetingMessage): CarriedPart;
  /**
   * The iCalendar text of a mail about a meeting, with the method that stands beside it, if it names none
   * itself; `undefined`: the mail is about none, or what it holds is signed or too large.
   */
  meetingIn(message: ByteSource): string | undefined;
  /** A draft, new or changed. */
  writeDraft(
    existing: ByteSource | undefined,
    change: DraftChange,
    facts: HeaderFacts & { readonly seed: string },
  ): Draft;
  /** The report of a mail that was refused. */
  refusalReport(message: ByteSource, facts: RefusalFacts): ByteSource;
  /** Where the given bodies stand in a message that was made of them; those that are not in it are left out. */
  placesOf(
    message: ByteSource,
    bodies: readonly ByteSource[],
  ): readonly { readonly start: number; readonly body: ByteSource }[];
}

/** The forms that a text can have. */
export type TextForm = 'plain' | 'html';

/** What a device's message has to be joined with. */
export interface TextForms {
  readonly plain: boolean;
  readonly html: boolean;
  /** The message is signed or encrypted: nothing in it may be changed. */
  readonly sealed: boolean;
}

/** A part of the original that goes along as it stands. */
export interface CarriedPart {
  /** Its Content-… fields. */
  readonly fields: Uint8Array;
  /** Its body, still encoded. */
  readonly body: ByteSource;
}

/** The original of a reply or forward, as far as it goes along. */
export interface Original {
  /** Its header block. */
  readonly header: Uint8Array;
  readonly received?: Date | undefined;
  /** Its text in the forms that {@link neededForms} named; absent: it is not quoted. */
  readonly plain?: string | undefined;
  readonly html?: string | undefined;
  readonly parts: readonly CarriedPart[];
}

/** What a message's header must say, whatever the device wrote. */
export interface HeaderFacts {
  /** Address to stand in From instead of the device's; its name stays. Absent: the device's own stands. */
  readonly from?: string | undefined;
  /** Name for a From that the device left out. */
  readonly displayName?: string | undefined;
  /** Address in Sender; absent: there is no such field. */
  readonly sender?: string | undefined;
  /** Date and Message-ID (without brackets) of a message that lacks them. */
  readonly date: Date;
  readonly messageId: string;
  /** Whether a Date that is there is replaced: a draft was written earlier than it is sent. */
  readonly redate?: boolean | undefined;
  /** What the message answers or passes on. */
  readonly thread?: Thread | undefined;
}

/** The place of a message among others. */
export interface Thread {
  /** Message-ID of the original, without brackets. */
  readonly original: string;
  /** Those before it, the oldest first. */
  readonly ancestors: readonly string[];
  /** Whether it is answered: only then it stands in In-Reply-To (RFC 5322, 3.6.4). */
  readonly isReply: boolean;
}

/** An attachment that a device adds to a draft ([MS-ASAIRS] 2.2.2.2). */
export interface AddedAttachment {
  readonly clientId: string;
  readonly name: string;
  readonly contentType?: string | undefined;
  readonly contentId?: string | undefined;
  readonly contentLocation?: string | undefined;
  readonly inline: boolean;
  /** Method 5: the content is a whole message. */
  readonly message: boolean;
  readonly content: ByteSource;
}

/** What a device changes in a draft; absent: unchanged, empty: taken away. */
export interface DraftChange {
  readonly to?: string | undefined;
  readonly cc?: string | undefined;
  readonly bcc?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly subject?: string | undefined;
  /** 0 low, 1 normal, 2 high ([MS-ASEMAIL] 2.2.2.38). */
  readonly importance?: number | undefined;
  /** A text, or the whole message as MIME: then it replaces all there was. */
  readonly body?: { readonly form: TextForm; readonly text: string } | { readonly mime: ByteSource } | undefined;
  readonly added: readonly AddedAttachment[];
  /** Part names of attachments that go. */
  readonly removed: readonly string[];
}

/** A draft as it is stored. */
export interface Draft {
  readonly message: ByteSource;
  /** Part names of the attachments that were added, by ClientId. */
  readonly parts: readonly (readonly [clientId: string, part: string])[];
}

/** What a report of a mail that was not delivered, or not to everybody, says. */
export interface RefusalFacts {
  /** The sender, who gets the report. */
  readonly sender: string;
  readonly refusals: readonly RefusedRecipient[];
  /** Whether others got the mail. */
  readonly others: boolean;
  readonly date: Date;
  /** Without brackets. */
  readonly messageId: string;
  readonly seed: string;
}

/** To whom the server forwards an item ([MS-ASCMD] 2.2.3.78). */
export interface Forwardee {
  readonly email: string;
  readonly name?: string | undefined;
}

/** A message that a device sends, understood without reading its body. */
export interface UnderstoodMail {
  /** Address in From, else in Sender; `undefined` when there is none. */
  readonly from: string | undefined;
  /** Every address in From, usable or not. */
  readonly authors: readonly string[];
  /** Whether From is there once and plainly one mailbox, which nobody can read in another way. */
  readonly plainAuthor: boolean;
  /** Every address in Reply-To, usable or not. */
  readonly replyTo: readonly string[];
  /** Addresses in To, Cc and Bcc, each once, in this order. */
  readonly recipients: readonly string[];
  /** What stands among the recipients and is no address, for the message of an error. */
  readonly unusable: readonly string[];
  /** The message without its Bcc fields, otherwise byte for byte. */
  readonly wire: ByteSource;
}
