import type { CheckLine, Login } from '../contract/backend.ts';
import { isBackendError } from '../contract/errors.ts';
import type { FolderRole } from '../contract/folders.ts';
import type { Connection } from './connection.ts';
import { listFolders } from './list-folders.ts';
import type { Probe } from './probe.ts';
import { selectMailbox } from './select.ts';
import { type ImapSettings, serverAddress } from './settings.ts';
import { watchMode } from './watch-session.ts';

/** What `check` looks with. */
export interface CheckOptions {
  readonly settings: ImapSettings;
  /** Connects without logging in. */
  readonly probe: () => Promise<Probe>;
  /** Logs in as a session of the user would. */
  readonly open: (login: Login) => Promise<Connection>;
}

/** Looks whether the server answers and what it can do; as a user also what that user has. */
export const checkServer = async (options: CheckOptions, login: Login | undefined): Promise<readonly CheckLine[]> => {
  const { host, port, secure, startTls } = serverAddress(options.settings);
  const what = `IMAP ${host}:${port}`;
  try {
    const { greeting, isEncrypted } = await options.probe();
    const how = isEncrypted ? `encrypted by ${secure ? 'TLS' : 'STARTTLS'}` : 'not encrypted, as it is on this machine';
    const first = { ok: true, what, meaning: `It answers "${greeting}", ${how}.` };
    if (login === undefined) return [first, NeedsUser];
    return [first, ...(await checkAsUser(options, login))];
  } catch (error) {
    const hint = startTls ? ' The server must offer STARTTLS with a certificate that is trusted (see caFile).' : '';
    return [{ ok: false, what, meaning: `It cannot be used: ${text(error)}.${hint}` }];
  }
};

const NeedsUser: CheckLine = {
  ok: true,
  what: 'IMAP capabilities',
  meaning: 'Servers tell most of them after login only: name a user to see them.',
};

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const checkAsUser = async (options: CheckOptions, login: Login): Promise<CheckLine[]> => {
  let connection: Connection;
  try {
    connection = await options.open(login);
  } catch (error) {
    const refused = isBackendError(error, 'loginRefused');
    const meaning = refused ? 'The server refuses this user or password.' : `The login failed: ${text(error)}.`;
    return [{ ok: false, what: 'IMAP login', meaning }];
  }
  try {
    return [
      { ok: true, what: 'IMAP login', meaning: `Logged in${connection.serverName && ` to ${connection.serverName}`}.` },
      ...Capabilities.map((line) => capabilityLine(connection, line)),
      speedLine(options.settings, connection),
      ...(await mailboxLines(options.settings, connection)),
      await limitLine(options, login),
    ];
  } finally {
    await connection.close();
  }
};

interface Capability {
  /** Any of these is enough. */
  readonly names: readonly string[];
  readonly present: string;
  readonly missing: string;
}

/** What each capability is good for, and what becomes of it without. */
const Capabilities: readonly Capability[] = [
  {
    names: ['QRESYNC'],
    present: 'Changes and removals are told exactly, however large the folder.',
    missing: 'Where messages were removed, all ids of the folder are listed to find out which.',
  },
  {
    names: ['CONDSTORE'],
    present: 'Changed flags are told exactly.',
    missing: 'Each look at a folder compares the flags of all its messages: it costs more the larger the folder is.',
  },
  {
    names: ['NOTIFY'],
    present: 'Changes in all folders are pushed over one connection.',
    missing: 'Only the Inbox is pushed; other folders are looked at in turns.',
  },
  {
    names: ['IDLE'],
    present: 'Changes in the Inbox are pushed.',
    missing: 'Nothing is pushed; all folders are looked at in turns.',
  },
  {
    names: ['LIST-STATUS'],
    present: 'All folders are looked at with one command.',
    missing: 'Each folder is looked at with a command of its own.',
  },
  {
    names: ['SPECIAL-USE'],
    present: 'The server says which folder is for what.',
    missing: 'Sent, Trash, Drafts, Junk and Archive are known by their names; folders.roles sets them otherwise.',
  },
  {
    names: ['MOVE'],
    present: 'Messages are moved in one step.',
    missing: 'Messages are moved by copying and removing: a crash in between leaves two.',
  },
  {
    names: ['UIDPLUS'],
    present: 'Exactly the messages that a device removes are removed.',
    missing:
      'Removed messages are only marked as deleted, and stay until another mail program cleans up: to expunge would ' +
      'also remove what others have marked. New ids of moved messages are found by looking.',
  },
  {
    names: ['ESEARCH'],
    present: 'Listings come as ranges.',
    missing: 'Listings name every message: a first look at a large folder takes longer.',
  },
  {
    names: ['ID'],
    present: "The phone's address is passed on (Dovecot uses it where login_trusted_networks names this machine).",
    missing: "The server's log and limits see the address of this machine only.",
  },
];

const capabilityLine = (connection: Connection, { names, present, missing }: Capability): CheckLine => {
  const has = names.some((name) => connection.has(name));
  return { ok: has ? true : 'missing', what: `IMAP ${names.join(' or ')}`, meaning: has ? present : missing };
};

const WebhookLine: CheckLine = {
  ok: true,
  what: 'IMAP push',
  meaning:
    'Left to the webhook: a change reaches a waiting phone as soon as the mail server tells of it, and within ten ' +
    'minutes if it does not. No connection is held.',
};

const speedLine = ({ watch, maxConnections }: ImapSettings, connection: Connection): CheckLine => {
  if (watch.mode === 'none') return WebhookLine;
  const mode = maxConnections > 1 ? watchMode(watch, connection) : 'poll';
  const meaning = {
    notify: 'A change in any folder reaches a waiting phone within about a second.',
    idle: `A change in the Inbox reaches a waiting phone within about a second, in other folders within ${watch.pollSeconds} s.`,
    poll: `A change reaches a waiting phone within ${watch.pollSeconds} s.`,
  }[mode];
  return { ok: mode === 'notify' ? true : 'missing', what: 'IMAP push', meaning };
};

const WantedRoles: readonly FolderRole[] = ['sent', 'trash', 'drafts', 'junk'];

const mailboxLines = async ({ folders }: ImapSettings, connection: Connection): Promise<CheckLine[]> => {
  const listed = await listFolders(connection, folders);
  const lacking = WantedRoles.filter((role) => !listed.some((folder) => folder.role === role));
  const stable = listed.some(({ id }) => id.startsWith('o-'));
  const { newKeywords, highestModSeq } = await selectMailbox(connection, 'INBOX');
  return [
    {
      ok: lacking.length === 0 ? true : 'missing',
      what: 'IMAP folders',
      meaning: `${listed.length} folders.${lacking.length === 0 ? '' : ` None is known as ${lacking.join(', ')}: make them, or name them in folders.roles.`}`,
    },
    {
      ok: stable ? true : 'missing',
      what: 'IMAP folder ids',
      meaning: stable
        ? 'A folder renamed elsewhere stays the same folder on phones.'
        : 'A folder renamed elsewhere is a new folder to phones, which load it again.',
    },
    {
      ok: newKeywords ? true : 'missing',
      what: 'IMAP keywords',
      meaning: newKeywords
        ? 'Categories are kept as keywords.'
        : 'The Inbox takes no new keywords: categories are lost.',
    },
    ...(connection.tracking !== 'none' && highestModSeq === undefined ? [NoModSeq] : []),
  ];
};

const NoModSeq: CheckLine = {
  ok: 'missing',
  what: 'IMAP mod-sequences of the Inbox',
  meaning: 'The server offers CONDSTORE but keeps no mod-sequences for the Inbox: flags are compared one by one.',
};

/** Opens as many connections as the settings allow, beside the one that is open. */
const limitLine = async ({ settings, open }: CheckOptions, login: Login): Promise<CheckLine> => {
  const { maxConnections } = settings;
  const opened: Connection[] = [];
  // One after the other: Dovecot counts a login only once it is done.
  for (let i = 1; i < maxConnections; i++) {
    const connection = await open(login).catch(() => undefined);
    if (connection !== undefined) opened.push(connection);
  }
  await Promise.all(opened.map((connection) => connection.close()));
  const enough = opened.length + 1 === maxConnections;
  return {
    ok: enough,
    what: 'IMAP connections',
    meaning: enough
      ? `The server takes ${maxConnections} connections of a user from this machine.`
      : `The server takes only ${opened.length + 1} of ${maxConnections} connections of a user: raise its limit (Dovecot: mail_max_userip_connections) or lower maxConnections.`,
  };
};
