import { describe, expect, test } from '@jest/globals';
import type { ItemId } from '../items.ts';
import { codeOf, freshName } from './harness.ts';
import { isGone, type ObjectSuite, readAll, readOne } from './object-suite.ts';

/** What a store of objects promises of reading and writing its objects, as tests. */
export const objectItemsContract = (suite: ObjectSuite): void => {
  const { freshFolder, freshUid, sample, expectText } = suite;

  describe(`${suite.name}: read`, () => {
    test('gives each id once, in order, as it is stored', async () => {
      const folder = await freshFolder();
      const texts = [sample(), sample(), sample()];
      const ids: ItemId[] = [];
      for (const text of texts) ids.push(await suite.harness.put(folder, text));
      const order = [ids[2] ?? '', 'not-there', ids[0] ?? '', ids[1] ?? ''];
      const read = await readAll(suite.store, folder, order);
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
      const extension = suite.harness.kind === 'VCARD' ? '.vcf' : '.ics';
      const id = await suite.harness.put(folder, sample(uid), `${stem}${extension}`);
      expect(id).toMatch(/^[A-Za-z0-9._-]{1,40}$/);
      expect([...(await suite.store.list(folder, undefined)).ids]).toEqual([id]);
      const again = suite.harness.reopened();
      const { revision } = await readOne(again, folder, id);
      await suite.harness.reopened().replace(folder, id, sample(uid, 'Anna Again'), revision);
      expect((await readOne(suite.store, folder, id)).text).toContain('Anna Again');
      await suite.harness.reopened().remove(folder, [id]);
      expect((await suite.store.list(folder, undefined)).ids.isEmpty).toBe(true);
    });

    test('ids that no object can have are missing', async () => {
      const folder = await freshFolder();
      const ids = ['-n..', '-n.', '-h', '-hno-such-digest-at-all', '..', '.', '-'];
      const read = await readAll(suite.store, folder, ids);
      expect(read.map(({ outcome }) => outcome)).toEqual(ids.map(() => 'missing'));
      await suite.store.remove(folder, ids);
      expect((await suite.store.list(folder, undefined)).ids.isEmpty).toBe(true);
    });
  });

  describe(`${suite.name}: find`, () => {
    test('finds an object by the whole of its UID', async () => {
      const folder = await freshFolder();
      const uid = freshUid();
      await suite.harness.put(folder, sample(`${uid}-longer`));
      expect(await suite.store.find(folder, uid)).toBeUndefined();
      const id = await suite.harness.put(folder, sample(uid));
      await suite.harness.put(folder, sample(`longer-${uid}`));
      expect(await suite.store.find(folder, uid)).toBe(id);
      expect(await suite.store.find(await freshFolder(), uid)).toBeUndefined();
    });
  });

  describe(`${suite.name}: create`, () => {
    test('stores a text; the same name finds it again, also after a restart', async () => {
      const folder = await freshFolder();
      const [text, idempotency] = [sample(), freshName()];
      const made = await suite.store.create(folder, text, idempotency);
      const read = await readOne(suite.store, folder, made.id);
      expectText(read.text, text);
      expect(read.revision).toBe(made.revision);
      expect(made.revision.length).toBeLessThanOrEqual(24);
      expect(await suite.store.create(folder, text, idempotency)).toEqual(made);
      expect(await suite.harness.reopened().create(folder, text, idempotency)).toEqual(made);
      expect((await suite.store.list(folder, undefined)).ids.size).toBe(1);
    });

    test('of a UID that another object has is exists', async () => {
      if (suite.harness.limits?.refusesTwins === false) return;
      const folder = await freshFolder();
      const uid = freshUid();
      await suite.harness.put(folder, sample(uid));
      expect(await codeOf(suite.store.create(folder, sample(uid, 'Anna Twin'), freshName()))).toBe('exists');
      expect((await suite.store.list(folder, undefined)).ids.size).toBe(1);
    });

    test('of what is no such object is rejected', async () => {
      const folder = await freshFolder();
      expect(await codeOf(suite.store.create(folder, 'no object\r\n', freshName()))).toBe('rejected');
    });

    test('in a folder that is not there is notFound', async () => {
      expect(await codeOf(suite.store.create('no such folder', sample(), freshName()))).toBe('notFound');
    });
  });

  describe(`${suite.name}: replace`, () => {
    test('replaces what is as expected, and what was replaced so before', async () => {
      const folder = await freshFolder();
      const uid = freshUid();
      const made = await suite.store.create(folder, sample(uid), freshName());
      const text = sample(uid, 'Anna Replaced');
      const { revision } = await suite.store.replace(folder, made.id, text, made.revision);
      expect(revision).not.toBe(made.revision);
      const read = await readOne(suite.store, folder, made.id);
      expectText(read.text, text);
      expect(read.revision).toBe(revision);
      const third = await suite.harness.reopened().replace(folder, made.id, sample(uid, 'Anna Third'), revision);
      expect((await readOne(suite.store, folder, made.id)).revision).toBe(third.revision);
    });

    test('of what was changed elsewhere is conflict and changes nothing', async () => {
      const folder = await freshFolder();
      const uid = freshUid();
      const made = await suite.store.create(folder, sample(uid), freshName());
      await suite.harness.replace(folder, made.id, sample(uid, 'Anna Elsewhere'));
      for (const one of [suite.store, suite.harness.reopened()]) {
        expect(await codeOf(one.replace(folder, made.id, sample(uid, 'Anna Late'), made.revision))).toBe('conflict');
      }
      expect((await readOne(suite.store, folder, made.id)).text).toContain('Anna Elsewhere');
    });

    test('of what was removed is notFound and makes nothing', async () => {
      const folder = await freshFolder();
      const uid = freshUid();
      const made = await suite.store.create(folder, sample(uid), freshName());
      await suite.harness.remove(folder, made.id);
      for (const one of [suite.store, suite.harness.reopened()]) {
        expect(await codeOf(one.replace(folder, made.id, sample(uid, 'Anna Late'), made.revision))).toBe('notFound');
      }
      expect((await suite.store.list(folder, undefined)).ids.isEmpty).toBe(true);
    });
  });

  describe(`${suite.name}: remove and move`, () => {
    test('remove takes away what is named, and what is not there counts as removed', async () => {
      const folder = await freshFolder();
      const [kept, gone] = [await suite.harness.put(folder, sample()), await suite.harness.put(folder, sample())];
      const { cursor } = await suite.store.list(folder, undefined);
      await suite.store.remove(folder, [gone, 'not-there']);
      await suite.store.remove(folder, [gone]);
      expect([...(await suite.store.list(folder, undefined)).ids]).toEqual([kept]);
      const changes = await suite.store.changes(folder, cursor);
      expect([isGone(changes, gone), isGone(changes, kept)]).toEqual([true, false]);
    });

    test('move takes objects to another folder; what is not there is left out', async () => {
      const [from, to] = [await freshFolder(), await freshFolder()];
      const text = sample();
      const id = await suite.harness.put(from, text);
      const [moved, ...others] = await suite.store.move(from, [id, 'not-there'], to);
      expect(others).toEqual([]);
      expect(moved?.id).toBe(id);
      expect((await suite.store.list(from, undefined)).ids.isEmpty).toBe(true);
      const ids = [...(await suite.store.list(to, undefined)).ids];
      expect(ids).toHaveLength(1);
      if (moved?.newId !== undefined) expect(ids).toEqual([moved.newId]);
      const read = await readOne(suite.store, to, ids[0] ?? '');
      expectText(read.text, text);
      if (moved?.revision !== undefined) expect(read.revision).toBe(moved.revision);
    });

    test('move into a folder that is not there is notFound and loses nothing', async () => {
      const folder = await freshFolder();
      const id = await suite.harness.put(folder, sample());
      expect(await codeOf(suite.store.move(folder, [id], 'no such folder'))).toBe('notFound');
      expect([...(await suite.store.list(folder, undefined)).ids]).toEqual([id]);
    });
  });
};
