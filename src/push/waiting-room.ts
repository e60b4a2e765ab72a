import type { Watch } from '../../backends/contract/watch.ts';
import type { Clock } from '../handlers/context.ts';
import { HierarchyNews } from './hierarchy-news.ts';
import type { ChangeHub, ChangeListener } from './hub.ts';
import { TimerWheel } from './timer-wheel.ts';
import type { Turns } from './turns.ts';
import { type Looker, type LookPlan, Waiter, type WaiterHost, type WaitRequest } from './waiter.ts';
import type { Watchers } from './watchers.ts';

/** Milliseconds after which a waiter looks again at a backend that did not answer. */
export const LookAgainTime = 15_000;

/** Devices whose last request is remembered: those that are about to wait, not those that do. 100 bytes each. */
const RememberedTurns = 10_000;

/**
 * Milliseconds between two looks of a device whose account nobody watches, because a webhook tells of
 * its changes: a notice that a crash of the mail server swallowed is made up for. The first look
 * comes at a time of its own for each device, so that they do not all log in at once.
 */
export const SafetyLookTime = 600_000;

/** What the room needs. */
export interface WaitingRoomOptions {
  readonly hub: ChangeHub;
  readonly watchers: Watchers;
  readonly clock: Clock;
  /** The order of requests over all nodes of a cluster; absent: there is this one alone. */
  readonly turns?: Turns | undefined;
}

/** How the waiter is told that its client hung up: by registering with whoever sees the connection. */
export type WhenGone = (call: () => void) => void;

/** Everybody who waits on this node: one small record each, one shared timer, one listener for all. */
export class WaitingRoom implements WaiterHost {
  readonly hierarchies = new HierarchyNews();
  readonly #hub: ChangeHub;
  readonly #watchers: Watchers;
  readonly #clock: Clock;
  readonly #wheel: TimerWheel;
  readonly #byPartition = new Map<string, Waiter<unknown>>();
  /** The last request of each device that may come to wait. */
  readonly #turns = new Map<string, number>();
  readonly #byAccount = new Map<string, readonly Waiter<unknown>[]>();
  readonly #listener: ChangeListener;
  readonly #elsewhere: Turns | undefined;
  #turn = 0;
  #closing = false;

  constructor({ hub, watchers, clock, turns }: WaitingRoomOptions) {
    this.#hub = hub;
    this.#watchers = watchers;
    this.#clock = clock;
    this.#wheel = new TimerWheel(clock);
    this.#listener = (account, event) => {
      for (const waiter of this.#byAccount.get(account) ?? []) waiter.notice(event);
    };
    hub.overhear((account, event) => this.hierarchies.hear(account, event));
    this.#elsewhere = turns;
    turns?.listen((partition) => {
      const waiter = this.#byPartition.get(partition);
      if (waiter !== undefined) void this.#endOvertaken(waiter);
    });
  }

  /**
   * Waits until a look finds something, or the wait ends. Subscribes first and compares positions
   * afterwards, so that no change between the device's last Sync and now is missed. An older wait
   * of the same device ends.
   */
  async wait<Answer>(
    request: WaitRequest,
    looker: Looker<Answer>,
    watch: Watch | undefined,
    whenGone: WhenGone,
  ): Promise<Answer> {
    const waiter = new Waiter(this, request, looker, watch === undefined ? this.#safetyLooks(request) : undefined);
    this.#enter(waiter);
    whenGone(() => waiter.end('gone'));
    const hearing = this.#hub.heard(waiter.account);
    // What was told while this node did not listen, or did not watch, may have been of the hierarchy.
    if (hearing !== undefined || (watch !== undefined && !this.#watchers.has(waiter.account)))
      this.hierarchies.doubt(waiter.account);
    if (hearing !== undefined) await hearing;
    // What was said before we heard is asked for; what is said later is heard.
    if (this.#elsewhere !== undefined) await this.#endOvertaken(waiter);
    if (watch !== undefined) await this.#watchers.acquire(waiter.account, watch, waiter.folders);
    if (!this.#has(waiter)) this.#watchers.release(waiter.account, waiter.folders);
    // Nothing of this function is kept while the device waits; the watch is let go by `leave`.
    return waiter.begin();
  }

  /**
   * Ends the wait of a device, because a newer request of it came, and gives that request its turn:
   * an older request that comes to wait only now is too late for it.
   */
  supersede(partition: string): number {
    this.#byPartition.get(partition)?.end('superseded');
    this.#turn++;
    this.#turns.delete(partition);
    this.#turns.set(partition, this.#turn);
    this.#elsewhere?.take(partition, this.#turn);
    const [oldest] = this.#turns.keys();
    if (this.#turns.size > RememberedTurns && oldest !== undefined) this.#turns.delete(oldest);
    return this.#turn;
  }

  /** Takes a waiter out of the room; done twice is harmless. */
  leave(waiter: Waiter<unknown>): void {
    this.#wheel.remove(waiter);
    this.#watchers.release(waiter.account, waiter.folders);
    if (this.#has(waiter)) this.#byPartition.delete(waiter.partition);
    const waiters = this.#byAccount.get(waiter.account);
    if (!waiters?.includes(waiter)) return;
    if (waiters.length > 1) {
      this.#byAccount.set(
        waiter.account,
        waiters.filter((one) => one !== waiter),
      );
      return;
    }
    this.#byAccount.delete(waiter.account);
    this.#hub.unsubscribe(waiter.account, this.#listener);
  }

  again(waiter: Waiter<unknown>): void {
    this.#wheel.add(waiter);
  }

  lookAgain(waiter: Waiter<unknown>): void {
    this.#clock.after(LookAgainTime, () => {
      if (this.#has(waiter)) waiter.notice({ kind: 'unsure' });
    });
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

  /** Spreads the first looks over the second half of the time between two. */
  #safetyLooks({ partition }: WaitRequest): LookPlan {
    let spread = 0;
    for (let i = 0; i < partition.length; i++) spread = (spread * 31 + partition.charCodeAt(i)) % 1000;
    return { first: this.#clock.now() + SafetyLookTime * (0.5 + spread / 2000), every: SafetyLookTime };
  }

  /** Ends a wait when a newer request of its device came to another node. */
  async #endOvertaken(waiter: Waiter<unknown>): Promise<void> {
    const overtaken = await this.#elsewhere?.overtaken(waiter.partition, waiter.turn);
    if (overtaken && this.#has(waiter)) waiter.end('superseded');
  }

  #has(waiter: Waiter<unknown>): boolean {
    return this.#byPartition.get(waiter.partition) === waiter;
  }

  #enter(waiter: Waiter<unknown>): void {
    const { partition, turn } = waiter;
    const older = this.#byPartition.get(partition);
    const late = turn < (this.#turns.get(partition) ?? older?.turn ?? turn);
    if (!late) {
      older?.end('superseded');
      this.#turns.delete(partition);
      this.#byPartition.set(partition, waiter);
    }
    const others = this.#byAccount.get(waiter.account);
    if (others === undefined) this.#hub.subscribe(waiter.account, this.#listener);
    this.#byAccount.set(waiter.account, [...(others ?? []), waiter]);
    this.#wheel.add(waiter);
    if (late) waiter.end('superseded');
    else if (this.#closing) waiter.end('closing');
  }
}
