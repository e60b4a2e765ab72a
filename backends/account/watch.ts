import type { FolderId } from '../contract/folders.ts';
import type { Watch, Watcher, WatchListener, WatchPromise } from '../contract/watch.ts';
import { byPart, outerId, type Part, PartTime, placeOf, within } from './parts.ts';

/** Milliseconds before the watch of a part that broke is opened again: doubled with each failure in a row. */
export const PartReopenTime = { first: 5_000, longest: 300_000 } as const;

/** Nobody tells of a folder that no part watches. */
const Unwatched: WatchPromise = { how: 'poll', seconds: Number.POSITIVE_INFINITY };

/**
 * The watches of several parts as one. If that of the leading part ends, all is over, and the caller opens it
 * again; that of another part is opened again here, so that a calendar server that is away stops no mail.
 */
export const composedWatch = (parts: readonly Part[]): Watch | undefined => {
  const [leading] = parts;
  if (!parts.some(({ abilities }) => abilities.watch !== undefined)) return undefined;
  return {
    open: async (folders, listener, signal) => {
      const watcher = new ComposedWatcher(parts, listener);
      const ids = byPart(parts, folders).find(({ part }) => part === leading)?.ids ?? [];
      await watcher.openLeading(leading, ids, signal);
      watcher.watch(folders);
      await watcher.ready();
      return watcher;
    },
    promise: (folder) => {
      const { part, id } = placeOf(parts, folder);
      return part.abilities.watch?.promise(id) ?? Unwatched;
    },
  };
};

class ComposedWatcher implements Watcher {
  readonly #parts: readonly Part[];
  readonly #listener: WatchListener;
  readonly #others: PartWatch[];
  #leading: Watcher | undefined;
  #closed = false;

  constructor(parts: readonly Part[], listener: WatchListener) {
    this.#parts = parts;
    this.#listener = listener;
    this.#others = parts.slice(1).map((part) => new PartWatch(part, listener));
  }

  async openLeading(part: Part | undefined, folders: readonly FolderId[], signal: AbortSignal | undefined) {
    this.#leading = await part?.abilities.watch?.open(
      folders,
      { ...told(part, this.#listener), lost: (error) => this.#lost(error) },
      signal,
    );
  }

  /** Resolves once each part's watch is open, or could not be opened. */
  async ready(): Promise<void> {
    await Promise.all(this.#others.map((other) => other.ready()));
  }

  watch(folders: readonly FolderId[]): void {
    const wanted = byPart(this.#parts, folders);
    const idsOf = (part: Part | undefined) => wanted.find((one) => one.part === part)?.ids ?? [];
    this.#leading?.watch(idsOf(this.#parts[0]));
    for (const other of this.#others) other.watch(idsOf(other.part));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#leading?.close(), ...this.#others.map((other) => other.close())]);
  }

  #lost(error: unknown): void {
    if (this.#closed) return;
    this.#leading = undefined;
    void this.close();
    this.#listener.lost(error);
  }
}

/** What a part tells, in the account's ids. */
const told = (part: Part, listener: WatchListener): Omit<WatchListener, 'lost'> => ({
  moved: (folder, position, arrived) => listener.moved(outerId(part, folder), position, arrived),
  hierarchyChanged: () => listener.hierarchyChanged(),
});

/** The watch of a part beside the leading one: open while any of its folders is waited for. */
class PartWatch {
  readonly part: Part;
  readonly #listener: WatchListener;
  #folders: readonly FolderId[] = [];
  #watcher: Watcher | undefined;
  #opening: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  /** Somebody did not wait for it. */
  #late = false;
  #closed = false;

  constructor(part: Part, listener: WatchListener) {
    this.part = part;
    this.#listener = listener;
  }

  watch(folders: readonly FolderId[]): void {
    this.#folders = folders;
    if (this.#watcher !== undefined) this.#watcher.watch(folders);
    else if (folders.length > 0 && this.#opening === undefined && this.#timer === undefined) this.#open();
  }

  /** Resolves once the watch is open or cannot be opened, or takes too long: then all look when it is open. */
  async ready(): Promise<void> {
    if (this.#opening === undefined) return;
    await within(PartTime, this.#opening).catch(() => {
      this.#late = true;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#watcher?.close();
  }

  #open(): void {
    const { watch } = this.part.abilities;
    if (watch === undefined) return;
    const folders = this.#folders;
    const listener = { ...told(this.part, this.#listener), lost: () => this.#again() };
    this.#opening = watch
      .open(folders, listener)
      .then((watcher) => this.#opened(watcher, folders))
      .catch(() => this.#again())
      .finally(() => {
        this.#opening = undefined;
      });
  }

  async #opened(watcher: Watcher, folders: readonly FolderId[]): Promise<void> {
    if (this.#closed) return watcher.close();
    this.#watcher = watcher;
    if (this.#folders !== folders) watcher.watch(this.#folders);
    // What happened while nobody watched is for the waiters to find out.
    if (this.#failures > 0 || this.#late)
      for (const folder of this.#folders) this.#listener.moved(outerId(this.part, folder), undefined);
    this.#failures = 0;
    this.#late = false;
  }

  #again(): void {
    this.#watcher = undefined;
    if (this.#closed) return;
    const delay = Math.min(PartReopenTime.first * 2 ** this.#failures, PartReopenTime.longest);
    this.#failures++;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#folders.length > 0) this.#open();
    }, delay).unref();
  }
}
