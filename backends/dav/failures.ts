import { BackendError, type BackendErrorCode } from '../contract/errors.ts';

/** What a status means after every request, unless a precondition says more (RFC 9110, RFC 4918). */
const MeaningOfStatus: Readonly<Record<number, BackendErrorCode>> = {
  401: 'loginRefused',
  403: 'forbidden',
  404: 'notFound',
  405: 'unsupported',
  408: 'unavailable',
  410: 'notFound',
  412: 'conflict',
  413: 'tooLarge',
  415: 'rejected',
  422: 'rejected',
  423: 'unavailable',
  425: 'unavailable',
  429: 'unavailable',
  501: 'unsupported',
  507: 'overQuota',
};

/** Preconditions that a server names in `D:error` (RFC 3744, 4331, 4791, 5689, 6352, 6578), and what they mean here. */
const MeaningOfCondition: Readonly<Record<string, BackendErrorCode>> = {
  'D:need-privileges': 'forbidden',
  'D:quota-not-exceeded': 'overQuota',
  'D:sufficient-disk-space': 'overQuota',
  'D:resource-must-be-null': 'exists',
  'D:valid-sync-token': 'cursorRefused',
  'C:calendar-collection-location-ok': 'forbidden',
  'C:no-uid-conflict': 'exists',
  'C:max-resource-size': 'tooLarge',
  'C:valid-calendar-data': 'rejected',
  'C:valid-calendar-object-resource': 'rejected',
  'C:supported-calendar-data': 'rejected',
  'C:supported-calendar-component': 'rejected',
  'C:max-instances': 'rejected',
  'C:max-attendees-per-instance': 'rejected',
  'A:no-uid-conflict': 'exists',
  'A:max-resource-size': 'tooLarge',
  'A:valid-address-data': 'rejected',
  'A:supported-address-data': 'rejected',
};

/** Seconds after which to try a server again that does not answer. */
const RetrySeconds = 30;
/** Seconds that a server's Retry-After may ask for at most: a mistake there must not end a mailbox for a day. */
const LongestRetry = 900;

/** What a server answered instead of what was asked for. */
export interface Refusal {
  /** What was asked, `PUT`; no address, for that may tell whose it is. */
  readonly what: string;
  readonly status: number;
  /** Names of the elements in `D:error`. */
  readonly conditions: readonly string[];
  /** Seconds of Retry-After. */
  readonly retryAfter?: number | undefined;
}

/** What a {@link BackendError} was made of that stands for an answer of the server. */
export class StatusError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`HTTP status ${status}`);
    this.name = 'StatusError';
    this.status = status;
  }
}

/** The status that a failure was made of; `undefined`: there was no answer. */
export const statusIn = (error: unknown): number | undefined =>
  error instanceof Error && error.cause instanceof StatusError ? error.cause.status : undefined;

/** A refusal as a {@link BackendError}; `otherwise` is the meaning of a 4xx status that tells nothing. */
export const refused = (
  { what, status, conditions, retryAfter }: Refusal,
  otherwise: BackendErrorCode = 'unavailable',
): BackendError => {
  const named = conditions.map((name) => MeaningOfCondition[name]).find((code) => code !== undefined);
  const general = status >= 500 ? 'unavailable' : otherwise;
  const code = named ?? MeaningOfStatus[status] ?? general;
  const detail = `${what} answered with ${status}${conditions.map((name) => ` ${name}`).join('')}`;
  const wait = code === 'unavailable' ? { retryAfter: waitOf(retryAfter) } : {};
  return new BackendError(code, { detail, cause: new StatusError(status), ...wait });
};

const waitOf = (retryAfter: number | undefined): number => Math.min(retryAfter ?? RetrySeconds, LongestRetry);

/** `unavailable`, with what happened. */
export const unavailable = (cause: unknown, detail = describe(cause)): BackendError =>
  new BackendError('unavailable', { detail, cause, retryAfter: RetrySeconds });

/** The `code` of a failure of Node's, such as `ECONNRESET`. */
export const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;

const describe = (error: unknown): string => {
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
  const code = codeOf(error);
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
};
