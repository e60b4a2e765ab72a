import { isBackendError } from '../../backends/contract/errors.ts';
import type { Folder, FolderId, FolderStore } from '../../backends/contract/folders.ts';
import type { MailStore } from '../../backends/contract/mail.ts';

/** What emptying a folder works with. */
export interface EmptyScope {
  readonly mail: MailStore;
  readonly folders: FolderStore;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** How far it went. */
export interface Emptied {
  /** `partly`: something was removed, and something was not. */
  readonly outcome: 'all' | 'partly' | 'nothing';
  /** Folders that lost or got items. */
  readonly touched: ReadonlySet<FolderId>;
  readonly hierarchyChanged: boolean;
}

/** Items removed by one call: enough to be quick, few enough that nobody else waits long for the folder. */
const BatchSize = 500;

/** Milliseconds of work after which the rest is left to the next request: devices give up at 30 s. */
const EmptyTime = 20_000;

/** What is done and what is not, while a folder is emptied. */
interface Progress {
  readonly deadline: number;
  readonly touched: Set<FolderId>;
  failed: boolean;
  hierarchyChanged: boolean;
}

/**
 * Removes every item that is in a folder now, in batches, and with `deep` the folders below it, of which
 * special ones stay. In Trash and below it items are removed for good, elsewhere they go to Trash, so
 * that nothing is destroyed that the user could not see on the device ([MS-ASCMD] 2.2.3.58). Mail that
 * comes in meanwhile stays.
 */
export const emptyFolder = async (scope: EmptyScope, id: FolderId, deep: boolean): Promise<Emptied> => {
  const folders = await scope.folders.list(scope.signal);
  const progress = {
    deadline: scope.now() + EmptyTime,
    touched: new Set<FolderId>(),
    failed: false,
    hierarchyChanged: false,
  };
  const trash = folders.find(({ role }) => role === 'trash')?.id;
  const below = deep ? belowOf(folders, id) : [];
  const inTrash = trash !== undefined && [trash, ...belowOf(folders, trash).map((one) => one.id)].includes(id);
  await removeItems(scope, id, inTrash, progress);
  for (const folder of below.reverse()) await removeFolder(scope, folder, inTrash || id === trash, progress);
  if (progress.touched.size > 0 && trash !== undefined) progress.touched.add(trash);
  const { touched, failed, hierarchyChanged } = progress;
  const done = touched.size > 0 || hierarchyChanged;
  return { outcome: failed ? (done ? 'partly' : 'nothing') : 'all', touched, hierarchyChanged };
};

const removeItems = async (
  { mail, now, signal }: EmptyScope,
  folder: FolderId,
  inTrash: boolean,
  progress: Progress,
): Promise<void> => {
  await trying(progress, async () => {
    const ids = [...(await mail.list(folder, undefined, signal)).ids];
    for (let at = 0; at < ids.length; at += BatchSize) {
      if (now() > progress.deadline) {
        progress.failed = true;
        return;
      }
      await mail.remove(folder, ids.slice(at, at + BatchSize), inTrash ? 'permanent' : 'trash');
      progress.touched.add(folder);
    }
  });
};

const removeFolder = async (
  scope: EmptyScope,
  { id, role, selectable }: Folder,
  inTrash: boolean,
  progress: Progress,
): Promise<void> => {
  if (role !== 'user') return;
  // What lies in Trash goes with its folder; what lies elsewhere goes to Trash first.
  if (selectable && !inTrash) await removeItems(scope, id, false, progress);
  if (progress.failed) return;
  const left = belowOf(await scope.folders.list(scope.signal), id);
  if (left.length > 0) return;
  await trying(progress, async () => {
    await scope.folders.remove(id);
    progress.hierarchyChanged = true;
  });
};

/** Folders below one, parents before children. */
const belowOf = (folders: readonly Folder[], id: FolderId): Folder[] => {
  const ids = new Set([id]);
  return folders.filter((folder) => {
    const isBelow = folder.parentId !== undefined && ids.has(folder.parentId);
    if (isBelow) ids.add(folder.id);
    return isBelow;
  });
};

/** What is gone already counts as removed; what the backend refuses leaves the rest to go on. */
const trying = async (progress: Progress, work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (!isBackendError(error) || isBackendError(error, 'unavailable', 'loginRefused')) throw error;
    if (!isBackendError(error, 'notFound')) progress.failed = true;
  }
};
