import type { Abilities } from './backend.ts';
import type { FolderId } from './folders.ts';
import type { Position } from './items.ts';

/**
 * Where folders of any class are now; those gone are left out. Each store is asked only for what those before it
 * do not know, so that who waits for mail alone costs what it did.
 */
export const positionsOf = async (
  backend: Abilities,
  folders: readonly FolderId[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<FolderId, Position>> => {
  if (backend.positions !== undefined) return backend.positions(folders, signal);
  const { mail, contacts, events, tasks, notes } = backend;
  const found = new Map<FolderId, Position>();
  for (const store of [mail, contacts, events, tasks, notes]) {
    const rest = folders.filter((folder) => !found.has(folder));
    if (store === undefined || rest.length === 0) continue;
    for (const [folder, position] of await store.positions(rest, signal)) found.set(folder, position);
  }
  return found;
};
