import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, makeFolder, startServer, type TestServer, unprivileged } from './process.ts';

/** Xandikos: CalDAV and CardDAV on git, for one user, without any password. */
export interface Xandikos extends TestServer {
  /** Where it is, with a slash at the end. */
  readonly url: string;
}

/** The only user. */
export const XandikosUser = 'user';

/** Starts Xandikos in a folder of its own, with a calendar and an address book. */
export const startXandikos = async (): Promise<Xandikos> => {
  const folder = makeFolder('xandikos');
  const port = await freePort();
  const data = join(folder, 'data');
  await mkdir(data);
  const server = await startServer({
    name: 'Xandikos',
    folder,
    identity: unprivileged(),
    command: [
      'env',
      `HOME=${folder}`,
      'xandikos',
      `--directory=${data}`,
      '--listen-address=127.0.0.1',
      `--port=${port}`,
      `--current-user-principal=/${XandikosUser}/`,
      '--defaults',
    ],
    ports: [port],
    patience: 1_000,
  });
  return Object.assign(server, { url: `http://127.0.0.1:${port}/` });
};
