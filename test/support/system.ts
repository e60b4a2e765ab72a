import type { Log } from '../../src/handlers/context.ts';

export { systemClock, systemRandom } from '../../src/system.ts';

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
