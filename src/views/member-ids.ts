import { createHash } from 'node:crypto';
import type { FolderId } from '../../backends/contract/folders.ts';
import { IdSet } from '../../backends/contract/id-set.ts';
import type { ItemId } from '../../backends/contract/items.ts';

/**
 * Characters before the id of an item of another folder than the first: a digest of its folder, which
 * neither a restart nor another order of folders changes. That one of the first folder begins with it has
 * a chance of one in 10^14.
 */
export const TagLength = 8;

const tagOf = (folder: FolderId): string => createHash('sha256').update(folder).digest('base64url').slice(0, TagLength);

/** An item within the folder that has it. */
export interface MemberItem {
  readonly folder: FolderId;
  readonly id: ItemId;
}

/** Items of one folder. */
export interface MemberItems {
  readonly folder: FolderId;
  /** As the folder has them. */
  readonly ids: readonly ItemId[];
}

/**
 * What items are called in a folder that shows several: those of the first folder as they are there, so that
 * nothing is new to a device when another folder comes, those of others with a tag in front.
 */
export class MemberIds {
  readonly #first: FolderId;
  readonly #tags: ReadonlyMap<FolderId, string>;
  readonly #folders: ReadonlyMap<string, FolderId>;

  /** @param folders at least one */
  constructor([first = '', ...others]: readonly FolderId[]) {
    this.#first = first;
    this.#tags = new Map(others.map((folder) => [folder, tagOf(folder)]));
    this.#folders = new Map(others.map((folder) => [tagOf(folder), folder]));
  }

  /** The id of an item as it is shown. */
  shown(folder: FolderId, id: ItemId): ItemId {
    return (this.#tags.get(folder) ?? '') + id;
  }

  /** The ids of a folder's items as they are shown. */
  allShown(folder: FolderId, ids: IdSet): IdSet {
    return folder === this.#first ? ids : IdSet.of([...ids].map((id) => this.shown(folder, id)));
  }

  /** The item that is shown by an id. */
  item(id: ItemId): MemberItem {
    const folder = this.#folders.get(id.slice(0, TagLength));
    return folder === undefined || id.length === TagLength
      ? { folder: this.#first, id }
      : { folder, id: id.slice(TagLength) };
  }

  /** Items in their order, those that follow each other in one folder together. */
  runs(ids: readonly ItemId[]): readonly MemberItems[] {
    const runs: { folder: FolderId; ids: ItemId[] }[] = [];
    for (const { folder, id } of ids.map((one) => this.item(one))) {
      const last = runs.at(-1);
      if (last?.folder === folder) last.ids.push(id);
      else runs.push({ folder, ids: [id] });
    }
    return runs;
  }

  /** Items by the folder that has them. */
  byFolder(ids: readonly ItemId[]): readonly MemberItems[] {
    const groups = new Map<FolderId, ItemId[]>();
    for (const { folder, ids: run } of this.runs(ids)) groups.set(folder, [...(groups.get(folder) ?? []), ...run]);
    return [...groups].map(([folder, items]) => ({ folder, ids: items }));
  }
}
