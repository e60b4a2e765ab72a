import { BackendError, isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId, MovedItem } from '../../backends/contract/folders.ts';
import type { EventObjects, EventStore } from '../../backends/contract/groupware.ts';
import type { ItemId, Position } from '../../backends/contract/items.ts';
import type { AnyGroupwareStore } from '../sync/groupware-port.ts';
import { MemberIds, type MemberItem } from './member-ids.ts';
import { changesOfMembers, listMembers, type MemberFolders } from './merged-changes.ts';

/** Positions of folders as devices see them. */
export type ShownPositions = (
  folders: readonly FolderId[],
  signal?: AbortSignal,
) => Promise<ReadonlyMap<FolderId, Position>>;

/** What merged stores work with. */
export interface MergedScope {
  /** The folders that a folder shows, itself first. Throws `notFound` for one that is shown in another. */
  membersOf(folder: FolderId, signal?: AbortSignal): Promise<readonly FolderId[]>;
  areAway: MemberFolders['areAway'];
  readonly positions: ShownPositions;
  /** The folders may be others than is remembered. */
  readonly doubt: () => void;
}

const idsOf = async ({ membersOf }: MergedScope, folder: FolderId, signal?: AbortSignal): Promise<MemberIds> =>
  new MemberIds(await membersOf(folder, signal));

const itemAt = async (scope: MergedScope, folder: FolderId, id: ItemId): Promise<MemberItem> =>
  (await idsOf(scope, folder)).item(id);

/** Reads items of several folders in their order. */
async function* readMembers<Read extends { readonly id: ItemId }>(
  scope: MergedScope,
  folder: FolderId,
  ids: readonly ItemId[],
  read: (folder: FolderId, ids: readonly ItemId[]) => AsyncIterable<Read>,
): AsyncIterable<Read> {
  const shown = await idsOf(scope, folder);
  for (const run of shown.runs(ids)) {
    for await (const one of read(run.folder, run.ids)) yield { ...one, id: shown.shown(run.folder, one.id) };
  }
}

/** A store of one class whose folders are shown as one: what is new goes into the folder that shows them. */
export const mergedStore = (store: AnyGroupwareStore, scope: MergedScope): AnyGroupwareStore => {
  /** Works on all folders; one that turns out to be gone is left out the next time. */
  const onAll = async <Result>(
    folder: FolderId,
    signal: AbortSignal | undefined,
    work: (members: MemberFolders) => Promise<Result>,
  ): Promise<Result> => {
    const { areAway } = scope;
    try {
      return await work({ store, signal, areAway, folders: await scope.membersOf(folder, signal) });
    } catch (error) {
      if (!isBackendError(error, 'notFound')) throw error;
      scope.doubt();
      return work({ store, signal, areAway, folders: await scope.membersOf(folder, signal) });
    }
  };
  return {
    list: (folder, since, signal) => onAll(folder, signal, (members) => listMembers(members, since)),
    changes: (folder, cursor, signal) => onAll(folder, signal, (members) => changesOfMembers(members, cursor)),
    positions: scope.positions,
    read: (folder, ids, request, signal) =>
      readMembers(scope, folder, ids, (member, own) => store.read(member, own, request, signal)),
    create: (folder, item, name) => store.create(folder, item, name),
    update: async (folder, id, patch, expected, first) => {
      const item = await itemAt(scope, folder, id);
      return store.update(item.folder, item.id, patch, expected, first);
    },
    remove: async (folder, ids, how) => {
      for (const group of (await idsOf(scope, folder)).byFolder(ids)) await store.remove(group.folder, group.ids, how);
    },
    move: (folder, ids, target) => moveMembers(store, scope, folder, ids, target),
  };
};

const moveMembers = async (
  store: AnyGroupwareStore,
  scope: MergedScope,
  folder: FolderId,
  ids: readonly ItemId[],
  target: FolderId,
): Promise<readonly MovedItem[]> => {
  const shown = await idsOf(scope, folder);
  const moved: MovedItem[] = [];
  for (const group of shown.byFolder(ids)) {
    for (const one of await store.move(group.folder, group.ids, target))
      moved.push({ ...one, id: shown.shown(group.folder, one.id) });
  }
  return moved;
};

/** The store of events whose calendars are shown as one. */
export const mergedEvents = (events: EventStore, scope: MergedScope): EventStore => ({
  ...(mergedStore(events as AnyGroupwareStore, scope) as EventStore),
  objects: mergedObjects(events.objects, scope),
  removeInstance: async (folder, id, instance, expected, first) => {
    const item = await itemAt(scope, folder, id);
    return events.removeInstance(item.folder, item.id, instance, expected, first);
  },
  find: async (folder, uid, signal) => {
    const folders = await scope.membersOf(folder, signal);
    const shown = new MemberIds(folders);
    for (const member of folders) {
      if ((await events.isOwn?.(member, signal)) === false) continue;
      const id = await events.find(member, uid, signal);
      if (id !== undefined) return shown.shown(member, id);
    }
    return undefined;
  },
  ...(events.referenceOf === undefined ? {} : { referenceOf: events.referenceOf }),
  attachment: async (folder, id, reference, signal) => {
    const item = await itemAt(scope, folder, id);
    const file = await events.attachment?.(item.folder, item.id, reference, signal);
    if (file === undefined) throw new BackendError('notFound', { detail: 'no files in events there' });
    return file;
  },
});

const mergedObjects = (objects: EventObjects, scope: MergedScope): EventObjects => ({
  read: (folder, ids, signal) => readMembers(scope, folder, ids, (member, own) => objects.read(member, own, signal)),
  create: (folder, text, name) => objects.create(folder, text, name),
  replace: async (folder, id, text, expected) => {
    const item = await itemAt(scope, folder, id);
    return objects.replace(item.folder, item.id, text, expected);
  },
});
