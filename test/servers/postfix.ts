import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeAuthority } from './certificates.ts';
import { freePorts, makeFolder, run, startServer, type TestServer } from './process.ts';

/** Postfix: submission. What is not for its own domains is accepted and thrown away, never sent. */
export interface Postfix extends TestServer {
  /** SMTP, plain and with STARTTLS. */
  readonly port: number;
  /** SMTP with TLS from the start. */
  readonly smtpsPort: number;
  /** Certificate of the CA that signed the server's (for `localhost` and 127.0.0.1). */
  readonly caFile: string;
  /** What Postfix noted of each mail. */
  mailLog(): Promise<string>;
}

/** How Postfix shall run. */
export interface PostfixOptions {
  /** Dovecot's port for SASL; absent: whoever connects may send. */
  readonly saslPort?: number;
  /** Dovecot's port for LMTP; absent: mail for the own domains is thrown away. */
  readonly lmtpPort?: number;
  /** Own domains; `example.org` unless told. */
  readonly domains?: readonly string[];
  /** Own addresses that exist; absent: all. */
  readonly recipients?: readonly string[];
  /** More lines of main.cf; they override what is above. */
  readonly extra?: string;
}

/** Whether Postfix can be started here. */
export const canRunPostfix = (): boolean => process.getuid?.() === 0;

/** Starts Postfix (as root only: its master process demands it) in a folder and on ports of its own. */
export const startPostfix = async (options: PostfixOptions = {}): Promise<Postfix> => {
  if (!canRunPostfix())
    throw new Error('Postfix runs as root only: run this test as root, or without privileges leave it out');
  const folder = makeFolder('postfix');
  const ports = await freePorts('smtp', 'smtps');
  const authority = await makeAuthority(folder);
  const certificate = await authority.issue('localhost', '127.0.0.1');
  const configuration = join(folder, 'config');
  const daemons = (await run('postconf', ['-d', '-h', 'daemon_directory'])).trim();
  await makeFolders(folder);
  await writeFile(join(configuration, 'main.cf'), main(folder, daemons, certificate, options));
  await writeFile(join(configuration, 'master.cf'), master(ports));
  const server = await startServer({
    name: 'Postfix',
    folder,
    command: [join(daemons, 'master'), '-c', configuration, '-d'],
    ports: Object.values(ports),
  });
  const mailLog = (): Promise<string> => readFile(join(folder, 'maillog'), 'utf8').catch(() => '');
  return Object.assign(server, {
    port: ports.smtp,
    smtpsPort: ports.smtps,
    caFile: authority.caFile,
    mailLog,
  });
};

/** Folders of a Postfix queue with their owners and rights, as its installation makes them. */
const QueueFolders: Readonly<
  Record<string, readonly [owner: 'root' | 'postfix', group: 'root' | 'postdrop', mode: number]>
> = {
  ...Object.fromEntries(
    ['active', 'bounce', 'corrupt', 'defer', 'deferred', 'flush', 'hold', 'incoming', 'private', 'saved', 'trace'].map(
      (name) => [name, ['postfix', 'root', 0o700]] as const,
    ),
  ),
  maildrop: ['postfix', 'postdrop', 0o730],
  public: ['postfix', 'postdrop', 0o710],
  pid: ['root', 'root', 0o755],
};

const makeFolders = async (folder: string): Promise<void> => {
  const ids = {
    root: 0,
    postfix: Number(await run('id', ['-u', 'postfix'])),
    postdrop: Number((await run('getent', ['group', 'postdrop'])).split(':')[2]),
  };
  await chmod(folder, 0o755);
  for (const name of ['config', 'queue', 'data']) await mkdir(join(folder, name), { mode: 0o755 });
  await chown(join(folder, 'data'), ids.postfix, 0);
  for (const [name, [owner, group, mode]] of Object.entries(QueueFolders)) {
    const path = join(folder, 'queue', name);
    await mkdir(path);
    await chown(path, ids[owner], ids[group]);
    await chmod(path, mode);
  }
};

const main = (
  folder: string,
  daemons: string,
  certificate: { readonly certificateFile: string; readonly keyFile: string },
  { saslPort, lmtpPort, domains = ['example.org'], recipients, extra = '' }: PostfixOptions,
): string => `
compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
daemon_directory = ${daemons}
maillog_file = ${folder}/maillog
maillog_file_prefixes = ${folder}
multi_instance_name = postfix-test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
mynetworks =
alias_maps =
smtputf8_autodetect_classes = all
virtual_mailbox_domains = ${domains.join(', ')}
virtual_mailbox_maps = ${recipients === undefined ? 'static:exists' : `inline:{ ${recipients.map((r) => `${r}=exists`).join(', ')} }`}
virtual_transport = ${lmtpPort === undefined ? 'discard:' : `lmtp:inet:127.0.0.1:${lmtpPort}`}
default_transport = discard:
smtpd_tls_security_level = may
smtpd_tls_cert_file = ${certificate.certificateFile}
smtpd_tls_key_file = ${certificate.keyFile}
smtpd_sasl_auth_enable = ${saslPort === undefined ? 'no' : 'yes'}
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:${saslPort ?? 0}
smtpd_relay_restrictions = ${saslPort === undefined ? 'permit' : 'permit_sasl_authenticated, reject'}
${extra}
`;

/** Name, type, whether private, unprivileged, chrooted; wake-up time, processes, program. */
const Services = `pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;

const master = (ports: Record<'smtp' | 'smtps', number>): string => `
127.0.0.1:${ports.smtp} inet n - n - - smtpd
127.0.0.1:${ports.smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
${Services}`;
