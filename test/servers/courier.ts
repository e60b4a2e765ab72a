import { join } from 'node:path';
import { DovecotPassword } from './dovecot.ts';
import { freePort, makeFolder, run, startServer, type TestServer } from './process.ts';

/** Courier IMAP: the server without CONDSTORE, MOVE, LIST-STATUS and SPECIAL-USE. */
export interface Courier extends TestServer {
  /** IMAP, plain. */
  readonly port: number;
  /** Folder with one Maildir a user: `<user>/Maildir`. */
  readonly mailFolder: string;
}

/** How Courier shall run. */
export interface CourierOptions {
  /** What it offers; as Debian configures it unless told. */
  readonly capability?: string;
  /** Folders that a mailbox has besides INBOX (Courier shows them as `INBOX.<name>`). */
  readonly subfolders?: readonly string[];
}

/** Password of every user. */
export const CourierPassword = DovecotPassword;

const Capability =
  'IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE ACL ACL2=UNION';
const Subfolders = ['Drafts', 'Sent', 'Trash'];

/**
 * Starts Courier's imapd out of its unpacked packages (Debian installs only one IMAP server on a machine), for any user.
 */
export const startCourier = async (options: CourierOptions = {}): Promise<Courier> => {
  const { capability = Capability, subfolders = Subfolders } = options;
  const packages = await unpackedPackages();
  const folder = makeFolder('courier');
  const port = await freePort();
  const mailFolder = join(folder, 'mail');
  const login = {
    port,
    mailFolder,
    imapd: join(packages, 'usr/bin/imapd'),
    gamin: join(packages, 'usr/libexec/gam_server'),
    password: CourierPassword,
    capability,
    subfolders,
  };
  const server = await startServer({
    name: 'Courier',
    folder,
    command: ['env', ...environment(packages, folder), process.execPath, LoginScript, JSON.stringify(login)],
    ports: [port],
  });
  return Object.assign(server, { port, mailFolder });
};

const LoginScript = join(import.meta.dirname, 'courier-login.mjs');

/** Settings of Debian's /etc/courier/imapd, with IDLE that tells at once by means of gamin. */
const environment = (packages: string, folder: string): readonly string[] => [
  `LD_LIBRARY_PATH=${join(packages, 'usr/lib')}:${join(packages, 'usr/lib/x86_64-linux-gnu')}`,
  `GAM_CLIENT_ID=${folder}`,
  'IMAP_KEYWORDS=1',
  'IMAP_ACL=1',
  'IMAP_ENHANCEDIDLE=1',
  'IMAP_USELOCKS=1',
  'IMAP_IDLE_TIMEOUT=60',
  'IMAP_TRASHFOLDERNAME=Trash',
  'IMAP_EMPTYTRASH=Trash:7',
];

const unpackedPackages = async (): Promise<string> =>
  (await run(process.execPath, [join(import.meta.dirname, '../../scripts/courier.mjs')])).trim();
