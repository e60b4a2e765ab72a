import type { Login } from '../contract/backend.ts';
import { BackendError } from '../contract/errors.ts';
import type { Folder, FolderId, FolderStore, ItemClass } from '../contract/folders.ts';
import type { Account } from './account.ts';
import type { Connection } from './connection.ts';
import { backendError, Refusal, unavailable } from './failures.ts';
import type { ListedFolder } from './folder-listing.ts';
import { decodeMailboxName, encodeMailboxName, isFolderName } from './mailbox-name.ts';
import { unselect } from './select.ts';
import { quoted } from './tokens.ts';

type Listing = ReadonlyMap<FolderId, ListedFolder>;
type NewFolder = Parameters<FolderStore['create']>[0];

/** The hierarchy of an IMAP account. */
export class ImapFolderStore implements FolderStore {
  readonly #account: () => Account;
  readonly #login: Login;

  constructor(account: () => Account, login: Login) {
    this.#account = account;
    this.#login = login;
  }

  async list(signal?: AbortSignal): Promise<readonly Folder[]> {
    return (await this.#account().folders(this.#login, signal)).map(toFolder);
  }

  async create({ parentId, name, itemClass }: NewFolder): Promise<FolderId> {
    if (itemClass !== 'Email' && itemClass !== 'Notes')
      throw new BackendError('unsupported', { detail: `IMAP holds mail, not ${itemClass}` });
    // Makes the mailbox of notes where there is none yet.
    if (itemClass === 'Notes') await this.list();
    return this.#change(async (connection, listing) => {
      const wireName = placeFor(connection, listing, parentFor(listing, itemClass, parentId), name);
      await connection
        .run('CREATE', [quoted(wireName)])
        .catch((error) => this.#demandHidden(connection, wireName, error));
      await subscription(connection, 'SUBSCRIBE', wireName);
      return this.#idAt(connection, wireName);
    });
  }

  async update(id: FolderId, change: { parentId?: FolderId | undefined; name: string }): Promise<FolderId> {
    return this.#change(async (connection, listing) => {
      const folder = find(listing, id);
      const target = placeFor(connection, listing, change.parentId, change.name, folder);
      if (target === folder.wireName) return id;
      await connection.run('RENAME', [quoted(folder.wireName), quoted(target)]);
      for (const { wireName, subscribed } of withChildren(listing, folder)) {
        if (!subscribed) continue;
        await subscription(connection, 'UNSUBSCRIBE', wireName);
        await subscription(connection, 'SUBSCRIBE', target + wireName.slice(folder.wireName.length));
      }
      return this.#idAt(connection, target);
    });
  }

  async remove(id: FolderId): Promise<void> {
    await this.#change(async (connection, listing) => {
      const doomed = withChildren(listing, find(listing, id));
      for (const folder of doomed) demandUsers(folder);
      for (const { wireName, selectable, subscribed } of doomed.reverse()) {
        if (selectable) await connection.run('DELETE', [quoted(wireName)]);
        if (subscribed) await subscription(connection, 'UNSUBSCRIBE', wireName);
      }
      await this.#account().refresh(connection);
    });
  }

  /**
   * A mailbox of the wanted name that was not shown, because the user has not subscribed to it, is the
   * folder that the user wants: it is shown from now on.
   */
  async #demandHidden(connection: Connection, wireName: string, error: unknown): Promise<void> {
    let isThere = false;
    if (error instanceof Refusal && this.#account().showsSubscribedOnly) {
      const found = () => {
        isThere = true;
      };
      await connection.run('LIST', [quoted(''), quoted(wireName)], { LIST: found });
    }
    if (!isThere) throw error;
  }

  /** Works on a fresh listing: what a name means is decided by what is there now. */
  async #change<T>(action: (connection: Connection, listing: Listing) => Promise<T>): Promise<T> {
    const account = this.#account();
    return account.pool.use(this.#login, { repeatable: false }, async (connection) => {
      try {
        // Servers refuse to rename or remove what this connection has selected, or do odd things to it.
        await unselect(connection);
        return await action(connection, await account.refresh(connection));
      } catch (error) {
        throw backendError(error, 'forbidden');
      }
    });
  }

  async #idAt(connection: Connection, wireName: string): Promise<FolderId> {
    const listing = await this.#account().refresh(connection);
    const folder = [...listing.values()].find((candidate) => isSameName(candidate.wireName, wireName));
    // Somebody else has renamed or removed it since: what the device wants is settled when it asks again.
    if (folder === undefined) throw unavailable(undefined, 'the folder was gone as soon as it was there');
    return folder.id;
  }
}

/** Subscriptions only say what other mail programs show: a server that refuses one has done the rest. */
const subscription = async (connection: Connection, command: string, wireName: string): Promise<void> => {
  await connection.run(command, [quoted(wireName)]).catch((error) => {
    if (!(error instanceof Refusal)) throw error;
  });
};

const toFolder = ({ id, parentId, name, role, itemClass, selectable }: ListedFolder): Folder => ({
  id,
  parentId,
  name,
  role,
  itemClass,
  selectable,
});

/** The folder of an id that may be renamed or removed: IMAP's RENAME and DELETE do other things to INBOX. */
const find = (listing: Listing, id: FolderId): ListedFolder => {
  const folder = listing.get(id);
  if (folder === undefined) throw new BackendError('notFound', { detail: 'folder' });
  demandUsers(folder);
  return folder;
};

/** Mail programs, and phones above all, rely on special folders: none of them goes away by being renamed. */
const demandUsers = ({ role }: ListedFolder): void => {
  if (role !== 'user') throw new BackendError('forbidden', { detail: `the folder of role ${role} stays what it is` });
};

/** Servers may store a name in another Unicode form (NFC, NFD) than it was given in. */
const isSameName = (one: string, other: string): boolean =>
  one === other || decodeMailboxName(one).normalize() === decodeMailboxName(other).normalize();

/** Where a new folder goes: those of notes are below the mailbox of notes, which is what makes them so. */
const parentFor = (listing: Listing, itemClass: ItemClass, parentId: FolderId | undefined): FolderId | undefined => {
  const notes = [...listing.values()].find((folder) => folder.itemClass === 'Notes' && folder.role === 'default');
  const id = parentId ?? (itemClass === 'Notes' ? notes?.id : undefined);
  const holds = id === undefined ? 'Email' : (listing.get(id)?.itemClass ?? itemClass);
  if (holds !== itemClass) throw new BackendError('unsupported', { detail: `no place for ${itemClass} there` });
  return id;
};

/** The name on the wire of a folder that shall be `name` below `parentId`; throws `exists`, `notFound`, `rejected`. */
const placeFor = (
  connection: Connection,
  listing: Listing,
  parentId: FolderId | undefined,
  name: string,
  itself?: ListedFolder,
): string => {
  const parent = parentId === undefined ? undefined : listing.get(parentId);
  if (parentId !== undefined && parent === undefined) throw new BackendError('notFound', { detail: 'parent folder' });
  const delimiter = (parent ?? listing.values().next().value)?.delimiter;
  if (!isFolderName(name, delimiter))
    throw new BackendError('rejected', { detail: 'the server cannot store this name' });
  if (parent !== undefined && delimiter === undefined)
    throw new BackendError('rejected', { detail: 'no subfolders here' });
  const above = parent === undefined ? connection.personalPrefix : `${parent.wireName}${delimiter}`;
  const wireName = above + encodeMailboxName(name);
  const taken = [...listing.values()].some((folder) => isSameName(folder.wireName, wireName) && folder !== itself);
  if (taken || wireName.toUpperCase() === 'INBOX') throw new BackendError('exists', { detail: 'folder' });
  return wireName;
};

/** A folder and all below it, parents first. */
const withChildren = (listing: Listing, folder: ListedFolder): ListedFolder[] => {
  const below = folder.delimiter === undefined ? undefined : `${folder.wireName}${folder.delimiter}`;
  const children = [...listing.values()].filter(({ wireName }) => below !== undefined && wireName.startsWith(below));
  return [folder, ...children.sort((a, b) => a.wireName.length - b.wireName.length)];
};
