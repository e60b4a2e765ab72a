import { breathe } from '../contract/breathe.ts';
import { BackendError, isBackendError } from '../contract/errors.ts';
import type { FolderId } from '../contract/folders.ts';
import type { BeforeChange, GroupwareStore, ObjectRequest } from '../contract/groupware.ts';
import type { Changed, ItemId, ReadResult, Revision } from '../contract/items.ts';
import type { ChangedObject, ObjectRead, ObjectStore } from '../contract/objects.ts';
import type { ObjectConverter } from './converter.ts';

/** Times that an edit is tried when other clients change the same object in the same moment. */
const Tries = 3;

/** Items converted between two breaths: some milliseconds of work, until they are in the answer. */
const ItemsPerBreath = 10;

/** Items that are never too old for a filter. */
const Ageless = Number.POSITIVE_INFINITY;

/** Makes items of a class out of native objects. */
export const itemsOf = <Item, Patch>(
  objects: ObjectStore,
  converter: ObjectConverter<Item, Patch>,
): GroupwareStore<Item, Patch> => ({
  list: (folder, since, signal) => objects.list(folder, since, signal),
  changes: async (folder, cursor, signal) => {
    const { changed, ...rest } = await objects.changes(folder, cursor, signal);
    return { ...rest, changed: await dated(objects, converter, folder, changed, signal) };
  },
  positions: (folders, signal) => objects.positions(folders, signal),
  read: (folder, ids, request, signal) => readItems(objects, converter, { folder, ids, request, signal }),
  create: async (folder, item, name) => objects.create(folder, converter.make(item, name), name),
  update: (folder, id, patch, expected, first) =>
    editObject(objects, { folder, id, expected, first }, (text) => converter.patch(text, patch)),
  remove: (folder, ids) => objects.remove(folder, ids),
  move: (folder, ids, target) => objects.move(folder, ids, target),
});

/** Changed objects with the instant that filters compare. */
const dated = async <Item, Patch>(
  objects: ObjectStore,
  { at }: ObjectConverter<Item, Patch>,
  folder: FolderId,
  changed: readonly ChangedObject[],
  signal: AbortSignal | undefined,
): Promise<Changed[]> => {
  if (at === undefined || changed.length === 0) return changed.map((one) => ({ ...one, at: Ageless }));
  const instants = new Map<ItemId, number>();
  const ids = changed.map(({ id }) => id);
  for await (const read of objects.read(folder, ids, signal)) {
    if (read.outcome === 'item') instants.set(read.id, instantOf(at, read.text));
  }
  return changed.map((one) => ({ ...one, at: instants.get(one.id) ?? Ageless }));
};

/** What cannot be understood is in every filter: it is set aside when it is read, where that is told. */
const instantOf = (at: (text: string) => number, text: string): number => {
  try {
    return at(text);
  } catch {
    return Ageless;
  }
};

interface Reading {
  readonly folder: FolderId;
  readonly ids: readonly ItemId[];
  readonly request: ObjectRequest;
  readonly signal: AbortSignal | undefined;
}

async function* readItems<Item, Patch>(
  objects: ObjectStore,
  converter: ObjectConverter<Item, Patch>,
  { folder, ids, request, signal }: Reading,
): AsyncIterable<ReadResult<Item>> {
  let index = 0;
  for await (const read of objects.read(folder, ids, signal)) {
    if (index++ % ItemsPerBreath === 0) await breathe(signal);
    yield readOne(converter, read, request);
  }
}

const readOne = <Item, Patch>(
  converter: ObjectConverter<Item, Patch>,
  read: ObjectRead,
  request: ObjectRequest,
): ReadResult<Item> => {
  const { id } = read;
  if (read.outcome !== 'item') return read;
  try {
    const item = converter.read(read.text, request);
    if (item === undefined) return { id, outcome: 'unreadable', reason: 'It is no object of this kind' };
    const at = converter.at === undefined ? Ageless : instantOf(converter.at, read.text);
    return { id, outcome: 'item', item, revision: read.revision, at };
  } catch (error) {
    return { id, outcome: 'unreadable', reason: String(error) };
  }
};

/** Which object is edited, and at which revision it must be; `undefined`: at whichever it is. */
export interface Edited {
  readonly folder: FolderId;
  readonly id: ItemId;
  readonly expected: Revision | undefined;
  readonly first?: BeforeChange | undefined;
}

/** Reads an object, edits it and stores it, if no other client was quicker. Throws `notFound`, `conflict`. */
export const editObject = async (
  objects: ObjectStore,
  { folder, id, expected, first }: Edited,
  edit: (text: string) => string,
): Promise<{ readonly revision: Revision }> => {
  for (let attempt = 1; ; attempt++) {
    const { text, revision } = await readObject(objects, folder, id);
    if (expected !== undefined && expected !== revision) throw new BackendError('conflict');
    const edited = edit(text);
    if (edited === text) return { revision };
    await first?.(text, edited);
    try {
      return await objects.replace(folder, id, edited, revision);
    } catch (error) {
      if (expected !== undefined || attempt >= Tries || !isBackendError(error, 'conflict')) throw error;
    }
  }
};

const readObject = async (
  objects: ObjectStore,
  folder: FolderId,
  id: ItemId,
): Promise<{ text: string; revision: Revision }> => {
  for await (const read of objects.read(folder, [id])) {
    if (read.outcome === 'item') return read;
  }
  throw new BackendError('notFound', { detail: 'no such object' });
};
