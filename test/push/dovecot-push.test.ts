import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MaxNotice, SignatureHeader, verifyNotice } from '../../src/push/webhook.ts';
import { type Dovecot, DovecotPassword, startDovecot } from '../servers/dovecot.ts';
import { deliverLmtp, elsewhere, plainMessage } from '../servers/mail.ts';

const Secret = 'a shared secret of more than sixty-four characters, so that HMAC hashes it first';

interface Notice {
  readonly user: string;
  readonly events: readonly { readonly mailbox: string; readonly event: string }[];
}

let listener: Server;
let dovecot: Dovecot;
const notices: Notice[] = [];
const verdicts: boolean[] = [];
let heard: () => void = () => undefined;

beforeAll(async () => {
  listener = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const signature = request.headers[SignatureHeader];
      verdicts.push(verifyNotice(Secret, body, typeof signature === 'string' ? signature : undefined, Date.now()));
      notices.push(JSON.parse(body.toString()) as Notice);
      response.writeHead(204).end();
      heard();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  dovecot = await startDovecot({
    pushScript: 'examples/dovecot-push.lua',
    pluginSettings: { postrider_url: `http://127.0.0.1:${port}/postrider/changes`, postrider_secret: Secret },
  });
}, 30_000);

afterAll(async () => {
  await dovecot?.stop();
  listener?.close();
});

/** Resolves with what `find` finds in the notices so far or to come. */
const notice = async (find: (events: Notice['events']) => boolean): Promise<Notice> => {
  for (;;) {
    const found = notices.find(({ events }) => find(events));
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => {
      heard = resolve;
    });
  }
};

const tells = (event: RegExp, mailbox: string) => (events: Notice['events']) =>
  events.some((one) => event.test(one.event) && one.mailbox === mailbox);

test('Dovecot tells of a delivery, signed', async () => {
  await deliverLmtp(dovecot.lmtpPort, 'anna', plainMessage('Pushed'));
  expect(await notice(tells(/^MessageNew$/, 'INBOX'))).toMatchObject({ user: 'anna' });
  expect(verdicts).not.toContain(false);
});

test('of flags, moves and folders in IMAP sessions, with names that are not ASCII', async () => {
  await elsewhere(dovecot.port, 'anna', DovecotPassword, async (client) => {
    await client.mailboxCreate('Entwürfe "alt"');
    await client.mailboxOpen('INBOX');
    await client.messageFlagsAdd('1:*', ['\\Flagged']);
    await client.messageMove('1:*', 'Entwürfe "alt"');
  });
  await notice(tells(/^MailboxCreate$/, 'Entwürfe "alt"'));
  await notice(tells(/^Flags/, 'INBOX'));
  await notice(tells(/^MessageAppend$/, 'Entwürfe "alt"'));
  expect(verdicts).not.toContain(false);
});

test('a change of very many mails is one small notice', async () => {
  const before = notices.length;
  for (let i = 0; i < 30; i++) await deliverLmtp(dovecot.lmtpPort, 'ben', plainMessage(`Mail ${i}`));
  await elsewhere(dovecot.port, 'ben', DovecotPassword, async (client) => {
    await client.mailboxOpen('INBOX');
    await client.messageFlagsAdd('1:*', ['\\Flagged']);
  });
  const ofBen = (): Notice[] => notices.slice(before).filter(({ user }) => user === 'ben');
  const flags = (): Notice[] => ofBen().filter(({ events }) => tells(/^Flags/, 'INBOX')(events));
  while (flags().length === 0) await notice(() => flags().length > 0);
  expect(flags().length).toBeLessThanOrEqual(2);
  expect(JSON.stringify(flags()).length).toBeLessThan(MaxNotice / 100);
});
