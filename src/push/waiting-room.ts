import type { FolderId } from '../../backends/contract/folders.ts';
import type { Position } from '../../backends/contract/items.ts';
import type { Clock } from '../handlers/context.ts';
import type { ChangeEvent, ChangeHub } from './hub.ts';
import { type Due, TimerWheel } from './timer-wheel.ts';

/** Why a wait ended. */
export type Wake =
  /** A folder moved on from the position that the waiter named. */
  | { readonly reason: 'moved'; readonly folder: FolderId; readonly arrived: boolean }
  /** Something may have moved unseen: look at every folder. */
  | { readonly reason: 'unsure' }
  | { readonly reason: 'hierarchy' }
  | { readonly reason: 'expired' }
  /** A newer request of the same device takes its place. */
  | { readonly reason: 'superseded' }
  /** The client hung up. */
  | { readonly reason: 'gone' }
  /** The server is being stopped. */
  | { readonly reason: 'closing' };

/** Who waits for what. */
export interface WaitRequest {
  readonly account: string;
  /** Partition of the partnership: one wait each. */
  readonly partition: string;
  /** Folders waited for, each with the position that the device knows. */
  readonly folders: ReadonlyMap<FolderId, Position | undefined>;
  /** Milliseconds since 1970. */
  readonly deadline: number;
}

/** A wait that has begun: events from now on wake it, also before {@link Waiter.wake} is asked for. */
export class Waiter implements Due {
  readonly account: string;
  readonly partition: string;
  readonly deadline: number;
  readonly #room: WaitingRoom;
  #folders: ReadonlyMap<FolderId, Position | undefined>;
  #woken: Wake | undefined;
  #resolve: ((wake: Wake) => void) | undefined;

  constructor(room: WaitingRoom, request: WaitRequest) {
    this.#room = room;
    this.account = request.account;
    this.partition = request.partition;
    this.deadline = request.deadline;
    this.#folders = request.folders;
  }

  /** Resolves with what wakes the waiter, at once when that has already happened. */
  next(): Promise<Wake> {
    const woken = this.#woken;
    this.#woken = undefined;
    if (woken !== undefined) return Promise.resolve(woken);
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Goes on waiting after a wake that was nothing for this device; the folder is at `position` now. */
  settle(folder: FolderId, position: Position | undefined): void {
    this.#folders = new Map(this.#folders).set(folder, position);
  }

  /** Folders waited for, with the positions from which the waiter looks on. */
  get folders(): ReadonlyMap<FolderId, Position | undefined> {
    return this.#folders;
  }

  /** Leaves the room. */
  leave(): void {
    this.#room.leave(this);
  }

  /** Ends the wait; the first of several reasons that end it counts, and outdoes a mere wake. */
  end(reason: 'expired' | 'superseded' | 'gone' | 'closing'): void {
    this.leave();
    this.#tell({ reason });
  }

  expire(): void {
    this.end('expired');
  }

  notice(event: ChangeEvent): void {
    if (event.kind !== 'moved') {
      this.#tell({ reason: event.kind });
      return;
    }
    const { folder, position, arrived } = event;
    if (!this.#folders.has(folder)) return;
    if (position !== undefined && position === this.#folders.get(folder)) return;
    this.#tell({ reason: 'moved', folder, arrived });
  }

  #tell(wake: Wake): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    if (resolve !== undefined) resolve(wake);
    else this.#woken = stronger(this.#woken, wake);
  }
}

/** Of two wakes that nobody has heard yet, the one that must not be missed. */
const stronger = (first: Wake | undefined, second: Wake): Wake => {
  if (first === undefined) return second;
  const rank = { moved: 0, unsure: 1, hierarchy: 1, expired: 2, superseded: 3, gone: 3, closing: 2 } as const;
  if (first.reason === 'moved' && second.reason === 'moved' && first.folder !== second.folder)
    return { reason: 'unsure' };
  if (first.reason === 'moved' && second.reason === 'moved') return first.arrived ? first : second;
  if (rank[first.reason] === 1 && rank[second.reason] === 1) return first.reason === 'hierarchy' ? first : second;
  return rank[second.reason] > rank[first.reason] ? second : first;
};

/** Everybody who waits on this node: one small record each, one shared timer, one hub listener an account. */
export class WaitingRoom {
  readonly #hub: ChangeHub;
  readonly #wheel: TimerWheel;
  readonly #byPartition = new Map<string, Waiter>();
  readonly #byAccount = new Map<string, { readonly waiters: Set<Waiter>; readonly unsubscribe: () => void }>();
  #closing = false;

  constructor(hub: ChangeHub, clock: Clock) {
    this.#hub = hub;
    this.#wheel = new TimerWheel(clock);
  }

  /** Enters: from now on events wake the waiter. An older wait of the same device ends. */
  enter(request: WaitRequest): Waiter {
    this.supersede(request.partition);
    const waiter = new Waiter(this, request);
    this.#byPartition.set(request.partition, waiter);
    this.#accountOf(request.account).add(waiter);
    this.#wheel.add(waiter);
    if (this.#closing) waiter.end('closing');
    return waiter;
  }

  /** Ends the wait of a device, because a newer request of it came. */
  supersede(partition: string): void {
    this.#byPartition.get(partition)?.end('superseded');
  }

  /** Takes a waiter out of the room; done twice is harmless. */
  leave(waiter: Waiter): void {
    this.#wheel.remove(waiter);
    if (this.#byPartition.get(waiter.partition) === waiter) this.#byPartition.delete(waiter.partition);
    const account = this.#byAccount.get(waiter.account);
    if (account === undefined || !account.waiters.delete(waiter) || account.waiters.size > 0) return;
    account.unsubscribe();
    this.#byAccount.delete(waiter.account);
  }

  /** Answers everybody; who enters afterwards is answered at once. */
  close(): void {
    this.#closing = true;
    for (const waiter of [...this.#byPartition.values()]) waiter.end('closing');
  }

  /** Number of devices that wait. */
  get size(): number {
    return this.#byPartition.size;
  }

  #accountOf(account: string): Set<Waiter> {
    const known = this.#byAccount.get(account);
    if (known !== undefined) return known.waiters;
    const waiters = new Set<Waiter>();
    const unsubscribe = this.#hub.subscribe(account, (event) => {
      for (const waiter of [...waiters]) waiter.notice(event);
    });
    this.#byAccount.set(account, { waiters, unsubscribe });
    return waiters;
  }
}
