import { BackendError } from '../contract/errors.ts';
import type { Folder, FolderId, FolderStore, ItemClass, SeenFolders } from '../contract/folders.ts';
import { findPlace, GroupwareStores, inPart, isAway, outerId, type Part, PartTime, placeOf, within } from './parts.ts';

type NewFolder = Parameters<FolderStore['create']>[0];
type FolderChange = Parameters<FolderStore['update']>[1];

/** The folders of several parts as one hierarchy: all of the leading part, those of groupware of the others. */
export class ComposedFolders implements FolderStore {
  readonly #parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  async list(signal?: AbortSignal): Promise<readonly Folder[]> {
    return (await this.look(signal)).folders;
  }

  async look(signal?: AbortSignal): Promise<SeenFolders> {
    const listings = await Promise.all(this.#parts.map((part) => listPart(part, signal)));
    const away = new Set(this.#parts.filter((_, index) => listings[index] === undefined));
    return {
      folders: listings.flatMap((folders) => folders ?? []),
      isAway: (id) => {
        const part = findPlace(this.#parts, id)?.part;
        return part !== undefined && away.has(part);
      },
    };
  }

  async create(folder: NewFolder): Promise<FolderId> {
    const { part, parentId } = this.#home(folder);
    return outerId(part, await inPart(part, () => storeOf(part).create({ ...folder, parentId })));
  }

  async update(id: FolderId, change: FolderChange): Promise<FolderId> {
    const place = placeOf(this.#parts, id);
    const parent = change.parentId === undefined ? undefined : placeOf(this.#parts, change.parentId);
    if (parent !== undefined && parent.part !== place.part) {
      throw new BackendError('unsupported', { detail: 'a folder cannot move to another server' });
    }
    const inner = { ...change, parentId: parent?.id };
    return outerId(place.part, await inPart(place.part, () => storeOf(place.part).update(place.id, inner)));
  }

  async remove(id: FolderId): Promise<void> {
    const { part, id: inner } = placeOf(this.#parts, id);
    await inPart(part, () => storeOf(part).remove(inner));
  }

  /** The part that a new folder goes to: its parent's, else the first that keeps such items. */
  #home({ parentId, itemClass }: NewFolder): { readonly part: Part; readonly parentId: FolderId | undefined } {
    const parent = parentId === undefined ? undefined : placeOf(this.#parts, parentId);
    const part = parent === undefined ? this.#parts.find((one) => keeps(one, itemClass)) : parent.part;
    if (part === undefined || !keeps(part, itemClass)) {
      throw new BackendError('unsupported', { detail: `no folder for items of class ${itemClass} there` });
    }
    return { part, parentId: parent?.id };
  }
}

const keeps = ({ prefix, abilities }: Part, itemClass: ItemClass): boolean =>
  itemClass === 'Email' ? prefix === '' : abilities[GroupwareStores[itemClass]] !== undefined;

const storeOf = ({ abilities: { folders } }: Part): FolderStore => {
  if (folders === undefined) throw new BackendError('unsupported', { detail: 'no folders there' });
  return folders;
};

/** The folders of a part; `undefined`: it is away. The leading part is the account: what it throws is thrown. */
const listPart = async (part: Part, signal: AbortSignal | undefined): Promise<readonly Folder[] | undefined> => {
  if (part.prefix === '') return storeOf(part).list(signal);
  try {
    const folders = await within(PartTime, storeOf(part).list(signal));
    return folders.filter(({ itemClass }) => itemClass !== 'Email').map((folder) => outer(part, folder, folders));
  } catch (error) {
    if (isAway(error)) return undefined;
    throw error;
  }
};

/** A folder as the account has it; one below a folder that is not shown stands at the top. */
const outer = (part: Part, folder: Folder, all: readonly Folder[]): Folder => {
  const parent = all.find(({ id }) => id === folder.parentId);
  const isShown = parent !== undefined && parent.itemClass !== 'Email';
  return { ...folder, id: outerId(part, folder.id), parentId: isShown ? outerId(part, parent.id) : undefined };
};
