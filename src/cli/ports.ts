import { createServer } from 'node:net';
import { CliFailure } from './failure.ts';

/** Why a port cannot be listened on; undefined when it can. */
const hindrance = (host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });

/** Ports tried after the wanted one. */
const Tries = 20;

/** A port to listen on, and the notice when it is not the wanted one. */
export interface FoundPort {
  readonly port: number;
  readonly notice?: string;
}

/** The wanted port, or the next free one after it. */
export const findPort = async (host: string, wanted: number, what: string): Promise<FoundPort> => {
  const reason = wanted === 0 ? undefined : await hindrance(host, wanted);
  if (reason === undefined) return { port: wanted };
  const because = reason === 'EADDRINUSE' ? 'is in use by another program' : `cannot be listened on (${reason})`;
  for (let port = wanted + 1; port <= Math.min(wanted + Tries, 65_535); port++) {
    if ((await hindrance(host, port)) === undefined) {
      return { port, notice: `Port ${wanted} ${because}: ${what} listens on ${port} instead.` };
    }
  }
  throw new CliFailure(
    `Port ${wanted} ${because}, and so are the ${Tries} after it. Name a free one for ${what} on the command line.`,
  );
};
