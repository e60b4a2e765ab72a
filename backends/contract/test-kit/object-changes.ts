import { describe, expect, test } from '@jest/globals';
import { codeOf, freshName } from './harness.ts';
import { eventAt } from './object-samples.ts';
import { changedIds, isGone, type ObjectSuite, readOne } from './object-suite.ts';

/** What a store of objects promises of its listings, changes and positions, as tests. */
export const objectChangesContract = (suite: ObjectSuite): void => {
  const { freshFolder, freshUid, sample } = suite;

  describe(`${suite.name}: list`, () => {
    test('names every object once, and a folder that is not there is notFound', async () => {
      const folder = await freshFolder();
      expect((await suite.store.list(folder, undefined)).ids.isEmpty).toBe(true);
      const ids = [
        await suite.harness.put(folder, sample()),
        (await suite.store.create(folder, sample(), freshName())).id,
      ];
      expect([...(await suite.store.list(folder, undefined)).ids].sort()).toEqual([...ids].sort());
      expect(await codeOf(suite.store.list('no such folder', undefined))).toBe('notFound');
    });

    test('leaves out what was over before, and never what is without end', async () => {
      if (suite.harness.kind !== 'VEVENT') return;
      const folder = await freshFolder();
      const put = (uid: string, start: string, end: string, rule?: string) =>
        suite.harness.put(folder, eventAt(`${uid}-${freshUid()}`, start, end, rule));
      const old = await put('old', '20200101T100000Z', '20200101T110000Z');
      const kept = [
        await put('endless', '20200106T100000Z', '20200106T110000Z', 'FREQ=WEEKLY'),
        await put('coming', '20300101T100000Z', '20300101T110000Z'),
        await put('lasting', '20200107T100000Z', '20300107T110000Z'),
      ];
      const { ids, cursor } = await suite.store.list(folder, new Date('2026-01-01T00:00:00Z'));
      expect(kept.filter((id) => !ids.has(id))).toEqual([]);
      if (suite.harness.limits?.leavesOutOld !== false) expect(ids.has(old)).toBe(false);
      expect((await suite.store.list(folder, undefined)).ids.has(old)).toBe(true);
      expect((await suite.store.changes(folder, cursor)).changed).toEqual([]);
    });
  });

  describe(`${suite.name}: changes`, () => {
    test('are none where nothing happened', async () => {
      const folder = await freshFolder();
      const id = await suite.harness.put(folder, sample());
      const { cursor, position } = await suite.store.list(folder, undefined);
      const changes = await suite.store.changes(folder, cursor);
      expect(changes.changed).toEqual([]);
      expect(isGone(changes, id)).toBe(false);
      expect(changes.position).toBe(position);
      expect((await suite.store.changes(folder, changes.cursor)).changed).toEqual([]);
    });

    test('tell what was made, changed and removed elsewhere, each once, from any cursor', async () => {
      const folder = await freshFolder();
      const [stays, changes, goes] = [sample(), freshUid(), sample()];
      const kept = await suite.harness.put(folder, stays);
      const edited = await suite.harness.put(folder, sample(changes));
      const removed = await suite.harness.put(folder, goes);
      const first = await suite.store.list(folder, undefined);
      await suite.harness.replace(folder, edited, sample(changes, 'Anna Changed'));
      await suite.harness.remove(folder, removed);
      const added = await suite.harness.put(folder, sample());
      const told = await suite.store.changes(folder, first.cursor);
      expect(changedIds(told)).toEqual([added, edited].sort());
      expect([kept, edited, removed, added].map((id) => isGone(told, id))).toEqual([false, false, true, false]);
      expect(told.position).not.toBe(first.position);
      for (const { id, revision } of told.changed)
        expect((await readOne(suite.store, folder, id)).revision).toBe(revision);
      expect(changedIds(await suite.harness.reopened().changes(folder, first.cursor))).toEqual([added, edited].sort());
      expect((await suite.store.changes(folder, told.cursor)).changed).toEqual([]);
    });

    test('have the revisions that writes told, so that an echo is known', async () => {
      const folder = await freshFolder();
      const { cursor } = await suite.store.list(folder, undefined);
      const uid = freshUid();
      const made = await suite.store.create(folder, sample(uid), freshName());
      const told = await suite.store.changes(folder, cursor);
      expect(told.changed).toEqual([made]);
      const { revision } = await suite.store.replace(folder, made.id, sample(uid, 'Anna Echo'), made.revision);
      expect((await suite.store.changes(folder, told.cursor)).changed).toEqual([{ id: made.id, revision }]);
    });

    test('many at once are all told', async () => {
      const folder = await freshFolder();
      const { cursor } = await suite.store.list(folder, undefined);
      const ids = [];
      for (let i = 0; i < 30; i++) ids.push(await suite.harness.put(folder, sample()));
      expect(changedIds(await suite.store.changes(folder, cursor))).toEqual([...ids].sort());
    }, 30_000);

    test('of a cursor that was never given are refused', async () => {
      const folder = await freshFolder();
      for (const cursor of ['', 'nonsense', 'tnonsense']) {
        expect([cursor, await codeOf(suite.store.changes(folder, cursor))]).toEqual([cursor, 'cursorRefused']);
      }
      expect(await codeOf(suite.store.changes('no such folder', 'nonsense'))).toBe('notFound');
    });
  });

  describe(`${suite.name}: positions`, () => {
    test('stay where nothing happens and move with every change; what is gone is left out', async () => {
      const [still, moving] = [await freshFolder(), await freshFolder()];
      const before = await suite.store.positions([still, moving, 'no such folder']);
      expect([...before.keys()].sort()).toEqual([still, moving].sort());
      expect(before.get(still)).toBe((await suite.store.list(still, undefined)).position);
      await suite.harness.put(moving, sample());
      const after = await suite.store.positions([still, moving]);
      expect(after.get(still)).toBe(before.get(still));
      expect(after.get(moving)).not.toBe(before.get(moving));
      expect((await suite.store.positions([moving])).get(moving)).toBe(after.get(moving));
      expect((await suite.store.positions(['no such folder'])).size).toBe(0);
    });
  });
};
