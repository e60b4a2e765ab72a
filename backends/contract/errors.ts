/**
 * Everything that can go wrong in a backend, as one coded table. A handler turns a code into the
 * Status of its command; anything that is not one of these is a bug.
 */
const BackendErrors = {
  /** The server does not answer, or refuses to work for now: the device shall come again. */
  unavailable: 'The server behind Postrider does not answer',
  /** The server refuses user or password. The only code that becomes HTTP 401. */
  loginRefused: 'The server behind Postrider refuses this user or password',
  /** No such folder, item or part, or an id of another epoch. */
  notFound: 'No such folder or item',
  /** The cursor is too old or of another epoch: list and compare. */
  cursorRefused: 'The server no longer knows this state of the folder',
  /** The item changed since the revision that the caller named. */
  conflict: 'The item was changed meanwhile',
  /** A folder or item of this name exists. */
  exists: 'There already is one of this name',
  /** The user may not do this. */
  forbidden: 'The server does not allow this',
  /** The mailbox is full. */
  overQuota: 'The mailbox is full',
  /** Larger than the server takes. */
  tooLarge: 'Larger than the server accepts',
  /** The server refuses the content or an address for good. */
  rejected: 'The server rejects this',
  /** The backend has no such ability. */
  unsupported: 'The server behind Postrider cannot do this',
} as const;

/** Code of a {@link BackendError}. */
export type BackendErrorCode = keyof typeof BackendErrors;

/** Further facts of a failure. */
export interface BackendErrorDetails {
  /** What exactly happened, for the log; never holds a password, a body or an address list. */
  readonly detail?: string;
  /** For `unavailable`: seconds after which to come again. */
  readonly retryAfter?: number;
  /** For `rejected`: recipients whom the mail system refuses, and what it said; for the sender, never for the log. */
  readonly refused?: readonly { readonly address: string; readonly reply: string }[];
  readonly cause?: unknown;
}

/** A failure of a backend, by code. */
export class BackendError extends Error {
  readonly code: BackendErrorCode;
  readonly retryAfter: number | undefined;
  readonly refused: NonNullable<BackendErrorDetails['refused']>;

  constructor(code: BackendErrorCode, details: BackendErrorDetails = {}) {
    super(details.detail === undefined ? BackendErrors[code] : `${BackendErrors[code]}: ${details.detail}`, {
      cause: details.cause,
    });
    this.name = 'BackendError';
    this.code = code;
    this.retryAfter = details.retryAfter;
    this.refused = details.refused ?? [];
  }
}

/** Whether `error` is a backend failure of one of `codes` (of any when none is named). */
export const isBackendError = (error: unknown, ...codes: BackendErrorCode[]): error is BackendError =>
  error instanceof BackendError && (codes.length === 0 || codes.includes(error.code));
