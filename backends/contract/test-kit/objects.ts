import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Folder, FolderId, FolderStore, ItemClass } from '../folders.ts';
import type { ItemId } from '../items.ts';
import type { ObjectChanges, ObjectKind, ObjectRead, ObjectStore } from '../objects.ts';
import { codeOf, freshName, uniqueName } from './harness.ts';
import { eventAt, sampleObject } from './object-samples.ts';

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

const ClassOf: Readonly<Record<ObjectKind, ItemClass>> = {
  VCARD: 'Contacts',
  VEVENT: 'Calendar',
  VTODO: 'Tasks',
  VJOURNAL: 'Notes',
};

const readAll = async (store: ObjectStore, folder: FolderId, ids: readonly ItemId[]): Promise<ObjectRead[]> => {
  const all: ObjectRead[] = [];
  for await (const one of store.read(folder, ids)) all.push(one);
  return all;
};

/** The text and revision of an object that is there. */
const readOne = async (store: ObjectStore, folder: FolderId, id: ItemId) => {
  const [read] = await readAll(store, folder, [id]);
  if (read?.outcome !== 'item') throw new Error(`The object ${id} is ${read?.outcome}`);
  return read;
};

const changedIds = ({ changed }: ObjectChanges): ItemId[] => changed.map(({ id }) => id).sort();

const isGone = ({ gone }: ObjectChanges, id: ItemId): boolean =>
  'removed' in gone ? gone.removed.has(id) : !gone.present.has(id);

/** Content lines without their folds, as a set: what remains of a text that a server writes in its own way. */
const linesOf = (text: string): string[] =>
  text
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/)
    .filter((line) => line !== '' && !/^(PRODID|DTSTAMP|REV|CREATED|LAST-MODIFIED)\b/.test(line))
    .sort();

/** Everything that an {@link ObjectStore} and the folders of its objects promise, as tests. */
export const objectStoreContract = (name: string, open: OpenObjectHarness): void => {
  let harness: ObjectHarness;
  let store: ObjectStore;
  let uids = 0;

  beforeAll(async () => {
    harness = await open();
    store = harness.objects;
  }, 60_000);
  afterAll(() => harness.close());

  const freshFolder = (): Promise<FolderId> => harness.createFolder(uniqueName('objects'));
  const freshUid = (): string => `${uniqueName('uid')}-${uids++}`;
  const sample = (uid = freshUid(), title = 'Anna Example'): string => sampleObject(harness.kind, uid, title);
  const expectText = (text: string, wanted: string): void => {
    if (harness.limits?.keepsText === false) expect(linesOf(text)).toEqual(linesOf(wanted));
    else expect(text).toBe(wanted);
  };

  describe(`${name}: the folders`, () => {
    const list = (): Promise<readonly Folder[]> => harness.folders.list();
    const find = async (id: FolderId) => (await list()).find((folder) => folder.id === id);
    const make = (folderName: string): Promise<FolderId> =>
      harness.folders.create({ name: folderName, itemClass: ClassOf[harness.kind] });

    test('have one default folder of the class, which stays', async () => {
      const own = (await list()).filter(({ itemClass }) => itemClass === ClassOf[harness.kind]);
      const defaults = own.filter(({ role }) => role === 'default');
      expect(defaults).toHaveLength(1);
      const id = defaults[0]?.id ?? '';
      expect(await codeOf(harness.folders.remove(id))).toBe('forbidden');
      expect(await codeOf(harness.folders.update(id, { name: uniqueName('renamed') }))).toBe('forbidden');
      expect(await find(id)).toEqual(defaults[0]);
      expect(new Set((await list()).map((folder) => folder.id)).size).toBe((await list()).length);
    });

    test('show what another program made', async () => {
      const folderName = uniqueName('made elsewhere');
      const id = await harness.createFolder(folderName);
      const itemClass = ClassOf[harness.kind];
      expect(await find(id)).toMatchObject({ name: folderName, role: 'user', itemClass, selectable: true });
    });

    test('are made, renamed and removed', async () => {
      if (harness.limits?.createsFolders === false) return;
      const folderName = uniqueName('Größe & <Maß>');
      const id = await make(folderName);
      expect(await find(id)).toMatchObject({ name: folderName, role: 'user', itemClass: ClassOf[harness.kind] });
      expect((await store.list(id, undefined)).ids.isEmpty).toBe(true);
      expect(await codeOf(make(folderName))).toBe('exists');
      const item = await store.create(id, sample(), freshName());
      const renamed = uniqueName('日本語 "new"');
      const after = await harness.folders.update(id, { name: renamed });
      expect(await find(after)).toMatchObject({ name: renamed });
      expect((await store.list(after, undefined)).ids.has(item.id)).toBe(true);
      await harness.folders.remove(after);
      expect(await find(after)).toBeUndefined();
      expect(await codeOf(store.list(after, undefined))).toBe('notFound');
      expect(await codeOf(harness.folders.remove(after))).toBe('notFound');
      const again = await make(renamed);
      expect((await store.list(again, undefined)).ids.isEmpty).toBe(true);
    });

    test('of a name or below a folder that cannot be are refused', async () => {
      for (const folderName of ['', '  ', 'two\nlines', 'nul\0']) {
        expect([folderName, await codeOf(make(folderName))]).toEqual([folderName, 'rejected']);
      }
      const orphan = { parentId: 'no such folder', name: uniqueName('x'), itemClass: ClassOf[harness.kind] };
      expect(await codeOf(harness.folders.create(orphan))).toBe('notFound');
      expect(await codeOf(harness.folders.update('no such folder', { name: uniqueName('x') }))).toBe('notFound');
    });
  });

  describe(`${name}: list`, () => {
    test('names every object once, and a folder that is not there is notFound', async () => {
      const folder = await freshFolder();
      expect((await store.list(folder, undefined)).ids.isEmpty).toBe(true);
      const ids = [await harness.put(folder, sample()), (await store.create(folder, sample(), freshName())).id];
      expect([...(await store.list(folder, undefined)).ids].sort()).toEqual([...ids].sort());
      expect(await codeOf(store.list('no such folder', undefined))).toBe('notFound');
    });

    test('leaves out what was over before, and never what is without end', async () => {
      if (harness.kind !== 'VEVENT') return;
      const folder = await freshFolder();
      const put = (uid: string, start: string, end: string, rule?: string) =>
        harness.put(folder, eventAt(`${uid}-${freshUid()}`, start, end, rule));
      const old = await put('old', '20200101T100000Z', '20200101T110000Z');
      const kept = [
        await put('endless', '20200106T100000Z', '20200106T110000Z', 'FREQ=WEEKLY'),
        await put('coming', '20300101T100000Z', '20300101T110000Z'),
        await put('lasting', '20200107T100000Z', '20300107T110000Z'),
      ];
      const { ids, cursor } = await store.list(folder, new Date('2026-01-01T00:00:00Z'));
      expect(kept.filter((id) => !ids.has(id))).toEqual([]);
      if (harness.limits?.leavesOutOld !== false) expect(ids.has(old)).toBe(false);
      expect((await store.list(folder, undefined)).ids.has(old)).toBe(true);
      expect((await store.changes(folder, cursor)).changed).toEqual([]);
    });
  });

  describe(`${name}: changes`, () => {
    test('are none where nothing happened', async () => {
      const folder = await freshFolder();
      const id = await harness.put(folder, sample());
      const { cursor, position } = await store.list(folder, undefined);
      const changes = await store.changes(folder, cursor);
      expect(changes.changed).toEqual([]);
      expect(isGone(changes, id)).toBe(false);
      expect(changes.position).toBe(position);
      expect((await store.changes(folder, changes.cursor)).changed).toEqual([]);
    });

    test('tell what was made, changed and removed elsewhere, each once, from any cursor', async () => {
      const folder = await freshFolder();
      const [stays, changes, goes] = [sample(), freshUid(), sample()];
      const kept = await harness.put(folder, stays);
      const edited = await harness.put(folder, sample(changes));
      const removed = await harness.put(folder, goes);
      const first = await store.list(folder, undefined);
      await harness.replace(folder, edited, sample(changes, 'Anna Changed'));
      await harness.remove(folder, removed);
      const added = await harness.put(folder, sample());
      const told = await store.changes(folder, first.cursor);
      expect(changedIds(told)).toEqual([added, edited].sort());
      expect([kept, edited, removed, added].map((id) => isGone(told, id))).toEqual([false, false, true, false]);
      expect(told.position).not.toBe(first.position);
      for (const { id, revision } of told.changed) expect((await readOne(store, folder, id)).revision).toBe(revision);
      expect(changedIds(await harness.reopened().changes(folder, first.cursor))).toEqual([added, edited].sort());
      expect((await store.changes(folder, told.cursor)).changed).toEqual([]);
    });

    test('have the revisions that writes told, so that an echo is known', async () => {
      const folder = await freshFolder();
      const { cursor } = await store.list(folder, undefined);
      const uid = freshUid();
      const made = await store.create(folder, sample(uid), freshName());
      const told = await store.changes(folder, cursor);
      expect(told.changed).toEqual([made]);
      const { revision } = await store.replace(folder, made.id, sample(uid, 'Anna Echo'), made.revision);
      expect((await store.changes(folder, told.cursor)).changed).toEqual([{ id: made.id, revision }]);
    });

    test('many at once are all told', async () => {
      const folder = await freshFolder();
      const { cursor } = await store.list(folder, undefined);
      const ids = [];
      for (let i = 0; i < 30; i++) ids.push(await harness.put(folder, sample()));
      expect(changedIds(await store.changes(folder, cursor))).toEqual([...ids].sort());
    }, 30_000);

    test('of a cursor that was never given are refused', async () => {
      const folder = await freshFolder();
      for (const cursor of ['', 'nonsense', 'tnonsense']) {
        expect([cursor, await codeOf(store.changes(folder, cursor))]).toEqual([cursor, 'cursorRefused']);
      }
      expect(await codeOf(store.changes('no such folder', 'nonsense'))).toBe('notFound');
    });
  });

  describe(`${name}: positions`, () => {
    test('stay where nothing happens and move with every change; what is gone is left out', async () => {
      const [still, moving] = [await freshFolder(), await freshFolder()];
      const before = await store.positions([still, moving, 'no such folder']);
      expect([...before.keys()].sort()).toEqual([still, moving].sort());
      expect(before.get(still)).toBe((await store.list(still, undefined)).position);
      await harness.put(moving, sample());
      const after = await store.positions([still, moving]);
      expect(after.get(still)).toBe(before.get(still));
      expect(after.get(moving)).not.toBe(before.get(moving));
      expect((await store.positions([moving])).get(moving)).toBe(after.get(moving));
      expect((await store.positions(['no such folder'])).size).toBe(0);
    });
  });

  describe(`${name}: read`, () => {
    test('gives each id once, in order, as it is stored', async () => {
      const folder = await freshFolder();
      const texts = [sample(), sample(), sample()];
      const ids: ItemId[] = [];
      for (const text of texts) ids.push(await harness.put(folder, text));
      const order = [ids[2] ?? '', 'not-there', ids[0] ?? '', ids[1] ?? ''];
      const read = await readAll(store, folder, order);
      expect(read.map(({ id, outcome }) => [id, outcome])).toEqual(
        order.map((id) => [id, id === 'not-there' ? 'missing' : 'item']),
      );
      const [third, , first] = read;
      if (third?.outcome === 'item') expectText(third.text, texts[2] ?? '');
      if (first?.outcome === 'item') expectText(first.text, texts[0] ?? '');
    });

    test.each([
      ['plain', '0f3c1d52-8f0e-4b3a-9c57-0a4a6d0f8d11'],
      ['with an at sign and blanks', 'anna@example.org copy 2'],
      ['in another script', 'Grüße 日本'],
      ['long', 'x'.repeat(90)],
      ['with a dash in front', '-n'],
      ['with a percent sign', '100%25'],
    ])('an object of a file name %s is the same after a restart', async (_, stem) => {
      const folder = await freshFolder();
      const uid = freshUid();
      const extension = harness.kind === 'VCARD' ? '.vcf' : '.ics';
      const id = await harness.put(folder, sample(uid), `${stem}${extension}`);
      expect(id).toMatch(/^[A-Za-z0-9._-]{1,40}$/);
      expect([...(await store.list(folder, undefined)).ids]).toEqual([id]);
      const again = harness.reopened();
      const { revision } = await readOne(again, folder, id);
      await harness.reopened().replace(folder, id, sample(uid, 'Anna Again'), revision);
      expect((await readOne(store, folder, id)).text).toContain('Anna Again');
      await harness.reopened().remove(folder, [id]);
      expect((await store.list(folder, undefined)).ids.isEmpty).toBe(true);
    });

    test('ids that no object can have are missing', async () => {
      const folder = await freshFolder();
      const ids = ['-n..', '-n.', '-h', '-hno-such-digest-at-all', '..', '.', '-'];
      const read = await readAll(store, folder, ids);
      expect(read.map(({ outcome }) => outcome)).toEqual(ids.map(() => 'missing'));
      await store.remove(folder, ids);
      expect((await store.list(folder, undefined)).ids.isEmpty).toBe(true);
    });
  });

  describe(`${name}: find`, () => {
    test('finds an object by the whole of its UID', async () => {
      const folder = await freshFolder();
      const uid = freshUid();
      await harness.put(folder, sample(`${uid}-longer`));
      expect(await store.find(folder, uid)).toBeUndefined();
      const id = await harness.put(folder, sample(uid));
      await harness.put(folder, sample(`longer-${uid}`));
      expect(await store.find(folder, uid)).toBe(id);
      expect(await store.find(await freshFolder(), uid)).toBeUndefined();
    });
  });

  describe(`${name}: create`, () => {
    test('stores a text; the same name finds it again, also after a restart', async () => {
      const folder = await freshFolder();
      const [text, idempotency] = [sample(), freshName()];
      const made = await store.create(folder, text, idempotency);
      const read = await readOne(store, folder, made.id);
      expectText(read.text, text);
      expect(read.revision).toBe(made.revision);
      expect(made.revision.length).toBeLessThanOrEqual(24);
      expect(await store.create(folder, text, idempotency)).toEqual(made);
      expect(await harness.reopened().create(folder, text, idempotency)).toEqual(made);
      expect((await store.list(folder, undefined)).ids.size).toBe(1);
    });

    test('of a UID that another object has is exists', async () => {
      if (harness.limits?.refusesTwins === false) return;
      const folder = await freshFolder();
      const uid = freshUid();
      await harness.put(folder, sample(uid));
      expect(await codeOf(store.create(folder, sample(uid, 'Anna Twin'), freshName()))).toBe('exists');
      expect((await store.list(folder, undefined)).ids.size).toBe(1);
    });

    test('of what is no such object is rejected', async () => {
      const folder = await freshFolder();
      expect(await codeOf(store.create(folder, 'no object\r\n', freshName()))).toBe('rejected');
    });

    test('in a folder that is not there is notFound', async () => {
      expect(await codeOf(store.create('no such folder', sample(), freshName()))).toBe('notFound');
    });
  });

  describe(`${name}: replace`, () => {
    test('replaces what is as expected, and what was replaced so before', async () => {
      const folder = await freshFolder();
      const uid = freshUid();
      const made = await store.create(folder, sample(uid), freshName());
      const text = sample(uid, 'Anna Replaced');
      const { revision } = await store.replace(folder, made.id, text, made.revision);
      expect(revision).not.toBe(made.revision);
      const read = await readOne(store, folder, made.id);
      expectText(read.text, text);
      expect(read.revision).toBe(revision);
      const third = await harness.reopened().replace(folder, made.id, sample(uid, 'Anna Third'), revision);
      expect((await readOne(store, folder, made.id)).revision).toBe(third.revision);
    });

    test('of what was changed elsewhere is conflict and changes nothing', async () => {
      const folder = await freshFolder();
      const uid = freshUid();
      const made = await store.create(folder, sample(uid), freshName());
      await harness.replace(folder, made.id, sample(uid, 'Anna Elsewhere'));
      for (const one of [store, harness.reopened()]) {
        expect(await codeOf(one.replace(folder, made.id, sample(uid, 'Anna Late'), made.revision))).toBe('conflict');
      }
      expect((await readOne(store, folder, made.id)).text).toContain('Anna Elsewhere');
    });

    test('of what was removed is notFound and makes nothing', async () => {
      const folder = await freshFolder();
      const uid = freshUid();
      const made = await store.create(folder, sample(uid), freshName());
      await harness.remove(folder, made.id);
      for (const one of [store, harness.reopened()]) {
        expect(await codeOf(one.replace(folder, made.id, sample(uid, 'Anna Late'), made.revision))).toBe('notFound');
      }
      expect((await store.list(folder, undefined)).ids.isEmpty).toBe(true);
    });
  });

  describe(`${name}: remove and move`, () => {
    test('remove takes away what is named, and what is not there counts as removed', async () => {
      const folder = await freshFolder();
      const [kept, gone] = [await harness.put(folder, sample()), await harness.put(folder, sample())];
      const { cursor } = await store.list(folder, undefined);
      await store.remove(folder, [gone, 'not-there']);
      await store.remove(folder, [gone]);
      expect([...(await store.list(folder, undefined)).ids]).toEqual([kept]);
      const changes = await store.changes(folder, cursor);
      expect([isGone(changes, gone), isGone(changes, kept)]).toEqual([true, false]);
    });

    test('move takes objects to another folder; what is not there is left out', async () => {
      const [from, to] = [await freshFolder(), await freshFolder()];
      const text = sample();
      const id = await harness.put(from, text);
      const [moved, ...others] = await store.move(from, [id, 'not-there'], to);
      expect(others).toEqual([]);
      expect(moved?.id).toBe(id);
      expect((await store.list(from, undefined)).ids.isEmpty).toBe(true);
      const ids = [...(await store.list(to, undefined)).ids];
      expect(ids).toHaveLength(1);
      if (moved?.newId !== undefined) expect(ids).toEqual([moved.newId]);
      const read = await readOne(store, to, ids[0] ?? '');
      expectText(read.text, text);
      if (moved?.revision !== undefined) expect(read.revision).toBe(moved.revision);
    });

    test('move into a folder that is not there is notFound and loses nothing', async () => {
      const folder = await freshFolder();
      const id = await harness.put(folder, sample());
      expect(await codeOf(store.move(folder, [id], 'no such folder'))).toBe('notFound');
      expect([...(await store.list(folder, undefined)).ids]).toEqual([id]);
    });
  });
};
