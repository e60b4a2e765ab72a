import type { FolderId } from '../contract/folders.ts';
import type { ListedFolder } from './folder-listing.ts';
import { decodeMailboxName } from './mailbox-name.ts';

/** Accounts whose paths are kept: about 100 bytes a folder, for as long as others do not push them out. */
const KeptAccounts = 50_000;

/**
 * Which folder a path means, by account, for servers that call us: kept when the account has no
 * connection any more, so that a notice wakes its devices without asking the server first.
 */
export class FolderPaths {
  readonly #accounts = new Map<string, ReadonlyMap<string, FolderId>>();

  /** Remembers a listing. */
  learn(account: string, folders: Iterable<ListedFolder>): void {
    const paths = [...folders].map(({ wireName, id }) => [decodeMailboxName(wireName), id] as const);
    this.#accounts.delete(account);
    this.#accounts.set(account, new Map(paths));
    const [oldest] = this.#accounts.keys();
    if (this.#accounts.size > KeptAccounts && oldest !== undefined) this.#accounts.delete(oldest);
  }

  /** The folder of a path; the Inbox goes by any case (RFC 9051, 5.1). */
  find(account: string, path: string): FolderId | undefined {
    const name = path.toUpperCase() === 'INBOX' ? 'INBOX' : path;
    return this.#accounts.get(account)?.get(name);
  }
}
