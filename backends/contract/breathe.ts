import { BackendError } from './errors.ts';

/** Lets the event loop serve others between two slices of work; throws once the caller has gone. */
export const breathe = async (signal: AbortSignal | undefined): Promise<void> => {
  await new Promise((resume) => setImmediate(resume));
  if (signal?.aborted) throw new BackendError('unavailable', { detail: 'the caller has gone', cause: signal.reason });
};
