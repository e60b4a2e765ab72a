import type { Login } from '../contract/backend.ts';
import type { FolderId } from '../contract/folders.ts';
import type { Position } from '../contract/items.ts';
import type { Account } from './account.ts';
import type { ListedFolder } from './folder-listing.ts';
import type { ImapSettings } from './settings.ts';

/** Whom a lookout tells. */
export interface Teller {
  moved(folder: FolderId, position: Position | undefined): void;
  hierarchyChanged(): void;
}

/** What a lookout works with. */
export interface LookoutOptions {
  readonly account: Account;
  readonly login: Login;
  readonly settings: ImapSettings;
  readonly teller: Teller;
}

/**
 * One way to notice changes of an account. Its owner aims it, lets it wait and aims it again.
 * Everything fails when the connection does.
 */
export interface Lookout {
  /** Looks at these folders; changes from then on are told. */
  aim(folders: readonly FolderId[]): Promise<void>;
  /** Waits until it is to be aimed again: after {@link wake}, or when it is time to look. */
  wait(): Promise<void>;
  wake(): void;
  /** Where a folder stands as far as is known without asking. */
  position(folder: FolderId): Position | undefined;
  close(): Promise<void>;
}

type Listing = ReadonlyMap<FolderId, ListedFolder>;

/** Remembers the hierarchy, and tells and says when it is another one. */
export class HierarchyMemory {
  #last: string | undefined;

  compare(listing: Listing, teller: Teller): boolean {
    const folders = [...listing.values()].map(({ id, parentId, name, role, selectable }) => [
      id,
      parentId,
      name,
      role,
      selectable,
    ]);
    const now = JSON.stringify(folders.sort());
    const isOther = this.#last !== undefined && this.#last !== now;
    this.#last = now;
    if (isOther) teller.hierarchyChanged();
    return isOther;
  }
}

/** Remembers positions and tells those that moved. The first sight of a folder is no move. */
export class PositionMemory {
  readonly #seen = new Map<FolderId, Position>();

  compare(positions: ReadonlyMap<FolderId, Position>, teller: Teller): void {
    for (const [folder, position] of positions) {
      const before = this.#seen.get(folder);
      this.#seen.set(folder, position);
      if (before !== undefined && before !== position) teller.moved(folder, position);
    }
  }

  get(folder: FolderId): Position | undefined {
    return this.#seen.get(folder);
  }

  /** Forgets folders that are no longer looked at. */
  keep(folders: readonly FolderId[]): void {
    for (const folder of this.#seen.keys()) if (!folders.includes(folder)) this.#seen.delete(folder);
  }
}

/** Those of the folders that can be looked at. */
export const selectableFolders = (listing: Listing, ids: readonly FolderId[]): ListedFolder[] =>
  ids.flatMap((id) => listing.get(id) ?? []).filter(({ selectable }) => selectable);
