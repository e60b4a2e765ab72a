import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DovecotPassword } from './dovecot.ts';
import { freePort, makeFolder, run, startServer, type TestServer, unprivileged } from './process.ts';

/** Cyrus IMAP: folders below `INBOX.`, object ids, QRESYNC, and no NOTIFY. */
export interface Cyrus extends TestServer {
  /** IMAP, plain. */
  readonly port: number;
  /** CalDAV and CardDAV, plain, where they were asked for; a user has them once logged in by IMAP. */
  readonly davPort: number | undefined;
}

/** How Cyrus shall run. */
export interface CyrusOptions {
  /** Settings of imapd.conf that differ from those below; an empty one is left out. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Also as a server of calendars and address books. */
  readonly dav?: boolean;
}

/** Password of every user; any name without a dot exists. */
export const CyrusPassword = DovecotPassword;

/**
 * Starts Cyrus out of its unpacked packages (Debian installs only one IMAP server on a machine), without
 * privileges, on a port and in a folder of its own.
 */
export const startCyrus = async (options: CyrusOptions = {}): Promise<Cyrus> => {
  const { dav = false } = options;
  const packages = await unpackedPackages(dav);
  const folder = makeFolder('cyrus');
  const port = await freePort();
  const davPort = dav ? await freePort() : undefined;
  const identity = unprivileged();
  const configuration = join(folder, 'imapd.conf');
  const services = join(folder, 'cyrus.conf');
  const programs = join(packages, 'usr/lib/cyrus/bin');
  await writeFile(configuration, lines({ ...settingsIn(folder), cyrus_user: identity.user, ...options.settings }));
  await writeFile(services, servicesOf(programs, configuration, port, davPort));
  await run('mkdir', ['-p', ...Folders.map((name) => join(folder, name))]);
  const command = ['-D', '-C', configuration, '-M', services, '-p', join(folder, 'run/pid')];
  const door = {
    passwords: join(folder, 'run/mux'),
    password: CyrusPassword,
    master: join(programs, 'master'),
    command,
  };
  const libraries = LibraryFolders.map((name) => join(packages, name)).join(':');
  const server = await startServer({
    name: 'Cyrus',
    folder,
    identity,
    command: ['env', `LD_LIBRARY_PATH=${libraries}`, process.execPath, DoorScript, JSON.stringify(door)],
    ports: [port, ...(davPort === undefined ? [] : [davPort])],
    patience: 300,
  });
  return Object.assign(server, { port, davPort });
};

const DoorScript = join(import.meta.dirname, 'cyrus-door.mjs');
const LibraryFolders = ['usr/lib', 'usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'];
const Folders = ['conf/socket', 'mail', 'run/proc', 'run/lock', 'run/socket'];

/** Debian's imapd.conf, with the places and the account's folders that it leaves to the administrator. */
const settingsIn = (folder: string): Readonly<Record<string, string>> => ({
  configdirectory: join(folder, 'conf'),
  'partition-default': join(folder, 'mail'),
  defaultpartition: 'default',
  proc_path: join(folder, 'run/proc'),
  mboxname_lockpath: join(folder, 'run/lock'),
  idlesocket: join(folder, 'run/socket/idle'),
  lmtpsocket: join(folder, 'run/socket/lmtp'),
  sasl_saslauthd_path: join(folder, 'run/mux'),
  sasl_pwcheck_method: 'saslauthd',
  sasl_mech_list: 'PLAIN LOGIN',
  allowplaintext: 'yes',
  altnamespace: 'no',
  unixhierarchysep: 'no',
  hashimapspool: 'yes',
  umask: '077',
  httpmodules: 'caldav carddav',
  // Otherwise it writes an X for each byte of UTF-8 in headers.
  munge8bit: 'no',
  autocreate_quota: '0',
  autocreate_inbox_folders: 'Drafts | Sent | Trash',
  autocreate_subscribe_folders: 'Drafts | Sent | Trash',
  'xlist-drafts': 'Drafts',
  'xlist-sent': 'Sent',
  'xlist-trash': 'Trash',
});

const lines = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');

const servicesOf = (programs: string, configuration: string, port: number, davPort: number | undefined): string => `
START {
  recover cmd="${programs}/ctl_cyrusdb -C ${configuration} -r"
  idled cmd="${programs}/idled -C ${configuration}"
}
SERVICES {
  imap cmd="${programs}/imapd -C ${configuration} -U 30" listen="127.0.0.1:${port}" prefork=1 maxchild=200
${davPort === undefined ? '' : `  http cmd="${programs}/httpd -C ${configuration} -U 30" listen="127.0.0.1:${davPort}" prefork=1 maxchild=200`}
}
EVENTS {
}
`;

const unpackedPackages = async (dav: boolean): Promise<string> => {
  const script = dav ? 'cyrus-dav.mjs' : 'cyrus.mjs';
  return (await run(process.execPath, [join(import.meta.dirname, '../../scripts', script)])).trim();
};
