import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ContentTypes } from '../../protocol/http/headers.ts';
import { SupportedVersions } from '../../protocol/versions.ts';
import { sendMail } from '../../src/phone/mail-commands.ts';
import { type Client, openClient, openInbox } from '../support/client.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';

let host: LocalServer;

beforeAll(async () => {
  host = await startLocalServer();
});

afterAll(async () => {
  await host.close();
  expect(host.errors).toEqual([]);
});

let users = 0;
const newUser = (): string => `send${++users}`;

const mimeTo = (to: string, subject: string, more: readonly string[] = []): Uint8Array =>
  Buffer.from(
    ['From: someone@elsewhere.test', `To: ${to}`, `Subject: ${subject}`, ...more, '', 'Grüße', ''].join('\r\n'),
  );

const pair = async (version: (typeof SupportedVersions)[number] = '16.1'): Promise<[Client, Client]> => [
  await openClient(host, newUser(), version),
  await openInbox(host, newUser()),
];

const arrived = async (client: Client, role = 'inbox'): Promise<string[]> => {
  const id = client.folder(role);
  const options = [{ bodyPreferences: [{ type: 4 }], mimeSupport: 2 }];
  if (client.mailbox.collection(id).syncKey === '0') await client.load(id, { options });
  else await client.catchUp(id, { options });
  return client.subjects(id);
};

describe.each(SupportedVersions)('version %s', (version) => {
  test.each([true, false])('a mail arrives byte for byte; SaveInSentItems: %p', async (saveInSentItems) => {
    const [from, to] = await pair(version);
    const mime = mimeTo(`${to.user}@example.test`, 'hello', [
      'Content-Type: text/plain; charset=utf-8',
      'X-Own: a,  b',
    ]);
    await sendMail(from.device, mime, { clientId: 'c1', saveInSentItems });
    expect(await arrived(to)).toEqual(['hello']);
    expect(to.email(to.inbox, 'hello').body?.data).toBe(Buffer.from(mime).toString());
    expect(await arrived(from, 'sent')).toEqual(saveInSentItems ? ['hello'] : []);
    if (saveInSentItems) expect(from.email(from.folder('sent'), 'hello').read).toBe(true);
  });

  test('raw MIME is told by its Content-Type, whatever the version; the same bytes again are sent once', async () => {
    const [from, to] = await pair(version);
    const mime = mimeTo(`${to.user}@example.test`, 'raw');
    for (let i = 0; i < 2; i++) await sendMail(from.device, mime, { clientId: 'c1', raw: true, saveInSentItems: true });
    expect(await arrived(to)).toEqual(['raw']);
    expect(await arrived(from, 'sent')).toEqual(['raw']);
  });
});

describe.each(SupportedVersions.filter((version) => version !== '12.1'))('version %s', (version) => {
  const send = (client: Client, mime: Uint8Array, clientId = 'c1') =>
    client.device.command('SendMail', { clientId, saveInSentItems: true, mime });

  test('a ClientId again is Status 118, and the mail is sent once, the copy kept once', async () => {
    const [from, to] = await pair(version);
    const mime = mimeTo(`${to.user}@example.test`, 'once');
    expect(await send(from, mime)).toBeUndefined();
    expect(await send(from, mime)).toEqual({ status: 118 });
    expect(await send(from, mime, 'c2')).toBeUndefined();
    expect(await arrived(to)).toEqual(['once', 'once']);
    expect(await arrived(from, 'sent')).toEqual(['once', 'once']);
  });

  test('another device may use the same ClientId for its own mail', async () => {
    const [from, to] = await pair(version);
    const other = await openClient(host, from.user, version, 'other');
    expect(await send(from, mimeTo(`${to.user}@example.test`, 'first'))).toBeUndefined();
    expect(await send(other, mimeTo(`${to.user}@example.test`, 'second'))).toBeUndefined();
    expect(await arrived(to)).toEqual(['first', 'second']);
  });

  test('no recipients 119, one that is no address 116, an unknown one 120; nobody gets anything', async () => {
    const [from, to] = await pair(version);
    const address = `${to.user}@example.test`;
    expect(await send(from, Buffer.from('Subject: none\r\n\r\nx'))).toEqual({ status: 119 });
    expect(await send(from, mimeTo(`${address}, not an address`, 'bad'))).toEqual({ status: 116 });
    expect(await send(from, mimeTo(`${address}, nobody@example.test`, 'unknown'))).toEqual({ status: 120 });
    expect(await arrived(to)).toEqual([]);
    expect(await arrived(from, 'sent')).toEqual([]);
    expect(await send(from, mimeTo(address, 'right'))).toBeUndefined();
    expect(await arrived(to)).toEqual(['right']);
  });
});

test('Bcc is an address to send to and nothing to show; the own copy keeps it', async () => {
  const [from, to] = await pair();
  const mime = mimeTo(`${from.user}@example.test`, 'secretly', [`Bcc: ${to.user}@example.test`]);
  await sendMail(from.device, mime, { clientId: 'c1', saveInSentItems: true });
  await arrived(to);
  expect(String(to.email(to.inbox, 'secretly').body?.data)).not.toContain('Bcc');
  await arrived(from, 'sent');
  expect(String(from.email(from.folder('sent'), 'secretly').body?.data)).toContain('Bcc');
});

test('12.1: what is no mail to send is an HTTP error', async () => {
  const [from] = await pair('12.1');
  const request = from.device.channel.prepareRaw('SendMail', Buffer.from('Subject: x\r\n\r\nx'), ContentTypes.mime);
  await expect(from.device.channel.exchange('SendMail', request)).rejects.toMatchObject({ status: 500 });
});

test('two sends of one mail at once: one goes out', async () => {
  const [from, to] = await pair();
  const mime = mimeTo(`${to.user}@example.test`, 'twice at once');
  const answers = await Promise.all(
    [1, 2].map(() => from.device.command('SendMail', { clientId: 'same', saveInSentItems: true, mime })),
  );
  expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
  expect(answers.filter((answer) => answer?.status === 118)).toHaveLength(1);
  expect(await arrived(to)).toEqual(['twice at once']);
});
