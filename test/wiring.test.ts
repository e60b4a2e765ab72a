import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { configSchema } from '../src/config/schema.ts';
import { Device } from '../src/phone/device.ts';
import { signNotice } from '../src/push/webhook.ts';
import { backendKinds, openLocalStore, type PlacedConfig, type Running, run } from '../src/wiring.ts';
import { quietLog } from './support/system.ts';

const parent = mkdtempSync(join(tmpdir(), 'postrider-wiring-'));
const running: Running[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.close();
});
afterAll(() => rmSync(parent, { recursive: true }));

const secret = 'a secret of some length';

/** A configuration on the local store, with what a test wants besides. */
const configured = (more: object = {}, dataFolder = mkdtempSync(join(parent, 'data-'))): PlacedConfig => ({
  ...configSchema(backendKinds).parse({
    listen: { address: '127.0.0.1:0' },
    domains: 'example.test, other.test',
    backends: { mail: { kind: 'local' } },
    ...more,
  }),
  dataFolder,
});

const start = async (config: PlacedConfig): Promise<Running> => {
  const started = await run(config, { log: quietLog() });
  running.push(started);
  return started;
};

const addAccount = async ({ dataFolder }: PlacedConfig, address: string): Promise<void> => {
  const store = openLocalStore(dataFolder, quietLog());
  await store.accounts.create(address, 'secret');
  await store.close();
};

describe('routes beside ActiveSync', () => {
  const notice = JSON.stringify({ user: 'anna', events: [{ mailbox: 'INBOX', event: 'MessageNew' }] });
  const post = async (url: string, signature: string): Promise<number> => {
    const headers = { 'x-postrider-signature': signature };
    return (await fetch(`${url}/postrider/changes`, { method: 'POST', body: notice, headers })).status;
  };
  const now = (): number => Math.floor(Date.now() / 1000);

  test('the webhook takes signed notices only', async () => {
    const { url } = await start(configured({ webhook: { secret } }));
    expect(await post(url, signNotice(secret, notice, now()))).toBe(204);
    expect(await post(url, signNotice('another secret of some length', notice, now()))).toBe(403);
  });

  test('without a secret there is no webhook', async () => {
    const { url } = await start(configured());
    expect(await post(url, signNotice('', notice, now()))).toBe(404);
  });

  test.each([
    ['anna', 'anna@example.test'],
    ['anna@example.test', 'anna'],
    ['ben@other.test', 'ben@other.test'],
  ])('a notice for %s wakes who typed %s', async (user, account) => {
    const { url, server } = await start(configured({ webhook: { secret } }));
    const woken = new Promise((resolve) => server.hub.subscribe(account, (_, event) => resolve(event)));
    const body = JSON.stringify({ user, events: [{ mailbox: 'INBOX', event: 'FlagsSet' }] });
    const headers = { 'x-postrider-signature': signNotice(secret, body, now()) };
    await fetch(`${url}/postrider/changes`, { method: 'POST', body, headers });
    expect(await woken).toMatchObject({ kind: 'unsure' });
  });

  test('Autodiscover tells publicUrl, and is not there without one', async () => {
    const path = '/autodiscover/autodiscover.json?Email=anna@example.test&Protocol=ActiveSync';
    const { url } = await start(configured({ publicUrl: 'https://mail.example.test' }));
    expect(await (await fetch(url + path)).json()).toEqual({
      Protocol: 'ActiveSync',
      Url: 'https://mail.example.test/Microsoft-Server-ActiveSync',
    });
    const other = await start(configured());
    expect((await fetch(other.url + path)).status).toBe(404);
  });
});

describe('the local store as the backend', () => {
  test.each(['anna', 'anna@example.test', 'example\\anna', 'ANNA'])(
    '%s is the account anna@example.test',
    async (user) => {
      const config = configured();
      await addAccount(config, 'anna@example.test');
      const { url } = await start(config);
      const device = new Device({ url, user, password: 'secret', deviceId: 'WIRING1' });
      expect((await device.folderSync('0')).status).toBe(1);
      device.close();
    },
  );

  test('an account of another domain needs it', async () => {
    const config = configured();
    await addAccount(config, 'ben@other.test');
    const { url } = await start(config);
    const as = async (user: string): Promise<unknown> => {
      const device = new Device({ url, user, password: 'secret', deviceId: 'WIRING2' });
      return device.askOptions().then(
        () => 'let in',
        (error: unknown) => error,
      );
    };
    expect(await as('ben@other.test')).toBe('let in');
    expect(await as('other\\ben')).toBe('let in');
    expect(await as('ben')).toMatchObject({ status: 401 });
    expect(await as('ben@third.test')).toMatchObject({ status: 401 });
  });
});

describe('the listener for those who watch', () => {
  test('shows health, readiness, requests, and who waits', async () => {
    const { url, observeUrl } = await start(configured({ observe: { address: '127.0.0.1:0' } }));
    expect((await fetch(`${observeUrl}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${observeUrl}/readyz`)).json()).toEqual({ status: 'ok' });
    await fetch(`${url}/Microsoft-Server-ActiveSync`, { method: 'OPTIONS' });
    const metrics = await (await fetch(`${observeUrl}/metrics`)).text();
    expect(metrics).toMatch(/^postrider_requests_total\{command="OPTIONS",version="none",http="401"\} 1$/m);
    expect(metrics).toMatch(/^postrider_waiting_devices 0$/m);
    expect(metrics).toMatch(/^postrider_watched_accounts 0$/m);
  });

  test('is not there unless told', async () => {
    expect((await start(configured())).observeUrl).toBeUndefined();
  });
});

describe('what cannot start', () => {
  test('a port in use leaves nothing open', async () => {
    const { url } = await start(configured());
    const { port } = new URL(url);
    const config = configured({ listen: { address: `127.0.0.1:${port}` } });
    await expect(run(config, { log: quietLog() })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    // The folder is free: a new start on it works.
    await start({ ...config, listen: { ...config.listen, address: { host: '127.0.0.1', port: 0 } } });
  });

  test('backends of which none proves passwords', async () => {
    const config = configured({ backends: { out: { kind: 'smtp', url: 'smtp://127.0.0.1' } } });
    await expect(run(config, { log: quietLog() })).rejects.toThrow('can prove a password');
  });
});
