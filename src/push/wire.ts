import type { FolderId } from '../../backends/contract/folders.ts';
import type { DeathNotice } from './heartbeats.ts';
import type { ChangeEvent } from './hub.ts';

/** What nodes tell those that listen to an account. */
export type AccountMessage =
  | { readonly kind: 'event'; readonly event: ChangeEvent }
  /** A newer request of a partnership came to the sender. */
  | { readonly kind: 'turn'; readonly partition: string }
  /** The sender has let the account's lease go. */
  | { readonly kind: 'vacant' }
  /** The sender, which has the lease, watches from now on: look once, and say which folders you wait for. */
  | { readonly kind: 'opened' }
  /** Folders that the sender waits for, for whoever has the lease. */
  | { readonly kind: 'wish'; readonly folders: readonly FolderId[] };

/** What nodes tell all others. */
export type NodeMessage =
  | { readonly kind: 'death'; readonly notice: DeathNotice }
  /** The sender leaves: its leases are free. */
  | { readonly kind: 'left' };

/** Hears what other nodes say; never what this one says itself. */
export interface WireListener {
  /** Something about an account that is listened to. */
  account?(account: string, message: AccountMessage, from: string): void;
  /** Something about an account may have been missed. */
  missed?(account: string): void;
  all?(message: NodeMessage): void;
}
