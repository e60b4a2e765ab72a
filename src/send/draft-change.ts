import type { AddedAttachment, DraftChange } from '../../backends/contract/composer.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import { BodyType, type MailPatch } from '../../backends/contract/mail.ts';
import { type AddAttachment, AttachmentMethod, type Body } from '../../protocol/classes/air-sync-base.ts';
import { type Email, EmailFields } from '../../protocol/classes/email.ts';
import type { TreeNode } from '../../protocol/schema/describe.ts';
import { SchemaError } from '../../protocol/schema/errors.ts';
import { readTree } from '../../protocol/schema/read.ts';
import { SyncStatus } from '../../protocol/status.ts';
import { type ByteSource, bytesSource, readAll, sourceOfOpaque } from '../../protocol/wbxml/bytes.ts';
import { ItemRefused } from '../sync/item-class.ts';
import { parseFileReference } from '../sync/server-id.ts';

/** A draft's ApplicationData, understood: what changes in the message, and what in its marks. */
export interface DraftWish {
  readonly change: DraftChange;
  readonly marks: MailPatch;
}

/** Elements of a draft that a device may write ([MS-ASEMAIL] 3.1.5.4, R1489, R14890). */
const Writable: ReadonlySet<keyof Email> = new Set([
  'to',
  'cc',
  'bcc',
  'replyTo',
  'subject',
  'importance',
  'body',
  'attachments',
  'read',
  'flag',
  'categories',
]);

/** Elements that every mail has, and that change nothing in its message. */
const Marks: ReadonlySet<string> = new Set(['read', 'flag', 'categories']);

/** Whether ApplicationData writes more than marks. */
export const isRewrite = (applicationData: readonly TreeNode[]): boolean =>
  Object.entries(readEmail(applicationData)).some(([name, value]) => value !== undefined && !Marks.has(name));

const readEmail = (applicationData: readonly TreeNode[]): Email => {
  try {
    return readTree(EmailFields, applicationData);
  } catch (error) {
    if (error instanceof SchemaError) throw new ItemRefused(SyncStatus.conversionError, error.message);
    throw error;
  }
};

/**
 * Reads what a device writes. Throws {@link ItemRefused} for what a draft has not.
 *
 * @param draft the item that attachments are removed from
 */
export const readDraftWish = (applicationData: readonly TreeNode[], draft: ItemId | undefined): DraftWish => {
  const email = readEmail(applicationData);
  const other = Object.entries(email).find(
    ([name, value]) => value !== undefined && !Writable.has(name as keyof Email),
  );
  if (other !== undefined) throw new ItemRefused(SyncStatus.conversionError, `A device cannot write ${other[0]}`);
  const { to, cc, bcc, replyTo, subject, importance, body, read, flag, categories } = email;
  const isCleared = flag !== undefined && (flag.status ?? 0) === 0;
  return {
    change: {
      ...{ to, cc, bcc, replyTo, subject, importance },
      body: body === undefined ? undefined : bodyOf(body),
      ...attachmentsOf(email, draft),
    },
    marks: {
      ...(read === undefined ? {} : { read }),
      ...(flag === undefined ? {} : { flag: isCleared ? null : flag }),
      ...(categories === undefined ? {} : { categories }),
    },
  };
};

const bodyOf = ({ type, data }: Body): NonNullable<DraftChange['body']> => {
  const source = sourceOf(data ?? '');
  if (type === BodyType.mime) return { mime: source };
  const form = type === BodyType.plain ? 'plain' : type === BodyType.html ? 'html' : undefined;
  if (form === undefined) throw new ItemRefused(SyncStatus.conversionError, `A draft has no body of type ${type}`);
  return { form, text: Buffer.from(readAll(source)).toString('utf8') };
};

const attachmentsOf = (
  { attachments = [] }: Email,
  draft: ItemId | undefined,
): { added: AddedAttachment[]; removed: string[] } => ({
  added: attachments.flatMap((each) => (each.kind === 'add' ? [addedOf(each)] : [])),
  removed: attachments.flatMap((each) => (each.kind === 'delete' ? [removedOf(each.fileReference, draft)] : [])),
});

const addedOf = (added: AddAttachment): AddedAttachment => ({
  clientId: added.clientId,
  name: added.displayName,
  contentType: added.contentType,
  contentId: added.contentId,
  contentLocation: added.contentLocation,
  inline: added.isInline === true,
  message: added.method === AttachmentMethod.embeddedMessage,
  content:
    typeof added.content === 'string' ? bytesSource(Buffer.from(added.content, 'base64')) : sourceOf(added.content),
});

/** An attachment of another version of the draft is named by an id that is gone: nothing is guessed. */
const removedOf = (fileReference: string, draft: ItemId | undefined): string => {
  const reference = parseFileReference(fileReference);
  if (reference === undefined || reference.itemId !== draft) {
    throw new ItemRefused(SyncStatus.objectNotFound, 'The draft has no such attachment');
  }
  return reference.part;
};

const sourceOf = (value: unknown): ByteSource =>
  typeof value === 'string' ? bytesSource(Buffer.from(value, 'utf8')) : sourceOfOpaque(value);
