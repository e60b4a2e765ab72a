import type { Body, BodyPart } from '../../../protocol/classes/air-sync-base.ts';
import { BodyPartStatus } from '../../../protocol/status.ts';
import type { Spooled } from '../../../protocol/wbxml/bytes.ts';
import { type BodyPreference, BodyType, type MailRequest } from '../../contract/mail.ts';
import { decodeText } from './charset.ts';
import { declaredCharset, declareUtf8, htmlDocument, htmlToText, MaxConverted, textToHtmlFragment } from './html.ts';
import { mimeData } from './mime-data.ts';
import { bodyChoice, type MailPlan, MaxBodyBytes, PreviewHtmlBytes, sourceOf, textual } from './plan.ts';
import { type Segment, segmentsOf } from './segments.ts';
import type { MimePart } from './structure.ts';
import { cleanText, cutChars, cutHtml, cutUtf8, unflow, utf8Length } from './text.ts';
import { decodeTransfer } from './transfer.ts';

/** The body of a mail in the form that a device asks for ([MS-ASAIRS] 2.2.2.9, 2.2.2.10). */

/** What a body is made of. */
export interface BodySource {
  readonly structure: MimePart;
  readonly plan: MailPlan;
  readonly sections: ReadonlyMap<string, Uint8Array>;
  readonly mime?: Uint8Array | Spooled | undefined;
  /** Bytes of the whole message. */
  readonly size: number;
}

/** Characters of a Preview at most ([MS-ASAIRS] 2.2.2.35). */
const MaxPreview = 255;

/** A form of the body before it is cut to what the device wants. */
interface Rendered {
  readonly type: BodyType;
  readonly text: string;
  /** Bytes in UTF-8 of the whole body: exact when `complete`, else in proportion to what was read. */
  readonly size: number;
  readonly complete: boolean;
}

/** The decoded text of a section that was fetched; `cut` when it is not all of it. */
export const sectionText = (
  source: BodySource,
  part: MimePart,
): { text: string; cut: boolean; share: number } | undefined => {
  const bytes = source.sections.get(part.part);
  if (bytes === undefined) return undefined;
  const max = source.plan.sections.find((section) => section.part === part.part)?.maxBytes;
  // A server that counts wrongly must not make a mail look cut for ever.
  const cut = max !== undefined && bytes.length >= max && part.size > bytes.length;
  const decoded = decodeTransfer(bytes, part.encoding);
  const charset = part.parameters.charset ?? (part.type === 'text/html' ? declaredCharset(decoded) : undefined);
  const text = cleanText(decodeText(decoded, charset, { cut }));
  return { text, cut, share: cut ? bytes.length / part.size : 1 };
};

/** The body for `request`; `undefined` for a device that wants none. */
export const bodyOf = (source: BodySource, request: MailRequest): Body | undefined => {
  const { mime, texts } = bodyChoice(source.structure, request);
  const segments = segmentsOf(source.structure);
  if (mime !== undefined && source.mime !== undefined && (fits(source.size, mime) || mime.allOrNone !== true)) {
    return mimeBody(source, source.mime, mime, segments);
  }
  const chosen = chooseText(source, segments, texts);
  if (chosen !== undefined) return textBody(chosen.rendered, chosen.preference);
  // Nothing but MIME was asked for, all or nothing, and it is too large ([MS-ASAIRS] 2.2.2.3.2).
  return mime === undefined ? undefined : { type: BodyType.mime, estimatedDataSize: source.size, truncated: true };
};

/** The body part for a conversation view: the whole text, which holds what the conversation lacks. */
export const bodyPartOf = (source: BodySource, preference: BodyPreference): BodyPart => {
  const segments = segmentsOf(source.structure);
  const asked = textual(preference, segments);
  const rendered = render(source, segments, asked.type);
  const { type, data, truncated, estimatedDataSize } = textBody(rendered, asked);
  const tooLarge = asked.allOrNone === true && truncated === true;
  return {
    status: tooLarge ? BodyPartStatus.tooLarge : BodyPartStatus.success,
    type,
    estimatedDataSize: estimatedDataSize ?? 0,
    truncated,
    data,
    preview: previewOf(rendered, asked.preview),
  };
};

const fits = (size: number, preference: BodyPreference): boolean => size <= (preference.truncationSize ?? size);

const mimeBody = (
  source: BodySource,
  mime: Uint8Array | Spooled,
  preference: BodyPreference,
  segments: readonly Segment[],
): Body => {
  const isWhole = fits(source.size, preference);
  const data = mimeData(mime, isWhole ? undefined : (preference.truncationSize ?? 0));
  const preview = preference.preview
    ? previewOf(render(source, segments, BodyType.plain), preference.preview)
    : undefined;
  return {
    type: BodyType.mime,
    estimatedDataSize: isWhole ? data.byteLength : source.size,
    // Always told with MIME ([MS-ASCMD] 2.2.3.110.3).
    truncated: !isWhole,
    data: data.byteLength === 0 ? undefined : data,
    preview,
  };
};

/**
 * The native form, cut to size; when the device wants all of it or nothing and it is too large, the
 * other form that gives the most text ([MS-ASAIRS] 2.2.2.3.2).
 */
const chooseText = (
  source: BodySource,
  segments: readonly Segment[],
  texts: readonly BodyPreference[],
): { rendered: Rendered; preference: BodyPreference } | undefined => {
  let best: { rendered: Rendered; preference: BodyPreference; bytes: number } | undefined;
  for (const preference of texts) {
    const rendered = render(source, segments, preference.type);
    const isFit = rendered.complete && fits(rendered.size, preference);
    if (best === undefined && (isFit || preference.allOrNone !== true)) return { rendered, preference };
    const cutSize =
      preference.allOrNone === true ? 0 : Math.min(rendered.size, preference.truncationSize ?? MaxBodyBytes);
    const bytes = isFit ? rendered.size : cutSize;
    if (best === undefined || bytes > best.bytes) best = { rendered, preference, bytes };
  }
  return best;
};

const textBody = (rendered: Rendered, preference: BodyPreference): Body => {
  const limit = Math.min(preference.truncationSize ?? MaxBodyBytes, MaxBodyBytes);
  const isWhole = rendered.complete && rendered.size <= limit;
  const cut = rendered.type === BodyType.html ? cutHtml : cutUtf8;
  const withheld = !isWhole && preference.allOrNone === true && preference.truncationSize !== undefined;
  const text = isWhole ? rendered.text : withheld ? '' : cut(rendered.text, limit);
  // Plain text that is there is its own preview ([MS-ASAIRS] 2.2.2.35.1).
  const ownPreview = rendered.type === BodyType.plain && text !== '';
  return {
    type: rendered.type,
    estimatedDataSize: rendered.size,
    truncated: isWhole ? undefined : true,
    // A TruncationSize of 0 asks for the facts alone ([MS-ASEMAIL] 2.2.2.10.1).
    data: text !== '' || (isWhole && preference.truncationSize !== 0) ? text : undefined,
    preview: ownPreview ? undefined : previewOf(rendered, preference.preview),
  };
};

/** The whole text in a form, out of all its stretches. */
const render = (source: BodySource, segments: readonly Segment[], type: BodyType): Rendered => {
  const pieces = segments.map((segment) => renderSegment(source, sourceOf(segment, type), type));
  const text = joinPieces(
    pieces.map((piece) => piece.text),
    type,
    pieces.every((piece) => piece.isDocument),
  );
  const complete = pieces.every((piece) => piece.complete);
  const missing = pieces.reduce((total, piece) => total + piece.missing, 0);
  return { type, text, complete, size: utf8Length(text) + missing };
};

interface Piece {
  readonly text: string;
  readonly complete: boolean;
  /** Bytes in UTF-8 that are likely to follow what was read. */
  readonly missing: number;
  /** An HTML document of its own, not a piece to be put into one. */
  readonly isDocument: boolean;
}

const renderSegment = (source: BodySource, part: MimePart | undefined, type: BodyType): Piece => {
  const section = part === undefined ? undefined : sectionText(source, part);
  if (part === undefined || section === undefined) {
    return { text: '', complete: (part?.size ?? 0) === 0, missing: part?.size ?? 0, isDocument: false };
  }
  const isDocument = type === BodyType.html && part.type === 'text/html';
  const isConverted = (part.type === 'text/html') !== (type === BodyType.html);
  const input = isConverted ? cutChars(section.text, MaxConverted) : section.text;
  const text = convert(part, input, type);
  const unread = input === section.text ? 1 : input.length / section.text.length;
  const share = section.share * unread;
  return {
    text,
    complete: share === 1,
    missing: share === 1 ? 0 : Math.max(1, Math.round(utf8Length(text) * (1 / share - 1))),
    isDocument,
  };
};

const convert = (part: MimePart, text: string, type: BodyType): string => {
  if (part.type === 'text/html') return type === BodyType.html ? declareUtf8(text) : htmlToText(text, { links: true });
  const flowed = part.parameters.format?.toLowerCase() === 'flowed';
  const plain = flowed ? unflow(text, part.parameters.delsp?.toLowerCase() === 'yes') : text;
  return type === BodyType.html ? textToHtmlFragment(plain) : plain;
};

const joinPieces = (texts: readonly string[], type: BodyType, allDocuments: boolean): string => {
  const filled = texts.filter((text) => text !== '');
  if (type !== BodyType.html) return filled.join('\r\n');
  if (filled.length === 0) return '';
  const joined = filled.join('<br>\r\n');
  return allDocuments || /<(?:html|body)[\s>]/i.test(joined.slice(0, 2_000)) ? joined : htmlDocument(joined);
};

/** The first characters of the text on one line, without links; `undefined` when none are wanted or there. */
const previewOf = (rendered: Rendered, wanted: number | undefined): string | undefined => {
  if (!wanted) return undefined;
  const chars = Math.min(wanted, MaxPreview);
  const text =
    rendered.type === BodyType.html
      ? htmlToText(rendered.text.slice(0, PreviewHtmlBytes), { maxChars: chars * 3 })
      : rendered.text.slice(0, chars * 8);
  const line = text.replace(/\s+/g, ' ').trim();
  return line === '' ? undefined : cutChars(line, chars).trimEnd();
};
