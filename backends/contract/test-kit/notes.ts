import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Note } from '../../../protocol/classes/note.ts';
import type { FolderId, FolderStore } from '../folders.ts';
import type { NoteStore, ObjectRequest } from '../groupware.ts';
import type { Changes, ItemId, ReadResult } from '../items.ts';
import { BodyType } from '../mail.ts';
import { codeOf, freshName, isGone, uniqueName } from './harness.ts';

/** One account for tests on one store of notes. */
export interface NoteHarness {
  readonly folders: FolderStore;
  readonly notes: NoteStore;
  close(): Promise<void>;
}

/** Opens a harness; called once. */
export type OpenNoteHarness = () => Promise<NoteHarness>;

const plain: ObjectRequest = { form: 'days', preferences: [{ type: BodyType.plain }] };
const html: ObjectRequest = { form: 'days', preferences: [{ type: BodyType.html }] };

const plainBody = (data: string): Note => ({ body: { type: BodyType.plain, data } });

/** A text in which a store could lose much: blank lines, indents, signs of markup and letters of several scripts. */
const Text = 'Milk\r\n\r\n  2 x bread & <butter>\r\nGrüße, 日本 🍎\r\n- end';

/** Everything that a {@link NoteStore} promises, as tests. */
export const noteStoreContract = (name: string, open: OpenNoteHarness): void => {
  let harness: NoteHarness;
  let notes: NoteStore;
  let folder: FolderId;

  const readOne = async (id: ItemId, request: ObjectRequest = plain): Promise<ReadResult<Note>> => {
    for await (const read of notes.read(folder, [id], request)) return read;
    throw new Error(`Nothing was answered for ${id}`);
  };
  const noteAt = async (id: ItemId, request: ObjectRequest = plain): Promise<Note> => {
    const read = await readOne(id, request);
    if (read.outcome !== 'item') throw new Error(`The note ${id} is ${read.outcome}`);
    return read.item;
  };
  const make = (set: Note, called = freshName()) => notes.create(folder, { set, cleared: [], seen: plain }, called);
  const cursorNow = async () => (await notes.list(folder, undefined)).cursor;

  /** What a note is called after a change: a store may have put another one in its place. */
  const successor = (id: ItemId, changes: Changes): ItemId => {
    expect(changes.changed).toHaveLength(1);
    const after = changes.changed[0]?.id ?? '';
    expect(isGone(changes, id)).toBe(after !== id);
    expect(isGone(changes, after)).toBe(false);
    return after;
  };
  /** Changes a note and tells what it is called then. */
  const edit = async (id: ItemId, set: Note, cleared: readonly (keyof Note)[] = []): Promise<ItemId> => {
    const cursor = await cursorNow();
    await notes.update(folder, id, { set, cleared, seen: plain });
    return successor(id, await notes.changes(folder, cursor));
  };

  describe(`${name}: notes`, () => {
    beforeAll(async () => {
      harness = await open();
      notes = harness.notes;
      folder = await harness.folders.create({ name: uniqueName('notes'), itemClass: 'Notes' });
    }, 60_000);
    afterAll(() => harness.close());

    test('have one default folder', async () => {
      const own = (await harness.folders.list()).filter(({ itemClass }) => itemClass === 'Notes');
      expect(own.filter(({ role }) => role === 'default')).toHaveLength(1);
      expect(own.find(({ id }) => id === folder)).toMatchObject({ role: 'user', selectable: true });
    });

    test('are made with subject, text, categories, class and date, once under one name', async () => {
      const called = freshName();
      const set: Note = { subject: 'Grüße: list', categories: ['Home', 'Büro 2'], ...plainBody(Text) };
      const { id, revision } = await make(set, called);
      expect(await make(set, called)).toEqual({ id, revision });
      const read = await readOne(id);
      expect(read).toMatchObject({ outcome: 'item', revision, at: Number.POSITIVE_INFINITY });
      const note = await noteAt(id);
      expect(note).toMatchObject({ subject: 'Grüße: list', messageClass: 'IPM.StickyNote' });
      expect([...(note.categories ?? [])].sort()).toEqual(['Büro 2', 'Home']);
      expect(note.body).toMatchObject({ type: BodyType.plain, data: Text });
      expect(Math.abs((note.lastModifiedDate?.getTime() ?? 0) - Date.now())).toBeLessThan(3_600_000);
    });

    test('come in the form that is asked for, as short as is asked for', async () => {
      const { id } = await make({ subject: 'forms', ...plainBody(Text) });
      expect((await noteAt(id, html)).body).toMatchObject({ type: BodyType.html });
      expect(String((await noteAt(id, html)).body?.data)).toContain('&lt;butter&gt;');
      const short: ObjectRequest = { form: 'days', preferences: [{ type: BodyType.plain, truncationSize: 4 }] };
      expect((await noteAt(id, short)).body).toMatchObject({ data: 'Milk', truncated: true });
    });

    test('are told when they are new, changed and removed', async () => {
      const before = await cursorNow();
      const { id, revision } = await make({ subject: 'told' });
      const added = await notes.changes(folder, before);
      expect(added.changed).toEqual([{ id, revision, at: Number.POSITIVE_INFINITY }]);
      expect((await notes.list(folder, undefined)).ids.has(id)).toBe(true);
      expect((await notes.positions([folder])).has(folder)).toBe(true);
      await notes.remove(folder, [id], 'permanent');
      await notes.remove(folder, [id], 'permanent');
      const removed = await notes.changes(folder, added.cursor);
      expect([removed.changed, isGone(removed, id)]).toEqual([[], true]);
      expect(await readOne(id)).toEqual({ id, outcome: 'missing' });
    });

    test('change in what a patch names alone', async () => {
      const { id } = await make({ subject: 'old', categories: ['Home'], ...plainBody(Text) });
      const renamed = await edit(id, { subject: 'new' });
      expect(await noteAt(renamed)).toMatchObject({ subject: 'new', categories: ['Home'], body: { data: Text } });
      const rewritten = await edit(renamed, plainBody('shorter\r\n'));
      expect(await noteAt(rewritten)).toMatchObject({ subject: 'new', categories: ['Home'] });
      expect(String((await noteAt(rewritten)).body?.data).trimEnd()).toBe('shorter');
      const sorted = await edit(rewritten, { categories: ['Work'] });
      expect(await noteAt(sorted)).toMatchObject({ subject: 'new', categories: ['Work'] });
      const bare = await edit(sorted, {}, ['subject', 'categories']);
      const { subject, categories, body } = await noteAt(bare);
      expect([subject ?? '', categories ?? []]).toEqual(['', []]);
      expect(String(body?.data).trimEnd()).toBe('shorter');
    });

    test('stay as they are when a device sends what it was given, cut or whole', async () => {
      const set: Note = { subject: 'same', categories: ['Home'], ...plainBody(Text) };
      const { id } = await make(set);
      const cursor = await cursorNow();
      const cut: ObjectRequest = { form: 'days', preferences: [{ type: BodyType.plain, truncationSize: 6 }] };
      for (const seen of [plain, html, cut]) {
        const { body, subject, categories } = await noteAt(id, seen);
        await notes.update(folder, id, { set: { subject, categories, body }, cleared: [], seen });
      }
      const { changed, gone } = await notes.changes(folder, cursor);
      expect(changed).toEqual([]);
      expect('removed' in gone ? gone.removed.isEmpty : gone.present.has(id)).toBe(true);
    });

    test('that are gone or were changed by others are not changed', async () => {
      const { id, revision } = await make({ subject: 'contested', categories: ['Home'] });
      const after = await edit(id, { categories: ['Work'] });
      const patch = { set: { subject: 'mine' }, cleared: [], seen: plain };
      expect(await codeOf(notes.update(folder, after, patch, revision))).toBe('conflict');
      await notes.remove(folder, [after], 'permanent');
      expect(await codeOf(notes.update(folder, after, patch))).toBe('notFound');
      expect(await codeOf(notes.list('no such folder', undefined))).toBe('notFound');
    });

    test('move to another folder of notes', async () => {
      const target = await harness.folders.create({ name: uniqueName('target'), itemClass: 'Notes' });
      const { id } = await make({ subject: 'moved', ...plainBody('text') });
      const [moved] = await notes.move(folder, [id], target);
      expect(moved?.id).toBe(id);
      const ids = [...(await notes.list(target, undefined)).ids];
      expect(ids).toEqual([moved?.newId]);
      for await (const read of notes.read(target, ids, plain))
        expect(read).toMatchObject({ item: { subject: 'moved' } });
      expect((await notes.list(folder, undefined)).ids.has(id)).toBe(false);
    });
  });
};
