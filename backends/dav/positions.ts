import { BackendError, isBackendError } from '../contract/errors.ts';
import type { FolderId } from '../contract/folders.ts';
import type { Position } from '../contract/items.ts';
import type { DavSession } from './account.ts';
import { type CollectionFolder, positionOf } from './collections.ts';
import { positionIn, stateOf } from './cursors.ts';
import { objectsOf, readMark } from './listing.ts';

/** Where folders stand: one look at the home, or at the only folder. */
export const positionsOf = async (
  session: DavSession,
  folders: readonly FolderId[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<FolderId, Position>> => {
  const only = folders.length === 1 ? session.account.folders?.get(folders[0] ?? '') : undefined;
  const found =
    only === undefined ? pick(await session.refresh(signal), folders) : await markedOnly(session, only, signal);
  const positions = new Map<FolderId, Position>();
  for (const folder of found) {
    const position = await positionOfFolder(session, folder, signal);
    if (position !== undefined) positions.set(folder.id, position);
  }
  return positions;
};

const pick = (all: ReadonlyMap<FolderId, CollectionFolder>, ids: readonly FolderId[]): CollectionFolder[] =>
  ids.map((id) => all.get(id)).filter((folder) => folder !== undefined);

const markedOnly = async (
  session: DavSession,
  folder: CollectionFolder,
  signal: AbortSignal | undefined,
): Promise<CollectionFolder[]> => {
  const mark = await readMark(session, folder, signal).catch(ifGone);
  return mark === undefined ? [] : [{ ...folder, collection: { ...folder.collection, mark } }];
};

/** Where a folder stands whose collection was just looked at; without any mark its objects tell. */
export const positionOfFolder = async (
  session: DavSession,
  folder: CollectionFolder,
  signal?: AbortSignal,
): Promise<Position | undefined> => {
  const { mark } = folder.collection;
  const position = positionOf(mark);
  if (position !== undefined) return position;
  const objects = await objectsOf(session, folder, signal).catch(ifGone);
  return objects === undefined ? undefined : positionIn(stateOf(mark, objects));
};

const ifGone = (error: unknown): undefined => {
  if (isBackendError(error, 'notFound')) return undefined;
  throw error instanceof Error ? error : new BackendError('unavailable', { cause: error });
};
