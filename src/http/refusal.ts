import type { Failure } from '../handlers/failure.ts';

/** A request that the HTTP layer itself refuses. */
export class Refusal extends Error implements Failure {
  /** HTTP status of protocol versions that have no Status for it, or where no document can be answered. */
  readonly http: number;
  /** Common Status for 14.0 and later ([MS-ASCMD] 2.2.2); absent: the HTTP status in every version. */
  readonly status: number | undefined;

  constructor(http: number, message: string, status?: number) {
    super(message);
    this.name = 'Refusal';
    this.http = http;
    this.status = status;
  }
}

/** A {@link Refusal}, to throw. */
export const refused = (http: number, message: string, status?: number): Refusal => new Refusal(http, message, status);
