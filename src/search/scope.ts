import type { DeviceFolder } from '../folders/hierarchy.ts';
import type { HierarchyState } from '../folders/hierarchy-state.ts';

/** CollectionId of the whole mailbox: Outlook searches everywhere with it. */
const WholeMailbox = '0';

/** Types of folders in the order in which they are searched ([MS-ASCMD] 2.2.3.186.3): Trash comes last. */
const TypesFirst: readonly number[] = [2, 5, 12, 3, 6];

/**
 * The mail folders that a search is to look in: those named, with all below them where `deep`; all where none is
 * named or the whole mailbox is. `undefined`: the device names a folder that there is not.
 */
export const searchedFolders = (
  hierarchy: HierarchyState | undefined,
  collectionIds: readonly string[],
  deep: boolean,
): readonly DeviceFolder[] | undefined => {
  if (hierarchy === undefined) return undefined;
  const folders = hierarchy.current;
  const isWhole = collectionIds.length === 0 || collectionIds.includes(WholeMailbox);
  const wanted = new Set(isWhole ? folders.map(({ collectionId }) => collectionId) : collectionIds);
  const known = new Set(folders.map(({ collectionId }) => collectionId));
  if ([...wanted].some((id) => !known.has(id))) return undefined;
  // Parents stand before their children, so that one pass reaches everything below.
  if (deep) for (const { collectionId, parentId } of folders) if (wanted.has(parentId)) wanted.add(collectionId);
  return folders
    .filter(({ collectionId, itemClass }) => wanted.has(collectionId) && itemClass === 'Email')
    .sort((a, b) => rank(a) - rank(b));
};

const rank = ({ type }: DeviceFolder): number => {
  const place = TypesFirst.indexOf(type);
  return place < 0 ? TypesFirst.length : place;
};
