import type { Failure } from '../handlers/failure.ts';

/** A request that the HTTP layer itself refuses. */
export class Refusal extends Error implements Failure {
  /** HTTP status of protocol versions that have no Status for it, or where no document can be answered. */
  readonly http: number;
  /** Common Status for 14.0 and later ([MS-ASCMD] 2.2.2); absent: the HTTP status in every version. */
  readonly status: number | undefined;
  /** Seconds after which to come again, with 503. */
  readonly retryAfter: number | undefined;

  constructor(http: number, message: string, status?: number, retryAfter?: number) {
    super(message);
    this.name = 'Refusal';
    this.http = http;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** A {@link Refusal}, to throw. */
export const refused = (http: number, message: string, status?: number, retryAfter?: number): Refusal =>
  new Refusal(http, message, status, retryAfter);
