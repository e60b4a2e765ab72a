import { readFileSync } from 'node:fs';
import type { Abilities, Backend, BackendKind, CheckLine, Login } from '../contract/backend.ts';
import { checkServer } from './check.ts';
import { Connection, type Credentials } from './connection.ts';
import { ConnectionPool } from './pool.ts';
import { SmtpSettings, serverAddress } from './settings.ts';
import { SmtpSubmission } from './submission.ts';

interface Account {
  readonly user: string;
  readonly password: string;
  readonly pool: ConnectionPool;
}

/** Sends mail through an SMTP server. It proves no password: that is the business of the mailbox. */
class SmtpBackend implements Backend {
  readonly #settings: SmtpSettings;
  readonly #ca: string | undefined;
  readonly #accounts = new Map<string, Account>();

  constructor(settings: SmtpSettings) {
    this.#settings = settings;
    this.#ca = settings.caFile === undefined ? undefined : readFileSync(settings.caFile, 'utf8');
  }

  account(login: Login): Abilities {
    return { submission: new SmtpSubmission(() => this.#pool(login), this.#settings.keepsSentCopy) };
  }

  async forget(account: string): Promise<void> {
    this.#accounts.get(account)?.pool.close();
    this.#accounts.delete(account);
  }

  async check(login: Login | undefined): Promise<readonly CheckLine[]> {
    return checkServer(this.#settings, () => this.#connect(login));
  }

  async close(): Promise<void> {
    for (const account of [...this.#accounts.keys()]) await this.forget(account);
  }

  /** The connections of an account; none of an earlier password is used again. */
  #pool({ account, user, password, ...login }: Login): ConnectionPool {
    const known = this.#accounts.get(account);
    if (known?.user === user && known.password === password) return known.pool;
    known?.pool.close();
    this.#dropEmpty();
    const { maxConnections, idleSeconds } = this.#settings;
    const open = (): Promise<Connection> => this.#connect({ ...login, account, user, password });
    const pool = new ConnectionPool({ open, maxConnections, idleSeconds });
    this.#accounts.set(account, { user, password, pool });
    return pool;
  }

  /** Forgets accounts that hold no connection, so that what is kept follows who is sending. */
  #dropEmpty(): void {
    for (const [name, { pool }] of this.#accounts) if (pool.isEmpty) this.#accounts.delete(name);
  }

  #connect(login: Login | undefined): Promise<Connection> {
    const { timeoutSeconds } = this.#settings;
    return Connection.open(this.#credentials(login), {
      address: serverAddress(this.#settings),
      ca: this.#ca,
      timeoutSeconds,
    });
  }

  #credentials(login: Login | undefined): Credentials | undefined {
    const how = this.#settings.login;
    if (how === 'none') return undefined;
    if (how !== 'user') return { ...how, whose: 'fixed' };
    return login === undefined ? undefined : { user: login.user, password: login.password, whose: 'user' };
  }
}

/** The kind `smtp`: submission. */
export const smtpKind: BackendKind<SmtpSettings> = {
  kind: 'smtp',
  settings: SmtpSettings,
  open: (settings) => new SmtpBackend(settings),
};
