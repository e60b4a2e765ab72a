/** Why no answer came. */
export type TransportFailure =
  /** Name not found, connection refused, no route. */
  | 'unreachable'
  /** The connection broke before the whole answer was there. */
  | 'broken'
  /** No answer within the time that the phone waits. */
  | 'timeout'
  /** The caller gave up. */
  | 'aborted'
  /** The certificate is not one that is trusted. */
  | 'untrusted'
  /** The answer is larger than the phone takes, or not decodable. */
  | 'unreadable';

/** A request that got no answer. */
export class TransportError extends Error {
  readonly failure: TransportFailure;

  constructor(failure: TransportFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'TransportError';
    this.failure = failure;
  }
}

const SystemCodes: Readonly<Record<string, readonly [failure: TransportFailure, meaning: string]>> = {
  ENOTFOUND: ['unreachable', 'no server of this name is known: look at the address'],
  EAI_AGAIN: ['unreachable', 'the name could not be looked up: is there a network?'],
  ECONNREFUSED: ['unreachable', 'nothing listens there: is the server running, is the port right?'],
  EHOSTUNREACH: ['unreachable', 'there is no way to this machine'],
  ENETUNREACH: ['unreachable', 'there is no way to this network'],
  ETIMEDOUT: ['unreachable', 'the machine does not answer'],
  ECONNRESET: ['broken', 'the connection broke before the answer was complete'],
  EPIPE: ['broken', 'the connection broke while the request was sent'],
  EPROTO: ['unreachable', 'this port does not speak TLS: try http://'],
  ERR_SSL_WRONG_VERSION_NUMBER: ['unreachable', 'this port does not speak TLS: try http://'],
};

const isCertificateCode = (code: string): boolean =>
  /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ISSUER|ALTNAME/.test(code);

const UntrustedMeaning =
  'its certificate is not trusted: name its SHA-256 with --fingerprint, its authority, or use --insecure';

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

/** Puts a failure of the socket into words: what happened, what it means, what to do. */
export const transportError = (error: unknown, host: string): TransportError => {
  if (error instanceof TransportError) return error;
  const code = codeOf(error);
  const [failure, meaning] = isCertificateCode(code)
    ? (['untrusted', UntrustedMeaning] as const)
    : (SystemCodes[code] ?? (['broken', error instanceof Error ? error.message : String(error)] as const));
  return new TransportError(failure, `${host}: ${meaning}${code === '' ? '' : ` (${code})`}`, error);
};
