import { afterAll, beforeAll, expect } from '@jest/globals';
import type { FolderId, FolderStore, ItemClass } from '../folders.ts';
import type { ItemId } from '../items.ts';
import type { ObjectChanges, ObjectKind, ObjectRead, ObjectStore } from '../objects.ts';
import { uniqueName } from './harness.ts';
import { sampleObject } from './object-samples.ts';

/** What a harness can say it cannot test; everything is `true` unless told. */
export interface ObjectLimits {
  /** Texts come back byte for byte; else their lines are compared, whatever their order and upper or lower case. */
  readonly keepsText?: boolean;
  /** Events that are over are left out of a listing that asks for it. */
  readonly leavesOutOld?: boolean;
  /** Further collections can be made. */
  readonly createsFolders?: boolean;
  /** A second object of a UID is refused. */
  readonly refusesTwins?: boolean;
}

/** One account for tests on one store of objects, and the world around it. */
export interface ObjectHarness {
  readonly kind: ObjectKind;
  readonly folders: FolderStore;
  readonly objects: ObjectStore;
  readonly limits?: ObjectLimits;
  /** The same store as it is after a restart: it remembers nothing. */
  reopened(): ObjectStore;
  /** Makes an empty folder as another program does. */
  createFolder(name: string): Promise<FolderId>;
  /** Stores a new object as another program does; `name` is the file name where the store has such names. */
  put(folder: FolderId, text: string, name?: string): Promise<ItemId>;
  /** Replaces an object as another program does. */
  replace(folder: FolderId, id: ItemId, text: string): Promise<void>;
  /** Removes an object as another program does. */
  remove(folder: FolderId, id: ItemId): Promise<void>;
  close(): Promise<void>;
}

/** Opens a harness; called once a suite. */
export type OpenObjectHarness = () => Promise<ObjectHarness>;

/** One store under test: what the parts of its contract share. */
export interface ObjectSuite {
  readonly name: string;
  /** Open while the tests run, not before. */
  readonly harness: ObjectHarness;
  readonly store: ObjectStore;
  freshFolder(): Promise<FolderId>;
  freshUid(): string;
  /** An object of the store's kind. */
  sample(uid?: string, title?: string): string;
  /** Expects a text as far as the store keeps texts. */
  expectText(text: string, wanted: string): void;
}

/** The class of the items of a kind. */
export const ClassOf: Readonly<Record<ObjectKind, ItemClass>> = {
  VCARD: 'Contacts',
  VEVENT: 'Calendar',
  VTODO: 'Tasks',
  VJOURNAL: 'Notes',
};

/** All that a read gives. */
export const readAll = async (store: ObjectStore, folder: FolderId, ids: readonly ItemId[]): Promise<ObjectRead[]> => {
  const all: ObjectRead[] = [];
  for await (const one of store.read(folder, ids)) all.push(one);
  return all;
};

/** The text and revision of an object that is there. */
export const readOne = async (store: ObjectStore, folder: FolderId, id: ItemId) => {
  const [read] = await readAll(store, folder, [id]);
  if (read?.outcome !== 'item') throw new Error(`The object ${id} is ${read?.outcome}`);
  return read;
};

/** Ids of what was changed, sorted. */
export const changedIds = ({ changed }: ObjectChanges): ItemId[] => changed.map(({ id }) => id).sort();

/** Whether changes tell that an object is gone. */
export const isGone = ({ gone }: ObjectChanges, id: ItemId): boolean =>
  'removed' in gone ? gone.removed.has(id) : !gone.present.has(id);

/** Content lines without their folds, as a set: what remains of a text that a server writes in its own way. */
const linesOf = (text: string): string[] =>
  text
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/)
    .filter((line) => line !== '' && !/^(PRODID|DTSTAMP|REV|CREATED|LAST-MODIFIED)\b/.test(line))
    .sort();

/** Opens a harness before the tests of the file or block that it is called in, and closes it after them. */
export const objectSuite = (name: string, open: OpenObjectHarness): ObjectSuite => {
  let harness: ObjectHarness;
  let uids = 0;

  beforeAll(async () => {
    harness = await open();
  }, 60_000);
  afterAll(() => harness.close());

  const freshUid = (): string => `${uniqueName('uid')}-${uids++}`;
  return {
    name,
    get harness() {
      return harness;
    },
    get store() {
      return harness.objects;
    },
    freshFolder: () => harness.createFolder(uniqueName('objects')),
    freshUid,
    sample: (uid = freshUid(), title = 'Anna Example') => sampleObject(harness.kind, uid, title),
    expectText: (text, wanted) => {
      if (harness.limits?.keepsText === false) expect(linesOf(text)).toEqual(linesOf(wanted));
      else expect(text).toBe(wanted);
    },
  };
};
