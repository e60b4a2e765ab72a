import type { FolderId } from '../../backends/contract/folders.ts';
import type { Clock, Log } from '../handlers/context.ts';
import { keyOf, type RedisConnection } from '../redis/connection.ts';
import type { LeaseHolder, Leases } from './leases.ts';
import type { RedisWire } from './redis-wire.ts';
import type { AccountMessage } from './wire.ts';

/** Milliseconds after which a node that says nothing has lost all its leases. */
export const LeaseTime = 10_000;

/** Milliseconds between two looks after the other nodes. */
export const BeatTime = 1000;

/** Beats between two renewals: two may fail before the lease ends. */
const RenewBeats = 3;

/** Seconds after which the name of a lease's owner is forgotten, if all nodes have died. */
const OwnerLife = 3600;

/** Beats in which every lease held is asserted once, and every lease waited for is asked for once. */
const Rounds = { held: 600, refused: 15 } as const;

/** Leases that are asked for at once. */
const Batch = 100;

/** Takes the lease when nobody has it, or one who is known to be dead. Gives the owner when it is another. */
const ClaimScript = `local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] and owner ~= ARGV[2] then return owner end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
return false`;

/** Gives the lease back, and tells those who wait for it. */
const ReleaseScript = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])`;

/** A lease that another session has. */
interface Refused {
  readonly holder: LeaseHolder;
  owner: string;
}

/** What the leases work with. */
export interface RedisLeasesOptions {
  readonly commands: RedisConnection;
  readonly wire: RedisWire;
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Counts since the start, for the metrics. */
export interface LeaseFigures {
  /** Leases taken over from nodes that died or let go. */
  takenOver: number;
  /** Leases that this node had and lost. */
  lost: number;
}

/**
 * Leases on Redis. What runs out is one key a node, its session, renewed every three seconds; a
 * lease names the session that has it and holds for as long as that lives. So ten thousand leases
 * cost a renewal as much as one does, and all of a dead node's are free at once.
 *
 * A session that has ended never comes back: its key is only ever renewed where it still is. What
 * another node has found dead therefore stays so, and it may take the lease from exactly that owner.
 */
export class RedisLeases implements Leases {
  readonly figures: LeaseFigures = { takenOver: 0, lost: 0 };
  readonly #options: RedisLeasesOptions;
  readonly #held = new Map<string, LeaseHolder>();
  readonly #refused = new Map<string, Refused>();
  #sessions = 0;
  #beat = 0;
  /** Milliseconds since 1970 of the last beat. */
  #beatAt = 0;
  /** Redis may have forgotten what we hold, or given it to another. */
  #doubtful = false;
  #heldRound: Iterator<string> | undefined;
  #refusedRound: Iterator<string> | undefined;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(options: RedisLeasesOptions) {
    this.#options = options;
    const { wire, commands } = options;
    wire.listen({
      account: (account, message, from) => this.#hear(account, message, from),
      missed: (account) => this.#refused.get(account)?.holder.ownerChanged(),
      all: ({ kind }) => {
        if (kind === 'left') void this.#lookAfterOwners();
      },
    });
    commands.on('ready', () => {
      this.#doubtful = true;
    });
  }

  /** Begins the session. Throws when Redis is away. */
  async open(): Promise<void> {
    await this.#begin();
    this.#beatAt = this.#options.clock.now();
    this.#schedule();
  }

  async acquire(account: string, holder: LeaseHolder): Promise<boolean> {
    this.#refused.delete(account);
    this.#held.set(account, holder);
    try {
      const owner = await this.#claim(account);
      const holderNow = this.#held.get(account);
      if (owner === undefined) {
        // It was given back before it was granted.
        if (holderNow === undefined) this.#giveBack(account);
        return true;
      }
      if (holderNow !== holder) return false;
      this.#held.delete(account);
      this.#refused.set(account, { holder, owner });
      return false;
    } catch {
      this.#doubtful = true;
      return true;
    }
  }

  release(account: string, holder: LeaseHolder): void {
    if (this.#refused.get(account)?.holder === holder) this.#refused.delete(account);
    if (this.#held.get(account) !== holder) return;
    this.#held.delete(account);
    // With the session all of its leases end at once.
    if (!this.#closed) this.#giveBack(account);
  }

  wish(account: string, folders: readonly FolderId[]): void {
    this.#options.wire.mention(account, { kind: 'wish', folders });
  }

  opened(account: string): void {
    this.#options.wire.send(account, { kind: 'opened' });
  }

  /** Ends the session: all leases are free, and the other nodes know it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancel?.();
    const { commands, wire } = this.#options;
    await commands.del(this.#sessionKey(this.#session)).catch(() => undefined);
    await wire.sendAll({ kind: 'left' });
  }

  /** Accounts that this node has the lease of. */
  get held(): number {
    return this.#held.size;
  }

  /** Accounts that wait here and are watched by another node. */
  get refused(): number {
    return this.#refused.size;
  }

  get #session(): string {
    return `${this.#options.wire.node}/${this.#sessions}`;
  }

  #sessionKey(session: string): string {
    return keyOf(this.#options.prefix, 'session', session);
  }

  #leaseKey(account: string): string {
    return keyOf(this.#options.prefix, 'lease', account);
  }

  #giveBack(account: string): void {
    const { commands, wire } = this.#options;
    const told = wire.channelText(account, { kind: 'vacant' });
    commands.eval(ReleaseScript, 1, this.#leaseKey(account), this.#session, ...told).catch(() => undefined);
  }

  #hear(account: string, message: AccountMessage, from: string): void {
    if (message.kind === 'vacant' && this.#refused.has(account)) void this.#tryAgain([account]);
    if (message.kind === 'wish') this.#held.get(account)?.wished(from, message.folders);
    if (message.kind === 'opened') this.#refused.get(account)?.holder.ownerChanged();
  }

  /** Gives the session that has the lease; `undefined`: we have it now. */
  async #claim(account: string): Promise<string | undefined> {
    const { commands } = this.#options;
    const claim = async (dead: string): Promise<string | undefined> => {
      const owner = await commands.eval(ClaimScript, 1, this.#leaseKey(account), this.#session, dead, OwnerLife);
      return typeof owner === 'string' ? owner : undefined;
    };
    const owner = await claim('');
    if (owner === undefined || (await this.#lives(owner))) return owner;
    return claim(owner);
  }

  async #lives(session: string): Promise<boolean> {
    return (await this.#options.commands.exists(this.#sessionKey(session))) === 1;
  }

  async #begin(): Promise<void> {
    this.#sessions++;
    await this.#options.commands.set(this.#sessionKey(this.#session), '1', 'PX', LeaseTime);
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#cancel = this.#options.clock.after(BeatTime, () => {
      void this.#live().finally(() => this.#schedule());
    });
  }

  /** One beat. While Redis is away nothing changes: what is watched stays so. */
  async #live(): Promise<void> {
    const now = this.#options.clock.now();
    // This process stood still, perhaps for longer than its leases hold.
    if (now - this.#beatAt > LeaseTime / 2) this.#doubtful = true;
    this.#beatAt = now;
    try {
      if (this.#beat++ % RenewBeats === 0 || this.#doubtful) await this.#renew();
      await this.#lookAfterOwners();
      await this.#goRound();
    } catch {
      this.#doubtful = true;
    }
  }

  /** A session that ran out, because this process was stopped or Redis was away, has lost all its leases. */
  async #renew(): Promise<void> {
    const { commands, log } = this.#options;
    const renewed = await commands.set(this.#sessionKey(this.#session), '1', 'PX', LeaseTime, 'XX');
    if (renewed !== null && !this.#doubtful) return;
    if (renewed === null) {
      log.warn({ leases: this.#held.size }, 'The leases of this node ran out; they are asked for again');
      await this.#begin();
    }
    this.#doubtful = false;
    await inBatches([...this.#held.keys()], (account) => this.#assert(account));
  }

  /** Finds out whether a lease is still ours. */
  async #assert(account: string): Promise<void> {
    const owner = await this.#claim(account);
    const holder = this.#held.get(account);
    if (holder === undefined) {
      if (owner === undefined) this.#giveBack(account);
      return;
    }
    if (owner === undefined) return;
    this.figures.lost++;
    this.#held.delete(account);
    this.#refused.set(account, { holder, owner });
    holder.leaseLost();
  }

  async #lookAfterOwners(): Promise<void> {
    const owners = new Set([...this.#refused.values()].map(({ owner }) => owner));
    for (const owner of owners) {
      if (await this.#lives(owner)) continue;
      await this.#tryAgain([...this.#refused].filter(([, one]) => one.owner === owner).map(([account]) => account));
    }
  }

  async #tryAgain(accounts: readonly string[]): Promise<void> {
    await inBatches(accounts, (account) => this.#ask(account)).catch(() => undefined);
  }

  async #ask(account: string): Promise<void> {
    const before = this.#refused.get(account);
    if (before === undefined) return;
    const owner = await this.#claim(account);
    const refused = this.#refused.get(account);
    if (owner !== undefined) {
      if (refused === undefined) return;
      refused.owner = owner;
      refused.holder.ownerChanged();
    } else if (refused !== undefined) {
      this.figures.takenOver++;
      this.#refused.delete(account);
      this.#held.set(account, refused.holder);
      refused.holder.leaseGranted();
    } else if (!this.#held.has(account)) this.#giveBack(account);
  }

  /** Looks at some leases each beat, so that what nobody told of comes out within minutes. */
  async #goRound(): Promise<void> {
    this.#heldRound ??= this.#held.keys();
    this.#refusedRound ??= this.#refused.keys();
    const held = take(this.#heldRound, Math.ceil(this.#held.size / Rounds.held));
    const refused = take(this.#refusedRound, Math.ceil(this.#refused.size / Rounds.refused));
    if (held.length === 0) this.#heldRound = undefined;
    if (refused.length === 0) this.#refusedRound = undefined;
    await inBatches(held, (account) => this.#assert(account));
    await inBatches(refused, (account) => this.#ask(account));
  }
}

const take = (iterator: Iterator<string>, count: number): string[] => {
  const taken: string[] = [];
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    taken.push(next.value);
    if (taken.length >= count) break;
  }
  return taken;
};

const inBatches = async (accounts: readonly string[], work: (account: string) => Promise<void>): Promise<void> => {
  for (let i = 0; i < accounts.length; i += Batch) await Promise.all(accounts.slice(i, i + Batch).map(work));
};
