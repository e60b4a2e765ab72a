import { readAll } from '../../../protocol/wbxml/bytes.ts';
import type { TextForm } from '../../contract/composer.ts';
import { decodeText } from './charset.ts';
import { encodeBody } from './encode-text.ts';
import { bodySource, contentTypeOf, type Entity, type Leaf } from './entity.ts';
import { headerText, parseHeaders } from './headers.ts';
import { declaredCharset, declareUtf8, htmlDocument, textToHtmlFragment } from './html.ts';
import { textSource } from './sources.ts';
import { unflow } from './text.ts';
import { decodeTransfer } from './transfer.ts';

/** Texts of mails that are put together: decoded, joined, and encoded again in UTF-8. */

/** A new part that holds a text, in UTF-8 (MS-ASCMD_R548). */
export const textLeaf = (form: TextForm, text: string): Leaf => {
  const { encoding, text: body } = encodeBody(Buffer.from(form === 'html' ? declareUtf8(text) : text, 'utf8'));
  return {
    fields: Buffer.from(`Content-Type: text/${form}; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n`),
    body: textSource(body),
  };
};

/** The text of a part, whatever its charset; a flowed one with its paragraphs put together. */
export const textOfLeaf = (leaf: Entity): string => {
  const { value, parameters } = contentTypeOf(leaf);
  const encoding = parseHeaders(leaf.fields, 0, leaf.fields.length).get('content-transfer-encoding') ?? '7bit';
  const decoded = decodeTransfer(readAll(bodySource(leaf)), encoding);
  const text = decodeText(
    decoded,
    parameters.charset ?? (value === 'text/html' ? declaredCharset(decoded) : undefined),
  );
  const isFlowed = value !== 'text/html' && parameters.format?.toLowerCase() === 'flowed';
  return isFlowed ? unflow(text, parameters.delsp?.toLowerCase() === 'yes') : text;
};

/** Lines that say whose text follows. */
export type QuoteLines = readonly (readonly [name: string, value: string])[];

/** What stands above a quoted text: the fields that a reader knows. */
export const quoteLines = (header: Uint8Array, received: Date | undefined): QuoteLines => {
  const fields = parseHeaders(header);
  const text = (name: string): string => headerText(fields.all(name).join(', '));
  const lines: QuoteLines = [
    ['From', text('from')],
    ['Sent', headerText(fields.get('date') ?? '') || (received?.toUTCString() ?? '')],
    ['To', text('to')],
    ['Cc', text('cc')],
    ['Subject', text('subject')],
  ];
  return lines.filter(([, value]) => value !== '');
};

/** A plain text with the original under it. */
export const joinPlain = (own: string, original: string, lines: QuoteLines): string => {
  const block = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${own.trimEnd()}\r\n\r\n-----Original Message-----\r\n${block}\r\n${original}`;
};

/** An HTML text with the original under it, within the one document. */
export const joinHtml = (own: string, original: string, lines: QuoteLines): string => {
  const rows = lines.map(([name, value]) => `<b>${name}:</b> ${escapeText(value)}`).join('<br>\r\n');
  const quoted = `\r\n<hr>\r\n<div>${rows}</div>\r\n<br>\r\n${innerHtml(original)}\r\n`;
  const document = /<(?:html|body)[\s>]/i.test(own) ? own : htmlDocument(own);
  const end = lastMatch(document, /<\/body\s*>/gi) ?? lastMatch(document, /<\/html\s*>/gi) ?? document.length;
  return document.slice(0, end) + quoted + document.slice(end);
};

/** Plain text as HTML. */
export const plainAsHtml = (text: string): string => textToHtmlFragment(text);

const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Attributes of a body that its content needs. */
const KeptAttributes = /\s(?:dir|lang|style|class|bgcolor)\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)/gi;

/** Characters of a body tag that are looked at. */
const MaxBodyTag = 8_192;

/** What a document shows, and the styles that it is shown with, to be put into another one. */
const innerHtml = (html: string): string => {
  const open = /<body(?=[\s>])/i.exec(html);
  if (open === null) return html.replace(/<!doctype[^>]{0,500}>/i, '');
  const tagEnd = html.indexOf('>', open.index);
  if (tagEnd < 0) return html;
  const styles = stylesOf(html.slice(0, open.index));
  const attributes = html.slice(open.index, Math.min(tagEnd, open.index + MaxBodyTag)).match(KeptAttributes) ?? [];
  const end = lastMatch(html, /<\/body\s*>/gi) ?? html.length;
  return `${styles.join('\r\n')}<div${attributes.join('')}>${html.slice(tagEnd + 1, Math.max(end, tagEnd + 1))}</div>`;
};

/** The style elements of a head that are closed, each whole. */
const stylesOf = (head: string): string[] => {
  const styles: string[] = [];
  let start: number | undefined;
  for (const { 0: tag, index } of head.matchAll(/<\/?style(?=[\s>])/gi)) {
    if (tag[1] !== '/') start ??= index;
    else if (start !== undefined) {
      styles.push(`${head.slice(start, index)}</style>`);
      start = undefined;
    }
  }
  return styles;
};

const lastMatch = (text: string, pattern: RegExp): number | undefined => {
  let last: number | undefined;
  for (const match of text.matchAll(pattern)) last = match.index;
  return last;
};
