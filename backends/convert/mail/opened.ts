import type { Attachment } from '../../contract/mail.ts';
import { type MeetingMail, meetingMail } from '../calendar/meeting-request.ts';
import { attachmentFacts } from './attachments.ts';
import { decodeText } from './charset.ts';
import { calendarPart, segmentsOf, smimeKind, tnefPart } from './segments.ts';
import type { MimePart } from './structure.ts';
import { readTnef, type TnefAttachment, TnefError, type TnefMessage } from './tnef.ts';
import { attachmentName, messageOfTnef, textOfTnef, typeOf } from './tnef-message.ts';
import { decodeTransfer } from './transfer.ts';

/**
 * A message whose parts hold more than MIME tells is opened: in the tree a winmail.dat becomes what is in it,
 * and the calendar part of an invitation, which a device shows as MeetingRequest, becomes the text that a bare
 * invitation lacks. All that follows (body, attachments, class) sees an ordinary message.
 */
export interface OpenedMail {
  readonly structure: MimePart;
  readonly sections: ReadonlyMap<string, Uint8Array>;
  readonly meeting: MeetingMail | undefined;
  /** The class that a winmail.dat tells. */
  readonly tnefClass: string | undefined;
}

/** Bytes of text that count as none: a line end or two beside a winmail.dat. */
const EmptyText = 4;

/** Opens what was fetched of a message (`sections`, not decoded, by part). What is signed stays as it was signed. Never throws. */
export const openMail = (structure: MimePart, sections: ReadonlyMap<string, Uint8Array>): OpenedMail => {
  const closed: OpenedMail = { structure, sections, meeting: undefined, tnefClass: undefined };
  return smimeKind(structure) === undefined ? openTnef(openCalendar(closed)) : closed;
};

const hasText = (root: MimePart): boolean =>
  segmentsOf(root).some(({ plain, html }) => (plain?.size ?? 0) + (html?.size ?? 0) > EmptyText);

const openCalendar = (mail: OpenedMail): OpenedMail => {
  const found = calendarPart(mail.structure);
  const bytes = found === undefined ? undefined : mail.sections.get(found.part.part);
  if (found === undefined || bytes === undefined) return mail;
  const { part, method } = found;
  const text = decodeText(decodeTransfer(bytes, part.encoding), part.parameters.charset ?? 'utf-8', { cut: true });
  const meeting = meetingMail(text, method);
  if (meeting === undefined || part.disposition === 'attachment') return { ...mail, meeting };
  const needsText = meeting.description !== undefined && !hasText(mail.structure);
  const shown = needsText ? [plainLeaf(part, meeting.description as string)] : [];
  return { ...replaced(mail, part, shown), meeting };
};

const openTnef = (mail: OpenedMail): OpenedMail => {
  const part = tnefPart(mail.structure);
  const bytes = part === undefined ? undefined : mail.sections.get(part.part);
  if (part === undefined || bytes === undefined || bytes.length < part.size) return mail;
  const message = readSafely(decodeTransfer(bytes, part.encoding));
  if (message === undefined) return mail;
  const texts = hasText(mail.structure) ? [] : textLeaves(part, message);
  const files = message.attachments.map((attachment, i) => fileLeaf(part, attachment, i + 1));
  return { ...replaced(mail, part, [...texts, ...files]), tnefClass: message.messageClass };
};

const readSafely = (bytes: Uint8Array): TnefMessage | undefined => {
  try {
    return readTnef(bytes);
  } catch (error) {
    if (error instanceof TnefError) return undefined;
    throw error;
  }
};

/** A part made of what another part holds, with its content. */
interface Leaf {
  readonly part: MimePart;
  readonly bytes: Uint8Array;
}

const leaf = (outer: MimePart, name: string, bytes: Uint8Array, more: Partial<MimePart>): Leaf => ({
  part: {
    ...{ type: 'application/octet-stream', parameters: {}, ...more },
    ...{ part: `${outer.part}.${name}`, encoding: 'binary', size: bytes.length },
  },
  bytes,
});

const plainLeaf = (outer: MimePart, text: string): Leaf =>
  leaf(outer, 'text', new TextEncoder().encode(text), { type: 'text/plain', parameters: { charset: 'utf-8' } });

const textLeaves = (outer: MimePart, message: TnefMessage): Leaf[] => {
  const { plain, html } = textOfTnef(message);
  return [
    ...(html === undefined
      ? []
      : [leaf(outer, 'html', html.bytes, { type: 'text/html', parameters: { charset: html.charset } })]),
    ...(plain === undefined ? [] : [plainLeaf(outer, plain)]),
  ];
};

const fileLeaf = (outer: MimePart, attachment: TnefAttachment, number: number): Leaf => {
  const type = typeOf(attachment);
  const name = attachmentName(attachment);
  const isInline = attachment.isInline && type.startsWith('image/');
  return leaf(outer, String(number), fileBytes(attachment), {
    type,
    disposition: isInline ? 'inline' : 'attachment',
    dispositionParameters: name === '' ? {} : { filename: name },
    id: attachment.contentId?.replace(/^<|>$/g, ''),
    location: attachment.contentLocation,
  });
};

const fileBytes = ({ message, bytes }: TnefAttachment): Uint8Array =>
  message === undefined ? bytes : messageOfTnef(message);

/** The mail with `part` replaced by others: the forms of its text, then files. */
const replaced = (mail: OpenedMail, part: MimePart, leaves: readonly Leaf[]): OpenedMail => {
  const texts = leaves.filter((made) => made.part.disposition === undefined).map((made) => made.part);
  const files = leaves.filter((made) => made.part.disposition !== undefined).map((made) => made.part);
  const forms: MimePart = { ...part, type: 'multipart/alternative', part: `${part.part}.body`, children: texts };
  const opened: MimePart = {
    ...{ part: part.part, type: 'multipart/mixed', parameters: {}, encoding: '7bit', size: 0 },
    children: texts.length === 0 ? files : [forms, ...files],
  };
  return {
    ...mail,
    structure: substitute(mail.structure, part, opened),
    sections: new Map([...mail.sections, ...leaves.map((made) => [made.part.part, made.bytes] as const)]),
  };
};

const substitute = (root: MimePart, part: MimePart, by: MimePart): MimePart => {
  if (root === part) return by;
  return root.children === undefined
    ? root
    : { ...root, children: root.children.map((child) => substitute(child, part, by)) };
};

/** The winmail.dat that holds an attachment of this part name, `2.1`; `undefined` for one that lies in the message. */
export const tnefHolding = (root: MimePart, part: string): MimePart | undefined => {
  const outer = tnefPart(root);
  return outer !== undefined && /^\d{1,3}$/.test(withoutPrefix(part, `${outer.part}.`)) ? outer : undefined;
};

const withoutPrefix = (text: string, prefix: string): string =>
  text.startsWith(prefix) ? text.slice(prefix.length) : '';

/**
 * An attachment out of a winmail.dat; `undefined` when it holds none of that name.
 *
 * @param bytes The part `outer` as it stands in the message.
 */
export const attachmentWithin = (outer: MimePart, bytes: Uint8Array, part: string): Attachment | undefined => {
  const message = readSafely(decodeTransfer(bytes, outer.encoding));
  const attachment = message?.attachments[Number(withoutPrefix(part, `${outer.part}.`)) - 1];
  if (attachment === undefined) return undefined;
  const made = fileLeaf(outer, attachment, 0);
  const content = made.bytes;
  return {
    ...attachmentFacts(made.part),
    open: async function* () {
      yield content;
    },
  };
};
