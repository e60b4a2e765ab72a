import type { ImapFlow } from 'imapflow';
import type { Backend, BackendContext, Login } from '../../../backends/contract/backend.ts';
import type { FolderId, FolderStore } from '../../../backends/contract/folders.ts';
import type { MailStore } from '../../../backends/contract/mail.ts';
import type { HarnessLimits, MailHarness } from '../../../backends/contract/test-kit/index.ts';
import { imap } from '../../../backends/imap/backend.ts';
import { connectImap } from '../../servers/mail.ts';

const ignore = (): void => undefined;

/** What the backend is opened with in tests. */
const imapContext = (now: () => number = Date.now): BackendContext => ({
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  now,
  dataFolder: '/nonexistent',
});

/**
 * A backend on a port of this machine, with settings as the configuration would give them.
 *
 * @param pollSeconds between two looks: less than an administrator may set, so that nobody waits for them
 */
export const openImap = (port: number, settings: object = {}, pollSeconds?: number): Backend => {
  const parsed = imap.settings.parse({ url: `imap://127.0.0.1:${port}`, ...settings });
  const watch = { ...parsed.watch, pollSeconds: pollSeconds ?? parsed.watch.pollSeconds };
  return imap.open({ ...parsed, watch }, imapContext());
};

/** The login of a test account. */
export const loginOf = (user: string, password = 'secret'): Login => ({ account: user, user, password });

/** An account on a server: what is tested, and a connection of another mail program. */
export interface ImapHarness extends MailHarness {
  readonly backend: Backend;
  readonly login: Login;
  readonly mail: MailStore;
  readonly folders: FolderStore;
  readonly outside: ImapFlow;
  /** Path on the server of a folder. */
  path(folder: FolderId): Promise<string>;
}

/** What differs between servers. */
export interface ImapHarnessOptions {
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly settings?: object;
  /** See {@link openImap}. */
  readonly pollSeconds?: number | undefined;
  readonly limits?: HarnessLimits;
  /** Gives a mailbox a new UIDVALIDITY. */
  readonly resetEpoch?: (user: string, path: string) => Promise<void>;
}

/** Opens the backend for one user, and another mail program of the same user beside it. */
export const openImapHarness = async (options: ImapHarnessOptions): Promise<ImapHarness> => {
  const { port, user, password = 'secret', resetEpoch } = options;
  const backend = openImap(port, options.settings, options.pollSeconds);
  const login = loginOf(user, password);
  const abilities = backend.account(login);
  const { mail, folders } = abilities as { mail: MailStore; folders: FolderStore };
  const outside = await connectImap(port, user, password, { disableAutoIdle: true });
  const prefix = outside.namespace?.prefix ?? '';
  const delimiter = outside.namespace?.delimiter ?? '/';
  const path = async (id: FolderId): Promise<string> => {
    const folder = (await folders.list()).find((candidate) => candidate.id === id);
    if (folder === undefined) throw new Error(`There is no folder ${id}`);
    if (folder.role === 'inbox') return 'INBOX';
    const above = folder.parentId === undefined ? prefix : `${await path(folder.parentId)}${delimiter}`;
    return `${above}${folder.name}`;
  };
  const uidOf = (id: string): string => id.slice(id.indexOf('.') + 1);
  const within = async <T>(folder: FolderId, action: () => Promise<T>): Promise<T> => {
    const lock = await outside.getMailboxLock(await path(folder));
    try {
      return await action();
    } finally {
      lock.release();
    }
  };
  return {
    backend,
    login,
    mail,
    folders,
    outside,
    abilities,
    path,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    createFolder: async (name, parent) => {
      const created = parent === undefined ? `${prefix}${name}` : `${await path(parent)}${delimiter}${name}`;
      await outside.mailboxCreate(created);
      await outside.mailboxSubscribe(created);
      const found = (await folders.list()).find((folder) => folder.name === name && folder.parentId === parent);
      if (found === undefined) throw new Error(`The new folder ${name} is not listed`);
      return found.id;
    },
    deliver: async (folder, raw, { received, seen } = {}) => {
      const result = await outside.append(await path(folder), Buffer.from(raw), seen ? ['\\Seen'] : [], received);
      if (result === false || result.uid === undefined || result.uidValidity === undefined)
        throw new Error('not appended');
      return `${result.uidValidity.toString(36)}.${result.uid}`;
    },
    setFlags: async (folder, id, flags) => {
      const uid = uidOf(id);
      await within(folder, async () => {
        for (const [name, value] of Object.entries(flags)) {
          const flag = [`\\${name[0]?.toUpperCase()}${name.slice(1)}`];
          if (value) await outside.messageFlagsAdd(uid, flag, { uid: true });
          else await outside.messageFlagsRemove(uid, flag, { uid: true });
        }
      });
    },
    expunge: async (folder, ids) => {
      const uids = ids.map(uidOf).join(',');
      await within(folder, () => outside.messageDelete(uids, { uid: true }));
    },
    renameFolder: async (folder, name) => {
      const from = await path(folder);
      const to = `${from.slice(0, from.lastIndexOf(delimiter) + 1)}${name}`;
      await outside.mailboxRename(from, to);
    },
    ...(resetEpoch === undefined ? {} : { resetEpoch: async (folder) => resetEpoch(user, await path(folder)) }),
    close: async () => {
      await outside.logout().catch(ignore);
      await backend.close();
    },
  };
};
