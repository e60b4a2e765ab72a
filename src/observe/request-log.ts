import type { Log } from '../handlers/context.ts';
import type { RequestFacts } from '../http/active-sync.ts';

/** Writes the line of a request that was served: who, what, how it ended, how long, how large. */
export const logRequest = (log: Log, facts: RequestFacts): void => {
  const { command, milliseconds, ...rest } = facts;
  const entry = { command, ...rest, ms: Math.round(milliseconds) };
  if (facts.http >= 500) log.warn(entry, 'request failed');
  else log.info(entry, 'request');
};
