import type { Body } from '../../protocol/classes/air-sync-base.ts';
import { type BodyPreference, BodyType } from '../contract/mail.ts';
import { htmlDocument, htmlToText, textToHtmlFragment } from './mail/html.ts';
import { cutChars, cutHtml, cutUtf8, utf8Length } from './mail/text.ts';

/** The body of contacts, events, tasks and notes: a text, perhaps with an HTML form beside it. */
export interface TextSource {
  readonly plain: string;
  readonly html?: string | undefined;
}

/** Without a word of a device: plain text, all of it. */
const Plain: BodyPreference = { type: BodyType.plain };

/** Characters of a Preview at most ([MS-ASAIRS] 2.2.2.35). */
const MaxPreview = 255;

/** Lines end with CR LF on the wire, with LF in vCard and iCalendar. */
const toWire = (text: string): string => text.replace(/\r\n?|\n/g, '\r\n');
const fromWire = (text: string): string => text.replace(/\r\n?/g, '\n');

/**
 * The body in the form that a device asks for ([MS-ASAIRS] 2.2.2.9); `undefined`: there is no text. A
 * device that asks for what a text cannot be (RTF, MIME) gets plain text.
 */
export const textBody = (source: TextSource, preferences: readonly BodyPreference[]): Body | undefined => {
  if (source.plain === '' && !source.html) return undefined;
  const preference = chosen(source, preferences);
  const text = preference.type === BodyType.html ? htmlOf(source) : toWire(source.plain);
  const size = utf8Length(text);
  const { truncationSize = size, allOrNone, preview } = preference;
  const isWhole = size <= truncationSize;
  const cut = preference.type === BodyType.html ? cutHtml : cutUtf8;
  return {
    type: preference.type,
    estimatedDataSize: size,
    truncated: isWhole ? undefined : true,
    data: isWhole ? text : allOrNone === true || truncationSize === 0 ? undefined : cut(text, truncationSize),
    preview: preview ? cutChars(source.plain.replace(/\s+/g, ' ').trim(), Math.min(preview, MaxPreview)) : undefined,
  };
};

/** The form that there is, if the device asks for it, else the first one that can be made. */
const chosen = (source: TextSource, preferences: readonly BodyPreference[]): BodyPreference => {
  const usable = preferences.filter(({ type }) => type === BodyType.plain || type === BodyType.html);
  const native = source.html ? BodyType.html : BodyType.plain;
  return usable.find(({ type }) => type === native) ?? usable[0] ?? Plain;
};

const htmlOf = ({ plain, html }: TextSource): string => html ?? htmlDocument(textToHtmlFragment(plain));

/**
 * The text that a device's body says; `undefined`: it is what the device was given, perhaps cut, so
 * that nothing is to be changed; an empty text takes the old one away.
 */
export const editedText = (
  current: TextSource,
  sent: Body,
  seen: readonly BodyPreference[],
): TextSource | undefined => {
  const data = typeof sent.data === 'string' ? sent.data : '';
  const given = textBody(current, seen);
  const shown = typeof given?.data === 'string' ? given.data : '';
  if (fromWire(data) === fromWire(shown) && (given === undefined || sent.type === given.type)) return undefined;
  if (sent.type === BodyType.html) {
    const plain = fromWire(htmlToText(data)).trimEnd();
    return plain === current.plain ? undefined : { plain, html: plain === '' ? undefined : data };
  }
  const plain = fromWire(data);
  return plain === current.plain ? undefined : { plain };
};
