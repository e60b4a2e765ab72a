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
  /** Any folder may have moved unseen: a watch was interrupted. */
  | { readonly kind: 'unsure' }
  /** Folders were made, renamed or removed. */
  | { readonly kind: 'hierarchy' };

/** Called with each event of the accounts that it is subscribed for. */
export type ChangeListener = (account: string, event: ChangeEvent) => void;

/** Carries news from those who see changes to those who wait for them. */
export interface ChangeHub {
  publish(account: string, event: ChangeEvent): void;
  /** Has a listener called; the same one may subscribe for many accounts, once each. */
  subscribe(account: string, listener: ChangeListener): void;
  unsubscribe(account: string, listener: ChangeListener): void;
}

/** The hub of a single node. */
export class LocalHub implements ChangeHub {
  readonly #listeners = new Map<string, readonly ChangeListener[]>();

  publish(account: string, event: ChangeEvent): void {
    for (const listener of this.#listeners.get(account) ?? []) listener(account, event);
  }

  subscribe(account: string, listener: ChangeListener): void {
    this.#listeners.set(account, [...(this.#listeners.get(account) ?? []), listener]);
  }

  unsubscribe(account: string, listener: ChangeListener): void {
    const left = (this.#listeners.get(account) ?? []).filter((one) => one !== listener);
    if (left.length > 0) this.#listeners.set(account, left);
    else this.#listeners.delete(account);
  }

  /** Accounts that somebody listens to. */
  get size(): number {
    return this.#listeners.size;
  }
}
