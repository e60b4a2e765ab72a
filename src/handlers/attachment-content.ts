import type { Attachment } from '../../backends/contract/mail.ts';
import type { Piece, Spooled } from '../../protocol/wbxml/bytes.ts';
import type { OpenSpool, Spool } from '../spool.ts';
import type { ByteRange } from './range.ts';

/** Bytes of an attachment that are held in memory; larger ones go through a spool. */
const InMemory = 1024 * 1024;

/** Bytes read from the spool at a time. */
const ChunkSize = 64 * 1024;

/** How the bytes go into the response. */
export type ContentForm = 'bytes' | 'base64';

/** The bytes of an attachment, so that its length is known before the first byte is sent. */
export interface CollectedAttachment {
  readonly contentType: string;
  /** Bytes of the whole. */
  readonly total: number;
  /** Whether it lies in a spool: a small one is in memory. */
  readonly isSpooled: boolean;
  /** The whole, or a range that lies within it. */
  content(range: ByteRange | undefined, form: ContentForm): Piece;
  /** Frees the spool of a large one; to be called when the response is through, sent or not. Twice is harmless. */
  close(): Promise<void>;
}

/** Reads an attachment: a small one into memory, a large one into a spool. */
export const collectAttachment = async (attachment: Attachment, openSpool: OpenSpool): Promise<CollectedAttachment> => {
  const sink = new ContentSink(attachment.contentType, openSpool);
  try {
    for await (const chunk of attachment.open()) await sink.write(chunk);
    return sink;
  } catch (error) {
    await sink.close();
    throw error;
  }
};

/** Collects the bytes of an attachment: in memory as long as they are few. */
class ContentSink implements CollectedAttachment {
  readonly contentType: string;
  total = 0;
  readonly #openSpool: OpenSpool;
  #chunks: Uint8Array[] = [];
  #spool: Spool | undefined;

  constructor(contentType: string, openSpool: OpenSpool) {
    this.contentType = contentType;
    this.#openSpool = openSpool;
  }

  get isSpooled(): boolean {
    return this.#spool !== undefined;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.total += chunk.length;
    this.#chunks.push(chunk);
    if (this.total <= InMemory) return;
    this.#spool ??= await this.#openSpool();
    for (const waiting of this.#chunks) await this.#spool.append(waiting);
    this.#chunks = [];
  }

  content(range: ByteRange | undefined, form: ContentForm): Piece {
    const [start, end] = range === undefined ? [0, this.total] : [range.first, range.last + 1];
    if (this.#spool !== undefined) return spooledContent(this.#spool, start, end, form);
    return inForm(Buffer.concat(this.#chunks).subarray(start, end), form);
  }

  async close(): Promise<void> {
    await this.#spool?.close();
  }
}

const inForm = (bytes: Uint8Array, form: ContentForm): Uint8Array =>
  form === 'bytes' ? bytes : Buffer.from(Buffer.from(bytes).toString('base64'), 'latin1');

const spooledContent = (spool: Spool, start: number, end: number, form: ContentForm): Spooled => {
  const length = end - start;
  return {
    byteLength: form === 'bytes' ? length : Math.ceil(length / 3) * 4,
    open: () => readSpool(spool, start, end, form),
  };
};

async function* readSpool(spool: Spool, start: number, end: number, form: ContentForm): AsyncIterable<Uint8Array> {
  // Base64 is made of groups of three bytes; only the last chunk may be of another length.
  const step = form === 'bytes' ? ChunkSize : ChunkSize - (ChunkSize % 3);
  for (let at = start; at < end; at += step) yield inForm(await spool.read(at, Math.min(at + step, end)), form);
}
