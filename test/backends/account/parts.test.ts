import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { composeAccount } from '../../../backends/account/compose.ts';
import type { Abilities } from '../../../backends/contract/backend.ts';
import type { ContactStore } from '../../../backends/contract/groupware.ts';
import { codeOf, freshName } from '../../../backends/contract/test-kit/harness.ts';
import type { LocalBackend } from '../../../backends/local/backend.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { failing, mailOnly, withoutMail } from '../../support/parts.ts';
import { until } from '../../support/until.ts';
import { loginOf, openTestStore } from '../local/harness.ts';

const login = loginOf('anna@postrider.test');

let [mailServer, cardServer]: (LocalBackend | undefined)[] = [];
let account: Abilities;
/** Whether the server of contacts cannot be used, and how. */
let failure: 'unavailable' | 'loginRefused' | undefined;

beforeEach(async () => {
  failure = undefined;
  const [first, second] = [await openTestStore(), await openTestStore()];
  [mailServer, cardServer] = [first, second];
  account = composeAccount(
    [
      { name: 'cards/1', backend: failing(withoutMail(second), () => failure) },
      { name: 'mail', backend: mailOnly(first) },
    ],
    login,
  );
});
afterEach(async () => {
  await mailServer?.close();
  await cardServer?.close();
});

const folders = async () => (await account.folders?.list()) ?? [];
const folderOf = async (itemClass: string) => (await folders()).find((one) => one.itemClass === itemClass)?.id ?? '';
const contacts = (): ContactStore => account.contacts as ContactStore;
const add = async (fileAs: string) => {
  const item = { set: { lastName: fileAs }, cleared: [], seen: { preferences: [], form: 'instants' } } as const;
  return contacts().create(await folderOf('Contacts'), item, freshName());
};

describe('folders of two servers', () => {
  test('are one hierarchy, in which ids never clash and those of mail are what they were', async () => {
    const alone = (await mailServer?.account(login).folders?.list()) ?? [];
    const all = await folders();
    const mail = all.filter(({ itemClass }) => itemClass === 'Email');
    expect(mail).toEqual(alone.filter(({ itemClass }) => itemClass === 'Email'));
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(all.filter(({ id }) => id.startsWith('@')).map(({ name }) => name)).toEqual([
      ...['Contacts', 'Calendar', 'Tasks', 'Notes'],
    ]);
  });

  test('are made where such items are kept, and renamed and removed there', async () => {
    const id = (await account.folders?.create({ name: 'Customers', itemClass: 'Contacts' })) ?? '';
    expect(id).toMatch(/^@cards%2F1\//);
    expect((await folders()).find((one) => one.id === id)).toMatchObject({ name: 'Customers', itemClass: 'Contacts' });
    expect(await account.folders?.update(id, { name: 'Clients' })).toBe(id);
    await account.folders?.remove(id);
    expect((await folders()).some((one) => one.id === id)).toBe(false);
  });

  test('cannot be put below one of another server', async () => {
    const parentId = await folderOf('Email');
    const refused = account.folders?.create({ name: 'x', itemClass: 'Contacts', parentId });
    expect(await codeOf(refused ?? Promise.resolve())).toBe('unsupported');
    const own = (await account.folders?.create({ name: 'Customers', itemClass: 'Contacts' })) ?? '';
    expect(await codeOf(account.folders?.update(own, { name: 'x', parentId }) ?? Promise.resolve())).toBe(
      'unsupported',
    );
  });
});

describe('items of two servers', () => {
  test('are read and written where their folder is', async () => {
    const { id } = await add('Mia');
    const folder = await folderOf('Contacts');
    expect([...(await contacts().list(folder, undefined)).ids]).toEqual([id]);
    for await (const read of contacts().read(folder, [id], { preferences: [], form: 'instants' })) {
      expect(read).toMatchObject({ outcome: 'item', item: { lastName: 'Mia' } });
    }
    await contacts().remove(folder, [id], 'permanent');
    expect((await contacts().list(folder, undefined)).ids.isEmpty).toBe(true);
    expect(await codeOf((async () => contacts().list('@gone/1', undefined))())).toBe('notFound');
  });

  test('events are read, stored and replaced as iCalendar where their calendar is', async () => {
    const folder = await folderOf('Calendar');
    const event = ['BEGIN:VEVENT', 'UID:u1', 'DTSTART:20260310T100000Z', 'SUMMARY:Plan', 'END:VEVENT'];
    const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', ...event, 'END:VCALENDAR', ''].join('\r\n');
    const { id, revision } = (await account.events?.objects.create(folder, text, freshName())) ?? {
      id: '',
      revision: '',
    };
    expect([await account.events?.find(folder, 'u1'), await account.events?.isOwn?.(folder)]).toEqual([id, true]);
    await account.events?.objects.replace(folder, id, text.replace('Plan', 'Plan B'), revision);
    for await (const read of account.events?.objects.read(folder, [id]) ?? []) {
      expect(read).toMatchObject({ outcome: 'item', text: text.replace('Plan', 'Plan B') });
    }
  });

  test('positions of all folders come at once', async () => {
    const asked = [await folderOf('Email'), await folderOf('Contacts'), '@gone/1'];
    const positions = await account.positions?.(asked);
    expect([...(positions?.keys() ?? [])].sort()).toEqual(asked.slice(0, 2).sort());
  });
});

describe.each(['unavailable', 'loginRefused'] as const)('a server of contacts that is %s', (code) => {
  test('takes neither the mail nor the folders away', async () => {
    const before = await folders();
    failure = code;
    const seen = await account.folders?.look?.();
    expect(seen?.folders.map(({ id }) => id)).toEqual(
      before.filter(({ id }) => !id.startsWith('@')).map(({ id }) => id),
    );
    expect(before.filter(({ id }) => seen?.isAway(id)).map(({ id }) => id)).toEqual(
      before.filter(({ id }) => id.startsWith('@')).map(({ id }) => id),
    );
    const inbox = before.find(({ role }) => role === 'inbox')?.id ?? '';
    const contactsFolder = before.find(({ itemClass }) => itemClass === 'Contacts')?.id ?? '';
    expect([...((await account.positions?.([inbox, contactsFolder]))?.keys() ?? [])]).toEqual([inbox]);
  });

  test('never asks the user for a password', async () => {
    const folder = await folderOf('Contacts');
    failure = code;
    expect(await codeOf(contacts().list(folder, undefined))).toBe('unavailable');
  });

  test('has its watch opened later, and that of mail goes on', async () => {
    const [inbox, folder] = [await folderOf('Email'), await folderOf('Contacts')];
    failure = code;
    const moved: string[] = [];
    const ignore = (): void => undefined;
    const watcher = await account.watch?.open([inbox, folder], {
      moved: (id) => void moved.push(id),
      hierarchyChanged: ignore,
      lost: ignore,
    });
    await account.mail?.append(inbox, bytesSource(Buffer.from('Subject: x\r\n\r\nx\r\n')), {}, freshName());
    await until(() => moved.includes(inbox));
    await watcher?.close();
  });
});

test('a watch tells of folders of both servers by the ids that the account has', async () => {
  const [inbox, folder] = [await folderOf('Email'), await folderOf('Contacts')];
  const moved: string[] = [];
  const ignore = (): void => undefined;
  const watcher = await account.watch?.open([inbox], {
    moved: (id) => void moved.push(id),
    hierarchyChanged: ignore,
    lost: ignore,
  });
  watcher?.watch([inbox, folder]);
  expect(account.watch?.promise(folder)).toEqual({ how: 'push', seconds: 0 });
  await until(() => {
    void add(freshName());
    return moved.includes(folder);
  });
  await watcher?.close();
});
