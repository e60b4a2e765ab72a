import { type ByteSource, bytesSource } from '../protocol/wbxml/bytes.ts';
import type { OpenSpool, Spool } from './spool.ts';

export type { OpenSpool };

/** Bytes of all streams together that are held in memory; what follows goes into a spool. */
export const CollectedInMemory = 1024 * 1024;

/** Turns streams into sources of known length: a few small ones in memory, the rest in one spool. */
export class SourceCollector {
  readonly #openSpool: OpenSpool;
  #spool: Spool | undefined;
  #spooled = 0;
  #held = 0;

  constructor(openSpool: OpenSpool) {
    this.#openSpool = openSpool;
  }

  /** Takes a stream in; the source can be had at any time until {@link close}. */
  async add(stream: AsyncIterable<Uint8Array>): Promise<() => ByteSource> {
    const chunks: Uint8Array[] = [];
    const start = this.#spooled;
    let spool: Spool | undefined;
    for await (const chunk of stream) {
      if (spool === undefined && this.#held + chunk.length <= CollectedInMemory) {
        this.#held += chunk.length;
        chunks.push(chunk);
        continue;
      }
      if (spool === undefined) {
        spool = this.#spool ??= await this.#openSpool();
        for (const waiting of chunks.splice(0)) await this.#write(spool, waiting);
      }
      await this.#write(spool, chunk);
    }
    if (spool === undefined) {
      const source = bytesSource(Buffer.concat(chunks));
      return () => source;
    }
    const end = this.#spooled;
    // One object for each stretch: who knows it finds it again in what is made of it.
    let source: ByteSource | undefined;
    return () => {
      source ??= (spool as Spool).source().slice(start, end);
      return source;
    };
  }

  /** Frees the spool. Twice is harmless. */
  async close(): Promise<void> {
    await this.#spool?.close();
  }

  async #write(spool: Spool, chunk: Uint8Array): Promise<void> {
    await spool.append(chunk);
    this.#spooled += chunk.length;
  }
}
