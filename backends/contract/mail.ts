import type { Email } from '../../protocol/classes/email.ts';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import type { FolderId } from './folders.ts';
import type { IdempotencyName, ItemId, ItemStore, Revision } from './items.ts';

/** Types of a body ([MS-ASAIRS] 2.2.2.41.1). */
export const BodyType = { plain: 1, html: 2, rtf: 3, mime: 4 } as const;
export type BodyType = (typeof BodyType)[keyof typeof BodyType];

/** One BodyPreference of a device ([MS-ASAIRS] 2.2.2.12). */
export interface BodyPreference {
  readonly type: BodyType;
  /** Bytes of body that the device wants at most; absent: all. */
  readonly truncationSize?: number | undefined;
  /** The whole body or none of it. */
  readonly allOrNone?: boolean | undefined;
  /** Characters of plain-text preview, 0-255. */
  readonly preview?: number | undefined;
}

/** How a device wants mail to be rendered. */
export interface MailRequest {
  /** In the device's order; empty: a device that wants no body. */
  readonly preferences: readonly BodyPreference[];
  /** 0 never MIME, 1 MIME for S/MIME only, 2 MIME always ([MS-ASCMD] 2.2.3.110.3). */
  readonly mimeSupport: 0 | 1 | 2;
  /** Bytes of MIME at most; absent: all ([MS-ASCMD] 2.2.3.109). */
  readonly mimeTruncation?: number | undefined;
  /** BodyPart of a conversation view ([MS-ASCON] 2.2.2.2). */
  readonly bodyPart?: BodyPreference | undefined;
  /** Only what flags tell: Read, Flag, Categories and the last verb. Costs no content. */
  readonly flagsOnly?: boolean | undefined;
  /**
   * Not the content, but what the header tells, a notice with this reason, and the message attached:
   * for a device that does not get over the content. Costs the header alone.
   */
  readonly notice?: string | undefined;
}

/** Part name under which a store hands out the whole message as an attachment. */
export const RawMessagePart = 'message';

/** Follow-up flag as the device sends and sees it ([MS-ASEMAIL] 2.2.2.34). */
export type EmailFlag = NonNullable<Email['flag']>;

/** Change of a mail; absent: unchanged. */
export interface MailPatch {
  readonly read?: boolean;
  /** `null` clears the flag. */
  readonly flag?: EmailFlag | null;
  readonly categories?: readonly string[];
  readonly answered?: boolean;
  readonly forwarded?: boolean;
}

/** Content of one attachment, decoded. */
export interface Attachment {
  readonly contentType: string;
  readonly name?: string | undefined;
  /** Bytes after decoding, where known without reading it. */
  readonly size?: number | undefined;
  /** Streams the decoded bytes. */
  open(): AsyncIterable<Uint8Array>;
}

/** A message as it is, byte for byte. */
export interface RawMessage {
  readonly size: number;
  open(): AsyncIterable<Uint8Array>;
}

/** A part of a message as it stands there: copied into another message it is the same, byte for byte. */
export interface EncodedPart {
  /** Its Content-… fields, each ended by CR LF, and no others. */
  readonly fields: Uint8Array;
  /** Streams its body, still encoded. */
  open(): AsyncIterable<Uint8Array>;
}

/** A stretch of a message to be stored that is the body of a part of a message in the same store. */
export interface StoredStretch {
  /** First byte of the stretch in the new message, and its length in bytes. */
  readonly start: number;
  readonly length: number;
  readonly folder: FolderId;
  readonly id: ItemId;
  /** Part name; a store may take the bytes from there instead of from the message. */
  readonly part: string;
}

/** State that a new message starts with. */
export interface AppendOptions {
  readonly read?: boolean;
  readonly draft?: boolean;
  /** When it was received; now unless told. */
  readonly date?: Date;
  /** What of the message is in the store already, in order. A store that cannot use it stores the message. */
  readonly stretches?: readonly StoredStretch[] | undefined;
}

/**
 * Mail. In what `read` gives, `attachments[].fileReference` holds the backend's part name alone
 * (at most 40 characters out of `A-Z a-z 0-9 . _ -`); the server makes a FileReference out of it.
 */
export interface MailStore extends Omit<ItemStore<Email, MailPatch, MailRequest>, 'create'> {
  /** Stores a message as it is, or finds the one stored before under the same name. */
  append(
    folder: FolderId,
    message: ByteSource,
    options: AppendOptions,
    name: IdempotencyName,
  ): Promise<{ readonly id: ItemId; readonly revision: Revision }>;
  /** One attachment by its part name. Throws `notFound`. */
  attachment(folder: FolderId, id: ItemId, part: string, signal?: AbortSignal): Promise<Attachment>;
  /** One part as it stands in the message, by the part name that its attachment has. Throws `notFound`. */
  encodedPart(folder: FolderId, id: ItemId, part: string, signal?: AbortSignal): Promise<EncodedPart>;
  /** The whole message. Throws `notFound`. */
  message(folder: FolderId, id: ItemId, signal?: AbortSignal): Promise<RawMessage>;
}

/** A mail to hand over to the mail system. */
export interface OutgoingMail {
  readonly message: ByteSource;
  /** Envelope sender. */
  readonly from: string;
  /** Envelope recipients. */
  readonly recipients: readonly string[];
}

/** A recipient whom the mail system refuses for good. */
export interface RefusedRecipient {
  readonly address: string;
  /** What the mail system said, such as `550 5.1.1 No such user`. */
  readonly reply: string;
}

/** Sends mail. */
export interface Submission {
  /**
   * Hands a mail over; resolves once it was accepted, with those recipients whom the mail system
   * refuses: the others get it. Throws `rejected` when it takes nobody or not the mail, `tooLarge`,
   * `overQuota`; and `unavailable`, with nothing sent, when it may take a recipient later.
   */
  submit(mail: OutgoingMail, signal?: AbortSignal): Promise<readonly RefusedRecipient[]>;
  /** Whether the mail system itself keeps a copy in the folder of role `sent`. */
  readonly keepsSentCopy: boolean;
}
