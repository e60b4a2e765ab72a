import type { BackendLog } from '../contract/backend.ts';
import { BackendError, isBackendError } from '../contract/errors.ts';
import type { FolderId } from '../contract/folders.ts';
import type { Position } from '../contract/items.ts';
import type { SharedSession, Watching } from '../contract/shared-watch.ts';
import type { DavSession } from './account.ts';
import type { CollectionFolder } from './collections.ts';
import { positionOfFolder } from './positions.ts';

/** Calls `action` after so many milliseconds unless it is cancelled before. */
export type Timer = (milliseconds: number, action: () => void) => { cancel(): void };

/** What a session of watching works with. */
export interface WatchSessionOptions {
  readonly session: DavSession;
  readonly timer: Timer;
  readonly log: BackendLog;
  /** Called once nobody watches any more, or it has failed for good. */
  readonly onEnd: () => void;
}

/** Looks in a row without any change, after which the time between two of them is doubled. */
const QuietLooks = 5;
/** Seconds between two looks at a server that does not answer, at most. */
const LongestPause = 600;

/** Seconds until the next look: more the longer nothing has changed, and the longer the server does not answer. */
export const pauseOf = (
  { pollSeconds, quietSeconds }: { readonly pollSeconds: number; readonly quietSeconds: number },
  { quiet, failures }: { readonly quiet: number; readonly failures: number },
): number =>
  failures > 0
    ? Math.min(Math.max(LongestPause, pollSeconds), pollSeconds * 2 ** Math.min(failures - 1, 20))
    : Math.min(quietSeconds, pollSeconds * 2 ** Math.min(Math.floor(quiet / QuietLooks), 20));

/** The watch of one account: one look at its homes in turns, whatever the number of those who watch. */
export class WatchSession implements SharedSession {
  readonly session: DavSession;
  hasEnded = false;
  readonly #options: WatchSessionOptions;
  readonly #watchings = new Set<Watching>();
  #positions = new Map<FolderId, Position>();
  #hierarchy: string | undefined;
  #looking: Promise<void> | undefined;
  #timer: { cancel(): void } | undefined;
  #quiet = 0;
  #failures = 0;

  constructor(options: WatchSessionOptions) {
    this.#options = options;
    this.session = options.session;
  }

  /** Adds one who watches, or puts it in the place of another; resolves once changes will be told. */
  async watch(watching: Watching, before?: Watching): Promise<void> {
    this.#watchings.add(watching);
    if (before !== undefined) this.#watchings.delete(before);
    if (watching.folders.every((folder) => this.#positions.has(folder)) && this.#hierarchy !== undefined) return;
    try {
      // A look under way may have begun without these folders.
      await this.#looking?.catch(() => undefined);
      await this.#lookNow();
    } catch (error) {
      // Who opens a watch gets the failure itself.
      if (before === undefined) this.#watchings.delete(watching);
      this.#fail(error);
      throw error;
    }
  }

  leave(watching: Watching): void {
    this.#watchings.delete(watching);
    if (this.#watchings.size === 0) this.#end();
  }

  position(folder: FolderId): Position | undefined {
    return this.#positions.get(folder);
  }

  /** Ends the watch for all. */
  stop(error: unknown): void {
    const listeners = [...this.#watchings].map(({ listener }) => listener);
    this.#end();
    for (const listener of listeners) listener.lost(error);
  }

  #end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.#watchings.clear();
    this.#timer?.cancel();
    this.#options.onEnd();
  }

  #lookNow(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    this.#timer?.cancel();
    const folders = await this.session.refresh();
    const wanted = new Set([...this.#watchings].flatMap((watching) => watching.folders));
    const positions = new Map<FolderId, Position>();
    for (const id of wanted) {
      const folder = folders.get(id);
      const position = folder === undefined ? undefined : await positionOfFolder(this.session, folder);
      if (position !== undefined) positions.set(id, position);
    }
    if (this.hasEnded) return;
    const changed = this.#take(positions, signatureOf(folders));
    this.#quiet = changed ? 0 : this.#quiet + 1;
    this.#failures = 0;
    this.#schedule();
  }

  /** Takes over where the folders are now, and tells what is new; says whether anything was. */
  #take(positions: Map<FolderId, Position>, hierarchy: string): boolean {
    const before = this.#positions;
    const moved = [...positions].filter(([id, position]) => before.has(id) && before.get(id) !== position);
    const isNewTree = this.#hierarchy !== undefined && this.#hierarchy !== hierarchy;
    this.#positions = positions;
    this.#hierarchy = hierarchy;
    for (const { folders, listener } of [...this.#watchings]) {
      if (isNewTree) listener.hierarchyChanged();
      for (const [id, position] of moved) if (folders.includes(id)) listener.moved(id, position);
    }
    return isNewTree || moved.length > 0;
  }

  #schedule(): void {
    const seconds = pauseOf(this.session.settings.watch, { quiet: this.#quiet, failures: this.#failures });
    this.#timer?.cancel();
    this.#timer = this.#options.timer(seconds * 1_000, () => {
      this.#lookNow().catch((error: unknown) => this.#fail(error));
    });
  }

  /** A server that is away is looked at again, for positions are compared whenever it is back. */
  #fail(error: unknown): void {
    if (this.hasEnded) return;
    if (!isBackendError(error, 'unavailable') || this.#hierarchy === undefined) {
      this.stop(error instanceof Error ? error : new BackendError('unavailable', { cause: error }));
      return;
    }
    this.#failures++;
    this.#options.log.debug({ error: String(error) }, 'A DAV server could not be looked at for changes');
    this.#schedule();
  }
}

/** What of the hierarchy phones are told. */
const signatureOf = (folders: ReadonlyMap<FolderId, CollectionFolder>): string =>
  JSON.stringify([...folders.values()].map(({ id, name, role }) => [id, name, role]).sort());
