import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { composeAccount } from '../../backends/account/compose.ts';
import type { Abilities } from '../../backends/contract/backend.ts';
import { isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { ContactStore, ItemPatch } from '../../backends/contract/groupware.ts';
import { IdSet } from '../../backends/contract/id-set.ts';
import type { Cursor, ItemId } from '../../backends/contract/items.ts';
import { codeOf, freshName } from '../../backends/contract/test-kit/harness.ts';
import type { LocalBackend } from '../../backends/local/backend.ts';
import type { Contact } from '../../protocol/classes/contact.ts';
import { FoldersTime, MergedViews } from '../../src/views/merged-view.ts';
import { loginOf, openTestStore } from '../backends/local/harness.ts';
import { failing, mailOnly, withoutMail } from '../support/parts.ts';

const login = loginOf('anna@postrider.test');
const request = { preferences: [], form: 'instants' } as const;
const patch = (lastName: string): ItemPatch<Contact> => ({ set: { lastName }, cleared: [], seen: request });

let stores: LocalBackend[] = [];
let failure: 'unavailable' | undefined;
let now = 0;
/** The account as it is: one address book beside the mail, others on another server. */
let account: Abilities;
let views: MergedViews;
/** The account as a device sees it that takes one address book. */
let view: Abilities;

beforeEach(async () => {
  failure = undefined;
  now = 0;
  stores = [await openTestStore(), await openTestStore(), await openTestStore()];
  const [mail, near, far] = stores as [LocalBackend, LocalBackend, LocalBackend];
  account = composeAccount(
    [
      { name: 'near', backend: withoutMail(near) },
      { name: 'far', backend: failing(withoutMail(far), () => failure) },
      { name: 'mail', backend: mailOnly(mail) },
    ],
    login,
  );
  views = new MergedViews(() => now);
  view = views.view(account, login.account, ['Contacts']);
});
afterEach(async () => {
  for (const store of stores) await store.close();
});

const contactsOf = ({ contacts }: Abilities): ContactStore => contacts as ContactStore;
const foldersIn = async ({ folders }: Abilities, itemClass = 'Contacts') =>
  ((await folders?.list()) ?? []).filter((one) => one.itemClass === itemClass);
const main = async (): Promise<FolderId> => (await foldersIn(view))[0]?.id ?? '';
const books = async (): Promise<FolderId[]> => (await foldersIn(account)).map(({ id }) => id);

/** Names by id, of all contacts in a folder as it is seen. */
const namesIn = async (seen: Abilities, folder: FolderId): Promise<Map<ItemId, string>> => {
  const names = new Map<ItemId, string>();
  const { ids } = await contactsOf(seen).list(folder, undefined);
  for await (const read of contactsOf(seen).read(folder, [...ids], request)) {
    if (read.outcome === 'item') names.set(read.id, read.item.lastName ?? '');
  }
  return names;
};
const sorted = (names: ReadonlyMap<ItemId, string>): string[] => [...names.values()].sort();

describe('the folders of a merged class', () => {
  test('are one, the default one, and the other classes are as they are', async () => {
    expect(await books()).toHaveLength(2);
    const shown = await foldersIn(view);
    expect(shown).toMatchObject([{ id: (await books())[0], role: 'default', parentId: undefined }]);
    expect(await foldersIn(view, 'Calendar')).toEqual(await foldersIn(account, 'Calendar'));
    expect((await view.folders?.list())?.length).toBe(((await account.folders?.list())?.length ?? 0) - 1);
  });

  test('cost nothing where no class is merged', () => {
    expect(views.view(account, login.account, [])).toBe(account);
  });

  test('are not made by the device, which would not see them', async () => {
    const made = async (itemClass: 'Contacts' | 'Email') => view.folders?.create({ name: 'x', itemClass });
    expect(await codeOf(made('Contacts'))).toBe('unsupported');
    expect(await codeOf(made('Email'))).toBeUndefined();
  });

  test('that are shown in another are no folders of their own', async () => {
    const [, other = ''] = await books();
    expect(await codeOf(contactsOf(view).list(other, undefined))).toBe('notFound');
    expect((await view.positions?.([other, await main()]))?.has(other)).toBe(false);
  });
});

describe('items of merged folders', () => {
  test('are those of all of them, read in the order that is asked for; what is unknown is missing', async () => {
    const [near = '', far = ''] = await books();
    for (const [folder, name] of [
      [near, 'Anna'],
      [far, 'Ben'],
      [near, 'Carl'],
      [far, 'Dora'],
    ] as const)
      await contactsOf(account).create(folder, patch(name), freshName());
    const names = await namesIn(view, near);
    expect(sorted(names)).toEqual(['Anna', 'Ben', 'Carl', 'Dora']);
    const ids = [...names.keys()].sort((a, b) => ((names.get(a) ?? '') < (names.get(b) ?? '') ? -1 : 1));
    const read: unknown[] = [];
    for await (const one of contactsOf(view).read(near, [...ids, '9.9'], request)) read.push([one.id, one.outcome]);
    expect(read).toEqual([...ids.map((id) => [id, 'item']), ['9.9', 'missing']]);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9._-]{1,48}$/);
  });

  test('are made in the default one once, and changed and removed where they are', async () => {
    const [near = '', far = ''] = await books();
    const name = freshName();
    const made = await contactsOf(view).create(near, patch('New'), name);
    expect(await contactsOf(view).create(near, patch('New'), name)).toEqual(made);
    await contactsOf(account).create(far, patch('Old'), freshName());
    const id = [...(await namesIn(view, near))].find(([, lastName]) => lastName === 'Old')?.[0] ?? '';
    await contactsOf(view).update(near, id, patch('Older'));
    expect([sorted(await namesIn(account, near)), sorted(await namesIn(account, far))]).toEqual([['New'], ['Older']]);
    await contactsOf(view).remove(near, [id, made.id], 'permanent');
    expect([sorted(await namesIn(account, near)), sorted(await namesIn(account, far))]).toEqual([[], []]);
  });

  test('keep their ids in the default one when another folder comes', async () => {
    const [near = '', far = ''] = await books();
    const { id } = await contactsOf(account).create(near, patch('Anna'), freshName());
    expect([...(await namesIn(view, near)).keys()]).toEqual([id]);
    await contactsOf(account).create(far, patch('Ben'), freshName());
    expect((await namesIn(view, near)).get(id)).toBe('Anna');
  });
});

/** What a device holds that takes in changes as the engine does. */
class Holder {
  readonly #names = new Map<ItemId, string>();
  #cursor: Cursor | undefined;

  async sync(seen: Abilities, folder: FolderId): Promise<Map<ItemId, string>> {
    const store = contactsOf(seen);
    const { changed, isThere, cursor, position } =
      (await this.#changes(store, folder)) ?? (await listed(store, folder));
    expect((await seen.positions?.([folder]))?.get(folder)).toBe(position);
    this.#cursor = cursor;
    for (const id of [...this.#names.keys()]) if (!isThere(id)) this.#names.delete(id);
    for await (const read of store.read(folder, changed, request)) {
      if (read.outcome === 'item') this.#names.set(read.id, read.item.lastName ?? '');
    }
    return this.#names;
  }

  async #changes(store: ContactStore, folder: FolderId) {
    if (this.#cursor === undefined) return undefined;
    try {
      const { changed, gone, ...marks } = await store.changes(folder, this.#cursor);
      const isThere = (id: ItemId) => ('removed' in gone ? !gone.removed.has(id) : gone.present.has(id));
      return { changed: changed.map(({ id }) => id), isThere, ...marks };
    } catch (error) {
      if (isBackendError(error, 'cursorRefused')) return undefined;
      throw error;
    }
  }
}

const listed = async (store: ContactStore, folder: FolderId) => {
  const { ids, ...marks } = await store.list(folder, undefined);
  return { changed: [...ids], isThere: (id: ItemId) => ids.has(id), ...marks };
};

/** The account on servers that cannot tell what is gone, and name what is there. */
const forgetful = (abilities: Abilities): Abilities => {
  const store = contactsOf(abilities);
  const changes: ContactStore['changes'] = async (folder, cursor) => {
    const told = await store.changes(folder, cursor);
    return { ...told, gone: { present: (await store.list(folder, undefined)).ids } };
  };
  return { ...abilities, contacts: { ...store, changes } };
};

type Step = readonly ['add' | 'change' | 'remove' | 'newBook' | 'dropBook' | 'sync' | 'toggle', number];
const steps = fc.array(
  fc.tuple(
    fc.constantFrom<Step[0]>('add', 'add', 'add', 'change', 'remove', 'newBook', 'dropBook', 'sync', 'sync', 'toggle'),
    fc.nat(20),
  ),
  { maxLength: 30 },
);

const perform = async ([what, n]: Step): Promise<void> => {
  const all = await books();
  const folder = all[n % all.length] ?? '';
  const ids = [...(await namesIn(account, folder)).keys()];
  const id = ids[n % Math.max(1, ids.length)];
  if (what === 'add') await contactsOf(account).create(folder, patch(`new ${n}`), freshName());
  if (what === 'change' && id !== undefined) await contactsOf(account).update(folder, id, patch(`other ${n}`));
  if (what === 'remove' && id !== undefined) await contactsOf(account).remove(folder, [id], 'permanent');
  if (what === 'newBook') await account.folders?.create({ name: freshName(), itemClass: 'Contacts' });
  if (what === 'dropBook') await account.folders?.remove(folder).catch(() => undefined);
};

describe('changes of merged folders', () => {
  test.each([
    ['tell removals', (abilities: Abilities) => abilities],
    ['cannot tell removals', forgetful],
  ])('bring a device to what there is, whatever comes and goes, on servers that %s', async (_, served) => {
    const property = fc.asyncProperty(steps, async (all) => {
      const holder = new Holder();
      let isMerged = true;
      const synchronise = async () => {
        // A new folder is told of by the hierarchy, or seen after a minute.
        now += FoldersTime;
        const seen = isMerged ? views.view(served(account), login.account, ['Contacts']) : served(account);
        const held = await holder.sync(seen, await main());
        const shown = isMerged ? await books() : [await main()];
        const wanted = await Promise.all(shown.map(async (folder) => sorted(await namesIn(account, folder))));
        expect(sorted(held)).toEqual(wanted.flat().sort());
      };
      for (const step of [...all, ['sync', 0] as const]) {
        if (step[0] === 'toggle') isMerged = !isMerged;
        if (step[0] === 'sync') await synchronise();
        else await perform(step);
      }
    });
    await fc.assert(property, { numRuns: 30 });
  });

  test('of a large folder that comes are compared as a whole', async () => {
    const [near = '', far = ''] = await books();
    const { cursor } = await contactsOf(account).list(near, undefined);
    const big = forgetful(account);
    const store = contactsOf(big);
    const list: ContactStore['list'] = async (folder, since) =>
      folder === far
        ? { ...(await store.list(folder, since)), ids: IdSet.run('1', 1, 5_000) }
        : store.list(folder, since);
    const seen = views.view({ ...big, contacts: { ...store, list } }, login.account, ['Contacts']);
    expect(await codeOf(contactsOf(seen).changes(near, cursor))).toBe('cursorRefused');
  });

  test('cannot be told while one of the folders cannot be asked, and nothing counts as gone', async () => {
    const [near = '', far = ''] = await books();
    await contactsOf(account).create(far, patch('Ben'), freshName());
    const { cursor } = await contactsOf(view).list(near, undefined);
    failure = 'unavailable';
    now += FoldersTime;
    expect(await codeOf(contactsOf(view).changes(near, cursor))).toBe('unavailable');
    expect((await view.positions?.([near]))?.has(near)).toBe(true);
    failure = undefined;
    now += FoldersTime;
    const { changed, gone } = await contactsOf(view).changes(near, cursor);
    expect([changed, 'removed' in gone && gone.removed.isEmpty]).toEqual([[], true]);
  });

  test('ask for the folders once a minute', async () => {
    let listings = 0;
    const { folders } = account;
    const counted = {
      ...account,
      folders: {
        ...folders,
        look: async () => {
          listings++;
          return { folders: (await folders?.list()) ?? [], isAway: () => false };
        },
      },
    } as Abilities;
    const seen = views.view(counted, 'other', ['Contacts']);
    const [near = ''] = await books();
    const inbox = (await account.folders?.list())?.find(({ role }) => role === 'inbox')?.id ?? '';
    expect(await seen.members?.(inbox)).toEqual([inbox]);
    expect((await seen.positions?.([inbox]))?.get(inbox)).toBe((await account.positions?.([inbox]))?.get(inbox));
    // Who waits for mail alone asks for none.
    expect(listings).toBe(0);
    for (let i = 0; i < 5; i++) await contactsOf(seen).list(near, undefined);
    expect(listings).toBe(1);
    now += FoldersTime;
    await contactsOf(seen).list(near, undefined);
    expect(listings).toBe(2);
  });
});
