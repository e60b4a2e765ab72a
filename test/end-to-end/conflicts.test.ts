import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Abilities, Backend } from '../../backends/contract/backend.ts';
import type { GroupwareStore, ItemPatch } from '../../backends/contract/groupware.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import type { AccountBackend } from '../../src/server.ts';
import { openTestStore } from '../backends/local/harness.ts';
import { itemOf, openClient } from '../support/client.ts';
import { type Groupware, type GroupwareClass, itemsOf } from '../support/groupware.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';

/** Two who change the same contact, event, task or note: Conflict says whose change stays, and it stays whole. */

type Item = Readonly<Record<string, unknown>>;
type Store = GroupwareStore<Item, ItemPatch<Item>>;
const Stores = { Contacts: 'contacts', Calendar: 'events', Tasks: 'tasks', Notes: 'notes' } as const;

let host: LocalServer;
let store: Awaited<ReturnType<typeof openTestStore>>;
/** Done once, right before the next update is stored: somebody is quicker. */
let quicker: (() => Promise<void>) | undefined;

const hasty = <One extends object>(given: One | undefined): One | undefined => {
  if (given === undefined) return undefined;
  const inner = given as Store;
  const update: Store['update'] = async (...args) => {
    const before = quicker;
    quicker = undefined;
    await before?.();
    return inner.update(...args);
  };
  return { ...inner, update } as object as One;
};

beforeAll(async () => {
  store = await openTestStore();
  const account: Backend['account'] = (login) => {
    const { contacts, events, tasks, notes, ...rest } = store.account(login);
    const all = { contacts: hasty(contacts), events: hasty(events), tasks: hasty(tasks), notes: hasty(notes) };
    return { ...rest, ...all } as Abilities;
  };
  host = await startLocalServer({ parts: { backend: { ...store, account } as AccountBackend } });
});
afterAll(async () => {
  expect(host.errors).toEqual([]);
  await host.close();
  await store.close();
});

const at = (hour: number): Date => new Date(Date.UTC(2026, 11, 1, hour));

/** What the item is at first, and how each side changes it. */
const Changes: { readonly [Class in GroupwareClass]: readonly [Groupware[Class], Groupware[Class], Groupware[Class]] } =
  {
    Contacts: [
      { lastName: 'First', jobTitle: 'a' },
      { lastName: 'Server', jobTitle: 's' },
      { lastName: 'Device', jobTitle: 'd' },
    ],
    Calendar: [
      { subject: 'First', startTime: at(9), endTime: at(10), busyStatus: 2 },
      { subject: 'Server', startTime: at(11), endTime: at(12), busyStatus: 1 },
      { subject: 'Device', startTime: at(13), endTime: at(14), busyStatus: 0 },
    ],
    Tasks: [
      { subject: 'First', complete: false, importance: 1 },
      { subject: 'Server', complete: false, importance: 0 },
      { subject: 'Device', complete: false, importance: 2 },
    ],
    Notes: [
      { subject: 'First', categories: ['a'] },
      { subject: 'Server', categories: ['s'] },
      { subject: 'Device', categories: ['d'] },
    ],
  };

let users = 0;
/** A device that has one item, which another program can change. */
const open = async <Class extends GroupwareClass>(itemClass: Class, version: ProtocolVersion, conflict?: number) => {
  const user = `conflict${++users}`;
  const account = `${user}@example.test`;
  await store.accounts.create(account, 'secret');
  const items = itemsOf(await openClient({ ...host, local: store }, user, version), itemClass);
  const options = conflict === undefined ? [] : [{ conflict }];
  await items.load({ options });
  const [first, theirs, own] = Changes[itemClass];
  await items.sync({ commands: [items.add(first)] });
  const serverId = items.onlyId();
  const abilities = store.account({ account, user: account, password: 'secret' });
  const folder = (await abilities.folders?.list())?.find((one) => one.itemClass === itemClass)?.id ?? '';
  const theirStore = abilities[Stores[itemClass]] as object as Store;
  const seen = { preferences: [], form: 'instants' } as const;
  const change = async (set: Item) =>
    void (await theirStore.update(folder, itemOf(serverId), { set, cleared: [], seen }));
  const stored = async (): Promise<Item | undefined> => {
    const ids: ItemId[] = [...(await theirStore.list(folder, undefined)).ids];
    for await (const read of theirStore.read(folder, ids, seen)) if (read.outcome === 'item') return read.item;
    return undefined;
  };
  return { items, serverId, theirs, own, change: () => change(theirs as Item), stored };
};

const cases = (['Contacts', 'Calendar', 'Tasks', 'Notes'] as const).flatMap((itemClass) => [
  [itemClass, '14.1'] as const,
  ...(itemClass === 'Calendar' ? [[itemClass, '16.1'] as const] : []),
]);

describe.each(cases)('%s in %s', (itemClass, version) => {
  test.each([undefined, 1])(
    'with Conflict %j: the version of the server stays, Status 7 (MS-ASCMD_R2066, MS-ASCMD_R2068, MS-ASCMD_R2069)',
    async (conflict) => {
      const { items, serverId, theirs, own, change, stored } = await open(itemClass, version, conflict);
      await change();
      const answer = await items.sync({ commands: [items.change(serverId, own)] });
      expect(answer?.responses).toMatchObject([{ kind: 'change', status: 7, serverId }]);
      expect(items.only()).toMatchObject(theirs);
      expect(await stored()).toMatchObject(theirs);
      expect(items.client.mailbox.anomalies).toEqual([]);
    },
  );

  test('with Conflict 0: that of the device stays (MS-ASCMD_R2067)', async () => {
    const { items, serverId, own, change, stored } = await open(itemClass, version, 0);
    await change();
    const answer = await items.sync({ commands: [items.change(serverId, own)] });
    expect(answer?.responses).toBeUndefined();
    expect(await stored()).toMatchObject(own);
    await items.sync();
    expect(items.only()).toMatchObject(own);
  });

  test.each([
    [1, 7],
    [0, undefined],
  ])('the same with Conflict %d when another program is quicker in this very moment', async (conflict, status) => {
    const { items, serverId, theirs, own, change, stored } = await open(itemClass, version, conflict);
    quicker = change;
    const answer = await items.sync({ commands: [items.change(serverId, own)] });
    expect(answer?.responses?.[0]?.status).toBe(status);
    const winner = status === undefined ? own : theirs;
    expect(await stored()).toMatchObject(winner);
    await items.sync();
    expect(items.only()).toMatchObject(winner);
  });

  test('a removal goes before a change, whatever Conflict says (MS-ASCMD_R2076)', async () => {
    const { items, serverId, change, stored } = await open(itemClass, version, 1);
    await change();
    const answer = await items.sync({ commands: [{ kind: 'delete', serverId }] });
    expect([answer?.responses, answer?.commands]).toEqual([undefined, undefined]);
    expect(await stored()).toBeUndefined();
    expect((await items.sync())?.commands).toBeUndefined();
  });
});
