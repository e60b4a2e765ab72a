import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { TransportError } from './transport-error.ts';

/** Which certificates the phone accepts; without any of these, those of the public authorities. */
export interface Trust {
  /** Certificates of a private authority, PEM. */
  readonly ca?: string | undefined;
  /** SHA-256 of the one certificate accepted, hexadecimal, with or without colons. */
  readonly fingerprint?: string | undefined;
  /** Accepts every certificate. For trying things out only. */
  readonly insecure?: boolean | undefined;
}

/** Idle connections kept for the next request; a phone holds one Ping and works beside it. */
const IdleConnections = 4;

/** A fingerprint in the form in which two of them compare. */
export const normalFingerprint = (text: string): string =>
  text
    .replace(/^sha-?256[:= ]/i, '')
    .replace(/[^0-9a-f]/gi, '')
    .toLowerCase();

type Created = (error: Error | null, socket: Duplex) => void;

/**
 * Connections to the one server whose certificate has a known fingerprint. The socket is handed
 * over only once the certificate is proved, so that no password goes to anybody else.
 */
class PinnedAgent extends HttpsAgent {
  readonly #fingerprint: string;

  constructor(fingerprint: string) {
    // A resumed session shows no certificate to look at.
    super({ keepAlive: true, maxFreeSockets: IdleConnections, maxCachedSessions: 0 });
    this.#fingerprint = normalFingerprint(fingerprint);
  }

  override createConnection(options: RequestOptions, created?: Created): undefined {
    const socket = connect({
      host: options.host ?? 'localhost',
      port: Number(options.port ?? 443),
      ...(options.servername === undefined ? {} : { servername: options.servername }),
      rejectUnauthorized: false,
    });
    const fail = (error: Error): void => created?.(error, socket);
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      socket.off('error', fail);
      if (this.#matches(socket)) created?.(null, socket);
      else refuse(socket, fail);
    });
  }

  #matches(socket: TLSSocket): boolean {
    return normalFingerprint(socket.getPeerCertificate().fingerprint256 ?? '') === this.#fingerprint;
  }
}

const refuse = (socket: TLSSocket, fail: (error: Error) => void): void => {
  const shown = socket.getPeerCertificate().fingerprint256;
  socket.destroy();
  fail(new TransportError('untrusted', `The server shows another certificate than the pinned one: SHA-256 ${shown}`));
};

/** The agent that opens connections to `url` and keeps them. */
export const agentFor = (url: URL, trust: Trust): HttpAgent => {
  const kept = { keepAlive: true, maxFreeSockets: IdleConnections };
  if (url.protocol === 'http:') return new HttpAgent(kept);
  if (trust.fingerprint !== undefined) return new PinnedAgent(trust.fingerprint);
  return new HttpsAgent({
    ...kept,
    rejectUnauthorized: trust.insecure !== true,
    ...(trust.ca === undefined ? {} : { ca: trust.ca }),
  });
};
