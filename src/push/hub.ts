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

/** Called with each event of the account that it was subscribed for. */
export type ChangeListener = (event: ChangeEvent) => void;

/** Carries news from those who see changes to those who wait for them. */
export interface ChangeHub {
  publish(account: string, event: ChangeEvent): void;
  /** Subscribes; the function returned ends it. */
  subscribe(account: string, listener: ChangeListener): () => void;
}

/** The hub of a single node. */
export class LocalHub implements ChangeHub {
  readonly #listeners = new Map<string, Set<ChangeListener>>();

  publish(account: string, event: ChangeEvent): void {
    for (const listener of [...(this.#listeners.get(account) ?? [])]) listener(event);
  }

  subscribe(account: string, listener: ChangeListener): () => void {
    const listeners = this.#listeners.get(account) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(account, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(account) === listeners) this.#listeners.delete(account);
    };
  }

  /** Accounts that somebody listens to. */
  get size(): number {
    return this.#listeners.size;
  }
}
