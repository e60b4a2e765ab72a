import type { Redis } from 'ioredis';
import type { Clock, Log } from '../handlers/context.ts';
import { keyOf, type RedisConnection } from '../redis/connection.ts';
import { type Line, LinesOfAccounts, skipped } from './lines.ts';
import type { AccountMessage, NodeMessage, WireListener } from './wire.ts';

/** What the wire works with. */
export interface RedisWireOptions {
  readonly commands: RedisConnection;
  readonly subscriber: Redis;
  readonly prefix: string;
  /** Name of this node, different from that of any other and of its own earlier life. */
  readonly node: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Seconds that the number of an account's messages is kept: longer than any wait. */
const CountLife = 7200;

/**
 * Milliseconds for which sent messages are remembered: what Redis took in its last seconds before a
 * fail-over may never have reached the replica, nor anybody.
 */
const RecentTime = 10_000;

/** Accounts that are compared at once after a reconnect, and the milliseconds between two such batches. */
const Compare = { batch: 500, pause: 100 } as const;

/** Milliseconds after which a message that was counted and did not come is missed, not late. */
const LateTime = 1000;

/**
 * Accounts that are told in one go that they may have missed something, and the milliseconds until
 * the next go: their waiters look into the mail server, which shall not meet all of them at once.
 */
const Tell = { batch: 50, pause: 100 } as const;

/** Numbers a message and publishes it; a hash tag is not needed for the channel. */
const SendScript = `local number = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('PUBLISH', ARGV[1], number .. ' ' .. ARGV[2])`;

/** Counts since the start, for the metrics. */
export interface WireFigures {
  sent: number;
  /** Messages that Redis did not take; they are made up for once it is back. */
  failed: number;
  received: number;
  /** Accounts that may have missed a message. */
  missed: number;
  reconnects: number;
}

/**
 * Messages between nodes: one channel an account, to which only nodes subscribe where somebody waits.
 *
 * Redis forgets a message that nobody hears, so messages that matter are numbered: an account whose
 * numbers have a gap, or do not fit after a reconnect, is `missed`, and no other one has to look. The
 * sender repeats what it could not send, and what it sent in the last seconds before it lost Redis.
 */
export class RedisWire {
  readonly figures: WireFigures = { sent: 0, failed: 0, received: 0, missed: 0, reconnects: 0 };
  readonly node: string;
  readonly #options: RedisWireOptions;
  readonly #lines: LinesOfAccounts;
  readonly #listeners: WireListener[] = [];
  /** When something was last sent about an account, in milliseconds since 1970; the oldest first. */
  readonly #recent = new Map<string, number>();
  /** Accounts about which something could not be sent. */
  readonly #unsent = new Set<string>();
  readonly #missed = new Set<string>();
  readonly #cancels = new Set<() => void>();
  /** Counts the connections of the subscriber: a comparison for an older one is given up. */
  #connection = 0;
  #telling = false;
  #closed = false;

  constructor(options: RedisWireOptions) {
    this.#options = options;
    this.node = options.node;
    const { commands, subscriber, clock } = options;
    this.#lines = new LinesOfAccounts({
      clock,
      subscriber,
      channelOf: (account) => this.#channel(account),
      numbersOf: (accounts) => this.#numbers(accounts),
    });
    subscriber.on('message', (channel: string, text: string) => this.#receive(channel, text));
    subscriber.on('ready', () => void this.#reconnected());
    commands.on('ready', () => this.#repeat());
  }

  /** Begins to hear what is told to all nodes. */
  async open(): Promise<void> {
    await this.#options.subscriber.subscribe(this.#nodes);
    this.#connection = 1;
  }

  listen(listener: WireListener): void {
    this.#listeners.push(listener);
  }

  /** Sends so that nobody misses it without noticing. */
  send(account: string, message: AccountMessage): void {
    this.figures.sent++;
    this.#remember(account);
    const { commands, prefix } = this.#options;
    const key = keyOf(prefix, 'news', account);
    commands.eval(SendScript, 1, key, this.#channel(account), this.#text(message), CountLife).catch(() => {
      this.figures.failed++;
      this.#unsent.add(account);
    });
  }

  /** Sends what may be lost without harm. */
  mention(account: string, message: AccountMessage): void {
    this.#options.commands.publish(...this.channelText(account, message)).catch(ignore);
  }

  /** Channel and text of a message that a script of the caller publishes; it may be lost without harm. */
  channelText(account: string, message: AccountMessage): [channel: string, text: string] {
    return [this.#channel(account), `0 ${this.#text(message)}`];
  }

  /** Tells all nodes; may be lost without harm. */
  sendAll(message: NodeMessage): Promise<unknown> {
    return this.#options.commands.publish(this.#nodes, `0 ${this.#text(message)}`).catch(ignore);
  }

  /** Listens to an account until {@link leave}. */
  hear(account: string): void {
    this.#lines.open(account);
  }

  leave(account: string): void {
    this.#lines.leave(account);
  }

  /** Resolves once an account is heard, or Redis is known to be away; `undefined`: it is heard already. */
  heard(account: string): Promise<void> | undefined {
    return this.#lines.opening(account);
  }

  /** Accounts whose channels this node is subscribed to. */
  get size(): number {
    return this.#lines.size;
  }

  close(): void {
    this.#closed = true;
    this.#lines.close();
    for (const cancel of this.#cancels) cancel();
  }

  get #nodes(): string {
    return keyOf(this.#options.prefix, 'nodes', 'all');
  }

  #channel(account: string): string {
    return keyOf(this.#options.prefix, 'news', account);
  }

  #text(message: AccountMessage | NodeMessage): string {
    return JSON.stringify([this.node, message]);
  }

  #remember(account: string): void {
    const now = this.#options.clock.now();
    this.#recent.delete(account);
    this.#recent.set(account, now);
    for (const [oldest, at] of this.#recent) {
      if (at > now - RecentTime) return;
      this.#recent.delete(oldest);
    }
  }

  #receive(channel: string, text: string): void {
    const said = parse(text);
    if (said === undefined) return;
    const { number, from, message } = said;
    const own = from === this.node;
    if (!own) this.figures.received++;
    if (channel === this.#nodes) {
      if (!own) for (const listener of this.#listeners) listener.all?.(message as NodeMessage);
      return;
    }
    const line = this.#lines.byChannel(channel);
    if (line === undefined) return;
    if (number > 0 && skipped(line, number)) this.#miss(line.account);
    if (!own) for (const listener of this.#listeners) listener.account?.(line.account, message as AccountMessage, from);
  }

  /** What was said while the subscriber was away is found out by the numbers, one read an account. */
  async #reconnected(): Promise<void> {
    if (this.#connection === 0) return;
    const connection = ++this.#connection;
    this.figures.reconnects++;
    const { log } = this.#options;
    log.info({ accounts: this.#lines.size }, 'The subscription at Redis was interrupted; accounts are compared');
    for (const isCurrent = () => !this.#closed && connection === this.#connection; isCurrent(); ) {
      try {
        await this.#options.subscriber.subscribe(this.#nodes);
        await this.#lines.resubscribe();
        for (const batch of chunks(this.#lines.all(), Compare.batch)) {
          if (isCurrent()) await this.#compare(batch);
          await this.#pause(Compare.pause);
        }
        return;
      } catch {
        await this.#pause(LateTime);
      }
    }
  }

  async #compare(lines: readonly Line[]): Promise<void> {
    const before = lines.map(({ last }) => last);
    const numbers = await this.#numbers(lines.map(({ account }) => account));
    const late: [Line, number][] = [];
    for (const [i, line] of lines.entries()) {
      const number = numbers[i] ?? 0;
      const known = before[i];
      if (known !== undefined && number >= known) {
        if (number > known) late.push([line, number]);
        continue;
      }
      // A number that went back: a fail-over lost the last ones, and nobody knows what they told.
      line.last = number;
      this.#miss(line.account);
    }
    if (late.length > 0) this.#later(LateTime, () => this.#judge(late));
  }

  /** What is still on its way when it is compared is not missed. */
  #judge(late: readonly (readonly [Line, number])[]): void {
    for (const [line, number] of late) {
      if ((line.last ?? 0) >= number) continue;
      line.last = number;
      this.#miss(line.account);
    }
  }

  #miss(account: string): void {
    this.figures.missed++;
    this.#missed.add(account);
    if (this.#telling) return;
    this.#telling = true;
    this.#tellMissed();
  }

  #tellMissed(): void {
    for (const account of [...this.#missed].slice(0, Tell.batch)) {
      this.#missed.delete(account);
      for (const listener of this.#listeners) listener.missed?.(account);
    }
    this.#later(Tell.pause, () => {
      this.#telling = this.#missed.size > 0;
      if (this.#telling) this.#tellMissed();
    });
  }

  /** Redis is back: whoever listens to what could not be told, or may have been lost, is told to look. */
  #repeat(): void {
    if (this.#closed || this.#connection === 0) return;
    const since = this.#options.clock.now() - RecentTime;
    for (const [account, at] of this.#recent) if (at > since) this.#unsent.add(account);
    const accounts = [...this.#unsent];
    this.#unsent.clear();
    for (const account of accounts) this.send(account, { kind: 'event', event: { kind: 'unsure' } });
  }

  #numbers(accounts: readonly string[]): Promise<readonly number[]> {
    const { commands, prefix } = this.#options;
    return Promise.all(accounts.map(async (account) => Number(await commands.get(keyOf(prefix, 'news', account)))));
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.#later(milliseconds, resolve));
  }

  #later(milliseconds: number, call: () => void): void {
    const cancel = this.#options.clock.after(milliseconds, () => {
      this.#cancels.delete(cancel);
      if (!this.#closed) call();
    });
    this.#cancels.add(cancel);
  }
}

/** What one message says. */
interface Said {
  /** 0: it is not counted. */
  readonly number: number;
  readonly from: string;
  readonly message: AccountMessage | NodeMessage;
}

/** Reads `<number> ["<node>",{…}]`; `undefined` for what no node of ours wrote. */
const parse = (text: string): Said | undefined => {
  const [, number, json = ''] = /^(\d+) (\[.*\])$/s.exec(text) ?? [];
  try {
    const [from, message] = JSON.parse(json) as [string, AccountMessage | NodeMessage];
    return { number: Number(number), from, message };
  } catch {
    return undefined;
  }
};

const chunks = <T>(all: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));

const ignore = (): void => undefined;
