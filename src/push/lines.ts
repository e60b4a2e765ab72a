import type { Redis } from 'ioredis';
import type { Clock } from '../handlers/context.ts';

/** An account that this node hears of: 300 bytes here, as many at Redis. */
export interface Line {
  readonly account: string;
  /** Number of the last message known of; `undefined`: not yet known. */
  last: number | undefined;
  /** Resolves once it is heard, or Redis is known to be away. */
  opening: Promise<void> | undefined;
  /** When the last listener left, in milliseconds since 1970; `undefined`: somebody listens. */
  idleSince: number | undefined;
}

/** What the lines work with. */
export interface LinesOptions {
  readonly clock: Clock;
  readonly subscriber: Redis;
  channelOf(account: string): string;
  /** The numbers of the last messages; throws when Redis is away. */
  numbersOf(accounts: readonly string[]): Promise<readonly number[]>;
}

/**
 * Milliseconds that a subscription outlives its last listener: a phone that fetches comes back to
 * wait, and the account's watch is kept for a while, too ({@link GraceTime}, which is shorter).
 */
export const LingerTime = 60_000;

/** Channels in one command. */
const SubscribeBatch = 1000;

/** Milliseconds between two looks for subscriptions that nobody needs. */
const SweepTime = 10_000;

/** The subscriptions of this node, one an account, made and ended many at a time. */
export class LinesOfAccounts {
  readonly #options: LinesOptions;
  readonly #lines = new Map<string, Line>();
  /** Lines that are subscribed together, once all that asks in this moment has asked. */
  #batch: { readonly lines: Line[]; readonly done: Promise<void> } | undefined;
  #cancelSweep: (() => void) | undefined;

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  open(account: string): void {
    const known = this.#lines.get(account);
    if (known !== undefined) {
      known.idleSince = undefined;
      return;
    }
    const line: Line = { account, last: undefined, opening: undefined, idleSince: undefined };
    this.#lines.set(account, line);
    line.opening = this.#enqueue(line);
  }

  leave(account: string): void {
    const line = this.#lines.get(account);
    if (line === undefined) return;
    line.idleSince = this.#options.clock.now();
    this.#cancelSweep ??= this.#options.clock.after(SweepTime, () => this.#sweep());
  }

  opening(account: string): Promise<void> | undefined {
    return this.#lines.get(account)?.opening;
  }

  byChannel(channel: string): Line | undefined {
    return this.#lines.get(channel.slice(this.#options.channelOf('').length - 1, -1));
  }

  all(): readonly Line[] {
    return [...this.#lines.values()];
  }

  get size(): number {
    return this.#lines.size;
  }

  /**
   * Subscribes all on a new connection; resolves once all is. (What a connection renews by itself is
   * only what was confirmed on the last one, which may have broken in the middle of it.)
   */
  async resubscribe(): Promise<void> {
    const lines = this.all();
    for (let i = 0; i < lines.length; i += SubscribeBatch) await this.#subscribe(lines.slice(i, i + SubscribeBatch));
  }

  close(): void {
    this.#cancelSweep?.();
    this.#lines.clear();
  }

  #enqueue(line: Line): Promise<void> {
    if (this.#batch === undefined) {
      const lines: Line[] = [];
      const done = new Promise((resolve) => setImmediate(resolve)).then(() => this.#openAll(lines));
      this.#batch = { lines, done };
    }
    this.#batch.lines.push(line);
    return this.#batch.done;
  }

  /** While Redis is away nobody is kept waiting: the line is subscribed and compared once it is back. */
  async #openAll(lines: readonly Line[]): Promise<void> {
    this.#batch = undefined;
    try {
      if (this.#options.subscriber.status === 'ready') await this.#subscribe(lines);
      const numbers = await this.#options.numbersOf(lines.map(({ account }) => account));
      for (const [i, line] of lines.entries()) line.last = Math.max(line.last ?? 0, numbers[i] ?? 0);
    } catch {
      // Its number is not known, so it counts as missed when the connection is back.
    } finally {
      for (const line of lines) line.opening = undefined;
    }
  }

  async #subscribe(lines: readonly Line[]): Promise<void> {
    await this.#options.subscriber.subscribe(...lines.map(({ account }) => this.#options.channelOf(account)));
  }

  #sweep(): void {
    const { clock, subscriber, channelOf } = this.#options;
    const idle = this.all().filter(({ idleSince }) => idleSince !== undefined);
    const over = idle.filter(({ idleSince = 0 }) => idleSince <= clock.now() - LingerTime);
    for (const { account } of over) this.#lines.delete(account);
    if (over.length > 0)
      subscriber.unsubscribe(...over.map(({ account }) => channelOf(account))).catch(() => undefined);
    this.#cancelSweep = idle.length > over.length ? clock.after(SweepTime, () => this.#sweep()) : undefined;
  }
}

/**
 * Takes note of the number of a message. `true`: messages between the last one and this one are
 * missing. An older number is one that was on its way while the line was compared.
 */
export const skipped = (line: Line, number: number): boolean => {
  const gap = line.last !== undefined && number > line.last + 1;
  line.last = Math.max(line.last ?? 0, number);
  return gap;
};
