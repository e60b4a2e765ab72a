import { type BackendErrorCode, isBackendError } from '../../backends/contract/errors.ts';
import { GlobalStatus, legacyHttp } from '../../protocol/status.ts';
import { LoginRefused, LoginsQueued, LoginsThrottled } from '../auth/errors.ts';
import { SpoolUnavailable } from '../spool.ts';
import { StateUnavailable } from '../state/contract.ts';
import { CommandFailure } from './command.ts';

/** What a device is told about a request that failed as a whole. */
export interface Failure {
  /** HTTP status up to 12.1, and where the command has no document to hold a Status. */
  readonly http: number;
  /** Status of the document for 14.0 and later; absent: the HTTP status in every version. */
  readonly status?: number | undefined;
  /** Seconds after which to come again, with 503. */
  readonly retryAfter?: number | undefined;
  /** For the log, and for the text of an HTTP error. */
  readonly message: string;
  /** What those who run the server have to mend, for the log alone: a disk that is full. */
  readonly trouble?: string | undefined;
  /** Nothing that was foreseen: logged as a bug with the request id. */
  readonly bug?: boolean | undefined;
}

/** Seconds that a device waits when nobody knows better: long enough to start a mail server again. */
export const DefaultRetryAfter = 30;

/**
 * The Status of failures of a backend that no handler turned into one of its own. `unavailable` and
 * `loginRefused` are HTTP in every version: only so do phones wait, or ask for the password.
 */
const BackendStatus: Partial<Record<BackendErrorCode, number>> = {
  forbidden: GlobalStatus.accessDenied,
  overQuota: GlobalStatus.mailboxQuotaExceeded,
  unsupported: GlobalStatus.commandNotSupported,
};

const statusFailure = (status: number, message: string): Failure => ({
  http: legacyHttp(status),
  status,
  message,
});

/** A Status below 101 is the command's own, known to every version; it goes into the document always. */
const isCommonStatus = (status: number): boolean => status > 100;

/** Finds out what a thrown error means for the device ([MS-ASCMD] 2.2.2, [MS-ASHTTP] 2.2.2.1.1). */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof LoginRefused) return { http: 401, message: error.message };
  if (error instanceof LoginsThrottled || error instanceof LoginsQueued) {
    return { http: 503, retryAfter: error.retryAfter, message: error.message };
  }
  if (error instanceof StateUnavailable || error instanceof SpoolUnavailable) {
    return { http: 503, retryAfter: DefaultRetryAfter, message: error.message, trouble: error.reason };
  }
  if (error instanceof CommandFailure) return statusFailure(error.status, error.message);
  if (isBackendError(error, 'loginRefused')) return { http: 401, message: error.message };
  if (isBackendError(error, 'unavailable')) {
    return { http: 503, retryAfter: error.retryAfter ?? DefaultRetryAfter, message: error.message };
  }
  if (isAbort(error)) return { http: 503, message: 'The client hung up before the answer was ready' };
  const status = isBackendError(error) ? BackendStatus[error.code] : undefined;
  if (status !== undefined && error instanceof Error) return statusFailure(status, error.message);
  return {
    ...statusFailure(GlobalStatus.serverError, error instanceof Error ? error.message : String(error)),
    bug: true,
  };
};

/** Work that was given up because its client had gone: nobody reads the answer, and nothing is wrong. */
const isAbort = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError';

/** Whether the Status of `failure` stands in a document even where versions answer common ones by HTTP. */
export const isOwnStatus = (failure: Failure): boolean =>
  failure.status !== undefined && !isCommonStatus(failure.status);
