import { type BodyPreference, BodyType, type MailRequest } from '../../contract/mail.ts';
import { MaxCalendarLength } from '../calendar/icalendar.ts';
import { bytesPerUtf8Byte } from './charset.ts';
import { MaxConverted } from './html.ts';
import { ClassifyingBytes } from './message-class.ts';
import { calendarPart, reportPart, type Segment, segmentsOf, smimeKind, tnefPart } from './segments.ts';
import type { MimePart } from './structure.ts';
import { MaxTnefBytes } from './tnef.ts';
import { encodedBytesFor } from './transfer.ts';

/** What must be fetched of a message to answer a request, so that nothing else is. */

/** A section to fetch. */
export interface SectionRequest {
  readonly part: string;
  /** Bytes from its start that are enough; absent: all. */
  readonly maxBytes?: number | undefined;
}

/** What must be fetched for a request, beside header fields and structure. */
export interface MailPlan {
  readonly sections: readonly SectionRequest[];
  /** The whole message is wanted, at most `maxBytes` of it (all when that is absent). */
  readonly mime?: { readonly maxBytes?: number | undefined } | undefined;
}

/**
 * Bytes of text or HTML that are sent at most, in UTF-8. Above that conversion would hold up the
 * event loop for more than 50 ms; the body is then marked as truncated.
 */
export const MaxBodyBytes = 1_048_576;

/** A section not larger than this is fetched whole: its exact size is worth more than what is saved. */
export const WholeSectionBytes = 8_192;

/** Bytes of HTML that are read for a preview: newsletters begin with that much style. */
export const PreviewHtmlBytes = 32_768;

/** Bytes of HTML that are read for each byte of text wanted. */
const HtmlBytesPerTextByte = 8;

/** Which forms of body answer a request. */
export interface BodyChoice {
  /** The message as MIME, if that is what is to be sent. */
  readonly mime: BodyPreference | undefined;
  /** Text and HTML, the message's own form first ([MS-ASAIRS] 2.2.2.3.2), else as the device orders them. */
  readonly texts: readonly BodyPreference[];
}

/** The form in which a message was written ([MS-ASAIRS] 2.2.2.32). */
export const nativeType = (segments: readonly Segment[]): BodyType =>
  segments.some((segment) => segment.html !== undefined) ? BodyType.html : BodyType.plain;

/**
 * Which forms of body may be sent. MIME goes out for S/MIME when MIMESupport is 1 or 2, for all
 * mail when it is 2 and the device has a preference of Type 4 ([MS-ASCMD] 2.2.3.110.3), and to a device
 * that asks for nothing else without saying MIMESupport. Where no other form fits, the native one does.
 */
export const bodyChoice = (structure: MimePart, request: MailRequest): BodyChoice => {
  const { preferences, mimeSupport } = request;
  const asMime = preferences.find((preference) => preference.type === BodyType.mime);
  const texts = preferences.filter(({ type }) => type === BodyType.plain || type === BodyType.html);
  const first = preferences[0];
  if (first === undefined) return { mime: undefined, texts: [] };
  const wantsMime =
    (mimeSupport >= 1 && smimeKind(structure) !== undefined) ||
    (asMime !== undefined && (mimeSupport === 2 || (mimeSupport === 0 && preferences.length === 1)));
  const native = nativeType(segmentsOf(structure));
  const others = texts.length > 0 ? texts : [{ ...first, type: native }];
  const nativeFirst = [
    ...others.filter(({ type }) => type === native),
    ...others.filter(({ type }) => type !== native),
  ];
  if (!wantsMime) return { mime: undefined, texts: nativeFirst };
  return {
    mime: {
      type: BodyType.mime,
      truncationSize: asMime?.truncationSize ?? request.mimeTruncation,
      allOrNone: asMime?.allOrNone,
      preview: asMime?.preview ?? first.preview,
    },
    texts: texts.length > 0 ? nativeFirst : [],
  };
};

/** The part that a form of body is made of. */
export const sourceOf = (segment: Segment, type: BodyType): MimePart | undefined =>
  type === BodyType.html ? (segment.html ?? segment.plain) : (segment.plain ?? segment.html);

/**
 * Which sections, and how many bytes of each, are needed to answer `request`. With `size`, the bytes
 * of the whole message, it is also told whether a cut message is really cut.
 */
export const planMail = (structure: MimePart, request: MailRequest, size?: number): MailPlan => {
  if (request.flagsOnly === true) return { sections: [] };
  const { mime, texts } = bodyChoice(structure, request);
  const mimePlan = mime === undefined ? undefined : planMime(mime, size);
  // All-or-nothing of a size that is not known yet may come down to any form.
  const needsTexts = mimePlan === undefined || (mime?.allOrNone === true && size === undefined);
  const needs = sectionNeeds(structure, request, mime, needsTexts ? texts : []);
  return {
    sections: [...needs].filter(([part]) => part.size > 0).map(([part, bytes]) => sectionRequest(part, bytes)),
    mime: mimePlan,
  };
};

/** How much of the message is wanted as MIME; `undefined` when it is too large for all-or-nothing. */
const planMime = (mime: BodyPreference, size: number | undefined): MailPlan['mime'] => {
  const fits = mime.truncationSize === undefined || (size !== undefined && size <= mime.truncationSize);
  if (fits) return {};
  return mime.allOrNone === true && size !== undefined ? undefined : { maxBytes: mime.truncationSize };
};

/** Bytes needed of each part. */
const sectionNeeds = (
  structure: MimePart,
  request: MailRequest,
  mime: BodyPreference | undefined,
  texts: readonly BodyPreference[],
): ReadonlyMap<MimePart, number> => {
  const needs = new Map<MimePart, number>();
  const need = (part: MimePart, bytes: number): void => {
    needs.set(part, Math.max(needs.get(part) ?? 0, bytes));
  };
  const segments = segmentsOf(structure);
  needSpecial(structure, need);
  for (const preference of texts) needText(segments, preference, need);
  if (mime?.preview) needPreview(segments, BodyType.plain, need);
  if (request.bodyPart !== undefined) needText(segments, textual(request.bodyPart, segments), need);
  return needs;
};

/** A preference for a body part in a form that there is ([MS-ASCON] 2.2.2.2: devices ask for HTML). */
export const textual = (preference: BodyPreference, segments: readonly Segment[]): BodyPreference =>
  preference.type === BodyType.plain || preference.type === BodyType.html
    ? preference
    : { ...preference, type: nativeType(segments) };

type Need = (part: MimePart, bytes: number) => void;

/** Parts that decide what kind of message it is: a report, an invitation, a winmail.dat that is not too large to be opened. */
const needSpecial = (structure: MimePart, need: Need): void => {
  const [report, calendar, tnef] = [reportPart(structure), calendarPart(structure)?.part, tnefPart(structure)];
  if (report !== undefined) need(report, ClassifyingBytes);
  if (calendar !== undefined) need(calendar, encodedBytesFor(MaxCalendarLength, calendar.encoding));
  if (tnef !== undefined && tnef.size <= MaxTnefBytes) need(tnef, tnef.size);
};

const needText = (segments: readonly Segment[], preference: BodyPreference, need: Need): void => {
  const wanted = Math.min(preference.truncationSize ?? MaxBodyBytes, MaxBodyBytes);
  for (const segment of segments) {
    const part = sourceOf(segment, preference.type);
    if (part !== undefined) need(part, encodedNeed(part, preference.type, wanted));
  }
  if (preference.preview) needPreview(segments, preference.type, need);
};

const needPreview = (segments: readonly Segment[], type: BodyType, need: Need): void => {
  const [first] = segments;
  const part = first === undefined ? undefined : sourceOf(first, type);
  // 255 characters of text take at most 1,020 bytes; quoted-printable and blanks make more of them.
  if (part !== undefined) need(part, part.type === 'text/html' ? PreviewHtmlBytes : WholeSectionBytes);
};

/** Bytes of a part as it stands in the message that give `wanted` bytes of UTF-8 in the given form. */
const encodedNeed = (part: MimePart, type: BodyType, wanted: number): number => {
  const becomesText = part.type === 'text/html' && type !== BodyType.html;
  const decoded = becomesText
    ? Math.min(MaxConverted, Math.max(PreviewHtmlBytes, wanted * HtmlBytesPerTextByte))
    : wanted + 4;
  // format=flowed loses at most three bytes of a line of 66 or more.
  const flowed = part.parameters.format?.toLowerCase() === 'flowed' ? 1.1 : 1;
  return encodedBytesFor(Math.ceil(decoded * flowed * bytesPerUtf8Byte(part.parameters.charset)), part.encoding);
};

const sectionRequest = (part: MimePart, bytes: number): SectionRequest =>
  part.size <= Math.max(bytes, WholeSectionBytes) ? { part: part.part } : { part: part.part, maxBytes: bytes };
