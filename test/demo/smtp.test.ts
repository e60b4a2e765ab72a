import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import nodemailer from 'nodemailer';
import type { LocalBackend } from '../../backends/local/backend.ts';
import { type DemoSmtp, startDemoSmtp } from '../../src/demo/smtp.ts';
import { loginOf, openTestStore } from '../backends/local/harness.ts';

const [anna, ben] = ['anna@postrider.test', 'ben@postrider.test'];
const Limit = 50_000;

let local: LocalBackend;
let smtp: DemoSmtp;
const errors: Error[] = [];

beforeEach(async () => {
  local = await openTestStore();
  smtp = await startDemoSmtp({ store: local, port: 0, maxMessageSize: Limit, onError: (error) => errors.push(error) });
});
afterEach(async () => {
  await smtp.close();
  await local.close();
  expect(errors.splice(0)).toEqual([]);
});

const send = async (to: string[], text = 'Hello', from = 'someone@example.org'): Promise<unknown> => {
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port: smtp.port, ignoreTLS: true });
  try {
    return await transport.sendMail({ from, to, subject: 'By SMTP', text });
  } finally {
    transport.close();
  }
};
const inbox = async (account: string): Promise<string[]> => {
  const { folders, mail } = local.account(loginOf(account));
  const id = (await folders?.list())?.find(({ role }) => role === 'inbox')?.id ?? '';
  const found: string[] = [];
  for (const item of (await mail?.list(id, undefined))?.ids ?? []) {
    let raw = '';
    for await (const chunk of (await mail?.message(id, item))?.open() ?? [])
      raw += Buffer.from(chunk).toString('latin1');
    found.push(raw);
  }
  return found;
};
/** What the server answers to lines sent one after the other. */
const dialogue = (...lines: string[]): Promise<string[]> =>
  new Promise((done, fail) => {
    const socket = connect(smtp.port, '127.0.0.1');
    const answers: string[] = [];
    let buffer = '';
    socket.on('data', (chunk) => {
      buffer += chunk.toString();
      if (!/^\d{3} [^\n]*\n$/m.test(buffer)) return;
      answers.push(buffer.trimEnd());
      buffer = '';
      const next = lines.shift();
      if (next === undefined) socket.end();
      else socket.write(`${next}\r\n`);
    });
    socket.on('close', () => done(answers));
    socket.on('error', fail);
  });

describe('the SMTP listener of the demo', () => {
  test('delivers into the Inbox of each recipient, at once', async () => {
    const told: string[] = [];
    const watch = local.account(loginOf(anna)).watch;
    const folders = (await local.account(loginOf(anna)).folders?.list()) ?? [];
    const ignore = (): void => undefined;
    await watch?.open(
      folders.map(({ id }) => id),
      { moved: (folder) => told.push(folder), hierarchyChanged: ignore, lost: ignore },
    );
    await send([anna, ben.toUpperCase()], 'Guten Tag, schöne Grüße');
    expect(told).toEqual([folders.find(({ role }) => role === 'inbox')?.id]);
    for (const account of [anna, ben]) {
      const [message, ...more] = await inbox(account);
      expect([message?.includes('Subject: By SMTP'), more]).toEqual([true, []]);
    }
  });

  test('refuses an unknown recipient with a text that says who is there', async () => {
    await expect(send(['nobody@postrider.test'])).rejects.toThrow(
      /550 5\.1\.1 .*anna@postrider\.test and ben@postrider\.test/,
    );
  });

  test('relays nothing', async () => {
    await expect(send(['someone@example.com'])).rejects.toThrow(/550 5\.1\.1/);
    await expect(send([`"x@example.com"@postrider.test`])).rejects.toThrow(/rejected: 5\d\d/);
  });

  test('takes a mail up to the limit and refuses a larger one', async () => {
    await send([anna], 'x'.repeat(60).concat('\r\n').repeat(500));
    expect(await inbox(anna)).toHaveLength(1);
    await expect(send([anna], 'x'.repeat(60).concat('\r\n').repeat(1000))).rejects.toThrow(/552/);
    expect(await inbox(anna)).toHaveLength(1);
  });

  test('refuses by the announced size before any data is sent', async () => {
    const answers = await dialogue('EHLO me', `MAIL FROM:<a@example.org> SIZE=${Limit + 1}`);
    expect(answers[1]).toContain(`SIZE ${Limit}`);
    expect(answers[2]).toMatch(/^552/);
  });

  test('offers neither login nor TLS, which it could not keep', async () => {
    const [banner, offer] = await dialogue('EHLO me');
    expect(banner).toMatch(/^220 postrider\.test/);
    expect(offer).not.toMatch(/AUTH|STARTTLS/);
  });

  test('takes the empty sender of a bounce, and lines that begin with a dot', async () => {
    const answers = await dialogue(
      'EHLO me',
      'MAIL FROM:<>',
      `RCPT TO:<${ben}>`,
      'DATA',
      'Subject: bounce\r\n\r\n..dot\r\n.',
    );
    expect(answers.map((answer) => answer.slice(0, 3))).toEqual(['220', '250', '250', '250', '354', '250']);
    expect(await inbox(ben)).toEqual(['Subject: bounce\r\n\r\n.dot\r\n']);
  });

  test('when the store cannot be written says come again', async () => {
    await smtp.close();
    smtp = await startDemoSmtp({
      store: {
        accounts: local.accounts,
        deliver: async () => {
          throw new Error('disk full');
        },
      },
      port: 0,
      onError: (error) => errors.push(error),
    });
    await expect(send([anna])).rejects.toThrow(/451 4\.3\.0/);
  });

  test('a port that is taken fails the start', async () => {
    await expect(startDemoSmtp({ store: local, port: smtp.port, onError: () => undefined })).rejects.toThrow(
      /EADDRINUSE/,
    );
  });
});
