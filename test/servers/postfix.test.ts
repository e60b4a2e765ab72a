import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import nodemailer from 'nodemailer';
import { type Dovecot, startDovecot } from './dovecot.ts';
import { elsewhere, plainMessage } from './mail.ts';
import { canRunPostfix, type Postfix, startPostfix } from './postfix.ts';
import { answers, stopAfterTests } from './process.ts';

const keep = stopAfterTests();
const [anna, ben] = ['anna@example.org', 'ben@example.org'];

const asRoot = canRunPostfix() ? test : test.skip;

(canRunPostfix() ? describe : describe.skip)('Postfix in front of Dovecot', () => {
  let dovecot: Dovecot;
  let postfix: Postfix;
  beforeAll(async () => {
    dovecot = await keep(startDovecot());
    postfix = await keep(
      startPostfix({ saslPort: dovecot.saslPort, lmtpPort: dovecot.lmtpPort, recipients: [anna, ben] }),
    );
  }, 60_000);

  const send = async (to: string, pass = 'secret', options: object = {}): Promise<void> => {
    const tls = { ca: await readFile(postfix.caFile), servername: 'localhost' };
    const transport = nodemailer.createTransport({
      host: '127.0.0.1',
      port: postfix.port,
      requireTLS: true,
      auth: { user: anna, pass },
      tls,
      ...options,
    });
    await transport.sendMail({ envelope: { from: anna, to: [to] }, raw: plainMessage('Through Postfix') });
    transport.close();
  };

  const messages = (user: string): Promise<number> =>
    elsewhere(dovecot.port, user, 'secret', async (client) => {
      const status = await client.status('INBOX', { messages: true });
      return status === false ? 0 : (status.messages ?? 0);
    });

  test.each([
    ['STARTTLS', () => ({})],
    ['TLS from the start', () => ({ port: postfix.smtpsPort, secure: true })],
  ])('takes mail by %s and delivers it', async (_, options) => {
    const before = await messages(ben);
    await send(ben, 'secret', options());
    for (let i = 0; i < 200 && (await messages(ben)) === before; i++) await wait(20);
    expect(await messages(ben)).toBe(before + 1);
  });

  test('refuses a wrong password, an unknown recipient and who does not log in', async () => {
    await expect(send(ben, 'wrong')).rejects.toMatchObject({ responseCode: 535 });
    await expect(send('unknown@example.org')).rejects.toMatchObject({ responseCode: 550 });
    await expect(send(ben, '', { auth: undefined })).rejects.toMatchObject({ responseCode: 554 });
  });

  test('sends nothing into the world', async () => {
    await send('someone@example.net');
    for (let i = 0; i < 200 && !(await postfix.mailLog()).includes('relay=none'); i++) await wait(20);
    expect(await postfix.mailLog()).toMatch(/to=<someone@example\.net>, relay=none.*status=sent \(example\.net\)/);
  });

  test('comes back after a crash', async () => {
    await postfix.kill('SIGKILL');
    expect(await answers(postfix.port)).toBe(false);
    await postfix.restart();
    await send(ben);
  });
});

asRoot(
  'leaves nothing',
  async () => {
    const postfix = await startPostfix();
    await postfix.stop();
    expect(existsSync(postfix.folder)).toBe(false);
    expect(await answers(postfix.port)).toBe(false);
  },
  30_000,
);
