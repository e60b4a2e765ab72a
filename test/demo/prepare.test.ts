import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { LocalBackend } from '../../backends/local/backend.ts';
import { openLocal } from '../../backends/local/backend.ts';
import { PasswordFile } from '../../src/demo/account-file.ts';
import { type Demo, prepareDemo } from '../../src/demo/prepare.ts';
import type { DemoStore } from '../../src/demo/store.ts';
import { localContext, localSettings, loginOf } from '../backends/local/harness.ts';

const [anna, ben] = ['anna@postrider.test', 'ben@postrider.test'];
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

let parent = '';
let folder = '';
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'postrider-demo-'));
});
afterAll(() => rmSync(parent, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(parent, 'data-'));
});

const open = (): LocalBackend => openLocal(localSettings({ file: 'mail.db' }), localContext(folder));
const prepare = (store: DemoStore): Promise<Demo> => prepareDemo(folder, store, random, Date.now);
const start = async <Result>(work: (local: LocalBackend, demo: Demo) => Promise<Result>): Promise<Result> => {
  const local = open();
  try {
    return await work(local, await prepare(local));
  } finally {
    await local.close();
  }
};
/** How many mails each folder of an account holds. */
const counts = async (local: LocalBackend, account: string): Promise<Record<string, number>> => {
  const { folders, mail } = local.account(loginOf(account));
  const found: Record<string, number> = {};
  for (const { id, name } of (await folders?.list())?.filter(({ itemClass }) => itemClass === 'Email') ?? [])
    found[name] = (await mail?.list(id, undefined))?.ids.size ?? 0;
  return found;
};

describe('the first start', () => {
  test('makes both accounts with mail and random passwords in less than the 2 s that a start may take', async () => {
    const begun = process.cpuUsage();
    await start(async (local, demo) => {
      // Processor time: other work on the machine does not count.
      const { user, system } = process.cpuUsage(begun);
      expect((user + system) / 1000).toBeLessThan(1800);
      expect(demo.firstStart).toBe(true);
      expect(demo.accounts.map(({ address }) => address)).toEqual([anna, ben]);
      for (const { address, password } of demo.accounts) {
        expect(password).toMatch(/^[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}$/);
        expect(await local.prove?.(loginOf(address, password))).toBe(true);
        const found = await counts(local, address);
        expect(found.Inbox).toBeGreaterThan(30);
        expect(found.Sent).toBeGreaterThan(5);
        expect(Object.values(found).reduce((sum, count) => sum + count)).toBeGreaterThan(130);
      }
      expect(demo.accounts[0]?.password).not.toBe(demo.accounts[1]?.password);
    });
  }, 30_000);

  test('keeps the passwords in a file for its owner alone', async () => {
    const demo = await start(async (_, made) => made);
    expect(demo.passwordFile).toBe(join(folder, PasswordFile));
    expect(statSync(demo.passwordFile).mode & 0o777).toBe(0o600);
    for (const { password } of demo.accounts) expect(readFileSync(demo.passwordFile, 'utf8')).toContain(password);
  });
});

describe('a second start', () => {
  test('keeps passwords and mail, also what was removed', async () => {
    const first = await start(async (local, demo) => {
      const { folders, mail } = local.account(loginOf(anna));
      const inbox = (await folders?.list())?.find(({ role }) => role === 'inbox')?.id ?? '';
      const ids = [...((await mail?.list(inbox, undefined))?.ids ?? [])];
      await mail?.remove(inbox, ids.slice(0, 10), 'permanent');
      return { accounts: demo.accounts, found: await counts(local, anna) };
    });
    await start(async (local, demo) => {
      expect(demo.firstStart).toBe(false);
      expect(demo.accounts).toEqual(first.accounts);
      expect(await counts(local, anna)).toEqual(first.found);
    });
  });

  test('after the first was cut off between account and mail fills the account', async () => {
    const local = open();
    const cut: DemoStore = {
      ...local,
      account: (login) => local.account(login),
      importMail: async () => {
        throw new Error('cut off');
      },
    };
    await expect(prepare(cut)).rejects.toThrow('cut off');
    await local.close();
    await start(async (again) => {
      expect((await counts(again, anna)).Inbox).toBeGreaterThan(30);
      expect((await counts(again, ben)).Inbox).toBeGreaterThan(30);
    });
  });

  test.each([
    ['missing', undefined],
    ['torn', '{"anna": "x'],
    ['of one account only', '{"accounts": [{"user": "anna@postrider.test", "password": "secret"}]}'],
  ])('with a password file that is %s gives new passwords and keeps the mail', async (_, content) => {
    const first = await start(async (local, demo) => ({ ...demo, found: await counts(local, anna) }));
    if (content === undefined) rmSync(first.passwordFile);
    else writeFileSync(first.passwordFile, content);
    await start(async (local, demo) => {
      const [account] = demo.accounts;
      expect(account?.password).not.toBe(first.accounts[0]?.password);
      expect(await local.prove?.(loginOf(anna, account?.password))).toBe(true);
      expect(await local.prove?.(loginOf(anna, first.accounts[0]?.password))).toBe(false);
      expect(await counts(local, anna)).toEqual(first.found);
      expect(statSync(demo.passwordFile).mode & 0o777).toBe(0o600);
    });
  });
});
