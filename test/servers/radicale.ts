import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DovecotPassword } from './dovecot.ts';
import { freePort, makeFolder, startServer, type TestServer, unprivileged } from './process.ts';

/** Radicale: CalDAV and CardDAV with sync-collection, without scheduling. */
export interface Radicale extends TestServer {
  /** Where it is, with a slash at the end. */
  readonly url: string;
  /** Its collections: `collection-root/<user>/<collection>`. */
  readonly storageFolder: string;
}

/** How Radicale shall run. */
export interface RadicaleOptions {
  /** Who may log in; `user0` to `user39` unless told. */
  readonly users?: readonly string[];
  /** Each user may write what is theirs unless told. */
  readonly rights?: string;
}

/** Password of every user. */
export const RadicalePassword = DovecotPassword;

/** Starts Radicale in a folder of its own. */
export const startRadicale = async (options: RadicaleOptions = {}): Promise<Radicale> => {
  const { users = Array.from({ length: 40 }, (_, i) => `user${i}`), rights } = options;
  const folder = makeFolder('radicale');
  const port = await freePort();
  const storageFolder = join(folder, 'storage');
  await mkdir(storageFolder);
  await writeFile(join(folder, 'users'), users.map((user) => `${user}:${RadicalePassword}\n`).join(''));
  if (rights !== undefined) await writeFile(join(folder, 'rights'), rights);
  await writeFile(join(folder, 'config'), configuration(folder, port, rights !== undefined));
  const server = await startServer({
    name: 'Radicale',
    folder,
    identity: unprivileged(),
    command: ['radicale', '--config', join(folder, 'config')],
    ports: [port],
    patience: 1_000,
  });
  return Object.assign(server, { url: `http://127.0.0.1:${port}/`, storageFolder });
};

const configuration = (folder: string, port: number, hasRights: boolean): string => `
[server]
hosts = 127.0.0.1:${port}
max_connections = 200
[auth]
type = htpasswd
htpasswd_filename = ${folder}/users
htpasswd_encryption = plain
delay = 0
[rights]
${hasRights ? `type = from_file\nfile = ${folder}/rights` : 'type = owner_only'}
[storage]
filesystem_folder = ${folder}/storage
[logging]
level = info
[web]
type = none
`;
