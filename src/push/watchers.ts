import type { FolderId } from '../../backends/contract/folders.ts';
import type { Position } from '../../backends/contract/items.ts';
import type { Watch, Watcher, WatchListener } from '../../backends/contract/watch.ts';
import type { Clock, Log } from '../handlers/context.ts';
import type { ChangeHub } from './hub.ts';
import type { LeaseHolder, Leases } from './leases.ts';

/** Milliseconds that a watch outlives its last waiter: a device that fetches comes back to wait. */
export const GraceTime = 30_000;

/** Milliseconds before a watch that broke is opened again: doubled with each failure in a row. */
export const ReopenTime = { first: 1000, longest: 60_000 } as const;

/** What the watchers need. */
export interface WatchersOptions {
  readonly hub: ChangeHub;
  readonly clock: Clock;
  readonly log: Log;
  /** Which node of a cluster watches an account; absent: there is this one alone. */
  readonly leases?: Leases | undefined;
}

/** One watch an account, whatever the number of its devices, alive while one of them waits. */
export class Watchers {
  readonly #options: WatchersOptions;
  readonly #accounts = new Map<string, AccountWatch>();

  constructor(options: WatchersOptions) {
    this.#options = options;
  }

  /**
   * Has an account's folders watched until {@link release} is called with the same array. Resolves
   * once changes from now on will be told; when the watch cannot be opened it is tried again in the
   * background, and the waiters are told to look themselves each time.
   */
  acquire(account: string, watch: Watch, folders: readonly FolderId[]): Promise<void> {
    const known = this.#accounts.get(account);
    const entry = known ?? new AccountWatch(this, account, watch, this.#options);
    this.#accounts.set(account, entry);
    return entry.add(folders);
  }

  /** Lets a claim go; done twice is harmless. */
  release(account: string, folders: readonly FolderId[]): void {
    this.#accounts.get(account)?.remove(folders);
  }

  /** Whether an account was watched without a gap until now, or is about to be watched again after one that is told. */
  has(account: string): boolean {
    return this.#accounts.has(account);
  }

  /** Ends the watch of an account: its password is no longer proved. */
  async forget(account: string): Promise<void> {
    const entry = this.#accounts.get(account);
    this.#accounts.delete(account);
    await entry?.close();
  }

  /** Called by a watch whose grace time is over. */
  drop(account: string, entry: AccountWatch): void {
    if (this.#accounts.get(account) === entry) this.#accounts.delete(account);
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

/** The watch of one account; it is the listener of its own watcher, so that a watched account costs one record. */
class AccountWatch implements WatchListener, LeaseHolder {
  readonly #owner: Watchers;
  readonly #account: string;
  readonly #watch: Watch;
  readonly #options: WatchersOptions;
  /** Claims: the folders that each waiter waits for. */
  #claims: (readonly FolderId[])[] = [];
  /** The folders that other nodes wait for, by node, while we watch for them. */
  readonly #wishes = new Map<string, readonly FolderId[]>();
  /** Another node has the lease, and watches. */
  #isRefused = false;
  /** Counts the openings: only the newest one counts. */
  #openings = 0;
  #watcher: Watcher | undefined;
  #opening: Promise<void> | undefined;
  #watched: readonly FolderId[] = [];
  #failures = 0;
  /** Watches that ended by themselves. */
  #losses = 0;
  #closed = false;
  /** Cancels the end of the grace time. */
  #cancelGrace: (() => void) | undefined;
  /** Cancels the next try to open. */
  #cancelReopen: (() => void) | undefined;

  constructor(owner: Watchers, account: string, watch: Watch, options: WatchersOptions) {
    this.#owner = owner;
    this.#account = account;
    this.#watch = watch;
    this.#options = options;
  }

  async add(folders: readonly FolderId[]): Promise<void> {
    this.#claims.push(folders);
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
    if (this.#watcher !== undefined) this.#watchAll(this.#watcher);
    else if (this.#isRefused) this.ownerChanged();
    else if (this.#opening === undefined && this.#cancelReopen === undefined) this.#opening = this.#open();
    await this.#opening;
  }

  remove(folders: readonly FolderId[]): void {
    const index = this.#claims.indexOf(folders);
    if (index < 0) return;
    this.#claims.splice(index, 1);
    if (this.#claims.length > 0 || this.#closed) return;
    this.#cancelGrace?.();
    this.#cancelGrace = this.#options.clock.after(GraceTime, () => this.#endGrace());
  }

  moved(folder: FolderId, position: Position | undefined, arrived = false): void {
    this.#options.hub.publish(this.#account, { kind: 'moved', folder, position, arrived });
  }

  hierarchyChanged(): void {
    this.#options.hub.publish(this.#account, { kind: 'hierarchy' });
  }

  lost(error: unknown): void {
    this.#watcher = undefined;
    this.#losses++;
    if (this.#closed) return;
    const about = { account: this.#account, error: String(error) };
    this.#options.log.info(about, 'The watch of an account ended; it is opened again');
    this.#reopenLater();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelGrace?.();
    this.#cancelReopen?.();
    await this.#opening;
    this.#options.leases?.release(this.#account, this);
    await this.#closeWatcher();
  }

  /** Its owner died, or let go. Whatever happened meanwhile, everybody here looks. */
  leaseGranted(): void {
    this.#isRefused = false;
    if (this.#claims.length === 0) this.#endGrace();
    else this.#opening = this.#open().then(() => this.#tellToLook());
  }

  leaseLost(): void {
    this.#isRefused = true;
    this.#cancelReopen?.();
    this.#cancelReopen = undefined;
    void this.#closeWatcher();
    this.ownerChanged();
    this.#options.hub.tell(this.#account, { kind: 'unsure' });
  }

  ownerChanged(): void {
    if (this.#claims.length > 0) this.#options.leases?.wish(this.#account, [...new Set(this.#claims.flat())]);
  }

  /** Where an added folder stands is told by its watcher. */
  wished(node: string, folders: readonly FolderId[]): void {
    this.#wishes.set(node, folders);
    if (this.#watcher !== undefined) this.#watchAll(this.#watcher);
  }

  async #closeWatcher(): Promise<void> {
    const watcher = this.#watcher;
    this.#watcher = undefined;
    this.#wishes.clear();
    await watcher?.close();
  }

  /** All folders that anybody waits for, on any node. */
  #wanted(): Set<FolderId> {
    return new Set([...this.#claims, ...this.#wishes.values()].flat());
  }

  #endGrace(): void {
    this.#owner.drop(this.#account, this);
    void this.close();
  }

  #watchAll(watcher: Watcher): void {
    const known = new Set(this.#watched);
    const wanted = this.#wanted();
    if (wanted.size === known.size && [...wanted].every((folder) => known.has(folder))) return;
    this.#watched = wanted.size === 0 ? [] : [...wanted];
    watcher.watch(this.#watched);
  }

  async #open(): Promise<void> {
    const losses = this.#losses;
    const opening = ++this.#openings;
    try {
      const { leases } = this.#options;
      if (leases !== undefined && !(await this.#mayWatch(leases))) return;
      this.#watched = [...this.#wanted()];
      const watcher = await this.#watch.open(this.#watched, this);
      // It may have ended in the moment in which it was there, and is to be opened again already.
      if (this.#losses !== losses) return;
      if (this.#isRefused || opening !== this.#openings) return await watcher.close();
      this.#failures = 0;
      this.#watcher = watcher;
      this.#watchAll(watcher);
      this.#options.leases?.opened(this.#account);
    } catch (error) {
      const about = { account: this.#account, error: String(error) };
      this.#options.log.warn(about, 'The watch of an account cannot be opened; it is tried again');
      // Another node, where another login waits, may be luckier.
      this.#options.leases?.release(this.#account, this);
      this.#reopenLater();
    } finally {
      if (opening === this.#openings) this.#opening = undefined;
    }
  }

  /** Asks for the lease; without one, whoever has it is told what is waited for here. */
  async #mayWatch(leases: Leases): Promise<boolean> {
    this.#isRefused = !(await leases.acquire(this.#account, this));
    if (this.#isRefused) this.ownerChanged();
    return !this.#isRefused && !this.#closed;
  }

  /** Positions may have moved unseen meanwhile: once the watch is open again, everybody looks. */
  #reopenLater(): void {
    if (this.#closed) return;
    const delay = Math.min(ReopenTime.first * 2 ** this.#failures, ReopenTime.longest);
    this.#failures++;
    this.#cancelReopen?.();
    this.#cancelReopen = this.#options.clock.after(delay, () => {
      this.#cancelReopen = undefined;
      // Without a claim there is nothing to watch; the next one opens it, and hears that there was a gap.
      if (this.#claims.length > 0) this.#opening = this.#open().then(() => this.#tellToLook());
      else this.#options.hub.tell(this.#account, { kind: 'unsure' });
    });
  }

  #tellToLook(): void {
    if (this.#watcher !== undefined) this.#options.hub.tell(this.#account, { kind: 'unsure' });
  }
}
