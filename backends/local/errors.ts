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
