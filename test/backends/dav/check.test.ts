import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { CheckLine } from '../../../backends/contract/backend.ts';
import { codeOf } from '../../../backends/contract/test-kit/harness.ts';
import { makeAuthority } from '../../servers/certificates.ts';
import { freePort, makeFolder, stopAfterTests } from '../../servers/process.ts';
import { type Radicale, RadicalePassword, startRadicale } from '../../servers/radicale.ts';
import { startXandikos, type Xandikos, XandikosUser } from '../../servers/xandikos.ts';
import { loginOf, openDav } from './harness.ts';
import { calendarProps, multistatus, scriptedDav } from './scripted-server.ts';

const keep = stopAfterTests();
let radicale: Radicale;
let xandikos: Xandikos;
beforeAll(async () => {
  [radicale, xandikos] = await Promise.all([keep(startRadicale()), keep(startXandikos())]);
}, 60_000);

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});
const open = (...args: Parameters<typeof openDav>) => {
  const backend = openDav(...args);
  opened.push(backend);
  return backend;
};

const user = loginOf({ user: 'user0', password: RadicalePassword });
const lineOf = (lines: readonly CheckLine[], what: string): CheckLine | undefined =>
  lines.find((line) => line.what.includes(what));

describe('check', () => {
  test('as a user tells what there is and what the server can', async () => {
    const backend = open('VEVENT', { url: radicale.url });
    await backend.account(user).folders?.list();
    const lines = await backend.check(user);
    expect(lineOf(lines, 'folders')?.meaning).toContain('Calendar (Calendar, default)');
    expect(lineOf(lines, 'sync-collection')).toMatchObject({ ok: true });
    expect(lineOf(lines, 'scheduling')?.meaning).toContain('sends no invitations');
    expect(lineOf(lines, 'push')?.meaning).toMatch(/within 30 s .* within 120 s/);
    expect(lineOf(lines, 'server')?.meaning).toContain('calendar-access');
    expect(lines.some(({ ok }) => ok === false)).toBe(false);
  });

  test('says what is missed where only a ctag tells of changes', async () => {
    const backend = open('VCARD', { url: radicale.url, changesBy: 'ctag' });
    await backend.account(user).folders?.list();
    expect(lineOf(await backend.check(user), 'sync-collection')).toMatchObject({ ok: 'missing' });
  });

  test('without a user tells whether the server is there', async () => {
    expect(await open('VEVENT', { url: radicale.url }).check(undefined)).toHaveLength(2);
    const [line] = await open('VEVENT', { url: `http://127.0.0.1:${await freePort()}` }).check(undefined);
    expect(line).toMatchObject({ ok: false, meaning: expect.stringContaining('cannot be used') });
  });

  test('tells a wrong password, and a place without calendars', async () => {
    const wrong = await open('VEVENT', { url: radicale.url }).check({ ...user, password: 'wrong' });
    expect(wrong.at(-1)).toMatchObject({ ok: false, meaning: 'The server refuses this user or password.' });
    const server = await scriptedDav(() => ({ status: 404 }));
    opened.push(server);
    const none = await open('VEVENT', { url: server.url }).check(user);
    expect(lineOf(none, 'login')).toMatchObject({ ok: false, meaning: expect.stringContaining('`home`') });
  });
});

describe('the proof of a password', () => {
  test('is that the server takes it and no other', async () => {
    const backend = open('VCARD', { url: radicale.url });
    expect(await backend.prove(user)).toBe(true);
    expect(await backend.prove({ ...user, password: 'wrong' })).toBe(false);
  });

  test('is not to be had from a server that takes everyone', async () => {
    const login = loginOf({ user: XandikosUser, password: 'any' });
    expect(await codeOf(open('VCARD', { url: xandikos.url }).prove(login))).toBe('unavailable');
  });
});

describe('scheduling', () => {
  test.each([
    ['auto', 'calendar-access, calendar-auto-schedule', true],
    ['auto', 'calendar-access', false],
    ['on', '', true],
    ['off', 'calendar-auto-schedule', false],
  ])('%s on a server with "%s" is %p', async (scheduling, dav, wanted) => {
    const home = multistatus([{ href: '/cal/w/', props: calendarProps('Work') }]);
    const server = await scriptedDav(({ method }) => (method === 'OPTIONS' ? { status: 200, headers: { dav } } : home));
    opened.push(server);
    const abilities = open('VEVENT', { url: server.url, home: '/cal/', scheduling }).account(user);
    const [folder] = (await abilities.folders?.list()) ?? [];
    expect(await abilities.scheduling?.sends(folder?.id ?? '')).toBe(wanted);
    await abilities.scheduling?.sends(folder?.id ?? '');
    expect(server.asked.filter(({ method }) => method === 'OPTIONS')).toHaveLength(scheduling === 'auto' ? 1 : 0);
  });
});

test('a certificate of a private authority is taken where caFile names it', async () => {
  const authority = await makeAuthority(makeFolder('dav-ca'));
  const { certificateFile, keyFile } = await authority.issue('localhost');
  const home = multistatus([{ href: '/cal/w/', props: calendarProps('Work') }]);
  const server = createServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, (_, answer) => {
    answer.writeHead(home.status, home.headers).end(home.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  const list = (settings: object) =>
    open('VEVENT', { url, home: '/cal/', ...settings })
      .account(user)
      .folders?.list();
  expect(await list({ caFile: authority.caFile })).toHaveLength(1);
  await expect(list({})).rejects.toThrow(/certificate/);
  server.close();
  server.closeAllConnections();
});
