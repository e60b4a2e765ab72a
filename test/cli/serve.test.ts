import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EmailFields } from '../../protocol/classes/email.ts';
import { readTree } from '../../protocol/schema/read.ts';
import { Device } from '../../src/phone/device.ts';
import { sendMail } from '../../src/phone/mail-commands.ts';
import { Phone, type PhoneEvent } from '../../src/phone/phone.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { deliverLmtp, elsewhere, plainMessage } from '../servers/mail.ts';
import { type Postfix, startPostfix } from '../servers/postfix.ts';
import { freePort, stopAfterTests } from '../servers/process.ts';
import { type CliProcess, killLeftProcesses, postrider } from './cli-process.ts';

const keep = stopAfterTests();
const anna = 'anna@example.test';
let dovecot: Dovecot;
let postfix: Postfix;
let data: string;
beforeAll(async () => {
  dovecot = await keep(startDovecot());
  const { saslPort, lmtpPort } = dovecot;
  postfix = await keep(startPostfix({ saslPort, lmtpPort, domains: ['example.test'] }));
  data = mkdtempSync(join(tmpdir(), 'postrider-serve-'));
}, 60_000);
afterAll(async () => {
  for (const { signal } of started) signal.abort();
  await Promise.allSettled(started.map(({ life }) => life));
  killLeftProcesses();
  rmSync(data, { recursive: true, force: true });
});

/** The environment of the command line that the documents name. */
const environment = (port: number, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  MAIL_DOMAIN: 'example.test',
  IMAP_URL: `imap://127.0.0.1:${dovecot.port}`,
  SMTP_URL: `smtp://127.0.0.1:${postfix.port}`,
  POSTRIDER_LISTEN: `127.0.0.1:${port}`,
  POSTRIDER_DATA: data,
  ...more,
});
const serving = ['serve', '--config', 'examples/imap.yaml'];

const inboxOf = (phone: Phone): string => phone.mailbox.folders.byRole('inbox')?.serverId ?? '';
const subjectsOf = (phone: Phone, folder: string): (string | undefined)[] =>
  phone.mailbox
    .collection(folder)
    .items()
    .map(({ fields }) => readTree(EmailFields, fields).subject);

/** Phones that live: ended also when their test fails. */
const started: { signal: AbortController; life: Promise<void> }[] = [];
const addAccount = async (url: string, user: string, onEvent?: (event: PhoneEvent) => void) => {
  const device = new Device({ url, user, password: 'secret', deviceId: 'SERVETEST1', version: 'newest', strict: true });
  const phone = new Phone(device, { folders: ({ type }) => type === 2, onEvent });
  await phone.provision();
  await phone.folderSync();
  return { device, phone };
};

describe('serve with examples/imap.yaml on a real Dovecot and Postfix', () => {
  let server: CliProcess;
  let url: string;
  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    server = postrider(serving, environment(port));
    await server.until(/serves phones/);
  }, 40_000);

  test('a phone adds the account, sees mail, is woken, sends', async () => {
    await deliverLmtp(dovecot.lmtpPort, anna, plainMessage('There before'));
    const woken: string[] = [];
    const arrived = new EventTarget();
    const { device, phone } = await addAccount(url, anna, (event) => {
      if (event.kind !== 'newMail') return;
      woken.push(readTree(EmailFields, event.item.fields).subject ?? '');
      arrived.dispatchEvent(new Event('mail'));
    });
    expect(phone.mailbox.folders.byRole('sent')).toBeDefined();
    const inbox = inboxOf(phone);
    await phone.syncFolder(inbox);
    expect(subjectsOf(phone, inbox)).toEqual(['There before']);

    const signal = new AbortController();
    const next = (): Promise<unknown> =>
      new Promise((resolve) => arrived.addEventListener('mail', resolve, { once: true }));
    let came = next();
    const life = phone.run(signal.signal);
    started.push({ signal, life });
    await server.until(/"command":"Sync"/);
    await deliverLmtp(dovecot.lmtpPort, anna, plainMessage('Pushed'));
    await came;
    expect(woken).toEqual(['Pushed']);

    came = next();
    const mime = new TextEncoder().encode(plainMessage('To myself', 'Sent.', { From: anna, To: anna }));
    await sendMail(device, mime, { clientId: 'serve-1', saveInSentItems: true });
    await came;
    expect(woken).toEqual(['Pushed', 'To myself']);
    signal.abort();
    await life;
    const sent = await elsewhere(dovecot.port, anna, 'secret', async (client) => {
      const { exists } = await client.mailboxOpen('Sent');
      return exists;
    });
    expect(sent).toBe(1);
    expect(phone.mailbox.anomalies).toEqual([]);
    device.close();
  }, 60_000);

  test('the name that is typed is the name that the mail server sees', async () => {
    await deliverLmtp(dovecot.lmtpPort, 'ben', plainMessage('For ben without a domain'));
    const { device, phone } = await addAccount(url, 'ben');
    await phone.syncFolder(inboxOf(phone));
    expect(subjectsOf(phone, inboxOf(phone))).toEqual(['For ben without a domain']);
    device.close();
  }, 30_000);

  test('another server cannot run on the same data folder', async () => {
    const end = await postrider(serving, environment(await freePort())).ended();
    expect(end.code).toBe(1);
    expect(end.text).toContain(`Another Postrider runs on the data folder ${data}`);
  }, 30_000);

  test.each(['example\\anna', 'EXAMPLE\\anna@example.test', 'Anna@Example.Test'])('%s gets in', async (user) => {
    const { device, phone } = await addAccount(url, user);
    expect(phone.mailbox.folders.byRole('inbox')).toBeDefined();
    device.close();
  });

  test('check looks at it from outside', async () => {
    const args = ['check', '--config', 'examples/imap.yaml', '--user', anna, '--url', url, '--ping', '1'];
    const checking = postrider(args, environment(await freePort(), { POSTRIDER_PASSWORD: 'secret' }));
    await checking.until(/ok {7}FolderSync: the account shows \d+ folders/);
    expect(checking.text()).toContain(`From outside: ${url}`);
    expect(checking.text()).toMatch(/ok {7}OPTIONS: the server speaks ActiveSync 12\.1/);
    checking.signal('SIGKILL');
    await checking.ended();
  }, 30_000);

  test('SIGHUP leaves it running; SIGTERM answers the waiting and ends it within 5 s', async () => {
    const { device, phone } = await addAccount(url, anna);
    const inbox = inboxOf(phone);
    await phone.syncFolder(inbox);
    const ping = device.ping({ heartbeatInterval: 900, folders: [{ id: inbox, class: 'Email' }] });
    await new Promise((resolve) => setTimeout(resolve, 500));
    server.signal('SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const end = await server.stop();
    expect((await ping).status).toBe(1);
    expect(end.code).toBe(0);
    expect(end.milliseconds).toBeLessThan(5000);
    expect(end.text).toContain('"msg":"Stopped"');
    expect(end.text).not.toContain('secret');
    device.close();
  }, 30_000);
});
