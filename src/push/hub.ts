import type { FolderId } from '../../backends/contract/folders.ts';
import type { Position } from '../../backends/contract/items.ts';

/** News of an account: a position, never data. */
export type ChangeEvent =
  /** A folder is at `position` now, or may have moved (no position). */
  | {
      readonly kind: 'moved';
      readonly folder: FolderId;
      readonly position: Position | undefined;
      /** An item came in: every device has something to fetch. */
      readonly arrived: boolean;
    }
  /**
   * Any folder may have moved unseen: a watch was interrupted. Or the one that a mail server calls
   * `mailbox`, where whoever heard of it does not know the account's folders.
   */
  | { readonly kind: 'unsure'; readonly mailbox?: NamedMailbox | undefined }
  /** Folders were made, renamed or removed. */
  | { readonly kind: 'hierarchy' };

/** A folder by the name that the mail server has for it. */
export interface NamedMailbox {
  readonly path: string;
  /** An item came in. */
  readonly arrived: boolean;
}

/** Called with each event of the accounts that it is subscribed for. */
export type ChangeListener = (account: string, event: ChangeEvent) => void;

/** Carries news from those who see changes to those who wait for them. */
export interface ChangeHub {
  publish(account: string, event: ChangeEvent): void;
  /** Publishes to those who listen on this node alone. */
  tell(account: string, event: ChangeEvent): void;
  /** Has a listener called; the same one may subscribe for many accounts, once each. */
  subscribe(account: string, listener: ChangeListener): void;
  unsubscribe(account: string, listener: ChangeListener): void;
  /** Resolves once what other nodes publish from now on is heard; `undefined`: it is already. */
  heard(account: string): Promise<void> | undefined;
  /** Has a listener called with all but moves of folders, of every account, before those who subscribed. */
  overhear(listener: ChangeListener): void;
}

/** The hub of a single node. */
export class LocalHub implements ChangeHub {
  readonly #listeners = new Map<string, readonly ChangeListener[]>();
  readonly #overhearing: ChangeListener[] = [];

  publish(account: string, event: ChangeEvent): void {
    if (event.kind !== 'moved') for (const listener of this.#overhearing) listener(account, event);
    for (const listener of this.#listeners.get(account) ?? []) listener(account, event);
  }

  tell(account: string, event: ChangeEvent): void {
    this.publish(account, event);
  }

  subscribe(account: string, listener: ChangeListener): void {
    this.#listeners.set(account, [...(this.#listeners.get(account) ?? []), listener]);
  }

  unsubscribe(account: string, listener: ChangeListener): void {
    const left = (this.#listeners.get(account) ?? []).filter((one) => one !== listener);
    if (left.length > 0) this.#listeners.set(account, left);
    else this.#listeners.delete(account);
  }

  overhear(listener: ChangeListener): void {
    this.#overhearing.push(listener);
  }

  /** There is no other node. */
  heard(): undefined {
    return undefined;
  }

  /** Whether somebody listens to an account. */
  has(account: string): boolean {
    return this.#listeners.has(account);
  }

  /** Accounts that somebody listens to. */
  get size(): number {
    return this.#listeners.size;
  }
}
