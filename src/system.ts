import { randomBytes } from 'node:crypto';
import type { Clock } from './handlers/context.ts';

/** Time as it is. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, call) => {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Random bytes of the system. */
export const systemRandom = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
