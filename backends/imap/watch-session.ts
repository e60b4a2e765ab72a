import type { Login } from '../contract/backend.ts';
import type { FolderId } from '../contract/folders.ts';
import type { Position } from '../contract/items.ts';
import type { SharedSession, Watching } from '../contract/shared-watch.ts';
import type { WatchListener } from '../contract/watch.ts';
import type { Account } from './account.ts';
import type { Connection } from './connection.ts';
import { Refusal, unavailable } from './failures.ts';
import { IdleLookout } from './idle-lookout.ts';
import type { Lookout, LookoutOptions, Teller } from './lookout.ts';
import { NotifyLookout } from './notify-lookout.ts';
import { PollLookout } from './poll-lookout.ts';
import type { ImapSettings } from './settings.ts';

/** How an account is watched. */
export type WatchMode = 'notify' | 'idle' | 'poll';

/** What a session works with. */
export interface SessionOptions {
  readonly account: Account;
  readonly login: Login;
  readonly settings: ImapSettings;
  /** Called when the session has ended, for whatever reason. */
  readonly onEnd: () => void;
  /** Called once it is known how the server is watched. */
  readonly onMode: (mode: WatchMode) => void;
}

interface Waiter {
  readonly asked: number;
  readonly listener: WatchListener;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The best way that settings and server allow. */
export const watchMode = ({ mode }: ImapSettings['watch'], connection: Connection | undefined): WatchMode => {
  const isIdle = connection?.has('IDLE') === true && mode !== 'poll';
  if (isIdle && connection.has('NOTIFY') && mode !== 'idle') return 'notify';
  return isIdle ? 'idle' : 'poll';
};

/** The one watch of an account, shared by all who watch it. */
export class WatchSession implements SharedSession, Teller {
  readonly #options: SessionOptions;
  readonly #watching = new Set<Watching>();
  #lookout: Lookout | undefined;
  #connection: Connection | undefined;
  /** Number of the last change of what is watched. */
  #asked = 0;
  /** Those who wait until the lookout is aimed at what they asked for. */
  #waiters: Waiter[] = [];
  /** Listeners whose watching has begun: only they are told that it is lost. */
  readonly #ready = new WeakSet<WatchListener>();
  #ended = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    void this.#run();
  }

  get login(): Login {
    return this.#options.login;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Takes up or changes a watching; resolves once its changes will be told. */
  watch(watching: Watching, instead?: Watching): Promise<void> {
    if (this.#ended) return Promise.reject(unavailable(undefined, 'the watch has ended'));
    if (instead !== undefined) this.#watching.delete(instead);
    this.#watching.add(watching);
    this.#asked++;
    this.#lookout?.wake();
    const { listener } = watching;
    return new Promise((resolve, reject) => this.#waiters.push({ asked: this.#asked, listener, resolve, reject }));
  }

  /** Ends the session for all: another one takes its place. */
  async close(): Promise<void> {
    await this.#end(unavailable(undefined, 'the watch was replaced'));
  }

  /** Ends a watching; the session ends with the last one. */
  async leave(watching: Watching): Promise<void> {
    this.#watching.delete(watching);
    if (this.#watching.size > 0) {
      this.#asked++;
      this.#lookout?.wake();
      return;
    }
    await this.#end(unavailable(undefined, 'the watch was closed'));
  }

  /** Where a folder stands as far as is known without asking. */
  position(folder: FolderId): Position | undefined {
    return this.#lookout?.position(folder);
  }

  moved(folder: FolderId, position: Position | undefined): void {
    for (const { folders, listener } of [...this.#watching])
      if (folders.includes(folder)) listener.moved(folder, position);
  }

  hierarchyChanged(): void {
    for (const { listener } of [...this.#watching]) listener.hierarchyChanged();
  }

  async #run(): Promise<void> {
    try {
      this.#lookout = await this.#open();
      while (!this.#ended) {
        const asked = this.#asked;
        await this.#aim();
        this.#settle(asked);
        if (asked === this.#asked && !this.#ended) await this.#lookout.wait();
      }
    } catch (error) {
      await this.#end(error);
    }
    await this.#lookout?.close();
  }

  /** A server that offers NOTIFY and then refuses it is watched by IDLE. */
  async #aim(): Promise<void> {
    const folders = [...new Set([...this.#watching].flatMap((watching) => watching.folders))];
    try {
      await this.#lookout?.aim(folders);
    } catch (error) {
      if (!(error instanceof Refusal) || !(this.#lookout instanceof NotifyLookout)) throw error;
      this.#options.onMode('idle');
      this.#lookout = this.#lookout.asIdle();
      await this.#lookout.aim(folders);
    }
  }

  async #open(): Promise<Lookout> {
    const { account, login, settings, onMode } = this.#options;
    const lookout: LookoutOptions = { account, login, settings, teller: this };
    const mayHold = settings.watch.mode !== 'poll' && settings.maxConnections > 1;
    const connection = mayHold ? await account.pool.hold(login) : undefined;
    const mode = watchMode(settings.watch, connection);
    onMode(mode);
    this.#connection = connection;
    connection?.onClosed((reason) => void this.#end(unavailable(reason, 'the connection of the watch was lost')));
    if (connection !== undefined && mode === 'notify') return new NotifyLookout(connection, lookout);
    if (connection !== undefined && mode === 'idle') return new IdleLookout(connection, lookout);
    await connection?.close();
    return new PollLookout(lookout);
  }

  #settle(asked: number): void {
    const ready = this.#waiters.filter((waiter) => waiter.asked <= asked);
    this.#waiters = this.#waiters.filter((waiter) => waiter.asked > asked);
    for (const { listener, resolve } of ready) {
      this.#ready.add(listener);
      resolve();
    }
  }

  /** Tells those who watch that it is over, and those who were about to. */
  async #end(error: unknown): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.onEnd();
    if (this.#connection !== undefined) this.#options.account.pool.letGo(this.#connection);
    for (const { reject } of this.#waiters.splice(0)) reject(error);
    const listeners = [...this.#watching].map(({ listener }) => listener);
    this.#watching.clear();
    for (const listener of listeners) if (this.#ready.has(listener)) listener.lost(error);
    this.#lookout?.wake();
    await this.#lookout?.close();
  }
}
