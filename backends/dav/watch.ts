import type { BackendLog } from '../contract/backend.ts';
import type { FolderId } from '../contract/folders.ts';
import { openSharedWatcher } from '../contract/shared-watch.ts';
import type { Watch, Watcher, WatchListener, WatchPromise } from '../contract/watch.ts';
import type { DavSession } from './account.ts';
import { unavailable } from './failures.ts';
import { type Timer, WatchSession } from './watch-session.ts';

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
    return openSharedWatcher(this.#session(), { folders, listener }, signal);
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
