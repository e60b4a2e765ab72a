import { decodeText } from './charset.ts';
import { charsetOfCodepage } from './codepages.ts';

/** RTF as plain text, or as the HTML that Outlook wrapped into it ([MS-OXRTFEX]). One pass, linear. */

/** What was read. */
export interface RtfText {
  readonly text: string;
  /** It is HTML, not plain text. */
  readonly isHtml: boolean;
}

/** Groups within groups that are told apart. */
const MaxDepth = 200;

/** Groups whose content is no text. */
const Destinations = new Set([
  ...['fonttbl', 'colortbl', 'stylesheet', 'info', 'pict', 'object', 'header', 'footer', 'headerl', 'headerr'],
  ...['footerl', 'footerr', 'footnote', 'listtable', 'listoverridetable', 'rsidtbl', 'generator', 'themedata'],
  ...['colorschememapping', 'latentstyles', 'datastore', 'fldinst', 'xmlnstbl', 'mmathPr'],
]);

/** Control words that stand for characters. */
const Characters: Readonly<Record<string, string>> = {
  ...{ par: '\r\n', line: '\r\n', sect: '\r\n', page: '\r\n', row: '\r\n', tab: '\t', cell: '\t' },
  ...{ emdash: '—', endash: '–', lquote: '‘', rquote: '’', ldblquote: '“', rdblquote: '”', bullet: '•' },
  ...{ emspace: '\u2003', enspace: '\u2002' },
};

/** Code pages of \fcharset (Windows' character sets of fonts). */
const FontCodepages: ReadonlyMap<number, number> = new Map([
  ...([
    [128, 932],
    [129, 949],
    [134, 936],
    [136, 950],
    [161, 1253],
    [162, 1254],
    [163, 1258],
  ] as const),
  ...([
    [177, 1255],
    [178, 1256],
    [186, 1257],
    [204, 1251],
    [222, 874],
    [238, 1250],
    [0, 1252],
  ] as const),
]);

/** What holds within a group and ends with it. */
interface Scope {
  /** No text is taken. */
  readonly skip: boolean;
  /** Within \htmlrtf: RTF for those who do not know of the HTML. */
  readonly rtfOnly: boolean;
  /** Within {\*\htmltag}: HTML as it stands. */
  readonly htmlTag: boolean;
  /** Characters that follow a \u for old readers. */
  readonly fallback: number;
  readonly charset: string | undefined;
  /** Within the font table. */
  readonly fonts: boolean;
}

/** The text of an RTF document. */
export const readRtf = (rtf: Uint8Array): RtfText => new RtfReader(rtf).read();

class RtfReader {
  readonly #rtf: string;
  readonly #parts: string[] = [];
  readonly #scopes: Scope[] = [];
  readonly #fontCharsets = new Map<number, string>();
  #scope: Scope = { skip: false, rtfOnly: false, htmlTag: false, fallback: 1, charset: undefined, fonts: false };
  #charset = 'windows-1252';
  #isHtml = false;
  /** Bytes of \'xx that are not decoded yet: a character may take two. */
  #bytes: number[] = [];
  /** Characters still to be left out after a \u. */
  #leaveOut = 0;
  #font = 0;
  #depthTooMuch = 0;

  constructor(rtf: Uint8Array) {
    this.#rtf = Buffer.from(rtf.buffer, rtf.byteOffset, rtf.byteLength).toString('latin1');
  }

  read(): RtfText {
    const plain = /[^\\{}\r\n]+/y;
    for (let at = 0; at < this.#rtf.length; ) {
      plain.lastIndex = at;
      const run = plain.exec(this.#rtf)?.[0];
      if (run !== undefined) {
        this.#plain(run);
        at += run.length;
      } else at = this.#mark(at);
    }
    this.#flush();
    const text = this.#parts.join('').replace(/\0/g, '');
    return { text: this.#isHtml ? text : text.replace(/(?:\r\n)+$/, ''), isHtml: this.#isHtml };
  }

  /** Deals with what is no plain text and gives where reading goes on. */
  #mark(at: number): number {
    const char = this.#rtf[at];
    if (char === '\\') return this.#control(at + 1);
    if (char === '{') this.#open();
    else if (char === '}') this.#close();
    return at + 1;
  }

  #open(): void {
    this.#flush();
    if (this.#scopes.length >= MaxDepth) this.#depthTooMuch++;
    else this.#scopes.push(this.#scope);
  }

  #close(): void {
    this.#flush();
    this.#leaveOut = 0;
    if (this.#depthTooMuch > 0) this.#depthTooMuch--;
    else this.#scope = this.#scopes.pop() ?? this.#scope;
  }

  #control(at: number): number {
    const char = this.#rtf[at];
    if (char === undefined) return at;
    if (char === "'") return this.#escapedByte(at + 1);
    const word = /([a-zA-Z]{1,32})(-?\d{1,10})? ?/y;
    word.lastIndex = at;
    const match = word.exec(this.#rtf);
    if (match === null) {
      this.#symbol(char);
      return at + 1;
    }
    const [all, name, number] = match as unknown as [string, string, string | undefined];
    this.#word(name, number === undefined ? undefined : Number(number));
    // Binary data are passed over, whatever they look like.
    return at + all.length + (name === 'bin' ? Math.max(0, Number(number ?? 0)) : 0);
  }

  #symbol(char: string): void {
    if (char === '*') this.#ignorable();
    else if (char === '~') this.#text('\u00a0');
    else if (char === '_') this.#text('-');
    else if (char === '\\' || char === '{' || char === '}') this.#text(char);
    else if (char === '\n' || char === '\r') this.#text('\r\n');
  }

  /** A group that readers may ignore: all but those of the HTML are. */
  #ignorable(): void {
    this.#scope = { ...this.#scope, skip: true };
  }

  #word(name: string, number: number | undefined): void {
    this.#flush();
    const character = Object.hasOwn(Characters, name) ? Characters[name] : undefined;
    const action = Words.get(name);
    if (name === 'u') this.#unicode(number ?? 0);
    else if (character !== undefined) this.#text(character);
    else if (action !== undefined) action(this, number);
    else if (Destinations.has(name)) this.set({ skip: true });
  }

  /** Sets what holds from here to the end of the group. */
  set(change: Partial<Scope>): void {
    this.#scope = { ...this.#scope, ...change };
  }

  /** \fromhtml: the text is HTML. */
  fromHtml(): void {
    this.#isHtml = true;
  }

  /** \htmltag: a piece of HTML, in a group that is otherwise ignored. */
  htmlTag(): void {
    if (this.#isHtml) this.set({ htmlTag: true, skip: false });
  }

  /** \ansicpg: the code page of all text without one of its own. */
  codepage(number: number): void {
    this.#charset = charsetOfCodepage(number);
  }

  /** \f: in the font table the font that is described, elsewhere the one that is used. */
  font(number: number): void {
    this.#font = number;
    if (!this.#scope.fonts) this.set({ charset: this.#fontCharsets.get(number) });
  }

  /** \fcharset: the character set of a font. */
  fontCharset(number: number): void {
    const codepage = FontCodepages.get(number);
    if (!this.#scope.fonts || codepage === undefined || this.#fontCharsets.size > 1_000) return;
    // Character set 0 is that of the document.
    if (number !== 0) this.#fontCharsets.set(this.#font, charsetOfCodepage(codepage));
  }

  #escapedByte(at: number): number {
    const byte = Number.parseInt(this.#rtf.slice(at, at + 2), 16);
    if (Number.isNaN(byte)) return at;
    if (this.#leaveOut > 0) this.#leaveOut--;
    else this.#bytes.push(byte);
    return at + 2;
  }

  #unicode(number: number): void {
    this.#text(String.fromCharCode(number & 0xffff));
    this.#leaveOut = this.#scope.fallback;
  }

  #plain(run: string): void {
    const kept = run.slice(this.#leaveOut);
    this.#leaveOut = Math.max(0, this.#leaveOut - run.length);
    if (kept === '') return;
    // Bytes of the text itself may be the second half of a character, or of 8 bits.
    if (this.#bytes.length > 0 || /[\u0080-\u00ff]/.test(kept)) {
      for (let i = 0; i < kept.length; i++) this.#bytes.push(kept.charCodeAt(i));
      this.#flush();
    } else this.#text(kept);
  }

  #flush(): void {
    if (this.#bytes.length === 0) return;
    const text = decodeText(Uint8Array.from(this.#bytes), this.#scope.charset ?? this.#charset);
    this.#bytes = [];
    this.#text(text);
  }

  #text(text: string): void {
    const { skip, rtfOnly, htmlTag } = this.#scope;
    if (!skip && (!rtfOnly || htmlTag)) this.#parts.push(text);
  }
}

/** Control words that change how the text is read. */
const Words: ReadonlyMap<string, (reader: RtfReader, number: number | undefined) => void> = new Map([
  ['fromhtml', (reader: RtfReader) => reader.fromHtml()],
  ['htmltag', (reader: RtfReader) => reader.htmlTag()],
  ['htmlrtf', (reader: RtfReader, number: number | undefined) => reader.set({ rtfOnly: number !== 0 })],
  ['ansicpg', (reader: RtfReader, number: number | undefined) => reader.codepage(number ?? 1252)],
  ['uc', (reader: RtfReader, number: number | undefined) => reader.set({ fallback: Math.min(20, number ?? 1) })],
  ['fonttbl', (reader: RtfReader) => reader.set({ skip: true, fonts: true })],
  ['f', (reader: RtfReader, number: number | undefined) => reader.font(number ?? 0)],
  ['fcharset', (reader: RtfReader, number: number | undefined) => reader.fontCharset(number ?? 0)],
]);
