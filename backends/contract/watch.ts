import type { FolderId } from './folders.ts';
import type { Position } from './items.ts';

/** What a watcher tells. It wakes with positions, never with data. */
export interface WatchListener {
  /**
   * A folder moved to `position`; without a position it may have moved (the waiter looks itself).
   * `arrived`: an item came in, so that every device has something to fetch and need not look first.
   */
  moved(folder: FolderId, position: Position | undefined, arrived?: boolean): void;
  /** The hierarchy changed: a folder was made, renamed or removed. */
  hierarchyChanged(): void;
  /** The watch ended by itself; positions may have moved unseen. The caller opens another one. */
  lost(error: unknown): void;
}

/** An open watch. */
export interface Watcher {
  /** Folders to watch from now on. */
  watch(folders: readonly FolderId[]): void;
  /** Ends the watch and frees its connection; no listener is called afterwards. */
  close(): Promise<void>;
}

/** How quickly a watch tells of changes, for `check` and the documents. */
export interface WatchPromise {
  /** `push`: told by the server; `poll`: looked for every `seconds`. */
  readonly how: 'push' | 'poll';
  readonly seconds: number;
}

/** The ability to be told of changes: one watch an account, however many devices wait. */
export interface Watch {
  /** Opens a watch; resolves once changes from now on will be told. */
  open(folders: readonly FolderId[], listener: WatchListener, signal?: AbortSignal): Promise<Watcher>;
  /** How quickly a change of `folder` will be told. */
  promise(folder: FolderId): WatchPromise;
}
