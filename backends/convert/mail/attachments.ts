import { AttachmentMethod, type Attachments } from '../../../protocol/classes/air-sync-base.ts';
import { attachedParts, fileNameOf, segmentsOf } from './segments.ts';
import type { MimePart } from './structure.ts';
import { cleanText, cutChars } from './text.ts';
import { decodedSize } from './transfer.ts';

/** Characters of a part name, which becomes a piece of FileReference; the contract allows 40. */
const MaxPartName = 40;

/** Characters of a DisplayName: what file systems of phones take. */
const MaxDisplayName = 255;

/** Endings for parts that have no name, by type. */
const Endings: Readonly<Record<string, string>> = {
  'text/plain': 'txt',
  'text/html': 'html',
  'text/calendar': 'ics',
  'text/vcard': 'vcf',
  'text/x-vcard': 'vcf',
  'text/csv': 'csv',
  'text/rfc822-headers': 'txt',
  'message/delivery-status': 'txt',
  'message/disposition-notification': 'txt',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/heic': 'heic',
  'image/svg+xml': 'svg',
  'image/tiff': 'tif',
  'application/pdf': 'pdf',
  'application/zip': 'zip',
  'application/ms-tnef': 'dat',
  'application/pkcs7-mime': 'p7m',
  'application/x-pkcs7-mime': 'p7m',
  'application/pkcs7-signature': 'p7s',
  'application/x-pkcs7-signature': 'p7s',
  'application/pgp-signature': 'asc',
  'application/pgp-encrypted': 'asc',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
};

const OleTypes = /^application\/(?:x-)?ole/;

/** The attachments of a message as a device lists them; the empty list when there are none. */
export const attachmentsOf = (root: MimePart): Attachments => {
  const inRelated = relatedParts(root);
  return attachedParts(root, segmentsOf(root))
    .filter((part) => part.part.length <= MaxPartName)
    .map((part) => {
      const isInline = isInlinePart(part, inRelated);
      return {
        kind: 'attachment',
        displayName: displayName(part),
        fileReference: part.part,
        method: methodOf(part),
        estimatedDataSize: decodedSize(part.size, part.encoding),
        contentId: part.id === undefined ? undefined : cleanText(part.id),
        contentLocation: part.location === undefined ? undefined : cleanText(part.location),
        isInline: isInline || undefined,
      };
    });
};

/** Content type and name under which an attachment is handed out. */
export const attachmentFacts = (part: MimePart): { contentType: string; name: string; size: number } => ({
  contentType: part.type,
  name: displayName(part),
  size: decodedSize(part.size, part.encoding),
});

const methodOf = (part: MimePart): number => {
  if (part.type === 'message/rfc822' || part.type === 'message/global') return AttachmentMethod.embeddedMessage;
  return OleTypes.test(part.type) ? AttachmentMethod.ole : AttachmentMethod.normal;
};

/** The parts that lie beside the root of a multipart/related, to be shown within it (RFC 2387). */
const relatedParts = (root: MimePart): ReadonlySet<MimePart> => {
  const found = new Set<MimePart>();
  const visit = (part: MimePart): void => {
    for (const child of part.children ?? []) {
      if (part.type === 'multipart/related') found.add(child);
      visit(child);
    }
  };
  visit(root);
  return found;
};

/** Shown within the text: the text can name it, and its sender did not attach it in so many words. */
const isInlinePart = (part: MimePart, inRelated: ReadonlySet<MimePart>): boolean => {
  const canBeNamed = part.id !== undefined || part.location !== undefined;
  return canBeNamed && part.disposition !== 'attachment' && (part.disposition === 'inline' || inRelated.has(part));
};

/** The name that a person sees: no path, no control characters, `.eml` for a message ([MS-ASAIRS] 2.2.2.31.2). */
const displayName = (part: MimePart): string => {
  const isMessage = methodOf(part) === AttachmentMethod.embeddedMessage;
  const given = fileNameOf(part) ?? (isMessage ? part.subject : part.description);
  const name = cutChars(
    cleanText(given ?? '')
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .replace(/[\\/]/g, '_')
      .trim(),
    MaxDisplayName - 4,
  );
  if (isMessage) return /\.eml$/i.test(name) ? name : `${name || 'message'}.eml`;
  if (name !== '' && fileNameOf(part) !== undefined) return name;
  const ending = Object.hasOwn(Endings, part.type) ? Endings[part.type] : 'bin';
  return `${name || part.type.split('/')[0] || 'attachment'}.${ending}`;
};
