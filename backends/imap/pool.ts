import { createHmac, randomBytes } from 'node:crypto';
import type { Login } from '../contract/backend.ts';
import { isBackendError } from '../contract/errors.ts';
import type { Connection } from './connection.ts';
import { unavailable } from './failures.ts';

/** How a pool opens connections and how many it may have. */
export interface PoolOptions {
  readonly open: (login: Login) => Promise<Connection>;
  /** Opens a connection that will mostly wait. */
  readonly openWatch: (login: Login) => Promise<Connection>;
  /** Connections at most: one for a watch, the others for work (with one there is no watch). */
  readonly maxConnections: number;
  /** Seconds after which a connection without work is closed. */
  readonly idleSeconds: number;
  /** Called when the last connection is gone and nobody waits for one. */
  readonly onEmpty: () => void;
}

/** How a piece of work may be run. */
export interface WorkOptions {
  readonly signal?: AbortSignal | undefined;
  /** Doing it twice is the same as doing it once: it is repeated on another connection if one breaks. */
  readonly repeatable: boolean;
  /** Of several idle connections, one of these is taken. */
  readonly prefer?: ((connection: Connection) => boolean) | undefined;
}

interface Waiter {
  readonly key: string;
  /** Takes over a connection, or the right to open one. */
  readonly resolve: (connection: Connection | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Pieces of work that wait for a connection of one account at most; a device that sends more shall come again. */
const QueueLimit = 64;

/**
 * The connections of one account. Work is queued once all are taken. A connection serves only
 * logins with the credentials that it was opened with, so no password is ever used unproved.
 */
export class AccountPool {
  readonly #options: PoolOptions;
  /** Credentials are compared as digests under a key of this pool: they are not kept. */
  readonly #secret = randomBytes(32);
  /** Open connections for work and the key of their credentials. */
  readonly #workers = new Map<Connection, string>();
  /** Those of them without work, and the timer that closes them. */
  readonly #idle = new Map<Connection, NodeJS.Timeout>();
  readonly #held = new Set<Connection>();
  readonly #waiters: Waiter[] = [];
  #opening = 0;
  #draining = false;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Connections that are open or being opened. */
  get size(): number {
    return this.#workers.size + this.#held.size + this.#opening;
  }

  /**
   * Runs `action` with a connection. An aborted `signal` rejects at once; what runs already is let
   * run to the end of its command, and only then its connection is lent again.
   *
   * @throws whatever `action` throws; `unavailable` and `loginRefused` when no connection is to be had.
   */
  async use<T>(login: Login, options: WorkOptions, action: (connection: Connection) => Promise<T>): Promise<T> {
    options.signal?.throwIfAborted();
    return abortable(this.#attempts(login, options, action), options.signal);
  }

  /** Whether two logins have the same credentials, so that one may use what the other opened. */
  isSame(one: Login, other: Login): boolean {
    return this.#keyOf(one) === this.#keyOf(other);
  }

  /** Opens a connection of the caller's own, for a watch; the caller closes it. */
  async hold(login: Login): Promise<Connection> {
    if (this.#closed || this.#held.size >= Math.min(1, this.#options.maxConnections - 1)) {
      throw unavailable(undefined, 'no connection is free for a watch');
    }
    this.#opening++;
    try {
      const connection = await this.#options.openWatch(login);
      this.#held.add(connection);
      connection.onClosed(() => this.#heldClosed(connection));
      return connection;
    } finally {
      this.#opened();
    }
  }

  /** Gives up the place of a held connection before it has said goodbye. */
  letGo(connection: Connection): void {
    this.#heldClosed(connection);
  }

  /** Takes over a connection that was just opened for `login`; without room for it, it is closed. */
  adopt(login: Login, connection: Connection): void {
    if (!this.#hasRoom()) {
      void connection.close();
      return;
    }
    this.#register(connection, this.#keyOf(login));
    this.#release(connection);
  }

  /**
   * Ends the use of this pool without disturbing work: a connection is closed once its work is
   * done. A watch is ended, and whoever waits opens another one with a password proved anew.
   */
  drain(): void {
    this.#draining = true;
    for (const connection of [...this.#idle.keys()]) this.#retire(connection);
    for (const connection of [...this.#held]) connection.destroy();
  }

  /** Closes every connection; work under way fails with `unavailable`. */
  async close(): Promise<void> {
    this.#closed = true;
    const closed = unavailable(undefined, 'the connections of this account were closed');
    for (const waiter of this.#waiters.splice(0)) waiter.reject(closed);
    const idle = [...this.#idle.keys()];
    const busy = [...this.#workers.keys(), ...this.#held].filter((connection) => !this.#idle.has(connection));
    for (const connection of busy) connection.destroy();
    await Promise.all(idle.map((connection) => connection.close()));
  }

  async #attempts<T>(login: Login, options: WorkOptions, action: (connection: Connection) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const connection = await this.#acquire(this.#keyOf(login), login, options.prefer);
      try {
        options.signal?.throwIfAborted();
        return await action(connection);
      } catch (error) {
        const broken = isBackendError(error, 'unavailable') && !connection.isUsable;
        if (!broken || !options.repeatable || attempt > 1 || this.#closed) throw error;
      } finally {
        this.#release(connection);
      }
    }
  }

  async #acquire(key: string, login: Login, prefer: WorkOptions['prefer']): Promise<Connection> {
    const fitting = [...this.#idle.keys()].filter((connection) => this.#workers.get(connection) === key);
    const idle = fitting.find((connection) => prefer?.(connection)) ?? fitting[0];
    if (idle !== undefined) return this.#wake(idle);
    if (!this.#hasRoom()) this.#dropOneIdle();
    if (this.#hasRoom()) this.#opening++;
    else {
      const given = await this.#queue(key);
      if (given !== undefined) return given;
    }
    return this.#openOne(key, login);
  }

  /** Opens a connection whose place is already counted in `#opening`. */
  async #openOne(key: string, login: Login): Promise<Connection> {
    try {
      const connection = await this.#options.open(login);
      this.#register(connection, key);
      return connection;
    } finally {
      this.#opened();
    }
  }

  #opened(): void {
    this.#opening--;
    this.#passOn();
  }

  #hasRoom(): boolean {
    const limit = Math.max(1, this.#options.maxConnections - 1);
    return !this.#closed && this.#workers.size + this.#opening < limit;
  }

  #queue(key: string): Promise<Connection | undefined> {
    if (this.#closed || this.#waiters.length >= QueueLimit) {
      throw unavailable(undefined, 'too much waits for the connections of this account');
    }
    return new Promise((resolve, reject) => this.#waiters.push({ key, resolve, reject }));
  }

  #register(connection: Connection, key: string): void {
    this.#workers.set(connection, key);
    connection.onClosed(() => {
      clearTimeout(this.#idle.get(connection));
      this.#idle.delete(connection);
      this.#workers.delete(connection);
      this.#passOn();
    });
    if (this.#closed) connection.destroy();
  }

  #wake(connection: Connection): Connection {
    clearTimeout(this.#idle.get(connection));
    this.#idle.delete(connection);
    return connection;
  }

  #release(connection: Connection): void {
    if (!connection.isUsable) {
      connection.destroy();
      return;
    }
    const key = this.#workers.get(connection);
    const next = this.#waiters.findIndex((waiter) => waiter.key === key);
    if (next >= 0) {
      this.#waiters.splice(next, 1)[0]?.resolve(connection);
      return;
    }
    if (this.#draining) {
      this.#retire(connection);
      return;
    }
    const timer = setTimeout(() => this.#retire(connection), this.#options.idleSeconds * 1_000).unref();
    this.#idle.set(connection, timer);
    if (this.#waiters.length > 0) this.#dropOneIdle();
  }

  /** Makes room for other credentials. */
  #dropOneIdle(): void {
    const [connection] = this.#idle.keys();
    if (connection !== undefined) this.#retire(connection);
  }

  /** Takes a connection out of the pool at once and lets it say goodbye on its own. */
  #retire(connection: Connection): void {
    this.#wake(connection);
    this.#workers.delete(connection);
    void connection.close();
    this.#passOn();
  }

  /** Gives free places to those who wait for one. */
  #passOn(): void {
    while (this.#waiters.length > 0 && this.#hasRoom()) {
      this.#opening++;
      this.#waiters.shift()?.resolve(undefined);
    }
    if (this.size === 0 && this.#waiters.length === 0) this.#options.onEmpty();
  }

  #heldClosed(connection: Connection): void {
    if (this.#held.delete(connection)) this.#passOn();
  }

  #keyOf({ user, password }: Login): string {
    return createHmac('sha256', this.#secret).update(`${user}\0${password}`).digest('base64');
  }
}

/** Rejects with the signal's reason as soon as it is aborted; the work's own outcome is then not awaited. */
const abortable = <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
};
