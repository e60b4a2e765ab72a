import { BackendError } from '../contract/errors.ts';
import type { Folder, FolderId, FolderStore, ItemClass } from '../contract/folders.ts';
import type { ObjectKind } from '../contract/objects.ts';
import type { DavSession } from './account.ts';
import { type CollectionFolder, folderIdOf, pathOf } from './collections.ts';
import { refused } from './failures.ts';
import { ClassOf } from './flavours.ts';
import { objectsOf } from './listing.ts';
import { escapeXml, xmlDocument } from './names.ts';

/** Address books and calendars as folders. They lie side by side: none is below another. */
export class DavFolderStore implements FolderStore {
  readonly #session: DavSession;

  constructor(session: DavSession) {
    this.#session = session;
  }

  async list(signal?: AbortSignal): Promise<readonly Folder[]> {
    const folders = await this.#session.completed(signal);
    return [...folders.values()].map(({ id, name, role, itemClass, selectable }) => ({
      id,
      name,
      role,
      itemClass,
      selectable,
    }));
  }

  async create(folder: {
    readonly parentId?: FolderId | undefined;
    readonly name: string;
    readonly itemClass: ItemClass;
  }): Promise<FolderId> {
    const { parentId, name, itemClass } = folder;
    checkName(name);
    const component = this.#componentOf(itemClass);
    const folders = await this.#session.refresh();
    if (parentId !== undefined) throw new BackendError(folders.has(parentId) ? 'rejected' : 'notFound', Flat);
    refuseTwin(folders, itemClass, name);
    const url = await this.#session.makeCollection(name, component);
    return folderIdOf(component, pathOf(url));
  }

  async update(
    id: FolderId,
    { parentId, name }: { readonly parentId?: FolderId | undefined; readonly name: string },
  ): Promise<FolderId> {
    const folders = await this.#session.refresh();
    const folder = changeable(folders, id);
    checkName(name);
    if (parentId !== undefined) throw new BackendError(folders.has(parentId) ? 'rejected' : 'notFound', Flat);
    if (name === folder.name) return id;
    refuseTwin(folders, folder.itemClass, name);
    await this.#rename(folder, name);
    return id;
  }

  /**
   * A collection that holds other objects, too, is removed only when there are none of them: the
   * folder that the device removes must not take along what it does not show.
   */
  async remove(id: FolderId): Promise<void> {
    const folder = changeable(await this.#session.refresh(), id);
    const { collection, component } = folder;
    for (const other of collection.components.filter((one) => one !== component)) {
      const others = await objectsOf(this.#session, { ...folder, component: other });
      if (others.size > 0) throw new BackendError('forbidden', { detail: `the collection also holds ${other}s` });
    }
    const { url } = collection;
    await this.#session.order({ method: 'DELETE', url, repeatable: false, otherwise: 'forbidden' });
  }

  #componentOf(itemClass: ItemClass): ObjectKind {
    const component = this.#session.components.find((one) => ClassOf[one] === itemClass);
    if (component === undefined) throw new BackendError('rejected', { detail: `no folders of ${itemClass} here` });
    return component;
  }

  async #rename({ collection: { url } }: CollectionFolder, name: string): Promise<void> {
    const body = xmlDocument(
      'D:propertyupdate',
      `<D:set><D:prop><D:displayname>${escapeXml(name)}</D:displayname></D:prop></D:set>`,
    );
    const request = { method: 'PROPPATCH', url, body, depth: '0', otherwise: 'forbidden' } as const;
    const { resources } = await this.#session.multistatus(request);
    const problem = resources.find(({ failed, status = 200 }) => failed !== undefined || status >= 400);
    if (problem === undefined) return;
    const { failed, status, conditions } = problem;
    throw refused({ what: 'PROPPATCH', status: failed ?? status ?? 0, conditions }, 'forbidden');
  }
}

const Flat = { detail: 'collections lie side by side, none below another' };

// biome-ignore lint/suspicious/noControlCharactersInRegex: what no name may hold
const unprintable = /[\0-\x1f\x7f]/;

const checkName = (name: string): void => {
  if (name.trim() === '' || unprintable.test(name)) throw new BackendError('rejected', { detail: 'the name' });
};

const refuseTwin = (folders: ReadonlyMap<FolderId, Folder>, itemClass: ItemClass, name: string): void => {
  const twin = [...folders.values()].some((one) => one.itemClass === itemClass && one.name === name);
  if (twin) throw new BackendError('exists');
};

const changeable = (folders: ReadonlyMap<FolderId, CollectionFolder>, id: FolderId): CollectionFolder => {
  const folder = folders.get(id);
  if (folder === undefined) throw new BackendError('notFound', { detail: 'folder' });
  if (folder.role === 'default') throw new BackendError('forbidden', { detail: 'it is the default folder' });
  return folder;
};
