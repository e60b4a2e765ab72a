import { once } from 'node:events';
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { codeOf, unavailable } from './failures.ts';

/** One request to a DAV server. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Doing it twice is the same as doing it once: it is sent once more if the connection ends before the answer. */
  readonly repeatable: boolean;
}

/** The begin of an answer. */
export interface HttpAnswer {
  readonly status: number;
  /** A header's value; several are joined by commas. */
  header(name: string): string | undefined;
  /** The body, decompressed. Throws `unavailable` when it breaks off or is larger than {@link AnswerLimit}. */
  body(): AsyncIterable<Uint8Array>;
  /** Gives the connection back without reading the rest. */
  discard(): void;
}

/** How a client reaches its server. */
export interface HttpOptions {
  /** Connections at most, to each host. */
  readonly maxConnections: number;
  /** Seconds without a byte after which a request has failed. */
  readonly timeoutSeconds: number;
  /** Certificate authorities to trust instead of the system's, as PEM. */
  readonly ca?: string | undefined;
}

/** Bytes of one answer at most, decompressed: the listing of half a million objects. Beyond it is no answer. */
export const AnswerLimit = 268_435_456;
/** Bytes that are read at most to use a connection again; an answer with more left is cheaper to hang up on. */
const DiscardLimit = 65_536;
/** Milliseconds for which a connection without work is kept: below what servers commonly allow (Apache: 5 s). */
const KeepTime = 4_000;

/** Speaks HTTP/1.1 to one server, with connections that are kept and shared by all users. */
export class HttpClient {
  readonly #options: HttpOptions;
  readonly #plain: HttpAgent;
  readonly #tls: HttpsAgent;

  constructor(options: HttpOptions) {
    this.#options = options;
    const agent = {
      keepAlive: true,
      maxSockets: options.maxConnections,
      timeout: KeepTime,
      scheduling: 'lifo' as const,
    };
    this.#plain = new HttpAgent(agent);
    this.#tls = new HttpsAgent({ ...agent, ...(options.ca === undefined ? {} : { ca: options.ca }) });
  }

  /** Sends a request and waits for the begin of the answer. Throws `unavailable`, or the signal's reason. */
  async send(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer> {
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return await this.#attempt(request, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof BrokenConnection) || attempt > 1) throw unavailable(error);
      }
    }
  }

  close(): void {
    this.#plain.destroy();
    this.#tls.destroy();
  }

  async #attempt(request: HttpRequest, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    const { method, url, headers, body, repeatable } = request;
    const isTls = url.protocol === 'https:';
    const content = body === undefined ? undefined : Buffer.from(body);
    const outgoing = (isTls ? requestHttps : requestHttp)(url, {
      method,
      agent: isTls ? this.#tls : this.#plain,
      headers: {
        'accept-encoding': 'gzip, deflate, br',
        'user-agent': 'Postrider',
        ...headers,
        ...(content === undefined ? {} : { 'content-length': content.length }),
      },
      timeout: this.#options.timeoutSeconds * 1_000,
      ...(signal === undefined ? {} : { signal }),
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no byte for ${this.#options.timeoutSeconds} s`)));
    // Once there is an answer, failures show when its body is read.
    outgoing.on('error', () => undefined);
    outgoing.end(content);
    try {
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      return answerOf(incoming);
    } catch (error) {
      if (repeatable && isReset(error)) throw new BrokenConnection(error);
      throw error;
    }
  }
}

/** A connection that ended before the answer: most often a kept one, which the server had closed meanwhile. */
class BrokenConnection extends Error {
  constructor(cause: unknown) {
    super('the server closed the connection', { cause });
    this.name = 'BrokenConnection';
  }
}

const isReset = (error: unknown): boolean => ['ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '');

const answerOf = (incoming: IncomingMessage): HttpAnswer => ({
  status: incoming.statusCode ?? 0,
  header: (name) => {
    const value = incoming.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : value;
  },
  body: () => bounded(decompressed(incoming)),
  discard: () => discard(incoming),
});

const Decoders: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

const decompressed = (incoming: IncomingMessage): Readable => {
  const decoder = Decoders[incoming.headers['content-encoding']?.toLowerCase() ?? ''];
  // What becomes of the pipeline shows when the decoder is read.
  return decoder === undefined ? incoming : pipeline(incoming, decoder(), () => undefined);
};

async function* bounded(stream: Readable): AsyncIterable<Uint8Array> {
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += (chunk as Uint8Array).length;
      if (size > AnswerLimit) break;
      yield chunk as Uint8Array;
    }
  } catch (error) {
    throw unavailable(error);
  }
  if (size > AnswerLimit) throw unavailable(undefined, `the answer is larger than ${AnswerLimit} bytes`);
}

const discard = (incoming: IncomingMessage): void => {
  let size = 0;
  incoming.on('data', (chunk: Uint8Array) => {
    size += chunk.length;
    if (size > DiscardLimit) incoming.destroy();
  });
  incoming.on('error', () => undefined);
};
