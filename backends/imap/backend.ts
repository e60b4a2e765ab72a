import { readFileSync } from 'node:fs';
import type { Abilities, Backend, BackendContext, BackendKind, CheckLine, Login } from '../contract/backend.ts';
import { isBackendError } from '../contract/errors.ts';
import type { FolderId } from '../contract/folders.ts';
import { Account } from './account.ts';
import { AppendMemory } from './append.ts';
import { checkServer } from './check.ts';
import { Connection, type ConnectionOptions, type Credentials } from './connection.ts';
import { FolderPaths } from './folder-paths.ts';
import { ImapFolderStore } from './folder-store.ts';
import { ImapMailStore } from './mail-store.ts';
import { ImapNoteStore } from './note-store.ts';
import { AccountPool } from './pool.ts';
import { probeServer } from './probe.ts';
import { ImapSearch } from './search.ts';
import { ImapSettings, serverAddress } from './settings.ts';
import { Turns } from './turns.ts';
import { ImapWatch, type WatchFacts } from './watch.ts';

/** Mail on an IMAP server. */
class ImapBackend implements Backend {
  readonly #settings: ImapSettings;
  readonly #context: BackendContext;
  readonly #ca: string | undefined;
  readonly #accounts = new Map<string, Account>();
  readonly #appended = new AppendMemory();
  readonly #turns = new Turns();
  readonly #paths = new FolderPaths();
  readonly #facts: WatchFacts = { mode: undefined };

  constructor(settings: ImapSettings, context: BackendContext) {
    this.#settings = withNotices(settings, context);
    this.#context = context;
    this.#ca = settings.caFile === undefined ? undefined : readFileSync(settings.caFile, 'utf8');
  }

  async prove(login: Login): Promise<boolean> {
    try {
      const connection = await this.#connect(login, { user: login.user, password: login.password });
      if (this.#settings.masterUser === undefined) this.#account(login.account).pool.adopt(login, connection);
      else void connection.close();
      return true;
    } catch (error) {
      if (isBackendError(error, 'loginRefused')) return false;
      throw error;
    }
  }

  account(login: Login): Abilities {
    const account = () => this.#account(login.account);
    const { now, log } = this.#context;
    const shared = { appended: this.#appended, turns: this.#turns };
    const options = { account, login, settings: this.#settings, ...shared, now };
    return {
      folders: new ImapFolderStore(account, login),
      mail: new ImapMailStore(options),
      search: new ImapSearch({ account, login }),
      ...(this.#settings.folders.notes === undefined ? {} : { notes: new ImapNoteStore(options) }),
      ...(this.#settings.watch.mode === 'none'
        ? {}
        : { watch: new ImapWatch({ account, login, settings: this.#settings, facts: this.#facts, log }) }),
    };
  }

  locate(account: string, path: string): FolderId | undefined {
    return this.#paths.find(account, path);
  }

  async forget(account: string): Promise<void> {
    const known = this.#accounts.get(account);
    this.#accounts.delete(account);
    known?.pool.drain();
  }

  async check(login: Login | undefined): Promise<readonly CheckLine[]> {
    const probe = () => probeServer(this.#connectionOptions());
    const open = (as: Login) => this.#connect(as, this.#credentials(as));
    return checkServer({ settings: this.#settings, probe, open }, login);
  }

  async close(): Promise<void> {
    const accounts = [...this.#accounts.values()];
    this.#accounts.clear();
    await Promise.all(accounts.map(({ pool }) => pool.close()));
  }

  /** What is kept of an account; it goes with its last connection. */
  #account(name: string): Account {
    const known = this.#accounts.get(name);
    if (known !== undefined) return known;
    const { maxConnections, idleSeconds } = this.#settings;
    const pool = new AccountPool({
      open: (login) => this.#connect(login, this.#credentials(login)),
      openWatch: (login) => this.#connect(login, this.#credentials(login), this.#quietSeconds),
      maxConnections,
      idleSeconds,
      onEmpty: () => {
        if (this.#accounts.get(name) === account) this.#accounts.delete(name);
      },
    });
    const account = new Account(pool, this.#settings, (folders) => this.#paths.learn(name, folders));
    this.#accounts.set(name, account);
    return account;
  }

  get #quietSeconds(): number {
    const { renewSeconds, pollSeconds } = this.#settings.watch;
    return Math.max(renewSeconds, pollSeconds);
  }

  #connect({ clientAddress }: Login, credentials: Credentials, quietSeconds?: number): Promise<Connection> {
    return Connection.open(credentials, { ...this.#connectionOptions(), clientAddress, quietSeconds });
  }

  #connectionOptions(): ConnectionOptions {
    const { timeoutSeconds, ignoreCapabilities } = this.#settings;
    const address = serverAddress(this.#settings);
    return { address, ca: this.#ca, ignoreCapabilities, timeoutSeconds, turns: this.#turns };
  }

  /** With a master user its password opens the mailbox; the user's own was proved before. */
  #credentials({ user, password }: Login): Credentials {
    const master = this.#settings.masterUser;
    if (master === undefined) return { user, password };
    if (master.form === 'authzid') return { user: master.user, password: master.password, authzid: user };
    if (user.includes(master.separator)) return { user: '', password: '' };
    return { user: `${user}${master.separator}${master.user}`, password: master.password };
  }
}

/** Where the mail server tells of changes by itself, `auto` watches for none. */
const withNotices = (settings: ImapSettings, { hasNotices }: BackendContext): ImapSettings =>
  hasNotices && settings.watch.mode === 'auto' ? { ...settings, watch: { ...settings.watch, mode: 'none' } } : settings;

/** IMAP as a kind of backend. */
export const imap: BackendKind<ImapSettings> = {
  kind: 'imap',
  settings: ImapSettings,
  open: (settings, context) => new ImapBackend(settings, context),
};
