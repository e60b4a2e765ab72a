import { describe, expect, test } from '@jest/globals';
import PostalMime from 'postal-mime';
import { ContentTypes } from '../../protocol/http/headers.ts';
import { can, SupportedVersions } from '../../protocol/versions.ts';
import { sendMail } from '../../src/phone/mail-commands.ts';
import { type Client, openClient, openInbox } from '../support/client.ts';
import { startLocalServer } from '../support/local-server.ts';
import { serverForTests } from '../support/server-for-tests.ts';

const host = await serverForTests();

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
    const mime = Buffer.from(
      [
        `From: Me <${from.user}@example.test>`,
        `To: ${to.user}@example.test`,
        'Subject: hello',
        'Message-ID: <own@phone>',
        'Date: Mon, 23 Nov 2026 10:00:00 +0100',
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=utf-8',
        'X-Own: a,  b',
        '',
        'Grüße',
        '',
      ].join('\r\n'),
    );
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

describe.each(SupportedVersions.filter((version) => can(version, 'composeMail')))('version %s', (version) => {
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

  test('no recipients 119, one that is no address 116, none that is known 116; nobody gets anything', async () => {
    const [from, to] = await pair(version);
    const address = `${to.user}@example.test`;
    expect(await send(from, Buffer.from('Subject: none\r\n\r\nx'))).toEqual({ status: 119 });
    expect(await send(from, mimeTo(`${address}, not an address`, 'bad'))).toEqual({ status: 116 });
    expect(await send(from, mimeTo('nobody@example.test', 'unknown'))).toEqual({ status: 116 });
    expect(await arrived(to)).toEqual([]);
    expect(await arrived(from, 'sent')).toEqual([]);
    expect(await send(from, mimeTo(address, 'right'))).toBeUndefined();
    expect(await arrived(to)).toEqual(['right']);
  });

  test('a mail that is refused is reported in the Inbox, once however often it is tried', async () => {
    const [from] = await pair(version);
    for (let i = 0; i < 3; i++) {
      expect(await send(from, mimeTo('nobody@example.test, none@example.test', 'unknown'))).toEqual({ status: 116 });
    }
    expect(await arrived(from)).toEqual(['Undeliverable: unknown']);
    const report = from.email(from.inbox, 'Undeliverable: unknown');
    expect(report.messageClass).toBe('REPORT.IPM.NOTE.NDR');
    const { text, attachments } = await PostalMime.parse(String(report.body?.data));
    expect(text).toMatch(/was not sent[\s\S]*nobody@example\.test[\s\S]*none@example\.test/);
    expect(attachments.map(({ mimeType }) => mimeType)).toContain('message/delivery-status');
    expect(String(report.body?.data)).toContain('Grüße');
  });

  test('one unknown recipient of two: the other gets the mail, and the sender a report', async () => {
    const [from, to] = await pair(version);
    expect(await send(from, mimeTo(`${to.user}@example.test, nobody@example.test`, 'both'))).toBeUndefined();
    expect(await arrived(to)).toEqual(['both']);
    expect(await arrived(from, 'sent')).toEqual(['both']);
    expect(await arrived(from)).toEqual(['Undeliverable: both']);
    const { text } = await PostalMime.parse(String(from.email(from.inbox, 'Undeliverable: both').body?.data));
    expect(text).toContain('was sent, but');
    expect(text).not.toContain(to.user);
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

/** A mail as it came out of the Inbox of its recipient. */
const sentAs = async (from: Client, to: Client, header: readonly string[], clientId: string) => {
  const mime = Buffer.from(`${header.join('\r\n')}\r\n\r\ntext`, 'latin1');
  await sendMail(from.device, mime, { clientId, saveInSentItems: true });
  await arrived(to);
  const raw = String([...to.emails(to.inbox).values()].at(-1)?.body?.data);
  return { raw, parsed: await PostalMime.parse(Buffer.from(raw, 'latin1')) };
};

describe('the header of what goes out', () => {
  test('MS-ASCMD_R448: a strange From is replaced by the own address, its name stays; the own one stays', async () => {
    const [from, to] = await pair();
    const own = `${from.user}@example.test`;
    const recipient = `To: ${to.user}@example.test`;
    const boss = await sentAs(from, to, ['From: "Anna" <boss@example.test>', recipient], 'f1');
    expect(boss.parsed.from).toEqual({ name: 'Anna', address: own });
    const tagged = await sentAs(from, to, [`From: ${from.user}+news@EXAMPLE.test`, recipient], 'f2');
    expect(tagged.raw).toContain(`From: ${from.user}+news@EXAMPLE.test\r\n`);
    const both = await sentAs(
      from,
      to,
      [`From: ${own}, boss@example.test`, 'Sender: boss@example.test', recipient],
      'f3',
    );
    expect(both.parsed.from).toMatchObject({ address: own });
    expect(both.raw).not.toContain('boss@');
    const trick = await sentAs(
      from,
      to,
      [`From: "boss@example.test" <${own}>`, 'From: boss@example.test', recipient],
      'f4',
    );
    expect(trick.raw.match(/^From:/gm)).toHaveLength(1);
    expect(trick.parsed.from?.address).toBe(own);
    expect((await sentAs(from, to, [recipient], 'f5')).parsed.from?.address).toBe(own);
  });

  test('Date, Message-ID and MIME-Version are added where they are missing, in the copy as on the wire', async () => {
    const [from, to] = await pair();
    const { parsed } = await sentAs(from, to, [`To: ${to.user}@example.test`, 'Content-Type: text/plain'], 'd');
    expect(parsed.messageId).toMatch(/^<[0-9a-f]{32}@example\.test>$/);
    expect(Math.abs(new Date(parsed.date ?? '').getTime() - Date.now())).toBeLessThan(600_000);
    expect(parsed.headers.find(({ key }) => key === 'mime-version')?.value).toBe('1.0');
    await arrived(from, 'sent');
    const copy = await PostalMime.parse(String([...from.emails(from.folder('sent')).values()][0]?.body?.data));
    expect([copy.messageId, copy.date]).toEqual([parsed.messageId, parsed.date]);
  });

  test.each([
    ['a bare CR', 'x\rBcc: evil@example.test'],
    ['a bare CR before a field of another kind', 'x\rX-Evil: yes'],
    ['NUL', 'x\0X-Evil: yes'],
    ['an encoded line end', '=?utf-8?q?x=0D=0AX-Evil:_yes?='],
    ['a line that is no field', 'x\r\nno field at all'],
  ])('%s in a value makes no field', async (_, subject) => {
    const [from, to] = await pair();
    const { raw, parsed } = await sentAs(from, to, [`To: ${to.user}@example.test`, `Subject: ${subject}`], 'i');
    expect(parsed.headers.map(({ key }) => key).sort()).toEqual(['date', 'from', 'message-id', 'subject', 'to']);
    expect(raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/);
    expect(raw).not.toContain('evil@');
  });

  test('what is beyond ASCII goes as encoded words', async () => {
    const [from, to] = await pair();
    const utf8 = (text: string): string => Buffer.from(text).toString('latin1');
    const header = [utf8(`To: Jürgen <${to.user}@example.test>`), utf8('Subject: Grüße, lang '.padEnd(300, 'ö'))];
    const { raw, parsed } = await sentAs(from, to, header, 'e');
    expect(raw).toMatch(/^[ -~\r\n\t]*$/);
    expect(parsed.to?.[0]?.name).toBe('Jürgen');
    expect(parsed.subject).toMatch(/^Grüße, lang ö+$/);
    expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
  });
});

test.each([
  ['refuse', { status: 120 }, undefined],
  ['allow', undefined, { from: 'boss@example.test', sender: 'own' }],
] as const)('From that is not the own: %s', async (fromPolicy, answer, seen) => {
  const other = await startLocalServer({ parts: { fromPolicy } });
  try {
    const [from, to] = [await openClient(other, 'anna'), await openInbox(other, 'ben')];
    const mime = Buffer.from('From: boss@example.test\r\nTo: ben@example.test\r\nSubject: s\r\n\r\nx');
    expect(await from.device.command('SendMail', { clientId: 'p', mime })).toEqual(answer);
    await arrived(to);
    const mails = [...to.emails(to.inbox).values()];
    expect(mails.map(({ from: author, sender }) => ({ from: author, sender: sender && 'own' }))).toEqual(
      seen ? [seen] : [],
    );
    if (seen) expect(mails[0]?.sender).toBe('anna@example.test');
  } finally {
    await other.close();
  }
});
