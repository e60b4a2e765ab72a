import { open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attachment } from '../../backends/contract/mail.ts';
import type { Piece, Spooled } from '../../protocol/wbxml/bytes.ts';
import type { RandomBytes } from './context.ts';
import { type ByteRange, clipRange } from './range.ts';

/** Bytes of an attachment that are held in memory; larger ones go through a file of no name. */
const InMemory = 1024 * 1024;

/** Bytes read from the file at a time. */
const ChunkSize = 64 * 1024;

/** An attachment, or a range of it, with its length known. */
export interface AttachmentContent {
  readonly content: Piece;
  /** Bytes of the whole attachment. */
  readonly total: number;
  /** What `content` is of it; `undefined`: the whole. */
  readonly range: ByteRange | undefined;
  /** Frees the file behind a large one; to be called when the response is through, sent or not. Twice is harmless. */
  close(): Promise<void>;
}

/** How the bytes go into the response. */
export type ContentForm = 'bytes' | 'base64';

/**
 * Reads an attachment so that its length is known before the first byte is sent: a small one in
 * memory, a large one in a temporary file. `undefined`: the range lies beyond its end.
 */
export const readAttachment = async (
  attachment: Attachment,
  wanted: ByteRange | undefined,
  form: ContentForm,
  random: RandomBytes,
): Promise<AttachmentContent | undefined> => {
  const sink = new ContentSink(random);
  try {
    for await (const chunk of attachment.open()) await sink.write(chunk);
    const range = wanted === undefined ? undefined : clipRange(wanted, sink.length);
    if (wanted !== undefined && range === undefined) {
      await sink.close();
      return undefined;
    }
    return { content: sink.finish(range, form), total: sink.length, range, close: () => sink.close() };
  } catch (error) {
    await sink.close();
    throw error;
  }
};

class ContentSink {
  length = 0;
  readonly #random: RandomBytes;
  #chunks: Uint8Array[] = [];
  #file: Awaited<ReturnType<typeof open>> | undefined;

  constructor(random: RandomBytes) {
    this.#random = random;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.length += chunk.length;
    if (this.#file === undefined && this.length > InMemory) this.#file = await this.#spill();
    if (this.#file === undefined) this.#chunks.push(chunk);
    else await this.#file.writeFile(chunk);
  }

  finish(range: ByteRange | undefined, form: ContentForm): Piece {
    const [start, end] = range === undefined ? [0, this.length] : [range.first, range.last + 1];
    const file = this.#file;
    if (file !== undefined) return fileContent(file, start, end, form);
    const bytes = Buffer.concat(this.#chunks).subarray(start, end);
    return form === 'bytes' ? bytes : Buffer.from(bytes.toString('base64'), 'latin1');
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  /** The file loses its name at once: whatever ends the process, nothing is left behind. */
  async #spill(): Promise<Awaited<ReturnType<typeof open>>> {
    const path = join(tmpdir(), `.postrider-part-${Buffer.from(this.#random(12)).toString('hex')}`);
    const file = await open(path, 'wx+', 0o600);
    await unlink(path);
    for (const chunk of this.#chunks) await file.writeFile(chunk);
    this.#chunks = [];
    return file;
  }
}

const fileContent = (
  file: Awaited<ReturnType<typeof open>>,
  start: number,
  end: number,
  form: ContentForm,
): Spooled => {
  const length = end - start;
  return {
    byteLength: form === 'bytes' ? length : Math.ceil(length / 3) * 4,
    open: () => readFile(file, start, end, form),
  };
};

async function* readFile(
  file: Awaited<ReturnType<typeof open>>,
  start: number,
  end: number,
  form: ContentForm,
): AsyncIterable<Uint8Array> {
  // Base64 is made of groups of three bytes; only the last chunk may be of another length.
  const step = form === 'bytes' ? ChunkSize : ChunkSize - (ChunkSize % 3);
  for (let at = start; at < end; at += step) {
    const chunk = Buffer.alloc(Math.min(step, end - at));
    await file.read(chunk, 0, chunk.length, at);
    yield form === 'bytes' ? chunk : Buffer.from(chunk.toString('base64'), 'latin1');
  }
}
