import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Folder, FolderId, FolderStore } from '../folders.ts';
import { abilityOf, codeOf, type MailHarness, type OpenHarness, uniqueName } from './harness.ts';
import { plainMessage } from './samples.ts';

/** What {@link FolderStore} promises. */
export const folderStoreContract = (name: string, open: OpenHarness): void => {
  let harness: MailHarness;
  let folders: FolderStore;

  beforeAll(async () => {
    harness = await open();
    folders = abilityOf(harness, 'folders');
  });
  afterAll(() => harness.close());

  const find = async (id: FolderId): Promise<Folder | undefined> =>
    (await folders.list()).find((folder) => folder.id === id);
  const create = (folderName: string, parentId?: FolderId): Promise<FolderId> =>
    folders.create({ name: folderName, parentId, itemClass: 'Email' });

  describe(`${name}: the hierarchy`, () => {
    test('has one Inbox, each special use once, each id once', async () => {
      const all = await folders.list();
      const special = all.filter(({ role }) => role !== 'user').map(({ itemClass, role }) => `${itemClass} ${role}`);
      expect(special).toContain('Email inbox');
      expect(new Set(special).size).toBe(special.length);
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    });

    test('has parents before children', async () => {
      const parent = await create(uniqueName('parent'));
      const child = await create('child', parent);
      await create('grandchild', child);
      const seen = new Set<FolderId>();
      for (const { id, parentId } of await folders.list()) {
        if (parentId !== undefined) expect(seen).toContain(parentId);
        seen.add(id);
      }
      expect(seen).toContain(child);
    });

    test('shows what another program made', async () => {
      const folderName = uniqueName('made elsewhere');
      const id = await harness.createFolder(folderName);
      expect(await find(id)).toMatchObject({ name: folderName, role: 'user', itemClass: 'Email', selectable: true });
    });
  });

  describe(`${name}: create`, () => {
    test.each([['plain'], ['Grüße & Köln'], ['日本語'], ['with "quotes"'], ['percent % star *'], ['a\u0308']])(
      'shows the name as it was given: %s',
      async (stem) => {
        const folderName = uniqueName(stem);
        if (harness.limits?.anyFolderName === false && /["%*]/.test(stem)) {
          expect(await codeOf(create(folderName))).toMatch(/^(rejected|forbidden)$/);
          return;
        }
        const id = await create(folderName);
        expect((await find(id))?.name.normalize()).toBe(folderName.normalize());
      },
    );

    test('makes an empty folder that takes mail', async () => {
      const id = await create(uniqueName('takes mail'));
      const mail = abilityOf(harness, 'mail');
      expect((await mail.list(id, undefined)).ids.isEmpty).toBe(true);
      await harness.deliver(id, plainMessage('first'));
      expect((await mail.list(id, undefined)).ids.size).toBe(1);
    });

    test('of a name that is there is exists; the same name elsewhere is not', async () => {
      const folderName = uniqueName('twice');
      const id = await create(folderName);
      expect(await codeOf(create(folderName))).toBe('exists');
      const below = await create(folderName, id);
      expect(await find(below)).toMatchObject({ name: folderName, parentId: id });
    });

    test('of a name that no store could hold is rejected', async () => {
      for (const folderName of ['', '  ', 'two\nlines', 'nul\0']) {
        expect([folderName, await codeOf(create(folderName))]).toEqual([folderName, 'rejected']);
      }
    });

    test('below a folder that is not there is notFound', async () => {
      expect(await codeOf(create('orphan', 'no such folder'))).toBe('notFound');
    });
  });

  describe(`${name}: update`, () => {
    test('renames, with the mail in it', async () => {
      const id = await create(uniqueName('old name'));
      await harness.deliver(id, plainMessage('inside'));
      const newName = uniqueName('new name');
      const after = await folders.update(id, { name: newName });
      expect(await find(after)).toMatchObject({ name: newName, parentId: undefined });
      expect((await abilityOf(harness, 'mail').list(after, undefined)).ids.size).toBe(1);
      if (after !== id) expect(await find(id)).toBeUndefined();
    });

    test('moves below another folder and back to the top', async () => {
      const [parent, id] = [await create(uniqueName('new parent')), await create(uniqueName('wanders'))];
      const folderName = uniqueName('wandered');
      const below = await folders.update(id, { parentId: parent, name: folderName });
      expect(await find(below)).toMatchObject({ name: folderName, parentId: parent });
      const top = await folders.update(below, { name: folderName });
      expect((await find(top))?.parentId).toBeUndefined();
    });

    test('to a name that is there is exists and changes nothing', async () => {
      const [taken, folderName] = [uniqueName('taken'), uniqueName('renamed')];
      await create(taken);
      const id = await create(folderName);
      expect(await codeOf(folders.update(id, { name: taken }))).toBe('exists');
      expect((await find(id))?.name).toBe(folderName);
    });

    test('of a folder that is not there is notFound', async () => {
      expect(await codeOf(folders.update('no such folder', { name: uniqueName('x') }))).toBe('notFound');
    });

    test('a rename elsewhere keeps the id', async () => {
      if (harness.renameFolder === undefined || harness.limits?.stableFolderIds === false) return;
      const id = await harness.createFolder(uniqueName('before'));
      const newName = uniqueName('after');
      await harness.renameFolder(id, newName);
      expect((await find(id))?.name).toBe(newName);
    });
  });

  describe(`${name}: remove`, () => {
    test('removes a folder with its mail', async () => {
      const id = await create(uniqueName('removed'));
      await harness.deliver(id, plainMessage('lost with it'));
      await folders.remove(id);
      expect(await find(id)).toBeUndefined();
      expect(await codeOf(abilityOf(harness, 'mail').list(id, undefined))).toBe('notFound');
      expect(await codeOf(folders.remove(id))).toBe('notFound');
    });

    test('takes subfolders along', async () => {
      if (harness.limits?.removesSubfolders === false) return;
      const id = await create(uniqueName('tree'));
      const below = await create('branch', id);
      await folders.remove(id);
      expect([await find(id), await find(below)]).toEqual([undefined, undefined]);
    });

    test('a folder made again under the same name is another one', async () => {
      const folderName = uniqueName('again');
      const first = await create(folderName);
      await folders.remove(first);
      const second = await create(folderName);
      const mail = abilityOf(harness, 'mail');
      if (second !== first) expect(await codeOf(mail.list(first, undefined))).toBe('notFound');
      expect((await mail.list(second, undefined)).ids.isEmpty).toBe(true);
    });

    test.each(['inbox', 'sent', 'drafts', 'trash'] as const)('the folder of role %s stays', async (role) => {
      const special = (await folders.list()).filter((folder) => folder.role === role);
      expect(special).toHaveLength(1);
      const id = special[0]?.id ?? '';
      expect(await codeOf(folders.remove(id))).toBe('forbidden');
      expect(await codeOf(folders.update(id, { name: uniqueName('renamed') }))).toBe('forbidden');
      expect(await find(id)).toEqual(special[0]);
    });
  });
};
