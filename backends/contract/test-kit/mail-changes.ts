import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FolderId } from '../folders.ts';
import type { Changes, ItemId } from '../items.ts';
import type { MailStore } from '../mail.ts';
import { abilityOf, codeOf, isGone, type MailHarness, type OpenHarness, uniqueName } from './harness.ts';
import { plainMessage } from './samples.ts';

/** What {@link MailStore} promises of `list`, `changes` and `positions`. */
export const mailChangesContract = (name: string, open: OpenHarness): void => {
  let harness: MailHarness;
  let mail: MailStore;

  beforeAll(async () => {
    harness = await open();
    mail = abilityOf(harness, 'mail');
  });
  afterAll(() => harness.close());

  const freshFolder = (): Promise<FolderId> => harness.createFolder(uniqueName('changes'));
  const deliver = (folder: FolderId, subject: string, received?: Date): Promise<ItemId> =>
    harness.deliver(folder, plainMessage(subject), received === undefined ? {} : { received });
  const deliverMany = async (folder: FolderId, count: number): Promise<ItemId[]> => {
    const ids: ItemId[] = [];
    for (let index = 0; index < count; index++) ids.push(await deliver(folder, `message ${index}`));
    return ids;
  };
  const idsOf = (changes: Changes): ItemId[] => changes.changed.map(({ id }) => id);
  /** Nothing may be told, or the removal of what never was. */
  const expectQuiet = (changes: Changes, present: readonly ItemId[]): void => {
    expect(changes.changed).toEqual([]);
    for (const id of present) expect(isGone(changes, id)).toBe(false);
  };

  describe(`${name}: list`, () => {
    test('gives every item, and nothing of an empty folder', async () => {
      const folder = await freshFolder();
      expect([...(await mail.list(folder, undefined)).ids]).toEqual([]);
      const ids = await deliverMany(folder, 3);
      expect([...(await mail.list(folder, undefined)).ids].sort()).toEqual([...ids].sort());
    });

    test('gives the items not older than since, the instant itself included', async () => {
      const folder = await freshFolder();
      const at = (second: number): Date => new Date(Date.UTC(2026, 9, 10, 12, 0, second));
      await deliver(folder, 'older', at(0));
      const kept = [await deliver(folder, 'same', at(30)), await deliver(folder, 'newer', at(31))];
      const far = await deliver(folder, 'much newer', new Date(Date.UTC(2026, 9, 14)));
      const listing = await mail.list(folder, at(30));
      expect([...listing.ids].sort()).toEqual([...kept, far].sort());
    });

    test('its cursor continues in changes, whatever since was', async () => {
      const folder = await freshFolder();
      const old = await deliver(folder, 'old', new Date(Date.UTC(2020, 0, 1)));
      const { cursor, position } = await mail.list(folder, new Date(Date.UTC(2026, 0, 1)));
      expectQuiet(await mail.changes(folder, cursor), [old]);
      expect((await mail.positions([folder])).get(folder)).toBe(position);
      const fresh = await deliver(folder, 'new');
      expect(idsOf(await mail.changes(folder, cursor))).toEqual([fresh]);
    });

    test('ids have at most 40 characters that need no quoting, and are never used again', async () => {
      const folder = await freshFolder();
      const ids = await deliverMany(folder, 2);
      await harness.expunge(folder, ids);
      ids.push(...(await deliverMany(folder, 2)));
      for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9._-]{1,40}$/);
      expect(new Set(ids).size).toBe(4);
    });
  });

  describe(`${name}: changes`, () => {
    test('tells a new item with its revision and the second it was received', async () => {
      const folder = await freshFolder();
      const [old] = await deliverMany(folder, 1);
      const { cursor } = await mail.list(folder, undefined);
      const received = new Date(Date.UTC(2026, 8, 7, 6, 5, 4));
      const fresh = await deliver(folder, 'new', received);
      const changes = await mail.changes(folder, cursor);
      expect(changes.changed).toEqual([{ id: fresh, revision: expect.any(String), at: received.getTime() / 1000 }]);
      expect(changes.changed[0]?.revision.length).toBeLessThanOrEqual(24);
      for (const id of [old, fresh]) expect(isGone(changes, id as ItemId)).toBe(false);
    });

    test('equal revisions mean equal flags, however they came about', async () => {
      const folder = await freshFolder();
      const [id, twin] = (await deliverMany(folder, 2)) as [ItemId, ItemId];
      const { cursor } = await mail.list(folder, undefined);
      const revisionAfter = async (seen: boolean): Promise<string | undefined> => {
        await harness.setFlags(folder, id, { seen });
        return (await mail.changes(folder, cursor)).changed.find((item) => item.id === id)?.revision;
      };
      const [read, unread, again] = [await revisionAfter(true), await revisionAfter(false), await revisionAfter(true)];
      expect(read).toBeDefined();
      expect([read === unread, read === again]).toEqual([false, true]);
      await harness.setFlags(folder, twin, { seen: true });
      const both = (await mail.changes(folder, cursor)).changed;
      expect(new Set(both.map(({ revision }) => revision))).toEqual(new Set([read]));
    });

    test('tells each changed item once, and only those that changed', async () => {
      const folder = await freshFolder();
      const ids = await deliverMany(folder, 5);
      const { cursor } = await mail.list(folder, undefined);
      const [first, , third] = ids as [ItemId, ItemId, ItemId];
      for (const seen of [true, false, true]) await harness.setFlags(folder, first, { seen });
      await harness.setFlags(folder, third, { flagged: true });
      await harness.setFlags(folder, third, { answered: true });
      expect(idsOf(await mail.changes(folder, cursor)).sort()).toEqual([first, third].sort());
    });

    test('tells what was removed, and nothing else as removed', async () => {
      const folder = await freshFolder();
      const ids = await deliverMany(folder, 4);
      const { cursor } = await mail.list(folder, undefined);
      await harness.expunge(folder, ids.slice(1, 3));
      const changes = await mail.changes(folder, cursor);
      expect(ids.map((id) => isGone(changes, id))).toEqual([false, true, true, false]);
      expect(changes.changed).toEqual([]);
    });

    test('tells an item that came and went as gone or not at all', async () => {
      const folder = await freshFolder();
      const { cursor } = await mail.list(folder, undefined);
      const [id] = (await deliverMany(folder, 1)) as [ItemId];
      await harness.expunge(folder, [id]);
      expect((await mail.changes(folder, cursor)).changed).toEqual([]);
    });

    test('the next cursor continues where this one ends; an old one may be used again', async () => {
      const folder = await freshFolder();
      const first = await mail.list(folder, undefined);
      const [a] = (await deliverMany(folder, 1)) as [ItemId];
      const second = await mail.changes(folder, first.cursor);
      const [b] = (await deliverMany(folder, 1)) as [ItemId];
      expect(idsOf(second)).toEqual([a]);
      expect(idsOf(await mail.changes(folder, second.cursor))).toEqual([b]);
      expect(idsOf(await mail.changes(folder, first.cursor)).sort()).toEqual([a, b].sort());
    });

    test('without a change there is nothing to tell, and the position stays', async () => {
      const folder = await freshFolder();
      const ids = await deliverMany(folder, 2);
      const { cursor, position } = await mail.list(folder, undefined);
      const once = await mail.changes(folder, cursor);
      const twice = await mail.changes(folder, once.cursor);
      expectQuiet(once, ids);
      expectQuiet(twice, ids);
      expect([once.position, twice.position]).toEqual([position, position]);
    });

    test('many changes at once are all told', async () => {
      const folder = await freshFolder();
      const { cursor } = await mail.list(folder, undefined);
      const ids = await deliverMany(folder, 60);
      await harness.expunge(folder, ids.slice(0, 20));
      const changes = await mail.changes(folder, cursor);
      expect(idsOf(changes).sort()).toEqual(ids.slice(20).sort());
    }, 30_000);

    test('refuses a cursor that it never gave', async () => {
      const folder = await freshFolder();
      await deliverMany(folder, 1);
      for (const cursor of ['', 'rubbish', '0.0', '999999999.999999999', '1.5.7', '-1']) {
        expect(await codeOf(mail.changes(folder, cursor))).toBe('cursorRefused');
      }
    });

    test('after a new epoch the cursor is refused, and old ids mean nothing', async () => {
      const { resetEpoch } = harness;
      if (resetEpoch === undefined) return;
      const folder = await freshFolder();
      const ids = await deliverMany(folder, 2);
      const { cursor, position } = await mail.list(folder, undefined);
      await resetEpoch.call(harness, folder);
      expect(await codeOf(mail.changes(folder, cursor))).toBe('cursorRefused');
      expect((await mail.positions([folder])).get(folder)).not.toBe(position);
      const now = [...(await mail.list(folder, undefined)).ids];
      expect(now).toHaveLength(2);
      expect(now.filter((id) => ids.includes(id))).toEqual([]);
      await mail.remove(folder, ids, 'permanent');
      expect(await codeOf(mail.update(folder, ids[0] as ItemId, { read: true }))).toBe('notFound');
      expect((await mail.list(folder, undefined)).ids.size).toBe(2);
    });
  });

  describe(`${name}: positions`, () => {
    test('change with every kind of change, and only then', async () => {
      const folder = await freshFolder();
      const position = async (): Promise<string | undefined> => (await mail.positions([folder])).get(folder);
      const seen = [await position()];
      const [id] = (await deliverMany(folder, 1)) as [ItemId];
      seen.push(await position());
      await harness.setFlags(folder, id, { seen: true });
      seen.push(await position());
      await harness.expunge(folder, [id]);
      seen.push(await position());
      expect(new Set(seen).size).toBe(4);
      expect(await position()).toBe(seen[3]);
      for (const mark of seen) expect(mark?.length).toBeLessThanOrEqual(100);
    });

    test('are of the folders asked for; those that are not there are left out', async () => {
      const [one, two] = [await freshFolder(), await freshFolder()];
      expect([...(await mail.positions([one, 'no such folder', two])).keys()].sort()).toEqual([one, two].sort());
      expect((await mail.positions([])).size).toBe(0);
    });

    test('of one folder do not move with another', async () => {
      const [one, two] = [await freshFolder(), await freshFolder()];
      const before = await mail.positions([one, two]);
      await deliverMany(two, 1);
      const after = await mail.positions([one, two]);
      expect(after.get(one)).toBe(before.get(one));
      expect(after.get(two)).not.toBe(before.get(two));
    });
  });

  test(`${name}: a folder that is not there is notFound`, async () => {
    const nowhere = 'no such folder';
    expect(await codeOf(mail.list(nowhere, undefined))).toBe('notFound');
    expect(await codeOf(mail.changes(nowhere, '1.1'))).toBe('notFound');
  });
};
