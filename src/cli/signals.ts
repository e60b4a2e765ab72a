import type { Writable } from 'node:stream';
import type { Log } from '../handlers/context.ts';
import { print } from './console.ts';

/** Milliseconds within which a server has left after it was told to; service managers wait longer. */
const StopTime = 4500;

/** Milliseconds in which a second signal is the first one's echo: npm passes Ctrl-C on to who had it already. */
const EchoTime = 1000;

/** Exit code of a server that left because it was told to. */
const Left = 0;

/** What becomes of a running server when the process is signalled. */
export interface Stoppable {
  /** SIGHUP; without it SIGHUP ends the server, as it does when a terminal is closed. */
  reload?(): void;
  close(): Promise<void>;
}

/** Resolves with the first signal that ends the process. */
const firstOf = (signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of signals) process.once(signal, resolve);
  });

/**
 * Runs until SIGTERM or Ctrl-C, then answers the waiting and closes. A second signal, or
 * {@link StopTime}, ends it at once: what is committed is kept in any case.
 *
 * @returns the exit code of the process
 */
export const untilStopped = async (server: Stoppable, log: Log, output: Writable): Promise<number> => {
  const endings: NodeJS.Signals[] =
    server.reload === undefined ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : ['SIGINT', 'SIGTERM'];
  if (server.reload !== undefined) process.on('SIGHUP', () => server.reload?.());
  const signal = await firstOf(endings);
  const told = performance.now();
  const leave = (): never => process.exit(Left);
  for (const each of endings) process.on(each, () => performance.now() - told > EchoTime && leave());
  setTimeout(leave, StopTime).unref();
  log.info({ signal }, 'Stopping: the waiting are answered');
  if (signal === 'SIGINT') print(output, '', 'Stopping …');
  await server.close();
  log.info({}, 'Stopped');
  return Left;
};
