import { elementName } from './names.ts';

/** An element with what is in it. */
export interface XmlElement {
  /** As {@link elementName} names it. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All character data directly in it. */
  readonly text: string;
  /** Whether there was more text than is allowed; the rest is left out. */
  readonly isCut: boolean;
}

/** The first child of a name. */
export const child = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((one) => one.name === name);

/** The children of a name. */
export const childrenOf = (element: XmlElement | undefined, name: string): readonly XmlElement[] =>
  element?.children.filter((one) => one.name === name) ?? [];

/** The text of the first child of a name without the blanks around it; `undefined`: there is none. */
export const textOf = (element: XmlElement | undefined, name: string): string | undefined =>
  child(element, name)?.text.trim();

/** What servers send that is no XML, or XML that no DAV server has a reason to send. */
export class XmlError extends Error {
  constructor(problem: string) {
    super(`The answer is no XML that can be read: ${problem}`);
    this.name = 'XmlError';
  }
}

interface OpenElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  readonly texts: string[];
  /** Characters that may still be added. */
  room: number;
  /** Namespaces by prefix, as they stand within it. */
  readonly namespaces: ReadonlyMap<string, string>;
  /** The tag as it was written, which the end tag has to repeat. */
  readonly tag: string;
}

/** Elements within elements: DAV needs about ten; a hostile answer shall not exhaust the stack of who walks it. */
const DepthLimit = 40;
/** Characters of one tag. */
const TagLimit = 65_536;
/** Characters of one entity such as `&#x10FFFF;`. */
const EntityLimit = 12;

const Entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const Markup = { comment: ['<!--', '-->'], data: ['<![CDATA[', ']]>'], instruction: ['<?', '?>'] } as const;

/** What a reader tells. */
export interface XmlReaderOptions {
  /** Called with each child of the outermost element once it is complete; it is not kept. */
  readonly onElement: (element: XmlElement) => void;
  /** Characters of data directly in one element at most; what goes beyond is cut. */
  readonly textLimit: number;
}

/**
 * Reads XML as it comes in, so that an answer about ten thousand objects neither lies in memory as a
 * whole nor holds up others while it is read. Namespaces are followed; there are no document types,
 * and so no entities but those of XML itself.
 */
export class XmlReader {
  /** Name of the outermost element, once it has come. */
  rootName: string | undefined;
  readonly #options: XmlReaderOptions;
  readonly #open: OpenElement[] = [];
  #pending = '';
  /** Where in `#pending` to look for the end of the markup it begins with. */
  #searched = 0;
  #ended = false;

  constructor(options: XmlReaderOptions) {
    this.#options = options;
  }

  /** Takes the next piece. Throws {@link XmlError}. */
  write(piece: string): void {
    this.#pending += piece;
    let at = 0;
    for (;;) {
      const next = this.#pending.charCodeAt(at) === 0x3c ? this.#markup(at) : this.#characters(at);
      if (next === undefined) break;
      at = next;
    }
    this.#pending = this.#pending.slice(at);
  }

  /** To be called after the last piece. Throws {@link XmlError} when something is missing. */
  end(): void {
    if (!this.#ended || this.#pending.trim() !== '') throw new XmlError('it ends too early');
  }

  /** Takes text up to the next markup; `undefined`: more must come first. */
  #characters(at: number): number | undefined {
    if (at >= this.#pending.length) return undefined;
    const found = this.#pending.indexOf('<', at);
    const end = found >= 0 ? found : wholeEntities(this.#pending, at);
    if (end === at) return undefined;
    this.#text(decodeEntities(this.#pending.slice(at, end)));
    return end;
  }

  #text(text: string): void {
    const open = this.#open.at(-1);
    if (open === undefined) {
      if (/[^\s\ufeff]/.test(text)) throw new XmlError('there is text around it');
      return;
    }
    open.texts.push(open.room < text.length ? text.slice(0, Math.max(0, open.room)) : text);
    open.room -= text.length;
  }

  /** Takes one piece of markup; `undefined`: more must come first. */
  #markup(at: number): number | undefined {
    const text = this.#pending;
    if (text.length - at < Markup.data[0].length && !text.includes('>', at)) return undefined;
    for (const [kind, [start, stop]] of Object.entries(Markup)) {
      if (text.startsWith(start, at)) return this.#enclosed(at, { start, stop, isData: kind === 'data' });
    }
    if (text.startsWith('<!', at)) throw new XmlError('it has a document type');
    return this.#tag(at);
  }

  #enclosed(at: number, { start, stop, isData }: { start: string; stop: string; isData: boolean }): number | undefined {
    const from = Math.max(at + start.length, this.#searched);
    const end = this.#pending.indexOf(stop, from);
    if (end < 0) {
      // `write` drops what lies before `at`.
      this.#searched = Math.max(start.length, this.#pending.length - at - stop.length);
      return undefined;
    }
    this.#searched = 0;
    if (isData) this.#text(this.#pending.slice(at + start.length, end));
    return end + stop.length;
  }

  #tag(at: number): number | undefined {
    const end = tagEnd(this.#pending, at);
    if (end === undefined) {
      if (this.#pending.length - at > TagLimit) throw new XmlError('a tag is too long');
      return undefined;
    }
    const tag = this.#pending.slice(at + 1, end);
    if (tag.startsWith('/')) this.#close(tag.slice(1).trim());
    else if (tag.endsWith('/')) this.#close(this.#begin(tag.slice(0, -1)));
    else this.#begin(tag);
    return end + 1;
  }

  /** Opens an element and returns its tag. */
  #begin(text: string): string {
    if (this.#ended) throw new XmlError('it goes on after its end');
    if (this.#open.length >= DepthLimit) throw new XmlError('it is too deep');
    const [, tag, rest] = /^([^\s=<>"'/]+)(.*)$/s.exec(text) ?? [];
    if (tag === undefined || rest === undefined) throw new XmlError('a tag has no name');
    const written = attributesOf(rest);
    const namespaces = declared(this.#open.at(-1)?.namespaces ?? new Map(), written);
    const name = resolve(tag, namespaces);
    this.#open.push({
      name,
      attributes: written,
      children: [],
      texts: [],
      room: this.#options.textLimit,
      namespaces,
      tag,
    });
    if (this.#open.length === 1) this.rootName = name;
    return tag;
  }

  #close(tag: string): void {
    const open = this.#open.pop();
    if (open === undefined || open.tag !== tag) throw new XmlError('tags do not match');
    const { name, attributes, children, texts, room } = open;
    const element: XmlElement = { name, attributes, children, text: texts.join(''), isCut: room < 0 };
    const depth = this.#open.length;
    if (depth === 0) this.#ended = true;
    else if (depth > 1) this.#open.at(-1)?.children.push(element);
    else this.#options.onElement(element);
  }
}

/** End of the text from `at` on, without an entity that has not come whole. */
const wholeEntities = (text: string, at: number): number => {
  const ampersand = text.lastIndexOf('&');
  const isOpen = ampersand >= at && text.length - ampersand < EntityLimit && !text.includes(';', ampersand);
  return isOpen ? ampersand : text.length;
};

/** Position of the `>` that ends a tag: one within quotes does not. */
const tagEnd = (text: string, at: number): number | undefined => {
  const first = text.indexOf('>', at);
  if (first < 0) return undefined;
  if (!/["']/.test(text.slice(at, first))) return first;
  let quote = '';
  for (let i = at + 1; i < text.length; i++) {
    const char = text.charAt(i);
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '>') return i;
    else if (char === '"' || char === "'") quote = char;
  }
  return undefined;
};

const decodeEntities = (text: string): string =>
  text.includes('&') ? text.replace(/&(#x[\da-f]{1,6}|#\d{1,7}|\w+);/gi, (_, name: string) => entity(name)) : text;

const entity = (name: string): string => {
  if (!name.startsWith('#')) {
    const known = Entities[name];
    if (known === undefined) throw new XmlError(`it has an unknown entity ${name}`);
    return known;
  }
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  if (code > 0x10ffff) throw new XmlError('there is no such character');
  return String.fromCodePoint(code);
};

const attributesOf = (text: string): Map<string, string> => {
  const attributes = new Map<string, string>();
  if (!text.includes('=')) return attributes;
  for (const [, name = '', , double, single] of text.matchAll(/([^\s=]+)\s*=\s*("([^"]*)"|'([^']*)')/g)) {
    attributes.set(name, decodeEntities(double ?? single ?? ''));
  }
  return attributes;
};

const declared = (
  outer: ReadonlyMap<string, string>,
  attributes: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> => {
  if (attributes.size === 0) return outer;
  const own = [...attributes].filter(([name]) => name === 'xmlns' || name.startsWith('xmlns:'));
  if (own.length === 0) return outer;
  return new Map([...outer, ...own.map(([name, uri]): [string, string] => [name.slice('xmlns:'.length), uri])]);
};

const resolve = (tag: string, namespaces: ReadonlyMap<string, string>): string => {
  const colon = tag.indexOf(':');
  return elementName(namespaces.get(tag.slice(0, Math.max(0, colon))) ?? '', tag.slice(colon + 1));
};
