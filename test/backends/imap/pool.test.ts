import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../../backends/contract/backend.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { plainMessage } from '../../servers/mail.ts';
import { type DovecotBench, startBench } from './dovecot-account.ts';
import { loginOf, openImap } from './harness.ts';

let bench: DovecotBench;
beforeAll(async () => {
  bench = await startBench({ users: { two: 'old', anna: 'secret' } });
}, 40_000);
afterAll(() => bench.stop());

/** Waits until something holds, at most two seconds. */
const until = async (holds: () => boolean): Promise<boolean> => {
  for (let i = 0; i < 100 && !holds(); i++) await wait(20);
  return holds();
};
const ear = () => ({ moved: () => undefined, hierarchyChanged: () => undefined, lost: () => undefined });

describe('connections of an account', () => {
  let open: DovecotBench;
  beforeAll(async () => {
    open = await startBench();
  }, 40_000);
  afterAll(() => open.stop());

  test('are three at most: one watches, two work, the rest waits its turn', async () => {
    const account = await open.account();
    const watcher = await account.abilities.watch?.open(['INBOX'], ear());
    const work = Array.from({ length: 20 }, () => account.mail.list('INBOX', undefined));
    await Promise.all(work);
    expect([account.relay.opened, account.relay.open]).toEqual([3, 3]);
    await watcher?.close();
    expect(await until(() => account.relay.open === 2)).toBe(true);
  });

  test('are closed when they are idle', async () => {
    const account = await open.account({ idleSeconds: 1 });
    await account.mail.list('INBOX', undefined);
    expect(account.relay.open).toBe(1);
    await wait(1_100);
    expect(await until(() => account.relay.open === 0)).toBe(true);
    await account.mail.list('INBOX', undefined);
    expect(account.relay.opened).toBe(2);
  });

  test('are let go by forget, while work under way is finished', async () => {
    const account = await open.account();
    await account.deliver('INBOX', Buffer.from(plainMessage('x')));
    const work = account.mail.list('INBOX', undefined);
    await wait(5);
    await account.backend.forget(account.login.account);
    expect((await work).ids.size).toBe(1);
    expect(await until(() => account.relay.open === 0)).toBe(true);
  });

  test('that break are replaced for reading, without anyone noticing', async () => {
    const account = await open.account();
    await account.mail.list('INBOX', undefined);
    for (const command of [/^SELECT/, /^UID SEARCH/]) {
      account.relay.cutOn(command);
      await account.deliver('INBOX', Buffer.from(plainMessage('again')));
      expect((await account.mail.list('INBOX', undefined)).ids.isEmpty).toBe(false);
    }
    account.relay.cut();
    expect(await account.folders.list()).not.toHaveLength(0);
  });

  test('that break during a move are not replaced: it may have been done', async () => {
    const account = await open.account();
    const folder = await account.createFolder('target');
    const id = await account.deliver('INBOX', Buffer.from(plainMessage('moved')));
    account.relay.cutOn(/^UID MOVE/);
    await expect(account.mail.move('INBOX', [id], folder)).rejects.toMatchObject({ code: 'unavailable' });
    const [here, there] = [await account.mail.list('INBOX', undefined), await account.mail.list(folder, undefined)];
    expect(here.ids.size + there.ids.size).toBe(1);
  });

  test('an append whose answer was lost is found, not repeated', async () => {
    const account = await open.account();
    account.relay.cutOn(/^APPEND/);
    const source = bytesSource(Buffer.from(plainMessage('once only')));
    const { id } = await account.mail.append('INBOX', source, {}, 'a'.repeat(64));
    expect([...(await account.mail.list('INBOX', undefined)).ids]).toEqual([id]);
  });

  test('a server that says nothing any more is given up in time', async () => {
    const account = await open.account({ timeoutSeconds: 2 });
    await account.mail.list('INBOX', undefined);
    account.relay.freeze();
    await expect(account.mail.list('INBOX', undefined)).rejects.toMatchObject({ code: 'unavailable' });
    account.relay.thaw();
    account.relay.cut();
    expect((await account.mail.list('INBOX', undefined)).ids.isEmpty).toBe(true);
  }, 60_000);

  test('whoever gives up is let go at once; the connection serves the next', async () => {
    const account = await open.account();
    await account.mail.list('INBOX', undefined);
    const opened = account.relay.opened;
    const abort = new AbortController();
    const work = account.mail.list('INBOX', new Date(0), abort.signal);
    abort.abort(new Error('gone'));
    await expect(work).rejects.toThrow('gone');
    await account.mail.list('INBOX', undefined);
    expect(account.relay.opened - opened).toBeLessThanOrEqual(1);
    await expect(account.mail.list('INBOX', undefined, AbortSignal.abort(new Error('before')))).rejects.toThrow(
      'before',
    );
  });
});

describe('credentials', () => {
  test('what one password opened is closed for another one', async () => {
    const backend = openImap(bench.dovecot.port);
    const login = loginOf('anna');
    await backend.account(login).mail?.list('INBOX', undefined);
    const foreign: Login = { ...login, password: 'not it' };
    await expect(backend.account(foreign).mail?.list('INBOX', undefined)).rejects.toMatchObject({
      code: 'loginRefused',
    });
    await backend.account(login).mail?.list('INBOX', undefined);
    await backend.close();
  });

  test('two logins of one account with different passwords work side by side, each on its own connection', async () => {
    const { master } = bench.dovecot;
    const backend = openImap(bench.dovecot.port);
    const own = backend.account(loginOf('anna'));
    const asMaster = backend.account({ account: 'anna', user: `anna*${master.user}`, password: master.password });
    const all = [own, asMaster, own, asMaster, asMaster, own].map(({ mail }) => mail?.list('INBOX', undefined));
    for (const listing of await Promise.all(all)) expect(listing?.ids.isEmpty).toBe(true);
    await backend.close();
  });
});

describe('a server that is restarted', () => {
  let open: DovecotBench;
  beforeAll(async () => {
    open = await startBench();
  }, 40_000);
  afterAll(() => open.stop());

  test('while it is worked with: unavailable meanwhile, and all is well afterwards', async () => {
    const account = await open.account();
    const id = await account.deliver('INBOX', Buffer.from(plainMessage('before')));
    const { cursor } = await account.mail.list('INBOX', undefined);
    await open.dovecot.kill('SIGKILL');
    await expect(account.mail.changes('INBOX', cursor)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(account.folders.list()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(account.backend.prove?.(account.login)).rejects.toMatchObject({ code: 'unavailable' });
    await open.dovecot.restart();
    expect((await account.mail.changes('INBOX', cursor)).changed).toEqual([]);
    expect([...(await account.mail.list('INBOX', undefined)).ids]).toEqual([id]);
  }, 60_000);

  test('in the middle of reading: nothing is doubled, nothing left out', async () => {
    const account = await open.account({ limits: { readBatch: 5 } });
    for (let i = 0; i < 30; i++) await account.outside.append('INBOX', Buffer.from(plainMessage(`message ${i}`)));
    const { ids } = await account.mail.list('INBOX', undefined);
    const seen: string[] = [];
    for await (const { id, outcome } of account.mail.read('INBOX', [...ids], {
      preferences: [{ type: 1 }],
      mimeSupport: 0,
    })) {
      expect(outcome).toBe('item');
      seen.push(id);
      if (seen.length === 7) await open.dovecot.restart();
    }
    expect(seen).toEqual([...ids]);
  }, 60_000);
});
