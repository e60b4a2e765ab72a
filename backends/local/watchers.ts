import { BackendError } from '../contract/errors.ts';
import type { FolderId } from '../contract/folders.ts';
import type { Position } from '../contract/items.ts';
import type { Watch, Watcher, WatchListener, WatchPromise } from '../contract/watch.ts';

interface Subscription {
  folders: ReadonlySet<FolderId>;
  readonly listener: WatchListener;
}

/** Who watches what: the registry of one open store. */
export class Watchers {
  readonly #byAccount = new Map<string, Set<Subscription>>();

  /** The ability of one account. */
  ability(account: string): Watch {
    return {
      open: async (folders, listener) => this.#open(account, { folders: new Set(folders), listener }),
      promise: () => LocalPromise,
    };
  }

  /** Tells those who watch `folder`, once the code that changed it has returned. */
  moved(account: string, folder: FolderId, position: Position | undefined): void {
    this.#tell(account, ({ folders, listener }) => {
      if (folders.has(folder)) listener.moved(folder, position);
    });
  }

  /** Tells all watchers of an account that its hierarchy changed. */
  hierarchyChanged(account: string): void {
    this.#tell(account, ({ listener }) => listener.hierarchyChanged());
  }

  /** Ends every watch: the store is being closed. */
  close(): void {
    const error = new BackendError('unavailable', { detail: 'the local store was closed' });
    const open = [...this.#byAccount.values()].flatMap((subscriptions) => [...subscriptions]);
    this.#byAccount.clear();
    for (const { listener } of open) listener.lost(error);
  }

  #open(account: string, subscription: Subscription): Watcher {
    const subscriptions = this.#byAccount.get(account) ?? new Set();
    this.#byAccount.set(account, subscriptions.add(subscription));
    return {
      watch: (folders) => {
        subscription.folders = new Set(folders);
      },
      close: async () => {
        subscriptions.delete(subscription);
        if (subscriptions.size === 0 && this.#byAccount.get(account) === subscriptions) this.#byAccount.delete(account);
      },
    };
  }

  #tell(account: string, tell: (subscription: Subscription) => void): void {
    for (const subscription of this.#byAccount.get(account) ?? []) {
      queueMicrotask(() => {
        if (this.#byAccount.get(account)?.has(subscription)) tell(subscription);
      });
    }
  }
}

/** Changes are told in the same moment: they are made in this process. */
const LocalPromise: WatchPromise = { how: 'push', seconds: 0 };
