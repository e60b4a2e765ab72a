import { describe, expect, test } from '@jest/globals';
import type { Folder, FolderId } from '../folders.ts';
import { codeOf, freshName, uniqueName } from './harness.ts';
import { ClassOf, type ObjectSuite } from './object-suite.ts';

/** What the folders of a store of objects promise, as tests. */
export const objectFoldersContract = (suite: ObjectSuite): void => {
  const { sample } = suite;

  describe(`${suite.name}: the folders`, () => {
    const list = (): Promise<readonly Folder[]> => suite.harness.folders.list();
    const find = async (id: FolderId) => (await list()).find((folder) => folder.id === id);
    const make = (folderName: string): Promise<FolderId> =>
      suite.harness.folders.create({ name: folderName, itemClass: ClassOf[suite.harness.kind] });

    test('have one default folder of the class, which stays', async () => {
      const own = (await list()).filter(({ itemClass }) => itemClass === ClassOf[suite.harness.kind]);
      const defaults = own.filter(({ role }) => role === 'default');
      expect(defaults).toHaveLength(1);
      const id = defaults[0]?.id ?? '';
      expect(await codeOf(suite.harness.folders.remove(id))).toBe('forbidden');
      expect(await codeOf(suite.harness.folders.update(id, { name: uniqueName('renamed') }))).toBe('forbidden');
      expect(await find(id)).toEqual(defaults[0]);
      expect(new Set((await list()).map((folder) => folder.id)).size).toBe((await list()).length);
    });

    test('show what another program made', async () => {
      const folderName = uniqueName('made elsewhere');
      const id = await suite.harness.createFolder(folderName);
      const itemClass = ClassOf[suite.harness.kind];
      expect(await find(id)).toMatchObject({ name: folderName, role: 'user', itemClass, selectable: true });
    });

    test('are made, renamed and removed', async () => {
      if (suite.harness.limits?.createsFolders === false) return;
      const folderName = uniqueName('Größe & <Maß>');
      const id = await make(folderName);
      expect(await find(id)).toMatchObject({ name: folderName, role: 'user', itemClass: ClassOf[suite.harness.kind] });
      expect((await suite.store.list(id, undefined)).ids.isEmpty).toBe(true);
      expect(await codeOf(make(folderName))).toBe('exists');
      const item = await suite.store.create(id, sample(), freshName());
      const renamed = uniqueName('日本語 "new"');
      const after = await suite.harness.folders.update(id, { name: renamed });
      expect(await find(after)).toMatchObject({ name: renamed });
      expect((await suite.store.list(after, undefined)).ids.has(item.id)).toBe(true);
      await suite.harness.folders.remove(after);
      expect(await find(after)).toBeUndefined();
      expect(await codeOf(suite.store.list(after, undefined))).toBe('notFound');
      expect(await codeOf(suite.harness.folders.remove(after))).toBe('notFound');
      const again = await make(renamed);
      expect((await suite.store.list(again, undefined)).ids.isEmpty).toBe(true);
    });

    test('of a name or below a folder that cannot be are refused', async () => {
      for (const folderName of ['', '  ', 'two\nlines', 'nul\0']) {
        expect([folderName, await codeOf(make(folderName))]).toEqual([folderName, 'rejected']);
      }
      const orphan = { parentId: 'no such folder', name: uniqueName('x'), itemClass: ClassOf[suite.harness.kind] };
      expect(await codeOf(suite.harness.folders.create(orphan))).toBe('notFound');
      expect(await codeOf(suite.harness.folders.update('no such folder', { name: uniqueName('x') }))).toBe('notFound');
    });
  });
};
