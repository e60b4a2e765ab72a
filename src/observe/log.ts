import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino';

/** How much is logged. */
export interface LogOptions {
  readonly level?: LevelWithSilent | undefined;
  /** Where to; standard output unless told. */
  readonly destination?: DestinationStream | undefined;
}

/** Names of facts that are never written, wherever somebody puts them by mistake. */
const Secrets = ['password', 'authorization', 'body', 'mime', 'recipients', 'addresses', 'secret', 'token', 'cookie'];

/** Places down to which secrets are looked for: a fact, and a field of a fact (a login, headers). */
const redactedPaths = Secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/**
 * Makes the structured log: one JSON object a line. The account's name is logged; a password, a body
 * or a list of addresses never is.
 */
export const createLog = ({ level = 'info', destination }: LogOptions = {}): Logger => {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: '(not logged)' },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
};
