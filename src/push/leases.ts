import type { FolderId } from '../../backends/contract/folders.ts';

/** Who asked for a lease; told what becomes of it. */
export interface LeaseHolder {
  /** The lease that was refused earlier is granted now. */
  leaseGranted(): void;
  /** The lease that was held is another node's now. */
  leaseLost(): void;
  /** Another node that watches in our place has begun to, or may not know what we wait for. */
  ownerChanged(): void;
  /** The holder watches for another node, too: these are the folders that it waits for. */
  wished(node: string, folders: readonly FolderId[]): void;
}

/** Sees to it that one node in a cluster watches an account. */
export interface Leases {
  /**
   * Asks for the lease of an account; `false`: another node has it, and the holder is told when that
   * changes. Whoever cannot find out is granted it: a watch too many costs a connection, one too few
   * costs mail.
   */
  acquire(account: string, holder: LeaseHolder): Promise<boolean>;
  /** Gives a lease back, or the wish for it; harmless for who has neither. */
  release(account: string, holder: LeaseHolder): void;
  /** Tells whoever has the lease what is waited for here. */
  wish(account: string, folders: readonly FolderId[]): void;
  /** Tells those who were refused that the watch is open. */
  opened(account: string): void;
}
