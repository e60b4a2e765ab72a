import { leavesOf, type MimePart } from './structure.ts';

/** Which parts of a message are its text, which are attached, and what kind of message it is. */

/** A stretch of the text, in one or both forms. */
export interface Segment {
  readonly plain?: MimePart | undefined;
  readonly html?: MimePart | undefined;
}

/** What a part is named by its sender, `undefined` when by nothing. */
export const fileNameOf = (part: MimePart): string | undefined =>
  part.dispositionParameters?.filename || part.parameters.name || undefined;

/**
 * The text of a message in the order in which it is read: the forms of an alternative are one
 * stretch, of a `related` or `signed` its first part counts, texts one after the other (mailing lists
 * append a footer, Apple Mail puts pictures in between) are stretches of their own.
 */
export const segmentsOf = (root: MimePart): Segment[] => {
  const segments = collect(root);
  return segments.filter((segment) => segment.plain !== undefined || segment.html !== undefined);
};

const collect = (part: MimePart): Segment[] => {
  if (part.children === undefined) return leafSegment(part);
  const [first] = part.children;
  if (first === undefined) return [];
  if (part.type === 'multipart/alternative') return alternative(part.children);
  if (part.type === 'multipart/related') return collect(relatedRoot(part.children, part.parameters.start));
  if (part.type === 'multipart/signed') return collect(first);
  return part.children.flatMap(collect);
};

const leafSegment = (part: MimePart): Segment[] => {
  const isAttached = part.disposition === 'attachment' || (part.part !== '1' && fileNameOf(part) !== undefined);
  if (isAttached) return [];
  if (part.type === 'text/plain') return [{ plain: part }];
  return part.type === 'text/html' ? [{ html: part }] : [];
};

const relatedRoot = (children: readonly MimePart[], start: string | undefined): MimePart => {
  const id = start?.trim().replace(/^<|>$/g, '');
  const found = id === undefined ? undefined : children.find((child) => child.id === id);
  return found ?? (children[0] as MimePart);
};

/** Of several alternatives of a form the last counts: the sender's best (RFC 2046, 5.1.4). */
const alternative = (children: readonly MimePart[]): Segment[] => {
  const forms = children.map(collect).filter((segments) => segments.length > 0);
  const html = forms.findLast((segments) => segments.some((segment) => segment.html !== undefined));
  const plain = forms.findLast((segments) => segments.every((segment) => segment.html === undefined));
  const [onlyHtml, onlyPlain] = [html?.[0], plain?.[0]];
  if (html?.length === 1 && plain?.length === 1) return [{ html: onlyHtml?.html, plain: onlyPlain?.plain }];
  return html ?? plain ?? [];
};

/** Parts that are listed as attachments: everything that is no stretch of text and no other form of one. */
export const attachedParts = (root: MimePart, segments: readonly Segment[]): MimePart[] => {
  const shown = new Set(segments.flatMap((segment) => [segment.plain, segment.html]));
  const otherForms = new Set<MimePart>();
  const visit = (part: MimePart): void => {
    for (const child of part.children ?? []) {
      if (part.type === 'multipart/alternative' && isOtherForm(child)) otherForms.add(child);
      visit(child);
    }
  };
  visit(root);
  return leavesOf(root).filter((part) => !shown.has(part) && !otherForms.has(part));
};

/** A form of the text that is not shown (text/enriched, text/x-amp-html, a second text/plain). */
const isOtherForm = (part: MimePart): boolean =>
  part.type.startsWith('text/') && part.type !== 'text/calendar' && part.disposition !== 'attachment';

const SmimeTypes = new Set(['application/pkcs7-mime', 'application/x-pkcs7-mime']);

/** Whether and how a message is protected by S/MIME: encrypted or opaque, signed in the clear, or not at all. */
export const smimeKind = (root: MimePart): 'opaque' | 'signed' | undefined => {
  if (SmimeTypes.has(root.type)) return 'opaque';
  if (root.type === 'application/octet-stream' && /\.p7[mz]$/i.test(fileNameOf(root) ?? '')) return 'opaque';
  if (root.type !== 'multipart/signed') return undefined;
  const protocol = root.parameters.protocol?.toLowerCase() ?? root.children?.[1]?.type ?? '';
  return /^application\/(?:x-)?pkcs7-signature$/.test(protocol) ? 'signed' : undefined;
};

/** Methods that make a part a message about a meeting (RFC 5546, 1.4). */
const MeetingMethods = new Set(['request', 'cancel', 'reply', 'counter']);

/**
 * The part that makes a message one about a meeting, with the method declared beside it in lower case (RFC 6047, 2.4). One
 * that is attached counts when it declares such a method, one that declares none when it is not a file:
 * then its content tells.
 */
export const calendarPart = (root: MimePart): { part: MimePart; method: string | undefined } | undefined => {
  const candidates = leavesOf(root)
    .filter(({ type }) => type === 'text/calendar')
    .map((part) => ({ part, method: part.parameters.method?.toLowerCase() }));
  const shown = candidates.filter(({ part }) => part.disposition !== 'attachment');
  return (
    shown.find(({ method }) => MeetingMethods.has(method ?? '')) ??
    candidates.find(({ method }) => MeetingMethods.has(method ?? '')) ??
    shown.find(({ part, method }) => method === undefined && (fileNameOf(part) === undefined || part.part === '1'))
  );
};

/** The part in which Outlook packed what MIME cannot say: winmail.dat. */
export const tnefPart = (root: MimePart): MimePart | undefined =>
  leavesOf(root).find(
    (part) =>
      /^application\/(?:vnd\.)?ms-tnef$/.test(part.type) ||
      (part.type === 'application/octet-stream' && fileNameOf(part)?.toLowerCase() === 'winmail.dat'),
  );

/** The machine-readable part of a delivery or read report (RFC 3464, RFC 8098). */
export const reportPart = (root: MimePart): MimePart | undefined =>
  root.type === 'multipart/report'
    ? root.children?.find((child) =>
        /^message\/(?:global-)?(?:delivery-status|disposition-notification)$/.test(child.type),
      )
    : undefined;
