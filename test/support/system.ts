import { randomBytes } from 'node:crypto';
import type { Clock, Log } from '../../src/handlers/context.ts';

/** Time as it is. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, call) => {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Real random bytes. */
export const systemRandom = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** A log that keeps what should not have happened. */
export const quietLog = (): Log & { readonly errors: string[] } => {
  const errors: string[] = [];
  return {
    errors,
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (facts, message) => void errors.push(`${message} ${JSON.stringify(facts)}`),
  };
};
