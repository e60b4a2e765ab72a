import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeAuthority } from './certificates.ts';
import { freePorts, type Identity, makeFolder, startServer, type TestServer, unprivileged } from './process.ts';

/** Dovecot: IMAP, LMTP, ManageSieve and SASL. */
export interface Dovecot extends TestServer {
  /** IMAP, plain and with STARTTLS. */
  readonly port: number;
  readonly imapsPort: number;
  readonly lmtpPort: number;
  readonly sievePort: number;
  /** Dovecot's authentication protocol, for Postfix (`inet:127.0.0.1:<port>`). */
  readonly saslPort: number;
  /** Certificate of the CA that signed the server's (for `localhost` and 127.0.0.1). */
  readonly caFile: string;
  /** Folder with one folder of mail a user. */
  readonly mailFolder: string;
  /** Master user, to log in as `<user>*<master>` or with the user as authzid. */
  readonly master: { readonly user: string; readonly password: string };
}

/** How Dovecot shall run. */
export interface DovecotOptions {
  /** Names and passwords; absent: any name exists, with the password `secret`. */
  readonly users?: Readonly<Record<string, string>>;
  readonly storage?: 'maildir' | 'mdbox' | 'sdbox';
  /** Connections of one user from one address (`mail_max_userip_connections`). */
  readonly connectionsPerUser?: number;
  /** Connections altogether. */
  readonly maxConnections?: number;
  /** Lua script (5.4, with the package lua-socket) that Dovecot tells of every change of a mailbox. */
  readonly pushScript?: string;
  /** Values of the `plugin` section, such as those that a push script reads. */
  readonly pluginSettings?: Readonly<Record<string, string>>;
  /** More configuration, at its end: it overrides what is above. */
  readonly extra?: string;
}

/** Password of every user unless `users` says otherwise. */
export const DovecotPassword = 'secret';
const Master = { user: 'master', password: 'master-secret' } as const;

/**
 * Starts Dovecot without privileges, on ports and in a folder of its own. (Its processes take seconds to
 * end in order; nothing that they hold is lost when they are killed.)
 */
export const startDovecot = async (options: DovecotOptions = {}): Promise<Dovecot> => {
  const folder = makeFolder('dovecot');
  const identity = unprivileged();
  const ports = await freePorts('imap', 'imaps', 'lmtp', 'sieve', 'sasl');
  const authority = await makeAuthority(folder);
  const { certificateFile, keyFile } = await authority.issue('localhost', '127.0.0.1');
  const configuration = join(folder, 'dovecot.conf');
  await writeFile(join(folder, 'masters'), `${Master.user}:{PLAIN}${Master.password}\n`);
  await writeFile(join(folder, 'users'), passwordFile(options.users ?? {}));
  await writeFile(
    configuration,
    [
      base(folder, identity),
      tls(certificateFile, keyFile),
      authentication(folder, options.users),
      mail(options),
      push(folder, options),
      services(ports, options),
      options.extra ?? '',
    ].join('\n'),
  );
  const server = await startServer({
    name: 'Dovecot',
    folder,
    command: ['dovecot', '-F', '-c', configuration],
    ports: Object.values(ports),
    identity,
    patience: 300,
    prepare: async () => {
      await removeLocks(join(folder, 'mail'));
      await copyScript(folder, options);
    },
  });
  return Object.assign(server, {
    port: ports.imap,
    imapsPort: ports.imaps,
    lmtpPort: ports.lmtp,
    sievePort: ports.sieve,
    saslPort: ports.sasl,
    caFile: authority.caFile,
    mailFolder: join(folder, 'mail'),
    master: Master,
  });
};

/** Of a killed Dovecot lock files may stay, for which the next one would wait two minutes. */
const removeLocks = async (mail: string): Promise<void> => {
  const names = await readdir(mail, { recursive: true }).catch(() => []);
  const locks = names.filter((name) => /\.(new)?lock$/.test(name));
  await Promise.all(locks.map((name) => rm(join(mail, name), { force: true })));
};

type Ports = Record<'imap' | 'imaps' | 'lmtp' | 'sieve' | 'sasl', number>;

const passwordFile = (users: Readonly<Record<string, string>>): string =>
  Object.entries(users)
    .map(([user, password]) => `${user}:{PLAIN}${password}\n`)
    .join('');

const base = (folder: string, { user }: Identity): string => `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
protocols = imap lmtp sieve
listen = 127.0.0.1
default_login_user = ${user}
default_internal_user = ${user}
default_internal_group =
first_valid_uid = 1
${Chrooted.map((service) => `service ${service} {\n  chroot =\n}`).join('\n')}
`;

/** Services that lock themselves up in a folder, which only root can. */
const Chrooted = ['anvil', 'imap-login', 'imap-urlauth-login', 'ipc', 'managesieve-login', 'old-stats'];

const tls = (certificateFile: string, keyFile: string): string => `
ssl = yes
ssl_cert = <${certificateFile}
ssl_key = <${keyFile}
disable_plaintext_auth = no
`;

/**
 * A master proves its own password; `continue` then looks up the user it speaks for. Without the listener of anvil no
 * address is slowed down after wrong passwords: all tests come from one.
 */
const authentication = (folder: string, users: DovecotOptions['users']): string => `
auth_mechanisms = plain login
auth_master_user_separator = *
auth_username_format = %Lu
auth_failure_delay = 0
passdb {
  driver = passwd-file
  master = yes
  args = ${folder}/masters
  result_success = continue
}
passdb {
${users === undefined ? `  driver = static\n  args = password=${DovecotPassword}` : `  driver = passwd-file\n  args = ${folder}/users`}
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
userdb {
  driver = static
  args = home=${folder}/mail/%u
}
`;

const SpecialFolders = { Drafts: 'Drafts', Sent: 'Sent', Trash: 'Trash', Junk: 'Junk', Archive: 'Archive' };

const mail = ({ storage = 'maildir' }: DovecotOptions): string => `
mail_location = ${storage}:~/${storage}
mailbox_list_index = yes
mail_fsync = never
namespace inbox {
  inbox = yes
  separator = /
${Object.entries(SpecialFolders).map(specialFolder).join('\n')}
}
`;

const specialFolder = ([name, use]: [string, string]): string => `  mailbox ${name} {
    auto = subscribe
    special_use = \\${use}
  }`;

const listener = (port: number): string => `    address = 127.0.0.1\n    port = ${port}`;

/** Login processes take many connections each; limits are raised for tests with hundreds of users. */
const services = (ports: Ports, options: DovecotOptions): string => {
  const { connectionsPerUser = 100, maxConnections = 2_000 } = options;
  const login = `  service_count = 0\n  client_limit = ${maxConnections}\n  process_limit = 1`;
  return `
mail_max_userip_connections = ${connectionsPerUser}
default_client_limit = ${2 * maxConnections}
default_process_limit = ${maxConnections}
service imap-login {
  inet_listener imap {
${listener(ports.imap)}
  }
  inet_listener imaps {
${listener(ports.imaps)}
    ssl = yes
  }
${login}
}
service imap {
  process_limit = ${maxConnections}
}
service managesieve-login {
  inet_listener sieve {
${listener(ports.sieve)}
  }
${login}
}
service lmtp {
  process_limit = 20
  inet_listener lmtp {
${listener(ports.lmtp)}
  }
}
service imap-urlauth-login {
  process_limit = 1
}
service auth {
  client_limit = ${3 * maxConnections}
  inet_listener sasl {
${listener(ports.sasl)}
  }
}
protocol lmtp {
  mail_plugins = $mail_plugins sieve
  hostname = localhost
}
protocol imap {
  mail_max_userip_connections = ${connectionsPerUser}
}
`;
};

/** The plugins stand for all services: changes of flags, moves and folders happen in IMAP sessions. */
const push = (folder: string, { pushScript, pluginSettings = {} }: DovecotOptions): string => {
  const settings = { ...pluginSettings };
  if (pushScript !== undefined) settings.push_notification_driver = `lua:file=${folder}/${PushScript}`;
  return `
${pushScript === undefined ? '' : 'mail_plugins = notify mail_lua push_notification push_notification_lua'}
plugin {
${Object.entries(settings)
  .map(([name, value]) => `  ${name} = ${value}`)
  .join('\n')}
}
`;
};

/** Dovecot gets a copy of its own: without privileges it may not read where the original lies. */
const PushScript = 'push.lua';

const copyScript = async (folder: string, { pushScript }: DovecotOptions): Promise<void> => {
  if (pushScript !== undefined) await writeFile(join(folder, PushScript), await readFile(pushScript));
};
