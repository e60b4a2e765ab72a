import type { ImapResponse } from 'imapflow';
import { BackendError, type BackendErrorCode } from '../contract/errors.ts';
import { responseCode } from './tokens.ts';

/** What imapflow puts on its errors, as far as it is looked at. */
interface ImapFlowFailure {
  readonly code?: unknown;
  readonly responseStatus?: unknown;
  readonly responseText?: unknown;
  readonly serverResponseCode?: unknown;
  readonly authenticationFailed?: unknown;
  readonly response?: unknown;
}

/** A command that the server answered with NO or BAD. */
export class Refusal extends Error {
  readonly status: 'NO' | 'BAD';
  /** The response code, upper case, such as `NONEXISTENT`. */
  readonly responseCode: string | undefined;

  constructor(status: 'NO' | 'BAD', code: string | undefined, text: string) {
    super(`${status}${code === undefined ? '' : ` [${code}]`} ${text}`);
    this.name = 'Refusal';
    this.status = status;
    this.responseCode = code;
  }
}

/** Response codes that mean the same after every command (RFC 5530, RFC 9051 7.1, RFC 4469, RFC 9208). */
const MeaningOfCode: Readonly<Record<string, BackendErrorCode>> = {
  NONEXISTENT: 'notFound',
  TRYCREATE: 'notFound',
  ALREADYEXISTS: 'exists',
  NOPERM: 'forbidden',
  PRIVACYREQUIRED: 'forbidden',
  OVERQUOTA: 'overQuota',
  TOOBIG: 'tooLarge',
  CANNOT: 'rejected',
  UNAVAILABLE: 'unavailable',
  INUSE: 'unavailable',
  LIMIT: 'unavailable',
  SERVERBUG: 'unavailable',
  CONTACTADMIN: 'unavailable',
  EXPIRED: 'unavailable',
};

/** Codes of a refused login that say nothing about the password: the server cannot or will not work now. */
const LoginUnavailable = new Set([
  'UNAVAILABLE',
  'INUSE',
  'LIMIT',
  'SERVERBUG',
  'CONTACTADMIN',
  'PRIVACYREQUIRED',
  'OVERQUOTA',
  'THROTTLED',
]);

/** Seconds after which to try a server again that does not answer. */
const RetrySeconds = 30;

/** The failure of a command: a {@link Refusal} for NO and BAD, `unavailable` for everything else. */
export const commandFailure = (error: unknown): Error => {
  const failure = asFailure(error);
  if (failure.responseStatus === 'NO' || failure.responseStatus === 'BAD') {
    const code = responseCode(failure.response as ImapResponse | undefined)?.name;
    return new Refusal(failure.responseStatus, code, String(failure.responseText ?? ''));
  }
  return unavailable(error);
};

/** `unavailable`, with what happened. */
export const unavailable = (cause: unknown, detail = describe(cause)): BackendError =>
  new BackendError('unavailable', { detail, cause, retryAfter: RetrySeconds });

/**
 * The failure of a login. Only a server that says that the credentials are bad makes it
 * `loginRefused`: NO to LOGIN or AUTHENTICATE without a code that speaks of the server itself.
 */
export const loginFailure = (error: unknown): BackendError => {
  const failure = asFailure(error);
  const code = String(failure.serverResponseCode ?? '').toUpperCase();
  const refused = failure.authenticationFailed === true && failure.responseStatus === 'NO';
  if (refused && !LoginUnavailable.has(code)) {
    return new BackendError('loginRefused', { detail: code === '' ? 'NO' : `NO [${code}]` });
  }
  return unavailable(error, code === '' ? describe(error) : `login answered with [${code}]`);
};

/** Turns what a command threw into a {@link BackendError}; `meaning` is that of a NO without a telling code. */
export const backendError = (error: unknown, meaning: BackendErrorCode): unknown => {
  if (!(error instanceof Refusal)) return error;
  const code = MeaningOfCode[error.responseCode ?? ''] ?? (error.status === 'BAD' ? 'unavailable' : meaning);
  return new BackendError(code, { detail: error.message, cause: error });
};

const asFailure = (error: unknown): ImapFlowFailure =>
  typeof error === 'object' && error !== null ? (error as ImapFlowFailure) : {};

const describe = (error: unknown): string => {
  const { code, responseText } = asFailure(error);
  const message = error instanceof Error ? error.message : String(error);
  return [message, typeof code === 'string' ? `(${code})` : undefined, responseText].filter(Boolean).join(' ');
};
