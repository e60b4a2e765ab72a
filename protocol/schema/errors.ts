/**
 * A document that is WBXML but not what its command describes. The sender is at fault.
 */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  /** Place of the element, `Sync/Collections/Collection[2]/SyncKey`, counted from 1. */
  readonly path: string;
  /** What is wrong there, without the place. */
  readonly problem: string;

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.path = path;
    this.problem = problem;
  }

  /** The same error as seen from the container `step`. */
  within(step: string): SchemaError {
    return new SchemaError(joinPath(step, this.path), this.problem);
  }
}

/** A value that the tables cannot write, such as a missing one. The program is at fault, not the client. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError';
  /** Place of the element, as in {@link SchemaError}. */
  readonly path: string;
  readonly problem: string;

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.path = path;
    this.problem = problem;
  }

  /** The same error as seen from the container `step`. */
  within(step: string): EncodeError {
    return new EncodeError(joinPath(step, this.path), this.problem);
  }
}

const joinPath = (step: string, path: string): string => (path === '' ? step : `${step}/${path}`);
