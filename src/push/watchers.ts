import type { FolderId } from '../../backends/contract/folders.ts';
import type { Watch, Watcher } from '../../backends/contract/watch.ts';
import type { Clock, Log } from '../handlers/context.ts';
import type { ChangeHub } from './hub.ts';

/** Milliseconds that a watch outlives its last waiter: a device that fetches comes back to wait. */
export const GraceTime = 30_000;

/** Milliseconds before a watch that broke is opened again: doubled with each failure in a row. */
export const ReopenTime = { first: 1000, longest: 60_000 } as const;

/** What the watchers need. */
export interface WatchersOptions {
  readonly hub: ChangeHub;
  readonly clock: Clock;
  readonly log: Log;
}

/** One watch an account, whatever the number of its devices, alive while one of them waits. */
export class Watchers {
  readonly #options: WatchersOptions;
  readonly #accounts = new Map<string, AccountWatch>();

  constructor(options: WatchersOptions) {
    this.#options = options;
  }

  /**
   * Has an account's folders watched until the function returned is called. Resolves once changes
   * from now on will be told; when the watch cannot be opened it is tried again in the background,
   * and the waiter is told to look itself each time.
   */
  async acquire(account: string, watch: Watch, folders: readonly FolderId[]): Promise<() => void> {
    const known = this.#accounts.get(account);
    const entry = known ?? new AccountWatch(account, watch, this.#options, () => this.#accounts.delete(account));
    this.#accounts.set(account, entry);
    const lease = entry.add(folders);
    await entry.ready();
    return () => entry.remove(lease);
  }

  /** Ends the watch of an account: its password is no longer proved. */
  async forget(account: string): Promise<void> {
    const entry = this.#accounts.get(account);
    this.#accounts.delete(account);
    await entry?.close();
  }

  async close(): Promise<void> {
    const entries = [...this.#accounts.values()];
    this.#accounts.clear();
    await Promise.all(entries.map((entry) => entry.close()));
  }

  /** Accounts that are watched. */
  get size(): number {
    return this.#accounts.size;
  }
}

/** A waiter's claim on a watch. */
interface Lease {
  readonly folders: readonly FolderId[];
}

class AccountWatch {
  readonly #account: string;
  readonly #watch: Watch;
  readonly #options: WatchersOptions;
  readonly #ended: () => void;
  readonly #leases = new Set<Lease>();
  #watcher: Watcher | undefined;
  #opening: Promise<void> | undefined;
  #watched = '';
  #failures = 0;
  #closed = false;
  #cancelGrace: (() => void) | undefined;
  #cancelReopen: (() => void) | undefined;

  constructor(account: string, watch: Watch, options: WatchersOptions, ended: () => void) {
    this.#account = account;
    this.#watch = watch;
    this.#options = options;
    this.#ended = ended;
  }

  add(folders: readonly FolderId[]): Lease {
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
    const lease = { folders };
    this.#leases.add(lease);
    if (this.#watcher !== undefined) this.#watchAll(this.#watcher);
    else if (this.#opening === undefined && this.#cancelReopen === undefined) this.#opening = this.#open();
    return lease;
  }

  remove(lease: Lease): void {
    if (!this.#leases.delete(lease) || this.#leases.size > 0 || this.#closed) return;
    this.#cancelGrace = this.#options.clock.after(GraceTime, () => {
      this.#ended();
      void this.close();
    });
  }

  async ready(): Promise<void> {
    await this.#opening;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelGrace?.();
    this.#cancelReopen?.();
    await this.#opening;
    const watcher = this.#watcher;
    this.#watcher = undefined;
    await watcher?.close();
  }

  #folders(): FolderId[] {
    return [...new Set([...this.#leases].flatMap(({ folders }) => folders))];
  }

  #watchAll(watcher: Watcher): void {
    const folders = this.#folders();
    const names = JSON.stringify([...folders].sort());
    if (names === this.#watched) return;
    this.#watched = names;
    watcher.watch(folders);
  }

  async #open(): Promise<void> {
    const { hub, log } = this.#options;
    const account = this.#account;
    try {
      const folders = this.#folders();
      this.#watched = JSON.stringify([...folders].sort());
      this.#watcher = await this.#watch.open(folders, {
        moved: (folder, position, arrived = false) =>
          hub.publish(account, { kind: 'moved', folder, position, arrived }),
        hierarchyChanged: () => hub.publish(account, { kind: 'hierarchy' }),
        lost: (error) => this.#lost(error),
      });
      this.#failures = 0;
      this.#watchAll(this.#watcher);
    } catch (error) {
      log.warn({ account, error: String(error) }, 'The watch of an account cannot be opened; it is tried again');
      this.#reopenLater();
    } finally {
      this.#opening = undefined;
    }
  }

  #lost(error: unknown): void {
    this.#watcher = undefined;
    if (this.#closed) return;
    this.#options.log.info(
      { account: this.#account, error: String(error) },
      'The watch of an account ended; it is opened again',
    );
    this.#reopenLater();
  }

  /** Positions may have moved unseen meanwhile: once the watch is open again, everybody looks. */
  #reopenLater(): void {
    if (this.#closed) return;
    const delay = Math.min(ReopenTime.first * 2 ** this.#failures, ReopenTime.longest);
    this.#failures++;
    this.#cancelReopen = this.#options.clock.after(delay, () => {
      this.#cancelReopen = undefined;
      this.#opening = this.#open().then(() => {
        if (this.#watcher !== undefined) this.#options.hub.publish(this.#account, { kind: 'unsure' });
      });
    });
  }
}
