import { DatabaseError } from '../../sqlite/errors.ts';
import { BackendError } from '../contract/errors.ts';

/** Runs `call`; a failure of the database becomes `unavailable`, for a phone shall come again then. */
export const withStoreErrors = <Result>(call: () => Result): Result => {
  try {
    return call();
  } catch (error) {
    if (error instanceof DatabaseError) throw new BackendError('unavailable', { detail: error.message, cause: error });
    throw error;
  }
};

/** Lets the event loop serve others between two slices of work; throws once the caller has gone. */
export const breathe = async (signal: AbortSignal | undefined): Promise<void> => {
  await new Promise((resume) => setImmediate(resume));
  if (signal?.aborted) throw new BackendError('unavailable', { detail: 'the caller has gone', cause: signal.reason });
};
