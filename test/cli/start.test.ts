import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import nodemailer from 'nodemailer';
import { freePorts } from '../servers/process.ts';
import { type CliProcess, killLeftProcesses, postrider } from './cli-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'postrider-start-'));
afterAll(() => {
  killLeftProcesses();
  rmSync(folder, { recursive: true, force: true });
});

interface AccountFile {
  readonly url: string;
  readonly smtp: string;
  readonly fingerprint?: string;
  readonly accounts: readonly { readonly user: string; readonly password: string }[];
}

const accountsIn = (data: string): AccountFile =>
  JSON.parse(readFileSync(join(data, 'demo-accounts.json'), 'utf8')) as AccountFile;

/** Starts the demo; resolves once it says what to do next. */
const startIn = async (data: string, ...args: readonly string[]): Promise<CliProcess> => {
  const ports = await freePorts('http', 'smtp');
  const given = args.length > 0 ? args : ['--port', String(ports.http), '--smtp-port', String(ports.smtp)];
  const demo = postrider(['start', ...given], { POSTRIDER_DATA: data });
  await demo.until(/npm run phone/);
  return demo;
};

const sendTo = async (url: string, to: string, subject: string): Promise<void> => {
  const transport = nodemailer.createTransport({ url, ignoreTLS: true });
  await transport.sendMail({ from: 'me@example.org', to, subject, text: 'Hello' });
  transport.close();
};

describe('start, phone, start again', () => {
  const data = join(folder, 'demo');

  test('within 2 s, with passwords that only their owner can read', async () => {
    const demo = await startIn(data);
    const [, milliseconds] = await demo.until(/started in (\d+) ms/);
    expect(Number(milliseconds)).toBeLessThan(2000);
    const { url, smtp, accounts } = accountsIn(data);
    expect(statSync(join(data, 'demo-accounts.json')).mode & 0o777).toBe(0o600);
    expect(accounts.map(({ user }) => user)).toEqual(['anna@postrider.test', 'ben@postrider.test']);
    expect(demo.text()).toContain(url);
    expect(demo.text()).toContain(smtp);
    // The output is a pipe here, which may end up in a log.
    for (const { password } of accounts) expect(demo.text()).not.toContain(password);

    const phone = await postrider(['phone', '--once'], { POSTRIDER_DATA: data }).ended();
    expect(phone.code).toBe(0);
    expect(phone.text).toMatch(/Provisioned: version 16\.1/);
    expect(phone.text).toMatch(/Inbox: \d+ mails/);

    const end = await demo.stop('SIGINT');
    expect(end.code).toBe(0);
    expect(end.milliseconds).toBeLessThan(5000);
    expect(end.text).toContain('Everything is kept');
    const log = readFileSync(join(data, 'postrider.log'), 'utf8');
    for (const { password } of accounts) expect(log).not.toContain(password);
  }, 60_000);

  test('a mail that is sent in appears on the waiting phone; the next start still has it', async () => {
    const before = accountsIn(data);
    const demo = await startIn(data);
    expect(accountsIn(data).accounts).toEqual(before.accounts);
    const phone = postrider(['phone', '--json', '--user', 'ben'], { POSTRIDER_DATA: data });
    await phone.until(/"event":"waiting"/);
    await sendTo(accountsIn(data).smtp, 'ben@postrider.test', 'Sent in by SMTP');
    await phone.until(/"event":"newMail".*"subject":"Sent in by SMTP"/);
    expect((await phone.stop('SIGINT')).code).toBe(0);
    expect((await demo.stop('SIGTERM')).code).toBe(0);

    const again = await startIn(data);
    const once = await postrider(['phone', '--once', '--user', 'ben'], { POSTRIDER_DATA: data }).ended();
    expect(once.text).toContain('Sent in by SMTP');
    expect((await again.stop()).code).toBe(0);
  }, 60_000);

  test('a second one on the same folder says what is in the way', async () => {
    const demo = await startIn(data);
    const second = await postrider(['start'], { POSTRIDER_DATA: data }).ended();
    expect(second.code).toBe(1);
    expect(second.text).toContain(`Another Postrider runs on the data folder ${data}`);
    await demo.stop();
  }, 60_000);

  test('serve refuses its folder', async () => {
    const env = {
      POSTRIDER_DATA: data,
      MAIL_DOMAIN: 'a.test',
      IMAP_URL: 'imap://127.0.0.1',
      SMTP_URL: 'smtp://127.0.0.1',
    };
    const { code, text } = await postrider(['serve', '--config', 'examples/imap.yaml'], env).ended();
    expect(code).toBe(1);
    expect(text).toContain('not for serving in earnest');
  }, 30_000);
});

test('a port in use: another one, and which', async () => {
  const { wanted, smtp } = await freePorts('wanted', 'smtp');
  const other = createServer();
  await new Promise<void>((resolve) => void other.listen(wanted, '127.0.0.1', resolve));
  const data = join(folder, 'ports');
  const demo = await startIn(data, '--port', String(wanted), '--smtp-port', String(smtp));
  expect(demo.text()).toMatch(
    new RegExp(`Port ${wanted} is in use by another program: the server listens on \\d+ instead`),
  );
  const { port } = new URL(accountsIn(data).url);
  expect(Number(port)).toBeGreaterThan(wanted);
  await demo.stop();
  other.close();
}, 60_000);

test('without a demo the phone says how to begin', async () => {
  const { code, text } = await postrider(['phone', '--once'], { POSTRIDER_DATA: join(folder, 'none') }).ended();
  expect(code).toBe(1);
  expect(text).toContain('npm start');
  expect(existsSync(join(folder, 'none'))).toBe(false);
}, 30_000);

const hasLan = Object.values(networkInterfaces()).some((each) =>
  each?.some(({ internal, family }) => !internal && family === 'IPv4'),
);

(hasLan ? test : test.skip)(
  '--lan serves by TLS with a certificate of its own, kept for the next start',
  async () => {
    const data = join(folder, 'lan');
    const { http, smtp } = await freePorts('http', 'smtp');
    const args = ['--lan', '--port', String(http), '--smtp-port', String(smtp)];
    const demo = await startIn(data, ...args);
    const { url, fingerprint = '' } = accountsIn(data);
    expect(url).toMatch(/^https:\/\/\d+\./);
    expect(demo.text()).toContain(fingerprint.slice(0, 47));
    expect(demo.text()).toContain(fingerprint.slice(48));
    expect(demo.text()).toMatch(/iOS: .*Trust/);
    expect(demo.text()).toMatch(/Android: .*accept all certificates/);
    const phone = await postrider(['phone', '--once'], { POSTRIDER_DATA: data }).ended();
    expect(phone.text).toMatch(/Inbox: \d+ mails/);
    const other = fingerprint.startsWith('00') ? `11${fingerprint.slice(2)}` : `00${fingerprint.slice(2)}`;
    const fooled = await postrider(['phone', '--once', '--fingerprint', other], { POSTRIDER_DATA: data }).ended();
    expect(fooled.code).toBe(1);
    expect(fooled.text).toContain('another certificate');
    await demo.stop();
    const again = await startIn(data, ...args);
    expect(accountsIn(data).fingerprint).toBe(fingerprint);
    await again.stop();
  },
  60_000,
);
