import type { Folder, FolderId, FolderRole, ItemClass } from '../../backends/contract/folders.ts';

/** A folder as a device knows it. */
export interface DeviceFolder {
  /** CollectionId and ServerId of the folder: a small number, never used twice in a partnership. */
  readonly collectionId: string;
  /** CollectionId of the parent; `0` at the top ([MS-ASCMD] 2.2.3.128). */
  readonly parentId: string;
  readonly name: string;
  /** Type of [MS-ASCMD] 2.2.3.186.3. */
  readonly type: number;
  readonly folder: FolderId;
  readonly itemClass: ItemClass;
}

/** The hierarchy as a device has it at one SyncKey. */
export type Hierarchy = readonly DeviceFolder[];

/** What changed between two hierarchies, parents before children. */
export interface HierarchyChanges {
  readonly added: Hierarchy;
  readonly updated: Hierarchy;
  /** CollectionIds, children before parents. */
  readonly deleted: readonly string[];
}

/** CollectionId of the top of the tree ([MS-ASCMD] 2.2.3.129). */
export const RootId = '0';

/** FolderHierarchy Type by class and role ([MS-ASCMD] 2.2.3.186.3); roles that are missing are `user`. */
const FolderTypes: Readonly<Record<ItemClass, Partial<Record<FolderRole, number>> & { readonly user: number }>> = {
  Email: { inbox: 2, drafts: 3, trash: 4, sent: 5, outbox: 6, user: 12 },
  Tasks: { default: 7, user: 15 },
  Calendar: { default: 8, user: 13 },
  Contacts: { default: 9, user: 14 },
  Notes: { default: 10, user: 17 },
};

/** The Type of an ordinary folder of a class. */
export const userFolderType = (itemClass: ItemClass): number => FolderTypes[itemClass].user;

/** Whether a folder is one that its user made: the others can neither be renamed nor deleted. */
export const isUserFolder = ({ itemClass, type }: Pick<DeviceFolder, 'itemClass' | 'type'>): boolean =>
  type === userFolderType(itemClass);

/** Whether a folder is the one of drafts. */
export const isDraftsFolder = ({ itemClass, type }: Pick<DeviceFolder, 'itemClass' | 'type'>): boolean =>
  itemClass === 'Email' && type === FolderTypes.Email.drafts;

/** Whether mail of others comes into a folder: it is none of what the user wrote or threw away. */
export const receivesMail = ({ itemClass, type }: Pick<DeviceFolder, 'itemClass' | 'type'>): boolean => {
  const { drafts, sent, outbox, trash } = FolderTypes.Email;
  return itemClass === 'Email' && ![drafts, sent, outbox, trash].includes(type);
};

/** The Type of a folder. */
const folderTypeOf = ({ itemClass, role }: Pick<Folder, 'itemClass' | 'role'>): number => {
  const types = FolderTypes[itemClass];
  return types[role] ?? types.user;
};

/**
 * What a device shall have: the backend's folders under the CollectionIds that the device knows
 * them by, new ones under the numbers from `nextId` on. Parents come before children. A special
 * type is given once; a second folder of the same role is an ordinary one, as a device allows for
 * one Inbox only.
 *
 * @param isAway whether a folder belongs to a part of the account that cannot be asked now: a device keeps those
 *   that it has, as they may be there all the same, and deleting them would take their items off the device
 */
export const hierarchyOf = (
  folders: readonly Folder[],
  known: Hierarchy,
  nextId: number,
  isAway: (folder: FolderId) => boolean = () => false,
): { readonly hierarchy: Hierarchy; readonly nextId: number } => {
  const ids = new Map(known.map(({ folder, collectionId }) => [folder, collectionId]));
  const kept = known.filter(({ folder }) => isAway(folder));
  const typesGiven = new Set(kept.map(({ type }) => type));
  let next = nextId;
  for (const { id } of folders) if (!ids.has(id)) ids.set(id, String(next++));
  const hierarchy = parentsFirst(folders).map((folder) => ({
    collectionId: ids.get(folder.id) ?? RootId,
    parentId: folder.parentId === undefined ? RootId : (ids.get(folder.parentId) ?? RootId),
    name: folder.name,
    type: typeOnce(folder, typesGiven),
    folder: folder.id,
    itemClass: folder.itemClass,
  }));
  return { hierarchy: [...hierarchy, ...kept], nextId: next };
};

const typeOnce = (folder: Folder, given: Set<number>): number => {
  const type = folderTypeOf(folder);
  const user = FolderTypes[folder.itemClass].user;
  if (type === user || given.has(type)) return user;
  given.add(type);
  return type;
};

const parentsFirst = (folders: readonly Folder[]): readonly Folder[] => {
  const byParent = new Map<FolderId | undefined, Folder[]>();
  const known = new Set(folders.map(({ id }) => id));
  for (const folder of folders) {
    const parent = folder.parentId !== undefined && known.has(folder.parentId) ? folder.parentId : undefined;
    byParent.set(parent, [...(byParent.get(parent) ?? []), folder]);
  }
  const ordered: Folder[] = [...(byParent.get(undefined) ?? [])];
  for (let i = 0; i < ordered.length; i++) ordered.push(...(byParent.get(ordered[i]?.id) ?? []));
  return ordered;
};

/** A hierarchy with parents before children, otherwise in the order it has. */
export const sortedByDepth = (hierarchy: Hierarchy): Hierarchy => {
  const parents = new Map(hierarchy.map(({ collectionId, parentId }) => [collectionId, parentId]));
  const depthOf = (id: string, below = 0): number => {
    const parent = parents.get(id);
    return parent === undefined || below > hierarchy.length ? below : depthOf(parent, below + 1);
  };
  return hierarchy
    .map((folder) => ({ folder, depth: depthOf(folder.collectionId) }))
    .sort((a, b) => a.depth - b.depth)
    .map(({ folder }) => folder);
};

/** The ids of a folder and of all below it. */
export const subtreeOf = (hierarchy: Hierarchy, collectionId: string): ReadonlySet<string> => {
  const ids = new Set([collectionId]);
  for (const folder of sortedByDepth(hierarchy)) if (ids.has(folder.parentId)) ids.add(folder.collectionId);
  return ids;
};

/** What a device that has `held` must be told to have `wanted`. */
export const compareHierarchies = (held: Hierarchy, wanted: Hierarchy): HierarchyChanges => {
  const heldById = new Map(held.map((folder) => [folder.collectionId, folder]));
  const wantedIds = new Set(wanted.map(({ collectionId }) => collectionId));
  return {
    added: wanted.filter(({ collectionId }) => !heldById.has(collectionId)),
    updated: wanted.filter((folder) => {
      const before = heldById.get(folder.collectionId);
      return before !== undefined && !sameForDevice(before, folder);
    }),
    deleted: held
      .filter(({ collectionId }) => !wantedIds.has(collectionId))
      .map(({ collectionId }) => collectionId)
      .reverse(),
  };
};

const sameForDevice = (a: DeviceFolder, b: DeviceFolder): boolean =>
  a.parentId === b.parentId && a.name === b.name && a.type === b.type;

/** Number of changes, as Count tells. */
export const changeCount = ({ added, updated, deleted }: HierarchyChanges): number =>
  added.length + updated.length + deleted.length;
