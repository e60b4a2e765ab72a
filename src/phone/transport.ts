import { once } from 'node:events';
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ActiveSyncPath } from '../../protocol/http/headers.ts';
import { type Clock, systemClock } from './clock.ts';
import { TransportError, transportError } from './transport-error.ts';
import { agentFor, type Trust } from './trust.ts';

/** Milliseconds that clients wait for anything but a Ping or a waiting Sync. */
const CommandTimeout = 30_000;

/** Bytes of an answer that the phone takes, unpacked: above the largest attachment that servers pass on. */
const LargestAnswer = 256 * 1024 * 1024;

/** Where and how a transport connects. */
export interface TransportOptions {
  /** `https://mail.example.org`; the path of ActiveSync is added when there is none. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly userAgent?: string | undefined;
  readonly trust?: Trust | undefined;
  readonly clock?: Clock | undefined;
}

/** Where to break a connection on purpose, so that the server meets a phone in a tunnel. */
export interface Cut {
  /** After so many bytes of the request's body. */
  readonly requestBytes?: number;
  /** After so many bytes of the answer's body; 0: as soon as its headers are there. */
  readonly responseBytes?: number;
}

/** One HTTP request. */
export interface HttpRequest {
  readonly method: 'POST' | 'OPTIONS' | 'GET';
  /** Behind the question mark; empty: none. */
  readonly query: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** Milliseconds until the whole answer must be there. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly cut?: Cut | undefined;
}

/** One HTTP answer; the body is unpacked. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** A request and what became of it. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly response?: HttpResponse;
  readonly error?: TransportError;
  /** From the first byte sent until the last received. */
  readonly milliseconds: number;
}

const unpack = promisify(gunzip);

/** Adds the path of ActiveSync to an address that has none. */
export const endpointOf = (url: string): URL => {
  const endpoint = new URL(url);
  if (endpoint.pathname === '/') endpoint.pathname = ActiveSyncPath;
  return endpoint;
};

/** HTTP as a phone uses it: kept connections, Basic authentication, gzip, and its own patience. */
export class Transport {
  readonly endpoint: URL;
  readonly #options: TransportOptions;
  readonly #clock: Clock;
  readonly #agent: ReturnType<typeof agentFor>;

  constructor(options: TransportOptions) {
    this.endpoint = endpointOf(options.url);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#agent = agentFor(this.endpoint, options.trust ?? {});
  }

  /**
   * Sends a request and reads the whole answer; `onExchange` sees what became of it.
   * @throws TransportError when no complete answer came; any HTTP status is an answer.
   */
  async send(request: HttpRequest, onExchange?: (exchange: Exchange) => void): Promise<HttpResponse> {
    const started = this.#clock.now();
    const report = (outcome: Pick<Exchange, 'response' | 'error'>): void =>
      onExchange?.({ request, ...outcome, milliseconds: this.#clock.now() - started });
    try {
      const response = await this.#exchange(request);
      report({ response });
      return response;
    } catch (cause) {
      const error = transportError(cause, this.endpoint.host);
      report({ error });
      throw error;
    }
  }

  /** Closes kept connections; requests under way break. */
  close(): void {
    this.#agent.destroy();
  }

  async #exchange(request: HttpRequest): Promise<HttpResponse> {
    if (request.signal?.aborted) throw new TransportError('aborted', 'The request was given up before it was sent');
    const outgoing = this.#open(request);
    const stopper = this.#stopper(outgoing, request);
    try {
      const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
      writeBody(outgoing, request, stopper.stop);
      const [incoming] = await answered;
      const response = await receive(incoming, request.cut?.responseBytes, stopper.stop);
      // A short answer may be whole before the cut takes effect.
      const cut = stopper.reason();
      if (cut !== undefined) throw cut;
      return response;
    } catch (error) {
      throw stopper.reason() ?? error;
    } finally {
      stopper.release();
    }
  }

  #open(request: HttpRequest): ClientRequest {
    const { protocol, hostname, port, pathname } = this.endpoint;
    const open = protocol === 'http:' ? requestHttp : requestHttps;
    const outgoing = open({
      agent: this.#agent,
      method: request.method,
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? undefined : port,
      path: request.query === '' ? pathname : `${pathname}?${request.query}`,
      headers: this.#headers(request),
    });
    // A broken socket may report more than one error; the first is thrown from `once`.
    outgoing.on('error', () => {});
    return outgoing;
  }

  #headers({ headers, body, method }: HttpRequest): Record<string, string> {
    const { user, password, userAgent } = this.#options;
    return {
      Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      'User-Agent': userAgent ?? 'Postrider-Phone/1',
      'Accept-Encoding': 'gzip',
      ...headers,
      ...(method === 'POST' ? { 'Content-Length': String(body?.length ?? 0) } : {}),
    };
  }

  /** What may end a request early: the phone's patience, the caller's signal, a cut. */
  #stopper(outgoing: ClientRequest, request: HttpRequest) {
    let reason: TransportError | undefined;
    const stop = (error: TransportError): void => {
      reason ??= error;
      // Without the error: a socket that is already idle again would throw it at nobody.
      outgoing.destroy();
    };
    const patience = request.timeout ?? CommandTimeout;
    const cancel = this.#clock.after(patience, () =>
      stop(new TransportError('timeout', `${this.endpoint.host}: no complete answer within ${patience / 1000} s`)),
    );
    const abort = (): void => stop(new TransportError('aborted', 'The request was given up'));
    request.signal?.addEventListener('abort', abort);
    const release = (): void => {
      cancel();
      request.signal?.removeEventListener('abort', abort);
    };
    return { stop, release, reason: () => reason };
  }
}

const writeBody = (
  outgoing: ClientRequest,
  { body, cut }: HttpRequest,
  stop: (error: TransportError) => void,
): void => {
  if (cut?.requestBytes === undefined) {
    outgoing.end(body);
    return;
  }
  outgoing.write(body?.subarray(0, cut.requestBytes) ?? '', () =>
    stop(new TransportError('broken', `Cut after ${cut.requestBytes} bytes of the request`)),
  );
};

const receive = async (
  incoming: IncomingMessage,
  cutAfter: number | undefined,
  stop: (error: TransportError) => void,
): Promise<HttpResponse> => {
  if (cutAfter === 0) stop(new TransportError('broken', 'Cut after the headers of the answer'));
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of incoming as AsyncIterable<Uint8Array>) {
    pieces.push(piece);
    length += piece.length;
    if (cutAfter !== undefined && length >= cutAfter) stop(new TransportError('broken', `Cut after ${cutAfter} bytes`));
    if (length > LargestAnswer)
      stop(new TransportError('unreadable', `The answer is longer than ${LargestAnswer} bytes`));
  }
  const body = await unpacked(Buffer.concat(pieces), incoming.headers['content-encoding']);
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body };
};

const unpacked = async (bytes: Uint8Array, encoding: string | undefined): Promise<Uint8Array> => {
  if (encoding === undefined || encoding === 'identity' || bytes.length === 0) return bytes;
  if (encoding !== 'gzip') throw new TransportError('unreadable', `The answer is packed as ${encoding}, not asked for`);
  try {
    return await unpack(bytes, { maxOutputLength: LargestAnswer });
  } catch (cause) {
    throw new TransportError('unreadable', 'The answer says that it is gzip and is not', cause);
  }
};
