import { decodeEntities } from './html-entities.ts';
import { cleanText, cutChars } from './text.ts';

/** HTML to plain text and back, in one pass without recursion: time is linear in what is read. */

/**
 * Characters that are turned from HTML into text, or from text into HTML, at most. A person reads less
 * than that; the limit keeps one hostile mail from holding up everybody else for more than 50 ms.
 */
export const MaxConverted = 262_144;

/** How HTML becomes text. */
export interface HtmlToTextOptions {
  /** Characters of text after which to stop. */
  readonly maxChars?: number | undefined;
  /** Whether targets of links and texts of images are written out; a preview goes without. */
  readonly links?: boolean | undefined;
}

/** Line breaks that a tag stands for, before and after it: 1 a new line, 2 an empty line. */
const BlockTags: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{
      hr: 1,
      address: 1,
      article: 1,
      aside: 1,
      center: 1,
      dd: 1,
      div: 1,
      dt: 1,
      fieldset: 1,
      figcaption: 1,
      figure: 1,
    },
    ...{ footer: 1, form: 1, header: 1, li: 1, main: 1, nav: 1, section: 1, tr: 1, caption: 1, option: 1 },
    ...{ blockquote: 2, dl: 2, h1: 2, h2: 2, h3: 2, h4: 2, h5: 2, h6: 2, ol: 2, p: 2, pre: 2, table: 2, ul: 2 },
  }),
);

/** Tags whose content is no text of the mail. */
const SkippedTags = new Set([
  'script',
  'style',
  'title',
  'template',
  'noscript',
  'svg',
  'object',
  'select',
  'textarea',
]);

/** Characters of a link's target that are written out at most; tracking links are longer and say nothing. */
const MaxLinkLength = 500;

/** The text under construction. */
class TextBuilder {
  readonly #parts: string[] = [];
  #length = 0;
  #breaks = 0;
  #space = false;
  /** Depth of `pre`, in which white space counts. */
  pre = 0;

  get length(): number {
    return this.#length;
  }

  /** At least this many line breaks before what comes next. */
  break(count: number): void {
    this.#breaks = Math.max(this.#breaks, count);
    this.#space = false;
  }

  /** One more line break, as `br` makes it. */
  newLine(): void {
    this.#breaks++;
    this.#space = false;
  }

  space(): void {
    this.#space = true;
  }

  bullet(): void {
    this.#add('*');
    this.#space = true;
  }

  /** Text of the document; white space collapses outside of `pre`. */
  text(raw: string): void {
    const decoded = decodeEntities(raw);
    if (this.pre === 0 && !/[\s\u00a0]/.test(decoded)) {
      if (decoded !== '') this.#add(decoded);
      return;
    }
    if (this.pre > 0) {
      this.#add(/[\r\n]/.test(decoded) ? decoded.replace(/\r\n?|\n/g, '\r\n') : decoded);
      return;
    }
    const collapsed = decoded.replace(/[ \t\r\n\f]+/g, ' ');
    if (collapsed.startsWith(' ')) this.#space = true;
    const content = collapsed.slice(collapsed.startsWith(' ') ? 1 : 0, collapsed.endsWith(' ') ? -1 : undefined);
    if (content !== '') this.#add(content.replaceAll('\u00a0', ' '));
    if (collapsed.endsWith(' ')) this.#space = true;
  }

  #add(text: string): void {
    if (this.#length > 0) {
      // More than two empty lines are decoration.
      if (this.#breaks > 0) this.#push('\r\n'.repeat(Math.min(this.#breaks, 3)));
      else if (this.#space) this.#push(' ');
    }
    [this.#breaks, this.#space] = [0, false];
    this.#push(text);
  }

  #push(text: string): void {
    this.#parts.push(text);
    this.#length += text.length;
  }

  /** A place in the text; {@link since} gives what was added after it. */
  get mark(): number {
    return this.#parts.length;
  }

  since(mark: number): string {
    return this.#parts.slice(mark).join('');
  }

  toString(): string {
    return this.#parts.join('');
  }
}

/** Plain text of an HTML document, lines divided by CR LF. Never throws; reads at most {@link MaxConverted}. */
export const htmlToText = (html: string, options: HtmlToTextOptions = {}): string => {
  const input = html.length > MaxConverted ? html.slice(0, MaxConverted) : html;
  const maxChars = options.maxChars ?? Number.POSITIVE_INFINITY;
  const out = new TextBuilder();
  const link: OpenLink = { href: undefined, from: 0 };
  let at = 0;
  while (at < input.length && out.length < maxChars) {
    const open = input.indexOf('<', at);
    if (open < 0) {
      out.text(input.slice(at));
      break;
    }
    if (open > at) out.text(input.slice(at, open));
    at = readMarkup(input, open, out, options.links === true ? link : undefined);
  }
  const text = cleanText(out.toString());
  return maxChars === Number.POSITIVE_INFINITY ? text : cutChars(text, maxChars);
};

interface OpenLink {
  href: string | undefined;
  from: number;
}

/** Reads what begins with `<` and gives where the text goes on; unclosed markup swallows the rest. */
const readMarkup = (html: string, open: number, out: TextBuilder, link: OpenLink | undefined): number => {
  const next = html.charCodeAt(open + 1);
  if (next === 0x21 && html.startsWith('<!--', open)) return after(html, '-->', open + 4);
  if (next === 0x21 || next === 0x3f) return after(html, '>', open + 2);
  const close = next === 0x2f;
  const name = tagName(html, open + (close ? 2 : 1));
  if (name === '') {
    out.text('<');
    return open + 1;
  }
  const end = html.indexOf('>', open);
  if (end < 0) return html.length;
  if (!close && SkippedTags.has(name) && html[end - 1] !== '/') return afterElement(html, name, end + 1);
  const breaks = BlockTags.get(name);
  if (breaks !== undefined) out.break(breaks);
  TagActions.get(name)?.(out, close);
  if (link !== undefined && (name === 'a' || name === 'img')) {
    applyLink(name, close, html.slice(open + 1 + name.length, Math.min(end, open + MaxAttributes)), out, link);
  }
  return end + 1;
};

/** What a tag does beside breaking lines. */
const TagActions: ReadonlyMap<string, (out: TextBuilder, close: boolean) => void> = new Map([
  ['br', (out) => out.newLine()],
  [
    'pre',
    (out, close) => {
      out.pre = Math.max(0, out.pre + (close ? -1 : 1));
    },
  ],
  ['td', (out) => out.space()],
  ['th', (out) => out.space()],
  ['li', (out, close) => (close ? undefined : out.bullet())],
  [
    'hr',
    (out) => {
      out.text('----------');
      out.break(1);
    },
  ],
]);

/** Characters of a tag that are searched for an attribute. */
const MaxAttributes = 8_192;

const after = (html: string, mark: string, from: number): number => {
  const found = html.indexOf(mark, from);
  return found < 0 ? html.length : found + mark.length;
};

const afterElement = (html: string, name: string, from: number): number => {
  const end = new RegExp(`</${name}`, 'gi');
  end.lastIndex = from;
  const found = end.exec(html);
  return found === null ? html.length : after(html, '>', found.index);
};

/** Name of the tag whose name begins at `start`, lower case; `''` when none does. */
const tagName = (html: string, start: number): string => {
  const first = html.charCodeAt(start) | 0x20;
  if (first < 0x61 || first > 0x7a) return '';
  let end = start + 1;
  while (end - start < 20 && isNameUnit(html.charCodeAt(end))) end++;
  return html.slice(start, end).toLowerCase();
};

/** ASCII letters, digits and the colon of `o:p`. */
const isNameUnit = (unit: number): boolean => {
  const letter = unit | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (unit >= 0x30 && unit <= 0x3a);
};

const applyLink = (name: string, close: boolean, attributes: string, out: TextBuilder, link: OpenLink): void => {
  if (name === 'img' && !close) {
    const alt = attributeOf(attributes, 'alt');
    if (alt !== undefined && alt.trim() !== '') out.text(`[${alt}]`);
  } else if (name === 'a' && !close) {
    link.href = attributeOf(attributes, 'href');
    link.from = out.mark;
  } else if (name === 'a' && link.href !== undefined) {
    const href = decodeEntities(link.href).trim();
    link.href = undefined;
    const shown = out.since(link.from);
    const isTarget = /^(?:https?|ftp|tel):/i.test(href) && href.length <= MaxLinkLength;
    if (isTarget && !shown.includes(href)) out.text(` <${href.replaceAll('&', '&amp;')}>`);
  }
};

const attributeOf = (attributes: string, name: string): string | undefined => {
  const match = new RegExp(`\\s${name}\\s?=\\s?(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(attributes);
  return match === null ? undefined : (match[1] ?? match[2] ?? match[3]);
};

/** Web addresses in plain text. */
const WebAddress = /\bhttps?:\/\/[^\s<>"']{1,2000}/gi;

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Plain text as a piece of HTML: lines and blanks stay, web addresses become links. */
export const textToHtmlFragment = (text: string): string => {
  let [html, end] = ['', 0];
  for (const match of text.matchAll(WebAddress)) {
    const url = match[0].replace(/[.,;:!?)\]]$/, '');
    html += escapeHtml(text.slice(end, match.index));
    html += `<a href="${escapeHtml(url)}">${escapeHtml(url)}</a>`;
    end = match.index + url.length;
  }
  html += escapeHtml(text.slice(end));
  return html
    .replace(/\r\n|\r|\n/g, '<br>\r\n')
    .replaceAll('  ', '&nbsp; ')
    .replaceAll('\t', '&nbsp;&nbsp;&nbsp; ');
};

/** A piece of HTML as a document. */
export const htmlDocument = (fragment: string): string =>
  '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>\r\n' +
  `${fragment}\r\n</body></html>`;

/** Characters of an HTML document in which its charset is declared (WHATWG HTML, 4.2.5.4: 1024 bytes). */
const MetaWindow = 4_096;

const MetaCharset = /(<meta\s[^>]{0,200}?charset\s?=\s?["']?)([\w.:-]{1,60})/i;

/** The charset that the document itself declares, for HTML that came without one. */
export const declaredCharset = (html: Uint8Array): string | undefined =>
  MetaCharset.exec(Buffer.from(html.subarray(0, MetaWindow)).toString('latin1'))?.[2];

/** The document with its own declaration saying what it is sent as, UTF-8. */
export const declareUtf8 = (html: string): string => {
  const head = html.slice(0, MetaWindow);
  const declared = head.replace(MetaCharset, '$1utf-8');
  return declared === head ? html : declared + html.slice(MetaWindow);
};
