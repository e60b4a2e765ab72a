import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf } from '../../../backends/contract/test-kit/harness.ts';
import { type LocalBackend, openLocal } from '../../../backends/local/backend.ts';
import { localContext, localSettings, loginOf, openTestStore } from './harness.ts';

const anna = 'anna@postrider.test';

let local: LocalBackend;
beforeEach(async () => {
  local = await openTestStore();
});
afterEach(() => local.close());

describe('accounts', () => {
  test('are listed by name, with the folders that every account begins with', async () => {
    expect(await local.accounts.list()).toEqual([
      { name: anna, displayName: 'Anna Weber' },
      { name: 'ben@postrider.test', displayName: 'Ben Fuchs' },
    ]);
    const folders = await local.account(loginOf(anna)).folders?.list();
    expect(folders?.map(({ itemClass, role }) => `${itemClass} ${role}`)).toEqual([
      ...['inbox', 'drafts', 'sent', 'trash', 'junk', 'archive'].map((role) => `Email ${role}`),
      ...['Contacts', 'Calendar', 'Tasks', 'Notes'].map((itemClass) => `${itemClass} default`),
    ]);
  });

  test('are found without case', async () => {
    expect([await local.accounts.has('ANNA@Postrider.test'), await local.accounts.has('carla@postrider.test')]).toEqual(
      [true, false],
    );
    await local.accounts.create('Carla@Postrider.test', 'secret');
    expect((await local.accounts.list()).map(({ name }) => name)).toContain('carla@postrider.test');
    expect(await codeOf(local.accounts.create('CARLA@postrider.test', 'other'))).toBe('exists');
  });

  test.each([['anna'], ['a b@c.test'], ['@c.test'], ['a@'], ['a@b@c'], ['a\n@b.test'], ['a\0@b.test'], ['<a@b.test>']])(
    'cannot be named %j',
    async (name) => {
      expect(await codeOf(local.accounts.create(name, 'secret'))).toBe('rejected');
    },
  );

  test('are removed with their mail, and another one of the name begins empty', async () => {
    await local.importMail(anna, [{ folder: { role: 'inbox' }, raw: new Uint8Array(10), received: new Date() }]);
    await local.accounts.remove(anna);
    expect(await local.accounts.has(anna)).toBe(false);
    expect(await local.account(loginOf(anna)).folders?.list()).toEqual([]);
    expect(await codeOf(local.accounts.remove(anna))).toBe('notFound');
    await local.accounts.create(anna, 'new');
    const { folders, mail } = local.account(loginOf(anna));
    const inboxes = (await folders?.list())?.filter(({ itemClass }) => itemClass === 'Email') ?? [];
    for (const { id } of inboxes) expect((await mail?.list(id, undefined))?.ids.size).toBe(0);
  });
});

describe('the proof of a password', () => {
  test.each([
    ['the right one', anna, 'secret', true],
    ['a name in capitals', 'ANNA@POSTRIDER.TEST', 'secret', true],
    ['another one', anna, 'Secret', false],
    ['an empty one', anna, '', false],
    ['one with NUL', anna, 'secret\0', false],
    ['an account that is not there', 'nobody@postrider.test', 'secret', false],
    ['a name that no database can hold', 'anna\0@postrider.test', 'secret', false],
    ['SQL', `' OR 1=1 --`, 'secret', false],
  ])('%s', async (_, user, password, expected) => {
    expect(await local.prove?.({ account: anna, user, password })).toBe(expected);
  });

  test('asks for the new one after it was changed', async () => {
    await local.accounts.setPassword(anna, 'neu – mit Umlaut ü');
    expect(await local.prove?.(loginOf(anna, 'secret'))).toBe(false);
    expect(await local.prove?.(loginOf(anna, 'neu – mit Umlaut u\u0308'))).toBe(true);
    expect(await codeOf(local.accounts.setPassword('nobody@postrider.test', 'x'))).toBe('notFound');
  });

  test('takes as long for an account that is not there', async () => {
    const cost = async (user: string): Promise<number> => {
      const begun = process.cpuUsage();
      await local.accounts.verify(user, 'secret');
      return process.cpuUsage(begun).user;
    };
    const [known, unknown] = [await cost(anna), await cost('nobody@postrider.test')];
    expect(unknown).toBeGreaterThan(known / 4);
  });

  test('leaves no password in the file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postrider-local-'));
    const stored = openLocal(localSettings({ file: 'mail.db' }), localContext(folder));
    await stored.accounts.create(anna, 'correct horse battery');
    await stored.accounts.create('ben@postrider.test', 'correct horse battery');
    await stored.close();
    const bytes = readFileSync(join(folder, 'mail.db'), 'latin1');
    const hashes = bytes.match(/scrypt\$\d+\$[^$]+\$[A-Za-z0-9+/]+/g);
    expect(bytes).not.toContain('correct horse');
    expect(new Set(hashes).size).toBe(2);
    rmSync(folder, { recursive: true });
  });
});

describe('accounts are apart', () => {
  test('a folder of another account is notFound, whatever is asked', async () => {
    const [mine, other] = [local.account(loginOf(anna)), local.account(loginOf('ben@postrider.test'))];
    await local.importMail('ben@postrider.test', [
      {
        folder: { role: 'inbox' },
        raw: new TextEncoder().encode('Subject: private\r\n\r\nprivate'),
        received: new Date(),
      },
    ]);
    const inbox = (await other.folders?.list())?.find(({ role }) => role === 'inbox')?.id ?? '';
    const [id = ''] = (await other.mail?.list(inbox, undefined))?.ids.newest(1) ?? [];
    const { mail, folders } = mine;
    if (mail === undefined || folders === undefined) throw new Error('The local store has mail and folders');
    const own = (await folders.list())[0]?.id ?? '';
    const attempts: Promise<unknown>[] = [
      mail.list(inbox, undefined),
      mail.changes(inbox, '1.1'),
      mail.message(inbox, id),
      mail.attachment(inbox, id, '1'),
      mail.update(inbox, id, { read: true }),
      mail.remove(inbox, [id], 'permanent'),
      mail.move(inbox, [id], own),
      mail.move(own, [id], inbox),
      mail.read(inbox, [id], { preferences: [], mimeSupport: 0 })[Symbol.asyncIterator]().next(),
      folders.create({ parentId: inbox, name: 'x', itemClass: 'Email' }),
      folders.update(inbox, { name: 'x' }),
      folders.remove(inbox),
    ];
    for (const attempt of attempts) expect(await codeOf(attempt)).toBe('notFound');
    expect((await mail.positions([inbox])).size).toBe(0);
    expect((await other.mail?.list(inbox, undefined))?.ids.size).toBe(1);
  });
});
