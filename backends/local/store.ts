import type { Database } from '../../sqlite/database.ts';
import { BackendError } from '../contract/errors.ts';
import type { FolderId, FolderRole, ItemClass } from '../contract/folders.ts';
import { withStoreErrors } from './errors.ts';
import { joinNumbers } from './ids.ts';
import type { Watchers } from './watchers.ts';

/** A folder as its row holds it. */
export interface FolderRow {
  readonly id: number;
  readonly parent: number | null;
  readonly name: string;
  readonly role: FolderRole;
  readonly item_class: ItemClass;
  /** Changes when ids given out may no longer mean the same messages. */
  readonly epoch: number;
  /** Number of the last change. */
  readonly modseq: number;
  /** Removals up to this change are forgotten. */
  readonly forgotten: number;
}

/** What {@link LocalStore} is made of. */
export interface StoreParts {
  readonly database: Database;
  readonly watchers: Watchers;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Removals remembered a folder; a cursor older than the oldest of them is refused. */
  readonly keptRemovals: number;
  /** Bytes of the largest message that is taken. */
  readonly maxMessageSize: number;
}

/** Collects what a change touches, so that watchers are told after it is committed. */
export interface Touched {
  folder(account: string, folder: number): void;
  hierarchy(account: string): void;
}

/** The open database of mail, and what everything on it shares. */
export class LocalStore {
  readonly database: Database;
  readonly watchers: Watchers;
  readonly now: () => number;
  readonly keptRemovals: number;
  readonly maxMessageSize: number;

  constructor(parts: StoreParts) {
    this.database = parts.database;
    this.watchers = parts.watchers;
    this.now = parts.now;
    this.keptRemovals = parts.keptRemovals;
    this.maxMessageSize = parts.maxMessageSize;
  }

  /** Reads; a failure of the database is `unavailable`. */
  read<Result>(work: () => Result): Result {
    return withStoreErrors(work);
  }

  /** Changes all or nothing, then wakes the watchers of what was touched. */
  change<Result>(work: (touched: Touched) => Result): Result {
    const folders = new Map<number, string>();
    const accounts = new Set<string>();
    const touched: Touched = {
      folder: (account, folder) => folders.set(folder, account),
      hierarchy: (account) => accounts.add(account),
    };
    const result = withStoreErrors(() => this.database.transaction(() => work(touched)));
    for (const account of accounts) this.watchers.hierarchyChanged(account);
    for (const [folder, account] of folders) {
      this.watchers.moved(account, String(folder), this.#markOf(account, String(folder)));
    }
    return result;
  }

  /** The row of an account's folder. Throws `notFound`, also for the folder of another account, or of another class. */
  folder(account: string, id: FolderId, itemClass?: ItemClass): FolderRow {
    const row = this.#find(account, id);
    if (row === undefined || (itemClass ?? row.item_class) !== row.item_class)
      throw new BackendError('notFound', { detail: 'no such folder' });
    return row;
  }

  /** The row of an account's mail folder of a special use; `undefined` when there is none. */
  folderOfRole(account: string, role: FolderRole): FolderRow | undefined {
    return this.database
      .prepare(`${SelectFolder} AND folders.role = ? AND item_class = 'Email'`)
      .get<FolderRow>(account, role);
  }

  /** The mark of a folder's state; `undefined` when it is gone. */
  position(account: string, id: FolderId, itemClass?: ItemClass): string | undefined {
    const row = this.#find(account, id);
    return row === undefined || (itemClass ?? row.item_class) !== row.item_class ? undefined : positionOf(row);
  }

  /** Counts one more change of a folder and gives its number. */
  nextModseq(folder: number): number {
    const row = this.database
      .prepare('UPDATE folders SET modseq = modseq + 1 WHERE id = ? RETURNING modseq')
      .get<{ modseq: number }>(folder);
    return row?.modseq ?? 0;
  }

  /** The position to tell; without one a watcher looks itself. What is committed stays so if it cannot be read. */
  #markOf(account: string, id: FolderId): string | undefined {
    try {
      return this.position(account, id);
    } catch {
      return undefined;
    }
  }

  #find(account: string, id: FolderId): FolderRow | undefined {
    if (!/^[1-9]\d{0,14}$/.test(id)) return undefined;
    return this.database.prepare(`${SelectFolder} AND folders.id = ?`).get<FolderRow>(account, Number(id));
  }
}

const SelectFolder = `SELECT folders.id, parent, folders.name, role, item_class, epoch, modseq, forgotten
  FROM folders JOIN accounts ON accounts.id = folders.account WHERE accounts.name = ?`;

/** Position and cursor of a folder. */
export const positionOf = ({ epoch, modseq }: FolderRow): string => joinNumbers(epoch, modseq);
