import type { IncomingMessage } from 'node:http';
import { type ByteSource, bytesSource } from '../../protocol/wbxml/bytes.ts';
import type { OpenSpool, Spool } from '../spool.ts';
import type { HttpLimits } from './options.ts';
import { refused } from './refusal.ts';

/** A request body that has arrived whole. */
export interface Body {
  readonly source: ByteSource;
  /** Frees the file of a spooled body; the source is unusable afterwards. Absent when it is in memory. */
  readonly close?: (() => Promise<void>) | undefined;
}

const tooLarge = (limit: number) =>
  refused(413, `The request is larger than ${limit} bytes, which is the most that this server accepts`);

const inMemory = (chunks: readonly Uint8Array[]): Body => ({
  source: bytesSource(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
});

const spooled = (spool: Spool): Body => ({ source: spool.source(), close: () => spool.close() });

/**
 * Reads a request body: up to a limit in memory, above that into a spool file.
 * Throws a refusal 413 over the limit, and 400 when the client stops half way.
 */
export const readBody = async (request: IncomingMessage, limits: HttpLimits, openSpool: OpenSpool): Promise<Body> => {
  if (Number(request.headers['content-length'] ?? 0) > limits.maxBody) throw tooLarge(limits.maxBody);
  let chunks: Uint8Array[] = [];
  let length = 0;
  let spool: Spool | undefined;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > limits.maxBody) throw tooLarge(limits.maxBody);
      chunks.push(chunk);
      if (length <= limits.maxBodyInMemory) continue;
      spool ??= await openSpool();
      for (const waiting of chunks) await spool.append(waiting);
      chunks = [];
    }
  } catch (error) {
    await spool?.close();
    throw request.destroyed && request.readableAborted ? refused(400, 'The request ended before its body') : error;
  }
  return spool === undefined ? inMemory(chunks) : spooled(spool);
};
