import type { FolderId } from './folders.ts';
import type { Position } from './items.ts';
import type { Watcher, WatchListener } from './watch.ts';

/** For backends whose watchers of one account share one session. */

/** One who watches. */
export interface Watching {
  readonly folders: readonly FolderId[];
  readonly listener: WatchListener;
}

/** What all who watch an account share. */
export interface SharedSession {
  /** Nothing is told by it any more. */
  readonly hasEnded: boolean;
  /** Adds one who watches, or puts it in the place of another; resolves once changes will be told. */
  watch(watching: Watching, instead?: Watching): Promise<void>;
  /** Takes one away; the last one ends the session. */
  leave(watching: Watching): Promise<void> | void;
  /** Where a folder was at the last look. */
  position(folder: FolderId): Position | undefined;
}

/** Opens a watcher on a session; resolves once changes from now on will be told. */
export const openSharedWatcher = async (
  session: SharedSession,
  watching: Watching,
  signal: AbortSignal | undefined,
): Promise<Watcher> => {
  const watcher = new SharedWatcher(session, watching);
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
};

class SharedWatcher implements Watcher {
  /** Settles once changes will be told, or never will be. */
  readonly begun: Promise<void>;
  readonly #session: SharedSession;
  #watching: Watching;
  #isClosed = false;

  constructor(session: SharedSession, { folders, listener }: Watching) {
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
    await this.#session.leave(this.#watching);
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
