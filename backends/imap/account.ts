import type { Login } from '../contract/backend.ts';
import { BackendError } from '../contract/errors.ts';
import type { FolderId } from '../contract/folders.ts';
import type { Connection } from './connection.ts';
import { backendError, Refusal } from './failures.ts';
import type { ListedFolder } from './folder-listing.ts';
import { listFolders } from './list-folders.ts';
import { ListingCache } from './listing-cache.ts';
import type { AccountPool, WorkOptions } from './pool.ts';
import { makeNeededFolder, missingFolders, type NeededFolder, type NeededRole } from './role-folders.ts';
import { isTheSame, type Resync, type Selected, selectedAlready, selectMailbox, unselect } from './select.ts';
import { epochOf } from './sequence.ts';
import type { ImapSettings } from './settings.ts';
import type { WatchSession } from './watch-session.ts';

/** A mailbox that a piece of work has selected. */
export interface OpenMailbox {
  readonly connection: Connection;
  readonly folder: ListedFolder;
  readonly selected: Selected;
  /** First part of the ids of this mailbox's items: its UIDVALIDITY. */
  readonly epoch: string;
  /** Whether it was selected just now, and `resync` with it; else it was selected already. */
  readonly isFresh: boolean;
}

/** How a mailbox is selected. */
export interface SelectOptions {
  /** Asks the server, while it selects, for what changed since a state. */
  readonly resync?: Resync | undefined;
  /** The counts and the mod-sequence in `selected` must be those of now. */
  readonly wantsState?: boolean | undefined;
  /**
   * Selects it anew in any case, because something is to be changed: to whoever has a mailbox
   * selected, Dovecot shows under its old UIDVALIDITY what was made in its place meanwhile.
   */
  readonly anew?: boolean | undefined;
}

/** How a mailbox is opened. */
export interface OpenOptions extends WorkOptions, SelectOptions {}

/** What is kept of one account between requests: its connections and its last listing. */
export class Account {
  readonly pool: AccountPool;
  readonly listings = new ListingCache();
  /** The watch of this account, while there is one. */
  session: WatchSession | undefined;
  readonly #settings: ImapSettings;
  readonly #onListing: (folders: readonly ListedFolder[]) => void;
  /** Folders that the server may have refused to make: it is not asked again each time. */
  readonly #tried = new Set<NeededFolder>();
  #listing: ReadonlyMap<FolderId, ListedFolder> | undefined;

  /** @param onListing called with each new listing */
  constructor(pool: AccountPool, settings: ImapSettings, onListing: (folders: readonly ListedFolder[]) => void) {
    this.pool = pool;
    this.#settings = settings;
    this.#onListing = onListing;
  }

  /** Whether folders that the user has not subscribed to are hidden. */
  get showsSubscribedOnly(): boolean {
    return this.#settings.folders.subscribedOnly;
  }

  /** The folders as the server has them now, with those made that every account has to have. */
  async folders(login: Login, signal?: AbortSignal): Promise<readonly ListedFolder[]> {
    return this.pool.use(login, { signal, repeatable: true }, async (connection) => {
      // Of the mailbox that is selected the server would tell what it was when it was selected.
      await unselect(connection);
      const listing = await this.refresh(connection);
      return [...((await this.#complete(connection, listing)) ?? listing).values()];
    });
  }

  /** The folder of a role as it is now; an account without one gets it. */
  async folderOfRole(connection: Connection, role: NeededRole): Promise<ListedFolder | undefined> {
    const find = (listing: ReadonlyMap<FolderId, ListedFolder>) =>
      [...listing.values()].find((folder) => folder.role === role);
    const found = find(await this.refresh(connection));
    if (found !== undefined) return found;
    await makeNeededFolder(connection, role, this.#settings.folders);
    return find(await this.refresh(connection));
  }

  /** Makes the folders that every account has to have, once as long as the account is in use; `undefined`: none was made. */
  async #complete(connection: Connection, listing: ReadonlyMap<FolderId, ListedFolder>) {
    const { folders } = this.#settings;
    const missing = missingFolders(listing.values(), folders).filter((needed) => !this.#tried.has(needed));
    if (missing.length === 0 || !folders.create) return undefined;
    let made = false;
    for (const needed of missing) {
      this.#tried.add(needed);
      made = (await makeNeededFolder(connection, needed, folders)) || made;
    }
    return made ? this.refresh(connection) : undefined;
  }

  /** Reads the hierarchy again; `anew`: with all that an earlier listing told, which may be old. */
  async refresh(connection: Connection, { anew = false } = {}): Promise<ReadonlyMap<FolderId, ListedFolder>> {
    const folders = await listFolders(connection, this.#settings.folders, anew ? undefined : this.#listing);
    this.#listing = new Map(folders.map((folder) => [folder.id, folder]));
    this.#onListing(folders);
    return this.#listing;
  }

  /** The last listing, or a new one when there is none. */
  async listing(connection: Connection): Promise<ReadonlyMap<FolderId, ListedFolder>> {
    return this.#listing ?? this.refresh(connection);
  }

  /** What is known of a folder without asking. */
  known(id: FolderId): ListedFolder | undefined {
    return this.#listing?.get(id);
  }

  /** The folder of an id: only the account's own listing turns an id into a mailbox. Throws `notFound`. */
  async folder(connection: Connection, id: FolderId): Promise<ListedFolder> {
    const folder = this.#listing?.get(id) ?? (await this.refresh(connection)).get(id);
    if (folder === undefined || !folder.selectable) throw new BackendError('notFound', { detail: 'folder' });
    return folder;
  }

  /**
   * Runs `action` with the folder selected, so that it sees the mailbox as it is now.
   *
   * @throws BackendError `notFound` when the folder is gone.
   */
  async open<T>(
    login: Login,
    id: FolderId,
    options: OpenOptions,
    action: (mailbox: OpenMailbox) => Promise<T>,
  ): Promise<T> {
    const name = this.known(id)?.wireName;
    const prefer = ({ selected }: Connection) => selected !== undefined && selected.wireName === name;
    // Selecting changes nothing: only from then on it matters whether the work may be done twice.
    const work = { ...options, prefer, repeatable: true };
    return this.pool.use(login, work, async (connection) => {
      try {
        const mailbox = await this.select(connection, id, options);
        work.repeatable = options.repeatable;
        const result = await action(mailbox);
        if (mailbox.isFresh || !options.repeatable || isStill(connection, mailbox)) return result;
        // What was read may be another mailbox's, which has got the name of the one that was selected.
        return await action(await this.select(connection, id, { ...options, anew: true }));
      } catch (error) {
        throw backendError(error, 'unavailable');
      }
    });
  }

  /**
   * Selects a folder. What the listing says may be old: where the mailbox at its path is gone or
   * another one, the hierarchy is read again and the folder looked for under its id.
   */
  async select(connection: Connection, id: FolderId, options: SelectOptions = {}): Promise<OpenMailbox> {
    const folder = await this.folder(connection, id);
    const first = await trySelect(connection, folder, options);
    if (first !== undefined) return first;
    const moved = (await this.refresh(connection, { anew: true })).get(id);
    const second = moved === undefined ? undefined : await trySelect(connection, moved, options);
    if (second === undefined) throw new BackendError('notFound', { detail: 'folder' });
    return second;
  }
}

/** Whether nothing was said meanwhile that makes a mailbox, selected for some time, look like another one. */
const isStill = (connection: Connection, { selected }: OpenMailbox): boolean =>
  connection.selected === undefined || selected.exists === 0 || isTheSame(connection);

/** Selects the mailbox at a folder's path; `undefined` when it is gone or has become another one. */
const trySelect = async (
  connection: Connection,
  folder: ListedFolder,
  { resync, wantsState = false, anew = false }: SelectOptions,
): Promise<OpenMailbox | undefined> => {
  const isIt = ({ uidValidity }: Selected) => folder.uidValidity === undefined || folder.uidValidity === uidValidity;
  const opened = (selected: Selected, isFresh: boolean) => ({
    connection,
    folder,
    selected,
    epoch: epochOf(selected.uidValidity),
    isFresh,
  });
  const already = anew ? undefined : await selectedAlready(connection, folder.wireName, wantsState);
  if (already !== undefined && isIt(already)) return opened(already, false);
  try {
    const selected = await selectMailbox(connection, folder.wireName, resync);
    return isIt(selected) ? opened(selected, true) : undefined;
  } catch (error) {
    const failure = backendError(error, 'notFound');
    if (error instanceof Refusal && failure instanceof BackendError && failure.code === 'notFound') return undefined;
    throw failure;
  }
};
