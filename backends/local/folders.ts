import { DatabaseError } from '../../sqlite/errors.ts';
import { BackendError } from '../contract/errors.ts';
import type { Folder, FolderId, FolderRole, FolderStore, ItemClass } from '../contract/folders.ts';
import type { FolderRow, LocalStore } from './store.ts';

/** The longest name of a folder in characters: what any phone can show, and any IMAP server could hold. */
const MaxNameLength = 200;

/** The hierarchy of one account. */
export class LocalFolders implements FolderStore {
  readonly #store: LocalStore;
  readonly #account: string;

  constructor(store: LocalStore, account: string) {
    this.#store = store;
    this.#account = account;
  }

  async list(): Promise<readonly Folder[]> {
    const rows = this.#store.read(() =>
      this.#store.database
        .prepare(`SELECT folders.id, parent, folders.name, role, item_class FROM folders
          JOIN accounts ON accounts.id = folders.account WHERE accounts.name = ? ORDER BY folders.id`)
        .all<FolderRow>(this.#account),
    );
    return parentsFirst(rows).map(folderOfRow);
  }

  async create(folder: {
    readonly parentId?: FolderId | undefined;
    readonly name: string;
    readonly itemClass: ItemClass;
  }): Promise<FolderId> {
    const { name, itemClass } = folder;
    checkName(name);
    return this.#store.change((touched) => {
      const parent = this.#parent(folder.parentId);
      touched.hierarchy(this.#account);
      return String(insertFolder(this.#store, this.#account, { parent, name, role: 'user', itemClass }));
    });
  }

  async update(
    id: FolderId,
    change: { readonly parentId?: FolderId | undefined; readonly name: string },
  ): Promise<FolderId> {
    checkName(change.name);
    return this.#store.change((touched) => {
      const row = this.#own(id);
      const parent = this.#parent(change.parentId);
      if (parent !== null && this.#subtree(row.id).includes(parent)) {
        throw new BackendError('forbidden', { detail: 'a folder cannot stand below itself' });
      }
      asExists(() =>
        this.#store.database
          .prepare('UPDATE folders SET parent = ?, name = ? WHERE id = ?')
          .run(parent, change.name, row.id),
      );
      touched.hierarchy(this.#account);
      return id;
    });
  }

  async remove(id: FolderId): Promise<void> {
    this.#store.change((touched) => {
      const row = this.#own(id);
      this.#store.database.prepare('DELETE FROM folders WHERE id = ?').run(row.id);
      touched.hierarchy(this.#account);
    });
  }

  /** A folder that the user may change: one without a special use. */
  #own(id: FolderId): FolderRow {
    const row = this.#store.folder(this.#account, id);
    if (row.role !== 'user') throw new BackendError('forbidden', { detail: `the folder of role ${row.role} stays` });
    return row;
  }

  #parent(id: FolderId | undefined): number | null {
    return id === undefined ? null : this.#store.folder(this.#account, id).id;
  }

  /** Ids of a folder and of all below it. */
  #subtree(id: number): number[] {
    return this.#store.database
      .prepare(`WITH RECURSIVE subtree (id) AS (
          SELECT ? UNION ALL SELECT folders.id FROM folders JOIN subtree ON folders.parent = subtree.id
        ) SELECT id FROM subtree`)
      .all<{ id: number }>(id)
      .map((row) => row.id);
  }
}

/** A folder to be made. */
export interface NewFolder {
  readonly parent: number | null;
  readonly name: string;
  readonly role: FolderRole;
  /** Mail unless told. */
  readonly itemClass?: ItemClass | undefined;
}

/** Inserts a folder and gives its id; throws `exists`. */
export const insertFolder = (
  store: LocalStore,
  account: string,
  { parent, name, role, itemClass = 'Email' }: NewFolder,
): number =>
  asExists(
    () =>
      store.database
        .prepare(`INSERT INTO folders (account, parent, name, role, item_class, epoch)
          VALUES ((SELECT id FROM accounts WHERE name = ?), ?, ?, ?, ?, ?)`)
        .run(account, parent, name, role, itemClass, Math.floor(store.now() / 1000)).lastId,
  );

const asExists = <Result>(call: () => Result): Result => {
  try {
    return call();
  } catch (error) {
    if (error instanceof DatabaseError && error.code === 'constraint') {
      throw new BackendError('exists', { detail: 'a folder of this name', cause: error });
    }
    throw error;
  }
};

const checkName = (name: string): void => {
  if (name.trim() === '' || name.length > MaxNameLength || /\p{Cc}|\p{Surrogate}/u.test(name)) {
    throw new BackendError('rejected', { detail: 'a folder cannot have this name' });
  }
};

const folderOfRow = ({ id, parent, name, role, item_class }: FolderRow): Folder => ({
  id: String(id),
  parentId: parent === null ? undefined : String(parent),
  name,
  role,
  itemClass: item_class,
  selectable: true,
});

const parentsFirst = (rows: readonly FolderRow[]): FolderRow[] => {
  const byParent = new Map<number | null, FolderRow[]>();
  for (const row of rows) byParent.set(row.parent, [...(byParent.get(row.parent) ?? []), row]);
  const ordered = [...(byParent.get(null) ?? [])];
  for (const row of ordered) ordered.push(...(byParent.get(row.id) ?? []));
  return ordered;
};
