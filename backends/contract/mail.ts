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
}

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

/** State that a new message starts with. */
export interface AppendOptions {
  readonly read?: boolean;
  readonly draft?: boolean;
  /** When it was received; now unless told. */
  readonly date?: Date;
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

/** Sends mail. */
export interface Submission {
  /** Hands a mail over; resolves once it was accepted. Throws `rejected`, `tooLarge`, `overQuota`. */
  submit(mail: OutgoingMail, signal?: AbortSignal): Promise<void>;
  /** Whether the mail system itself keeps a copy in the folder of role `sent`. */
  readonly keepsSentCopy: boolean;
}
