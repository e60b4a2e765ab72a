import type { BackendLog } from '../contract/backend.ts';
import type { FolderId } from '../contract/folders.ts';
import type { Watch, Watcher, WatchListener, WatchPromise } from '../contract/watch.ts';
import type { DavSession } from './account.ts';
import { unavailable } from './failures.ts';
import { type Timer, type Watching, WatchSession } from './watch-session.ts';

/** What watching works with. */
export interface WatchOptions {
  readonly session: DavSession;
  readonly timer: Timer;
  readonly log: BackendLog;
}

/** Being told of changes in an account: all who watch it share one session of looks. */
export class DavWatch implements Watch {
  readonly #options: WatchOptions;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  async open(folders: readonly FolderId[], listener: WatchListener, signal?: AbortSignal): Promise<Watcher> {
    signal?.throwIfAborted();
    const watcher = new DavWatcher(this.#session(), { folders, listener });
    const onAbort = () => void watcher.close();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await watcher.begun;
      signal?.throwIfAborted();
      return watcher;
    } catch (error) {
      await watcher.close();
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** The longest time that a change may take: where much happens it is told sooner. */
  promise(): WatchPromise {
    return { how: 'poll', seconds: this.#options.session.settings.watch.quietSeconds };
  }

  /** The account's session; one of other credentials is replaced, for its password may be an old one. */
  #session(): WatchSession {
    const { session } = this.#options;
    const { account, login } = session;
    const current = account.session;
    if (current !== undefined && !current.hasEnded) {
      const { user, password } = current.session.login;
      if (user === login.user && password === login.password) return current;
      current.stop(unavailable(undefined, 'the account is watched with another password'));
    }
    const onEnd = () => {
      if (account.session === made) account.session = undefined;
    };
    const made = new WatchSession({ ...this.#options, onEnd });
    account.session = made;
    return made;
  }
}

/** One who watches, as its session knows it. */
class DavWatcher implements Watcher {
  /** Settles once changes will be told, or never will be. */
  readonly begun: Promise<void>;
  readonly #session: WatchSession;
  #watching: Watching;
  #isClosed = false;

  constructor(session: WatchSession, { folders, listener }: Watching) {
    this.#session = session;
    this.#watching = { folders, listener: this.#relay(listener) };
    this.begun = session.watch(this.#watching);
  }

  watch(folders: readonly FolderId[]): void {
    if (this.#isClosed || this.#session.hasEnded) return;
    const [session, before] = [this.#session, this.#watching];
    const { listener } = before;
    this.#watching = { folders, listener };
    const added = folders.filter((folder) => !before.folders.includes(folder));
    const tell = () => {
      for (const folder of added) listener.moved(folder, session.position(folder));
    };
    // Nobody can tell when the new folders began to be looked at, so where they stand is told then.
    // A failure ends the session, which tells its listeners, or is tried again.
    session.watch(this.#watching, before).then(tell, () => undefined);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#session.leave(this.#watching);
  }

  /** Once closed, nothing is told. */
  #relay(listener: WatchListener): WatchListener {
    return {
      moved: (folder, position, arrived) => this.#isClosed || listener.moved(folder, position, arrived),
      hierarchyChanged: () => this.#isClosed || listener.hierarchyChanged(),
      lost: (error) => this.#isClosed || listener.lost(error),
    };
  }
}
