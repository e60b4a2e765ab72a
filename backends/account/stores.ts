import type { Abilities } from '../contract/backend.ts';
import { BackendError } from '../contract/errors.ts';
import type { FolderId } from '../contract/folders.ts';
import type { EventObjects, EventStore, GroupwareStore } from '../contract/groupware.ts';
import type { Position } from '../contract/items.ts';
import { positionsOf } from '../contract/positions.ts';
import {
  byPart,
  eachInPart,
  type GroupwareName,
  GroupwareNames,
  inPart,
  isAway,
  outerId,
  type Part,
  placeOf,
} from './parts.ts';

/** The stores of groupware of all parts, each class as one store. */
export const composedStores = (parts: readonly Part[]): Pick<Abilities, GroupwareName> =>
  Object.fromEntries(
    GroupwareNames.filter((name) => parts.some(({ abilities }) => abilities[name] !== undefined)).map((name) => [
      name,
      name === 'events' ? routedEvents(parts) : routed(parts, (abilities) => anyStore(abilities, name)),
    ]),
  );

/** A store, of whatever class: what goes through is not looked into. */
type AnyStore = GroupwareStore<object, object>;

const anyStore = (abilities: Abilities, name: GroupwareName): AnyStore | undefined =>
  abilities[name] as AnyStore | undefined;

/** Finds the store of a folder, and what the folder is called there. */
const router =
  <Store>(parts: readonly Part[], storeOf: (abilities: Abilities) => Store | undefined) =>
  (folder: FolderId): { readonly part: Part; readonly store: Store; readonly id: FolderId } => {
    const { part, id } = placeOf(parts, folder);
    const store = storeOf(part.abilities);
    if (store === undefined) throw new BackendError('notFound', { detail: 'no such folder of this class' });
    return { part, store, id };
  };

type Store<Item, Patch> = GroupwareStore<Item, Patch>;

/** A store of one class out of those of the parts: each call goes to the part that owns the folder. */
const routed = <Item, Patch>(
  parts: readonly Part[],
  storeOf: (abilities: Abilities) => GroupwareStore<Item, Patch> | undefined,
): GroupwareStore<Item, Patch> => {
  const at = router(parts, storeOf);
  const run = async <Result>(folder: FolderId, work: (store: Store<Item, Patch>, id: FolderId) => Promise<Result>) => {
    const { part, store, id } = at(folder);
    return inPart(part, () => work(store, id));
  };
  return {
    list: (folder, since, signal) => run(folder, (store, id) => store.list(id, since, signal)),
    changes: (folder, cursor, signal) => run(folder, (store, id) => store.changes(id, cursor, signal)),
    positions: (folders, signal) =>
      partPositions(parts, folders, (part, ids) => storeOf(part.abilities)?.positions(ids, signal)),
    read: (folder, ids, request, signal) => {
      const { part, store, id } = at(folder);
      return eachInPart(part, () => store.read(id, ids, request, signal));
    },
    create: (folder, item, name) => run(folder, (store, id) => store.create(id, item, name)),
    update: (folder, item, patch, expected, first) =>
      run(folder, (store, id) => store.update(id, item, patch, expected, first)),
    remove: (folder, ids, how) => run(folder, (store, id) => store.remove(id, ids, how)),
    move: async (folder, ids, target) => {
      const to = at(target);
      return run(folder, (store, id) => {
        if (store !== to.store) throw new BackendError('unsupported', { detail: 'no move to another server' });
        return store.move(id, ids, to.id);
      });
    },
  };
};

const routedObjects = (parts: readonly Part[]): EventObjects => {
  const at = router(parts, ({ events }) => events);
  return {
    read: (folder, ids, signal) => {
      const { part, store, id } = at(folder);
      return eachInPart(part, () => store.objects.read(id, ids, signal));
    },
    create: async (folder, text, name) => {
      const { part, store, id } = at(folder);
      return inPart(part, () => store.objects.create(id, text, name));
    },
    replace: async (folder, item, text, expected) => {
      const { part, store, id } = at(folder);
      return inPart(part, () => store.objects.replace(id, item, text, expected));
    },
  };
};

const routedEvents = (parts: readonly Part[]): EventStore => {
  const at = router(parts, ({ events }) => events);
  const referenceOf = parts.map(({ abilities: { events } }) => events?.referenceOf).find((one) => one !== undefined);
  return {
    ...routed(parts, ({ events }) => events),
    objects: routedObjects(parts),
    removeInstance: async (folder, item, instance, expected, first) => {
      const { part, store, id } = at(folder);
      return inPart(part, () => store.removeInstance(id, item, instance, expected, first));
    },
    attachment: async (folder, item, reference, signal) => {
      const { part, store, id } = at(folder);
      const file = await inPart(part, async () => store.attachment?.(id, item, reference, signal));
      if (file === undefined) throw new BackendError('notFound', { detail: 'no files in events there' });
      return file;
    },
    // Names of files are digests of what is in them, the same everywhere.
    ...(referenceOf === undefined ? {} : { referenceOf }),
    find: async (folder, uid, signal) => {
      const { part, store, id } = at(folder);
      return inPart(part, () => store.find(id, uid, signal));
    },
    isOwn: async (folder, signal) => {
      const { part, store, id } = at(folder);
      return inPart(part, async () => (await store.isOwn?.(id, signal)) ?? true);
    },
  };
};

/** Positions of folders of every class. */
export const composedPositions =
  (parts: readonly Part[]): NonNullable<Abilities['positions']> =>
  (folders, signal) =>
    partPositions(parts, folders, (part, ids) => positionsOf(part.abilities, ids, signal));

type Ask = (part: Part, ids: readonly FolderId[]) => Promise<ReadonlyMap<FolderId, Position>> | undefined;

/** Asks all parts at once. One that is away tells nothing, the leading one excepted: without it there is no account. */
const partPositions = async (
  parts: readonly Part[],
  folders: readonly FolderId[],
  ask: Ask,
): Promise<ReadonlyMap<FolderId, Position>> => {
  const told = await Promise.all(
    byPart(parts, folders).map(async ({ part, ids }) => {
      const positions = await askPart(part, ids, ask);
      return [...positions].map(([id, position]) => [outerId(part, id), position] as const);
    }),
  );
  return new Map(told.flat());
};

const askPart = async (part: Part, ids: readonly FolderId[], ask: Ask): Promise<ReadonlyMap<FolderId, Position>> => {
  try {
    return (await ask(part, ids)) ?? new Map();
  } catch (error) {
    if (part.prefix !== '' && isAway(error)) return new Map();
    throw error;
  }
};
