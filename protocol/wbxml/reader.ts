import { CodePages, tagAt } from '../code-pages/index.ts';
import type { Tag } from '../code-pages/tag.ts';
import type { ByteSource } from './bytes.ts';
import { WbxmlError } from './errors.ts';
import type { Event, Events } from './events.ts';
import { DefaultLimits, type WbxmlLimits, WindowSize } from './limits.ts';
import { AttributeBit, ContentBit, TagMask, Token, UnusedTokens } from './tokens.ts';
import { decodeUtf8 } from './utf8.ts';

const Newest = 0x03;
const UnknownPublicId = 0x01;
const Utf8 = 0x6a;

/**
 * Reads a document event by event ([MS-ASWBXML] 2.1.3). It holds a window of the source and
 * nothing else; a value is a slice of the source until somebody asks for its text.
 *
 * @throws WbxmlError from the constructor and from `next` for malformed, truncated or excessive documents
 */
export class WbxmlReader implements Events {
  readonly #source: ByteSource;
  readonly #limits: WbxmlLimits;
  #window: Uint8Array = new Uint8Array(0);
  /** Offset of the window in the source. */
  #base = 0;
  /** Place in the window. */
  #at = 0;
  #page = 0;
  #depth = 0;
  #rootSeen = false;
  #tokens = 0;
  #textTotal = 0;
  #tag: Tag | undefined;
  #hasContent = false;
  #valueStart = 0;
  #valueEnd = 0;
  /** The value is opaque and was not read as text yet. */
  #isOpaque = false;

  constructor(source: ByteSource, limits: WbxmlLimits = DefaultLimits) {
    this.#source = source;
    this.#limits = limits;
    this.#readHeader();
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#base + this.#at;
  }

  get tag(): Tag {
    if (this.#tag === undefined) throw new Error('WbxmlReader.tag: there was no start yet');
    return this.#tag;
  }

  get hasContent(): boolean {
    return this.#hasContent;
  }

  get text(): string {
    if (this.#isOpaque) this.#countText(this.#valueStart, this.#valueEnd);
    const [start, end] = [this.#valueStart - this.#base, this.#valueEnd - this.#base];
    return start >= 0 && end <= this.#window.length
      ? decodeUtf8(this.#window, start, end)
      : decodeUtf8(this.#source.read(this.#valueStart, this.#valueEnd), 0, this.#valueEnd - this.#valueStart);
  }

  get value(): ByteSource {
    return this.#source.slice(this.#valueStart, this.#valueEnd);
  }

  next(): Event {
    if (this.#depth === 0 && this.#rootSeen) return this.#finish();
    for (;;) {
      const token = this.#byte();
      if (token === Token.End) return this.#end();
      this.#count();
      if (token === Token.SwitchPage) this.#switchPage();
      else if (token === Token.StringInline) return this.#inlineString();
      else if (token === Token.Opaque) return this.#opaque();
      else return this.#start(token);
    }
  }

  #readHeader(): void {
    if (this.#source.length === 0) this.#fail('the document is empty', 0);
    const version = this.#byte();
    // 1.1 to 1.3 differ in nothing that ActiveSync uses; the documents cite 1.2, everyone sends 1.3.
    if (version < 0x01 || version > Newest) this.#fail(`version byte ${hex(version)} is none of 01, 02, 03`, 0);
    this.#expect(UnknownPublicId, 'public identifier');
    this.#expect(Utf8, 'character set');
    this.#expect(0, 'length of the string table');
  }

  #expect(wanted: number, what: string): void {
    const start = this.offset;
    const found = this.#uint32();
    if (found !== wanted) this.#fail(`the ${what} is ${hex(found)}, not ${hex(wanted)}`, start);
  }

  #start(token: number): Event {
    const tag = (token & AttributeBit) === 0 ? tagAt(this.#page, token & TagMask) : undefined;
    if (tag === undefined) this.#refuse(token);
    if (this.#depth >= this.#limits.depth) this.#exceeds('depth', 'elements are nested', this.offset - 1);
    this.#rootSeen = true;
    this.#tag = tag;
    this.#hasContent = (token & ContentBit) !== 0;
    if (this.#hasContent) this.#depth++;
    return 'start';
  }

  #end(): Event {
    if (this.#depth === 0) this.#fail('an END without an element', this.offset - 1);
    this.#depth--;
    return 'end';
  }

  #finish(): Event {
    if (this.offset < this.#source.length) this.#fail('bytes follow the end of the document', this.offset);
    return 'done';
  }

  #switchPage(): void {
    const page = this.#byte();
    if (page >= CodePages.length) this.#fail(`there is no code page ${page}`, this.offset - 1);
    this.#page = page;
  }

  #inlineString(): Event {
    const start = this.offset;
    if (this.#depth === 0) this.#fail('text outside the root element', start - 1);
    const found = nulFrom(this.#window, this.#at);
    const end = found >= 0 ? this.#base + found : this.#findNul(start);
    this.#countText(start, end);
    this.#valueStart = start;
    this.#valueEnd = end;
    this.#at = end + 1 - this.#base;
    return 'text';
  }

  /** Text ends up in memory, so its length counts; an opaque value counts once it is read as text. */
  #countText(start: number, end: number): void {
    this.#isOpaque = false;
    this.#textTotal += end - start;
    if (end - start > this.#limits.textLength) this.#exceeds('textLength', 'bytes are in one string', start);
    if (this.#textTotal > this.#limits.textTotal) this.#exceeds('textTotal', 'bytes are in strings', start);
  }

  /** Searches on beyond the window; leaves the window at the NUL. */
  #findNul(start: number): number {
    for (let at = this.#base + this.#window.length; at < this.#source.length; at += WindowSize) {
      if (at - start > this.#limits.textLength) this.#exceeds('textLength', 'bytes are in one string', start);
      this.#load(at);
      const found = this.#window.indexOf(0);
      if (found >= 0) return at + found;
    }
    return this.#fail('the document ends within a string', start);
  }

  #opaque(): Event {
    const token = this.offset - 1;
    if (this.#depth === 0) this.#fail('a value outside the root element', token);
    const length = this.#uint32();
    if (length > this.#limits.opaqueLength) this.#exceeds('opaqueLength', 'bytes are in one opaque value', token);
    if (length > this.#source.length - this.offset) this.#fail('the document ends within an opaque value', token);
    this.#isOpaque = true;
    this.#valueStart = this.offset;
    this.#valueEnd = this.#valueStart + length;
    this.#at += length;
    return 'opaque';
  }

  #byte(): number {
    if (this.#at >= this.#window.length) this.#load(this.offset);
    const byte = this.#window[this.#at++];
    return byte === undefined ? this.#fail('the document ends too early', this.#source.length) : byte;
  }

  #load(start: number): void {
    const from = Math.min(start, this.#source.length);
    this.#window = this.#source.read(from, Math.min(from + WindowSize, this.#source.length));
    this.#base = from;
    this.#at = 0;
  }

  /** mb_u_int32: seven bits a byte, the highest first, five bytes at most. */
  #uint32(): number {
    const start = this.offset;
    let value = 0;
    for (let i = 0; i < 5; i++) {
      const byte = this.#byte();
      value = value * 0x80 + (byte & 0x7f);
      if (byte < 0x80) return value <= 0xffffffff ? value : this.#fail('a number has more than 32 bits', start);
    }
    return this.#fail('a number has more than 32 bits', start);
  }

  #count(): void {
    if (++this.#tokens > this.#limits.tokens) this.#exceeds('tokens', 'tokens are in the document', this.offset - 1);
  }

  #refuse(token: number): never {
    const at = this.offset - 1;
    const unused = UnusedTokens.get(token);
    if (unused !== undefined) this.#fail(`${unused}, which ActiveSync does not use`, at);
    if ((token & AttributeBit) !== 0) this.#fail('a tag with attributes, which ActiveSync does not use', at);
    return this.#fail(`code page ${this.#page} has no token ${hex(token & TagMask)}`, at);
  }

  #exceeds(limit: keyof WbxmlLimits, what: string, offset: number): never {
    return this.#fail(`more than ${this.#limits[limit]} ${what} (limit ${limit})`, offset);
  }

  #fail(problem: string, offset: number): never {
    throw new WbxmlError(offset, problem);
  }
}

/** Up to this length a loop beats the call of `indexOf`. */
const ShortText = 48;

/** Place of the next NUL, or -1. */
const nulFrom = (bytes: Uint8Array, at: number): number => {
  const end = Math.min(at + ShortText, bytes.length);
  for (let i = at; i < end; i++) if (bytes[i] === 0) return i;
  return bytes.indexOf(0, end);
};

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');
