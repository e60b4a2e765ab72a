import type { Writable } from 'node:stream';
import type { Log } from '../handlers/context.ts';
import { print } from './console.ts';

/** Milliseconds within which a server has left after it was told to; service managers wait longer. */
export const StopTime = 4500;

/** Exit code of a server that left because it was told to. */
const Left = 0;

/** What becomes of a running server when the process is signalled. */
export interface Stoppable {
  /** SIGHUP. */
  reload(): void;
  close(): Promise<void>;
}

/** Resolves with the first signal that ends the process. */
const firstSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });

/**
 * Runs until SIGTERM or Ctrl-C, then answers the waiting and closes. A second signal, or
 * {@link StopTime}, ends it at once: what is committed is kept in any case.
 *
 * @returns the exit code of the process
 */
export const untilStopped = async (server: Stoppable, log: Log, output: Writable): Promise<number> => {
  const reload = (): void => server.reload();
  process.on('SIGHUP', reload);
  const signal = await firstSignal();
  log.info({ signal }, 'Stopping: the waiting are answered');
  if (signal === 'SIGINT') print(output, '', 'Stopping …');
  const late = setTimeout(() => process.exit(Left), StopTime);
  const again = (): never => process.exit(Left);
  process.once('SIGINT', again).once('SIGTERM', again);
  await server.close();
  clearTimeout(late);
  process.off('SIGHUP', reload);
  log.info({}, 'Stopped');
  return Left;
};
