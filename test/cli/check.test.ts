import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expiryLine } from '../../src/cli/check-public.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { type Postfix, startPostfix } from '../servers/postfix.ts';
import { freePort, stopAfterTests } from '../servers/process.ts';
import { killLeftProcesses, postrider } from './cli-process.ts';

const keep = stopAfterTests();
const folder = mkdtempSync(join(tmpdir(), 'postrider-check-'));
afterAll(() => {
  killLeftProcesses();
  rmSync(folder, { recursive: true, force: true });
});

describe('the end of a certificate', () => {
  const now = Date.UTC(2026, 10, 23);
  const day = 86_400_000;
  test.each([
    [-1, false],
    [0, false],
    [1, 'missing'],
    [13, 'missing'],
    [14, true],
    [400, true],
  ] as const)('in %s days: ok is %s', (days, ok) => {
    expect(expiryLine('x', now + days * day, now).ok).toBe(ok);
  });

  test('names the day', () => {
    expect(expiryLine('listen.tls', now + 100 * day, now).meaning).toContain('2027-03-03');
  });
});

describe('check on a real Dovecot and Postfix', () => {
  let dovecot: Dovecot;
  let postfix: Postfix;
  beforeAll(async () => {
    dovecot = await keep(startDovecot());
    postfix = await keep(startPostfix({ saslPort: dovecot.saslPort, lmtpPort: dovecot.lmtpPort }));
  }, 60_000);

  const check = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    postrider(['check', '--config', 'examples/imap.yaml', ...args], {
      MAIL_DOMAIN: 'example.org',
      IMAP_URL: `imap://127.0.0.1:${dovecot.port}`,
      SMTP_URL: `smtp://127.0.0.1:${postfix.port}`,
      POSTRIDER_DATA: folder,
      ...env,
    }).ended();

  test('without a user: what answers, and what a user would tell', async () => {
    const { code, text } = await check([]);
    expect(text).toContain('serves example.org on 127.0.0.1:8080');
    expect(text).toContain(`mail: IMAP 127.0.0.1:${dovecot.port}`);
    expect(text).toContain('submission: SMTP');
    expect(text).toContain('state.db can be used; it knows 0 phones');
    expect(text).toMatch(/missing {2}publicUrl: not set: Autodiscover is off/);
    expect(text).toContain('All is well. With --user NAME');
    expect(code).toBe(0);
  }, 30_000);

  test('as a user: what the server can do, and how fast changes reach phones', async () => {
    const { code, text } = await check(['--user', 'anna@example.org'], { POSTRIDER_PASSWORD: 'secret' });
    for (const ability of ['CONDSTORE', 'QRESYNC', 'NOTIFY']) expect(text).toContain(ability);
    expect(text).toMatch(/ok {7}Folders: 6: INBOX, /);
    expect(text).toMatch(/ok {7}Push: INBOX, .* and 1 more: within 1 s, told by the server/);
    expect(text).not.toContain('secret');
    expect(code).toBe(0);
  }, 30_000);

  test('a wrong password fails', async () => {
    const { code, text } = await check(['--user', 'anna'], { POSTRIDER_PASSWORD: 'wrong' });
    expect(text).toMatch(/FAILED .*refuses anna with this password/);
    expect(code).toBe(1);
  }, 30_000);

  test('a server that does not answer fails, and the others are looked at all the same', async () => {
    const { code, text } = await check([], { IMAP_URL: `imap://127.0.0.1:${await freePort()}` });
    expect(text).toMatch(/FAILED .*IMAP/);
    expect(text).toContain('submission: SMTP');
    expect(text).toMatch(/[12] of these must be put right/);
    expect(code).toBe(1);
  }, 30_000);
});

describe('what is refused before anything is looked at', () => {
  const refused = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    postrider(args, { POSTRIDER_DATA: folder, ...env }).ended();
  const servers = { IMAP_URL: 'imap://127.0.0.1', SMTP_URL: 'smtp://127.0.0.1' };
  const serve = ['serve', '--config', 'examples/imap.yaml'];
  const check = ['check', '--config', 'examples/imap.yaml'];

  test.each([
    ['serve', serve],
    ['check', check],
  ])(
    '%s without a mail domain: no guess',
    async (_, args) => {
      const { code, text } = await refused(args, servers);
      expect(text).toMatch(/examples\/imap\.yaml:\d+:10: MAIL_DOMAIN: the environment variable is not set/);
      expect(code).toBe(1);
    },
    30_000,
  );

  test('a Redis that does not answer', async () => {
    const url = `127.0.0.1:${await freePort()}`;
    const env = {
      ...servers,
      MAIL_DOMAIN: 'a.test',
      POSTRIDER_LISTEN: '127.0.0.1:0',
      REDIS_URL: `redis://:secret@${url}`,
    };
    const { code, text } = await refused(serve, env);
    expect(text).toContain(`Postrider cannot start: redis://${url} cannot be used: connect ECONNREFUSED ${url}.`);
    expect(text).not.toContain('secret');
    expect(code).toBe(1);
  }, 30_000);

  test('plain HTTP beyond loopback that is not asked for by name', async () => {
    const { code, text } = await refused(serve, { ...servers, MAIL_DOMAIN: 'a.test', POSTRIDER_LISTEN: '0.0.0.0:0' });
    expect(text).toContain('listen.allowPlainHttp');
    expect(code).toBe(1);
  }, 30_000);

  test('a file that is not there', async () => {
    const { code, text } = await refused(['check', '--config', join(folder, 'none.yaml')]);
    expect(text).toContain('cannot be read');
    expect(code).toBe(1);
  }, 30_000);

  test('demo accounts', async () => {
    const demo = mkdtempSync(join(folder, 'demo-'));
    writeFileSync(join(demo, 'demo-accounts.json'), '{}');
    const env = { ...servers, MAIL_DOMAIN: 'a.test', POSTRIDER_DATA: demo };
    for (const args of [serve, check]) {
      const { code, text } = await refused(args, env);
      expect(text).toContain('holds the demo accounts');
      expect(code).toBe(1);
    }
    const domain = await refused(serve, { ...servers, MAIL_DOMAIN: 'postrider.test' });
    expect(domain.text).toContain('the domain of the demo accounts');
  }, 30_000);

  test('a port that is in use', async () => {
    const first = postrider(serve, {
      ...servers,
      MAIL_DOMAIN: 'a.test',
      POSTRIDER_DATA: mkdtempSync(join(folder, 'a-')),
      POSTRIDER_LISTEN: '127.0.0.1:0',
    });
    const [, port = ''] = await first.until(/"url":"http:\/\/127\.0\.0\.1:(\d+)"/);
    const { code, text } = await refused(serve, {
      ...servers,
      MAIL_DOMAIN: 'a.test',
      POSTRIDER_LISTEN: `127.0.0.1:${port}`,
    });
    expect(text).toContain(`127.0.0.1:${port} is in use by another program`);
    expect(code).toBe(1);
    expect((await first.stop('SIGINT')).code).toBe(0);
  }, 30_000);

  test('unknown options and commands', async () => {
    expect((await refused(['serve'])).text).toContain("required option '--config <file>' not specified");
    expect((await refused(['phone', '--eas', '3.0'])).text).toContain('Known versions: 12.1');
    expect((await refused(['check', '--config', 'x', '--ping', '90'])).text).toContain('Minutes from 1 to 59');
  }, 30_000);
});
