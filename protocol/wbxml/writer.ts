import type { Tag } from '../code-pages/tag.ts';
import type { EncodedElement } from '../schema/describe.ts';
import { type ByteSource, type Piece, piecesLength, type Spooled } from './bytes.ts';
import { ContentBit, Header, Token } from './tokens.ts';
import { blankControls, encodeUtf8, isIllegalControl, legalUtf8 } from './utf8.ts';

/** Values from this length on become pieces of their own instead of being copied, in bytes. */
const OwnPiece = 2 * 1024;
/** Chunks in which a source that is not in memory is passed on, in bytes. */
const ChunkSize = 64 * 1024;
const FirstCapacity = 512;
/** Up to this length a loop beats the call into the encoder. */
const ShortText = 48;
const NoPage = -1;
const None = -1;

/** A value that is written as OPAQUE. */
export type OpaqueValue = Uint8Array | ByteSource | Spooled;

/** A value that is written as an inline string. */
export type TextValue = string | Uint8Array | Spooled;

/**
 * Writes a document straight to bytes ([MS-ASWBXML] 2.1.3). Page switches are written only where
 * the page changes; an element that got no content is its bare token. Large values become pieces
 * of the result as they are: arrays passed in must not change afterwards.
 */
export class WbxmlWriter {
  readonly #pieces: Piece[] = [];
  #buffer: Uint8Array = new Uint8Array(FirstCapacity);
  #length = 0;
  #page: number;
  /** Where the token of the last opened element stands while it has no content. */
  #bare = None;
  #open = 0;

  private constructor(page: number) {
    this.#page = page;
  }

  /** A writer of a whole document: begins with the header, on page 0. */
  static document(): WbxmlWriter {
    const writer = new WbxmlWriter(0);
    for (const byte of Header) writer.#put(byte);
    return writer;
  }

  /** A writer of a part that can stand anywhere: its first tag always switches the page. */
  static fragment(): WbxmlWriter {
    return new WbxmlWriter(NoPage);
  }

  open(tag: Tag): void {
    this.#addContent();
    if (tag.page !== this.#page) {
      this.#put(Token.SwitchPage);
      this.#put(tag.page);
      this.#page = tag.page;
    }
    this.#bare = this.#length;
    this.#put(tag.token);
    this.#open++;
  }

  close(): void {
    if (this.#open === 0) throw new Error('WbxmlWriter.close: no element is open');
    this.#open--;
    if (this.#bare === None) this.#put(Token.End);
    this.#bare = None;
  }

  /** STR_I. Characters that XML excludes are dropped, in a spool they become spaces; '' writes nothing. */
  text(value: TextValue): void {
    if (typeof value !== 'string')
      this.#textPiece(value instanceof Uint8Array ? legalUtf8(value) : withoutControls(value));
    else if (value.length > ShortText || !this.#shortText(value)) this.#textPiece(encodeUtf8(value));
  }

  /** OPAQUE with the length as mb_u_int32. */
  opaque(value: OpaqueValue): void {
    this.#addContent();
    const piece = opaquePiece(value);
    this.#put(Token.Opaque);
    this.#uint32(piece.byteLength);
    this.#append(piece);
  }

  /** Content that was encoded ahead, as the content of the open element. */
  splice(encoded: EncodedElement): void {
    if (encoded.byteLength === 0) return;
    this.#addContent();
    for (const piece of encoded.pieces) this.#append(piece);
    this.#page = encoded.lastPage;
  }

  /** The document. The writer must not be used afterwards. */
  finish(): Piece[] {
    if (this.#open !== 0) throw new Error(`WbxmlWriter.finish: ${this.#open} elements are still open`);
    this.#flush();
    return this.#pieces;
  }

  /** What was written, to be spliced elsewhere. The writer must not be used afterwards. */
  finishFragment(): EncodedElement {
    const pieces = this.finish();
    return { pieces, byteLength: piecesLength(pieces), lastPage: this.#page };
  }

  /** Marks the open element, if nothing stands in it yet, as one with content. */
  #addContent(): void {
    if (this.#bare === None) return;
    this.#buffer[this.#bare] = (this.#buffer[this.#bare] as number) | ContentBit;
    this.#bare = None;
  }

  /** Writes printable ASCII; `false`, and nothing written, for any other text. */
  #shortText(value: string): boolean {
    if (value === '') return true;
    this.#reserve(value.length + 2);
    const buffer = this.#buffer;
    let at = this.#length;
    buffer[at++] = Token.StringInline;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80 || isIllegalControl(code)) return false;
      buffer[at++] = code;
    }
    buffer[at++] = 0;
    this.#addContent();
    this.#length = at;
    return true;
  }

  #textPiece(piece: Piece): void {
    if (piece.byteLength === 0) return;
    this.#addContent();
    this.#put(Token.StringInline);
    this.#append(piece);
    this.#put(0);
  }

  #append(piece: Piece): void {
    if (piece instanceof Uint8Array && piece.length < OwnPiece) {
      this.#reserve(piece.length);
      this.#buffer.set(piece, this.#length);
      this.#length += piece.length;
    } else {
      this.#flush();
      this.#pieces.push(piece);
    }
  }

  #flush(): void {
    if (this.#length === 0) return;
    this.#pieces.push(this.#buffer.subarray(0, this.#length));
    this.#buffer = this.#buffer.subarray(this.#length);
    this.#length = 0;
  }

  #put(byte: number): void {
    if (this.#length === this.#buffer.length) this.#reserve(1);
    this.#buffer[this.#length++] = byte;
  }

  #uint32(value: number): void {
    for (let shift = 28; shift > 0; shift -= 7) {
      if (value >= 2 ** shift) this.#put(0x80 | (Math.floor(value / 2 ** shift) & 0x7f));
    }
    this.#put(value & 0x7f);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#buffer.length, FirstCapacity));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}

const opaquePiece = (value: OpaqueValue): Piece => {
  if (value instanceof Uint8Array || 'open' in value) return value;
  return value.length < OwnPiece
    ? value.read(0, value.length)
    : { byteLength: value.length, open: () => chunks(value) };
};

async function* chunks(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.length; at += ChunkSize) {
    yield source.read(at, Math.min(at + ChunkSize, source.length));
  }
}

const withoutControls = (spool: Spooled): Spooled => ({
  byteLength: spool.byteLength,
  async *open() {
    for await (const chunk of spool.open()) yield blankControls(chunk);
  },
});
