import type { ItemId, Revision } from './items.ts';

/** A backend's own, stable identity of a folder: it survives a rename. Opaque. */
export type FolderId = string;

/** What a folder holds; the names are those of the Class element ([MS-ASCMD] 2.2.3.27). */
export type ItemClass = 'Email' | 'Contacts' | 'Calendar' | 'Tasks' | 'Notes';

/** What a folder is for. `user` is every folder without a special use. */
export type FolderRole = 'inbox' | 'drafts' | 'trash' | 'sent' | 'outbox' | 'junk' | 'archive' | 'default' | 'user';

/** A folder as it stands in the hierarchy. */
export interface Folder {
  readonly id: FolderId;
  /** `undefined` at the top. A parent is always in the same listing. */
  readonly parentId?: FolderId | undefined;
  /** Name to show, decoded, without the path. */
  readonly name: string;
  /** `default` marks the main folder of a class other than Email. */
  readonly role: FolderRole;
  readonly itemClass: ItemClass;
  /** `false`: a node of the tree that holds no items (IMAP \Noselect). */
  readonly selectable: boolean;
}

/** The hierarchy as far as it can be seen now. */
export interface SeenFolders {
  readonly folders: readonly Folder[];
  /** Whether a folder belongs to a part of the account that cannot be asked now: it may be there all the same. */
  isAway(id: FolderId): boolean;
}

/** The hierarchy of one account. */
export interface FolderStore {
  /** Every folder that the user shall see, parents before children. */
  list(signal?: AbortSignal): Promise<readonly Folder[]>;
  /**
   * The same, where parts of the account may be away: what is missing then is not gone, and devices keep it.
   * Absent: the hierarchy comes whole or not at all.
   */
  look?(signal?: AbortSignal): Promise<SeenFolders>;
  /** Makes a folder; throws `exists`, `forbidden`, `notFound` (the parent), `rejected` (the name). */
  create(folder: {
    readonly parentId?: FolderId | undefined;
    readonly name: string;
    readonly itemClass: ItemClass;
  }): Promise<FolderId>;
  /**
   * Renames or moves a folder; its id stays or the new one is returned. Throws `notFound`, `exists`,
   * `rejected` (the name), and `forbidden` also for every folder with a special use.
   */
  update(id: FolderId, change: { readonly parentId?: FolderId | undefined; readonly name: string }): Promise<FolderId>;
  /** Removes a folder with its items; throws `notFound`, and `forbidden` also for every folder with a special use. */
  remove(id: FolderId): Promise<void>;
}

/** Where an item went. */
export interface MovedItem {
  readonly id: ItemId;
  /** Id in the target folder; `undefined` when the server does not tell. */
  readonly newId?: ItemId | undefined;
  readonly revision?: Revision | undefined;
}
