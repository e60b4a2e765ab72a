import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Piece, piecesLength } from '../../protocol/wbxml/bytes.ts';
import type { Outcome } from './outcome.ts';

const compress = promisify(gzip);

/** On HTML level 2 with the largest table takes two fifths of the time of the standard 6, for a twelfth more bytes. */
const Compression = { level: 2, memLevel: 9 };

/** How a response ended. */
export interface Sent {
  /** Whether all of it left this machine; `false`: the client had gone. */
  readonly delivered: boolean;
  /** Bytes of the body on the wire. */
  readonly bytes: number;
}

const isBytes = (piece: Piece): piece is Uint8Array => piece instanceof Uint8Array;

const inMemory = (pieces: readonly Piece[]): pieces is readonly Uint8Array[] => pieces.every(isBytes);

/** Whether Accept-Encoding names gzip and does not rule it out with `q=0` ([RFC9110] 12.5.3). */
export const acceptsGzip = (header: string | undefined): boolean =>
  header?.split(',').some((coding) => /^\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(coding)) ?? false;

const gone = (response: ServerResponse): boolean => response.destroyed || response.socket?.destroyed === true;

/** Resolves when the response was handed over whole (`true`) or its connection has gone (`false`). */
const settled = (response: ServerResponse): Promise<boolean> =>
  new Promise((resolve) => {
    if (gone(response)) resolve(false);
    response.once('finish', () => resolve(true));
    // `writableFinished` is of no use here: it turns true when the socket is taken away.
    response.once('close', () => resolve(false));
  });

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });

/** Writes pieces one after the other, never more than the socket takes; stops when the client has gone. */
const stream = async (response: ServerResponse, pieces: readonly Piece[]): Promise<void> => {
  for (const piece of pieces) {
    for await (const chunk of isBytes(piece) ? [piece] : piece.open()) {
      if (gone(response)) return;
      if (!response.write(chunk)) await drained(response);
    }
  }
  response.end();
};

const compressed = async ({ body = [], compressible }: Outcome, above: number): Promise<Buffer | undefined> =>
  compressible && inMemory(body) && piecesLength(body) > above ? compress(Buffer.concat(body), Compression) : undefined;

/**
 * Sends a response with its Content-Length ([MS-ASHTTP] 2.2.2.1.2.3) and tells how it ended. A piece
 * that fails while it is read ends the connection, since the length was promised; that error is thrown.
 *
 * @param gzipAbove Bodies of WBXML above this size are compressed; Infinity: the client does not accept it.
 */
export const send = async (response: ServerResponse, outcome: Outcome, gzipAbove: number): Promise<Sent> => {
  if (gone(response)) return { delivered: false, bytes: 0 };
  const zipped = await compressed(outcome, gzipAbove);
  const body = zipped === undefined ? (outcome.body ?? []) : [zipped];
  const bytes = piecesLength(body);
  const end = settled(response);
  response.writeHead(outcome.http, {
    ...outcome.headers,
    ...(zipped !== undefined && { 'Content-Encoding': 'gzip' }),
    'Content-Length': String(bytes),
  });
  try {
    if (inMemory(body)) response.end(body.length === 1 ? body[0] : Buffer.concat(body));
    else await stream(response, body);
  } catch (error) {
    response.destroy();
    throw error;
  }
  return { delivered: await end, bytes };
};
