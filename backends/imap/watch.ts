import type { BackendLog, Login } from '../contract/backend.ts';
import type { FolderId } from '../contract/folders.ts';
import { openSharedWatcher } from '../contract/shared-watch.ts';
import type { Watch, Watcher, WatchListener, WatchPromise } from '../contract/watch.ts';
import type { Account } from './account.ts';
import { InboxId } from './folder-listing.ts';
import type { ImapSettings } from './settings.ts';
import { type WatchMode, WatchSession } from './watch-session.ts';

/** What was learned of the server: how its accounts are watched. */
export interface WatchFacts {
  /** `undefined`: nobody has watched yet. */
  mode: WatchMode | undefined;
}

/** What watching works with. */
export interface WatchOptions {
  readonly account: () => Account;
  readonly login: Login;
  readonly settings: ImapSettings;
  readonly facts: WatchFacts;
  readonly log: BackendLog;
}

/** Seconds within which servers tell of a change: Dovecot gathers for half a second what it tells. */
const PushSeconds = 1;

/** Being told of changes in an IMAP account. */
export class ImapWatch implements Watch {
  readonly #options: WatchOptions;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  async open(folders: readonly FolderId[], listener: WatchListener, signal?: AbortSignal): Promise<Watcher> {
    signal?.throwIfAborted();
    return openSharedWatcher(this.#session(), { folders, listener }, signal);
  }

  /** Until someone has watched, what the settings allow at best. */
  promise(folder: FolderId): WatchPromise {
    const { settings, facts } = this.#options;
    const { mode: wanted, pollSeconds } = settings.watch;
    const mode = facts.mode ?? (wanted === 'auto' || wanted === 'none' ? 'idle' : wanted);
    const isTold = settings.maxConnections > 1 && (mode === 'notify' || (mode === 'idle' && folder === InboxId));
    return isTold ? { how: 'push', seconds: PushSeconds } : { how: 'poll', seconds: pollSeconds };
  }

  /** The account's session; one of other credentials is replaced, for its password may be an old one. */
  #session(): WatchSession {
    const { login, settings, facts, log } = this.#options;
    const account = this.#options.account();
    const current = account.session;
    if (current !== undefined && !current.hasEnded) {
      if (account.pool.isSame(current.login, login)) return current;
      void current.close();
    }
    const onMode = (mode: WatchMode) => {
      if (facts.mode !== mode) log.info({ mode }, 'Accounts on the IMAP server are watched this way');
      facts.mode = mode;
    };
    const onEnd = () => {
      if (account.session === session) account.session = undefined;
    };
    const session = new WatchSession({ account, login, settings, onMode, onEnd });
    account.session = session;
    return session;
  }
}
