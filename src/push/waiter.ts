import { isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { Position } from '../../backends/contract/items.ts';
import type { HierarchyNews } from './hierarchy-news.ts';
import type { ChangeEvent } from './hub.ts';
import type { Due } from './timer-wheel.ts';
import { type EndReason, isEnd, strongerWake, type Wake, wakeOf } from './wake.ts';

/** What a look gave: an answer, or the position up to which there is nothing for this device. */
export type Look<Answer> =
  | { readonly kind: 'found'; readonly answer: Answer }
  | { readonly kind: 'nothing'; readonly position: Position | undefined };

/** A look that found something. */
export const found = <Answer>(answer: Answer): Look<Answer> => ({ kind: 'found', answer });

/** A look that found nothing up to a position. */
export const nothing = (position: Position | undefined): Look<never> => ({ kind: 'nothing', position });

/** How a waiter finds out whether a wake is for its device. Reads all state anew: nothing is kept while it waits. */
export interface Looker<Answer> {
  /** `arrived`: something certainly came in, so a device that only wants to know need not look. */
  folder(folder: FolderId, arrived: boolean): Promise<Look<Answer>>;
  /** Whether folders were made, renamed or removed since the device asked; absent: its wait does not tell. */
  hierarchy?(): Promise<Answer | undefined>;
  /** Where the folders are now; one that is gone is left out. */
  positions(folders: readonly FolderId[]): Promise<ReadonlyMap<FolderId, Position>>;
  /** What to answer when the wait ends without anything found. */
  ended(reason: EndReason): Promise<Answer>;
  /** A look found nothing, and the device waits on: what the look used may go. */
  rest(): void;
}

/** Who waits for what. */
export interface WaitRequest {
  readonly account: string;
  /** Partition of the partnership: one wait each. */
  readonly partition: string;
  /** Folders waited for, each with the position that the device knows. */
  readonly folders: ReadonlyMap<FolderId, Position | undefined>;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  /** The turn that the room gave this request when it came. */
  readonly turn: number;
}

/** How often a waiter looks although nobody woke it. */
export interface LookPlan {
  /** Milliseconds since 1970 of the first such look. */
  readonly first: number;
  /** Milliseconds between two of them. */
  readonly every: number;
}

/** What a waiter asks of the room it is in. */
export interface WaiterHost {
  readonly hierarchies: HierarchyNews;
  leave(waiter: Waiter<unknown>): void;
  /** Has the waiter's time run again, to its new deadline. */
  again(waiter: Waiter<unknown>): void;
  /** Wakes a waiter again later, because the backend does not answer now. */
  lookAgain(waiter: Waiter<unknown>): void;
}

/**
 * One device that waits: a small record. It is either at rest, or looks; what happens while it
 * looks is heard afterwards.
 */
export class Waiter<Answer> implements Due {
  readonly account: string;
  readonly partition: string;
  /** When the timer is to call: at the next look, or at the end. */
  deadline: number;
  readonly turn: number;
  readonly folders: readonly FolderId[];
  readonly #positions: (Position | undefined)[];
  readonly #host: WaiterHost;
  readonly #end: number;
  readonly #plan: LookPlan | undefined;
  readonly #looker: Looker<Answer>;
  #settle: { resolve(answer: Answer | Promise<Answer>): void; reject(error: unknown): void } | undefined;
  #heard: Wake | undefined;
  #looking = true;

  constructor(host: WaiterHost, request: WaitRequest, looker: Looker<Answer>, plan?: LookPlan) {
    this.account = request.account;
    this.partition = request.partition;
    this.#end = request.deadline;
    this.#plan = plan;
    this.deadline = Math.min(this.#end, plan?.first ?? this.#end);
    this.turn = request.turn;
    this.folders = [...request.folders.keys()];
    this.#positions = [...request.folders.values()];
    this.#host = host;
    this.#looker = looker;
  }

  /** Looks for the first time, as changes from now on are told, and then waits. */
  begin(): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    void this.#look({ reason: 'unsure' });
    return answer;
  }

  /** Hears of a change. */
  notice(event: ChangeEvent): void {
    const wake = wakeOf(event);
    if (wake.reason === 'moved') {
      const index = this.folders.indexOf(wake.folder);
      if (index < 0) return;
      if (event.kind === 'moved' && event.position !== undefined && event.position === this.#positions[index]) return;
    }
    this.#hear(wake);
  }

  /** Ends the wait. */
  end(reason: EndReason): void {
    this.#host.leave(this);
    this.#hear({ reason });
  }

  expire(): void {
    if (this.#plan === undefined || this.deadline >= this.#end) {
      this.end('expired');
      return;
    }
    this.deadline = Math.min(this.#end, this.deadline + this.#plan.every);
    this.#host.again(this);
    // A notice of the hierarchy may have been lost as well as any other.
    this.#host.hierarchies.forget(this.partition);
    this.notice({ kind: 'unsure' });
  }

  #hear(wake: Wake): void {
    if (this.#looking) this.#heard = strongerWake(this.#heard, wake);
    else if (isEnd(wake)) this.#answer(this.#looker.ended(wake.reason));
    else void this.#look(wake);
  }

  async #look(wake: Exclude<Wake, { reason: EndReason }>): Promise<void> {
    this.#looking = true;
    try {
      const answer = await this.#lookAfter(wake);
      if (answer !== undefined) {
        this.#answer(answer);
        return;
      }
    } catch (error) {
      if (!isBackendError(error, 'unavailable')) {
        this.#fail(error);
        return;
      }
      // A backend that is down keeps its devices waiting: they must not think that their mail is gone.
      this.#host.lookAgain(this);
    }
    this.#looking = false;
    const heard = this.#heard;
    this.#heard = undefined;
    if (heard === undefined) this.#looker.rest();
    else this.#hear(heard);
  }

  async #lookAfter(wake: Exclude<Wake, { reason: EndReason }>): Promise<Answer | undefined> {
    if (wake.reason === 'hierarchy') return this.#lookAtHierarchy();
    if (wake.reason === 'moved') return this.#lookAt(wake.folder, wake.arrived);
    const isCurrent = this.#host.hierarchies.isCurrent(this.partition, this.account);
    const { answer, away } = await this.#lookAtMoved();
    const last = answer ?? (isCurrent ? undefined : await this.#lookAtHierarchy());
    if (last === undefined && away !== undefined) throw away;
    return last;
  }

  /** Looks at the folders that are not where the device knows them to be; `away`: the failure of one that cannot be looked at. */
  async #lookAtMoved(): Promise<{ readonly answer?: Answer; readonly away?: unknown }> {
    const positions = await this.#looker.positions(this.folders);
    let away: unknown;
    for (const [i, folder] of this.folders.entries()) {
      const position = positions.get(folder);
      if (position !== undefined && position === this.#positions[i]) continue;
      try {
        const answer = await this.#lookAt(folder, false);
        if (answer !== undefined) return { answer };
      } catch (error) {
        // A calendar server that is away hides no mail.
        if (!isBackendError(error, 'unavailable')) throw error;
        away = error;
      }
    }
    return { away };
  }

  async #lookAtHierarchy(): Promise<Answer | undefined> {
    if (this.#looker.hierarchy === undefined) return undefined;
    const { hierarchies } = this.#host;
    const number = hierarchies.numberOf(this.account);
    const answer = await this.#looker.hierarchy();
    if (answer === undefined) hierarchies.compared(this.partition, number);
    return answer;
  }

  async #lookAt(folder: FolderId, arrived: boolean): Promise<Answer | undefined> {
    const look = await this.#looker.folder(folder, arrived);
    if (look.kind === 'found') return look.answer;
    this.#positions[this.folders.indexOf(folder)] = look.position;
    return undefined;
  }

  #answer(answer: Answer | Promise<Answer>): void {
    this.#host.leave(this);
    this.#settle?.resolve(answer);
    this.#settle = undefined;
  }

  #fail(error: unknown): void {
    this.#host.leave(this);
    this.#settle?.reject(error);
    this.#settle = undefined;
  }
}
