import type { ImapResponse } from 'imapflow';
import type { FolderId } from '../contract/folders.ts';
import type { Position } from '../contract/items.ts';
import type { Connection } from './connection.ts';
import { IdleLookout } from './idle-lookout.ts';
import { HierarchyMemory, type Lookout, type LookoutOptions, selectableFolders } from './lookout.ts';
import { positionOf, readStatus, type StatusValues } from './positions.ts';
import { type Argument, atom, quoted, responseCode } from './tokens.ts';

const Events: Argument = [atom('MessageNew'), atom('MessageExpunge'), atom('FlagChange')];

/** Milliseconds from word of a changed hierarchy until it is read. */
const ShortestPause = 100;
const LongestPause = 60_000;

/** Is told of changes in any number of mailboxes over one connection (NOTIFY, RFC 5465). */
export class NotifyLookout implements Lookout {
  readonly #connection: Connection;
  readonly #options: LookoutOptions;
  readonly #hierarchy = new HierarchyMemory();
  /** Folders looked at by their names on the wire. */
  #watched: ReadonlyMap<string, FolderId> = new Map();
  /** What STATUS has told of each: an event tells only what changed. */
  readonly #states = new Map<string, StatusValues>();
  #isListingOld = true;
  #aimedAt = 0;
  #pause = ShortestPause;
  #stop: (() => void) | undefined;

  constructor(connection: Connection, options: LookoutOptions) {
    this.#connection = connection;
    this.#options = options;
    connection.listen({
      STATUS: (line) => this.#onStatus(line),
      LIST: () => this.#lookAgain(),
      OK: (line) => this.#onOk(line),
    });
  }

  /**
   * NOTIFY answers with the STATUS of every mailbox, so nothing that happened in between is missed. Of the
   * hierarchy it says nothing, and what it was about to say is lost with NOTIFY NONE: it is read afterwards.
   */
  async aim(folders: readonly FolderId[]): Promise<void> {
    const { account, teller } = this.#options;
    const isFirst = this.#aimedAt === 0;
    this.#aimedAt = performance.now();
    if (this.#isListingOld) {
      this.#isListingOld = false;
      this.#hierarchy.compare(await account.refresh(this.#connection), teller);
    }
    const watched = selectableFolders(await account.listing(this.#connection), folders);
    this.#watched = new Map(watched.map(({ wireName, id }) => [wireName, id]));
    for (const name of this.#states.keys()) if (!this.#watched.has(name)) this.#states.delete(name);
    const mailboxes: Argument[] =
      watched.length === 0 ? [] : [[atom('mailboxes'), watched.map(({ wireName }) => quoted(wireName)), Events]];
    const hierarchy: Argument = [atom('personal'), [atom('MailboxName')]];
    // Dovecot 2.3 tells nothing any more after a second NOTIFY SET, unless NOTIFY NONE stands between them.
    await this.#connection.run('NOTIFY', [atom('NONE')]);
    await this.#connection.run('NOTIFY', [atom('SET'), atom('STATUS'), ...mailboxes, hierarchy]);
    if (isFirst) return;
    this.#isListingOld = this.#hierarchy.compare(await account.refresh(this.#connection), teller) || this.#isListingOld;
  }

  async wait(): Promise<void> {
    if (!this.#isListingOld) {
      const { ended, stop } = this.#connection.idle(this.#options.settings.watch.renewSeconds);
      this.#stop = stop;
      await ended;
    }
    if (this.#isListingOld) await this.#settleDown();
    this.#stop = undefined;
  }

  wake(): void {
    this.#stop?.();
  }

  position(folder: FolderId): Position | undefined {
    const [name] = [...this.#watched].find(([, id]) => id === folder) ?? [];
    return name === undefined ? undefined : positionOf(this.#connection, this.#states.get(name));
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #onStatus(line: ImapResponse): void {
    const [name, told] = readStatus(line) ?? [];
    const folder = name === undefined ? undefined : this.#watched.get(name);
    if (name === undefined || folder === undefined) return;
    const before = this.#states.get(name);
    const now = { ...before, ...told };
    this.#states.set(name, now);
    if (before === undefined) return;
    const position = positionOf(this.#connection, now);
    if (position === undefined || position !== positionOf(this.#connection, before)) {
      this.#options.teller.moved(folder, position);
    }
  }

  /** The same connection for a server that offers NOTIFY and then refuses it. */
  asIdle(): IdleLookout {
    return new IdleLookout(this.#connection, this.#options);
  }

  /** `NOTIFICATIONOVERFLOW`: too much happened, and the server has stopped telling (RFC 5465, 5.8). */
  #onOk(line: ImapResponse): void {
    if (responseCode(line)?.name !== 'NOTIFICATIONOVERFLOW') return;
    for (const folder of this.#watched.values()) this.#options.teller.moved(folder, undefined);
    this.#lookAgain();
  }

  /** Folders change in bursts, and a server may overflow again and again: each look waits longer than the last. */
  async #settleDown(): Promise<void> {
    const isCalm = performance.now() - this.#aimedAt > 2 * this.#pause;
    this.#pause = isCalm ? ShortestPause : Math.min(2 * this.#pause, LongestPause);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#pause);
      this.#stop = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #lookAgain(): void {
    this.#isListingOld = true;
    this.wake();
  }
}
