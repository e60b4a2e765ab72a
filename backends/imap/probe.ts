import { AuthenticationFailure } from 'imapflow';
import { newClient } from './client.ts';
import type { ConnectionOptions } from './connection.ts';
import { unavailable } from './failures.ts';

/** What a server shows before login. */
export interface Probe {
  readonly greeting: string;
  readonly isEncrypted: boolean;
}

/** Connects, secures the connection and leaves. Throws `unavailable`. */
export const probeServer = async (options: ConnectionOptions): Promise<Probe> => {
  const client = newClient(undefined, options);
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    // imapflow gives up before login because it was given no password: everything before that worked.
    if (!(error instanceof AuthenticationFailure)) throw unavailable(error);
  } finally {
    client.close();
  }
  return { greeting: client.greeting ?? '', isEncrypted: client.secureConnection };
};
