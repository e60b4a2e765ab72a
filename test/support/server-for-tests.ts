import { afterAll, expect } from '@jest/globals';
import { type LocalServer, type LocalServerOptions, startLocalServer } from './local-server.ts';

/** Starts a server for all tests of a file. It is closed after them, and must not have logged an error by then. */
export const serverForTests = async (options: LocalServerOptions = {}): Promise<LocalServer> => {
  const host = await startLocalServer(options);
  afterAll(async () => {
    await host.close();
    expect(host.errors).toEqual([]);
  });
  return host;
};
