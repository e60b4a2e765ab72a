import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import PostalMime from 'postal-mime';
import type { ClientCommand } from '../../protocol/commands/sync.ts';
import { type ByteSource, readAll } from '../../protocol/wbxml/bytes.ts';
import { createFolder } from '../../src/phone/folder-commands.ts';
import { itemOperations, sendMail, smartSend } from '../../src/phone/mail-commands.ts';
import { lostInForward } from '../corpus/forwarded.ts';
import { generatedMessages } from '../corpus/generated.ts';
import { canRunPostfix } from '../servers/postfix.ts';
import { type Client, emailNodes } from '../support/client.ts';
import { addressOf, type ImapServer, startImapServer, until } from '../support/imap-server.ts';

const people = ['one', 'two', 'three'];
let host: ImapServer;

/** All messages of a mailbox, as another mail program sees them. */
const messagesIn = (user: string, path: string): Promise<{ raw: Buffer; flags: Set<string> }[]> =>
  host.elsewhere(user, async (imap) => {
    const found: { raw: Buffer; flags: Set<string> }[] = [];
    if ((await imap.mailboxOpen(path)).exists === 0) return found;
    for await (const { source, flags } of imap.fetch('1:*', { source: true, flags: true })) {
      found.push({ raw: source ?? Buffer.alloc(0), flags: flags ?? new Set() });
    }
    return found;
  });

const arrive = async (user: string, text: string): Promise<Buffer> => {
  let found: Buffer | undefined;
  await until(async () => {
    found = (await messagesIn(user, 'INBOX')).map(({ raw }) => raw).find((raw) => raw.includes(text));
    return found !== undefined;
  }, 60_000);
  return found as Buffer;
};

const toBytes = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : readAll(value as ByteSource));

const drafts = (client: Client): string => client.folder('drafts');

const inTests = canRunPostfix() ? describe : describe.skip;

inTests('on Postfix and Dovecot', () => {
  beforeAll(async () => {
    host = await startImapServer({ postfix: { recipients: people.map(addressOf), domains: ['example.test'] } });
  }, 120_000);
  afterAll(async () => {
    await host.close();
    expect(host.errors).toEqual([]);
  }, 60_000);

  const Digits = randomBytes(2_000_000).toString('base64');
  const encoded = Digits.replace(/.{1,60}/g, '$&\r\n');
  const original = [
    'From: Carl <carl@example.test>',
    `To: ${addressOf('one')}`,
    'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
    'Message-ID: <original@example.test>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=o',
    '',
    '--o',
    'Content-Type: text/html; charset=iso-8859-15',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '<p>Preis: 5 =A4</p>',
    '--o',
    'Content-Type: application/zip; name=a.zip',
    'Content-Transfer-Encoding: base64',
    '',
    `${encoded}--o--`,
    '',
  ].join('\r\n');

  test('a forward holds the attachment as it lies on the server, the Sent copy too; the original is marked', async () => {
    const client = await host.client('one');
    await host.deliver('one', original);
    await client.load(client.inbox);
    const [itemId = ''] = [...client.emails(client.inbox).keys()];
    const mime = Buffer.from(
      `From: <${addressOf('one')}>\r\nTo: ${addressOf('two')}\r\nSubject: Fwd\r\n\r\nFYI forwarded`,
    );
    await smartSend(client.device, 'SmartForward', mime, { source: { itemId }, clientId: 'f1', saveInSentItems: true });
    const raw = await arrive('two', 'FYI forwarded');
    expect(raw.includes(`Content-Transfer-Encoding: base64\r\n\r\n${encoded}`.trimEnd())).toBe(true);
    const parsed = await PostalMime.parse(raw);
    expect(parsed.html).toContain('Preis: 5 €');
    expect(parsed.references).toBe('<original@example.test>');
    const sent = await messagesIn('one', client.mailbox.folders.byRole('sent')?.displayName ?? 'Sent');
    expect(sent).toHaveLength(1);
    const digest = (bytes: ArrayBuffer | Uint8Array | string) =>
      createHash('sha256')
        .update(new Uint8Array(bytes as ArrayBuffer))
        .digest('hex');
    const [copy] = (await PostalMime.parse(sent[0]?.raw ?? '')).attachments;
    expect(digest(copy?.content ?? '')).toBe(createHash('sha256').update(Buffer.from(Digits, 'base64')).digest('hex'));
    const [marked] = await messagesIn('one', 'INBOX');
    expect([...(marked?.flags ?? [])]).toContain('$Forwarded');

    await client.catchUp(client.inbox);
    const forwarded = { lastVerbExecuted: 3, lastVerbExecutionTime: expect.any(Date) };
    expect(client.email(client.inbox, 'Grüße')).toMatchObject(forwarded);

    await smartSend(client.device, 'SmartReply', mime, { source: { itemId }, clientId: 'r1' });
    const [answered] = await messagesIn('one', 'INBOX');
    expect([...(answered?.flags ?? [])]).toContain('\\Answered');
    await client.catchUp(client.inbox);
    const second = await host.client('one', 'second');
    await second.load(second.inbox);
    for (const each of [client, second]) {
      const replied = { lastVerbExecuted: 1, lastVerbExecutionTime: expect.any(Date) };
      expect(each.email(each.inbox, 'Grüße')).toMatchObject(replied);
    }
  }, 120_000);

  test('MS-ASCMD_R545 messages of every kind, forwarded, arrive with text and attachments', async () => {
    const features = new Map(generatedMessages().map((message) => [message.name.replace(/ \d+$/, ''), message]));
    const sample = [...features].flatMap(([name, message]) => (/broken|damaged/.test(name) ? [] : [message]));
    const client = await host.client('three', 'forwards', { version: '14.1' });
    await host.dropFiles(
      'three',
      sample.map(({ name, raw }) => Buffer.concat([Buffer.from(`X-Name: ${name}\r\n`), raw])),
    );
    await client.load(client.inbox, { options: [{ mimeSupport: 2, bodyPreferences: [{ type: 4 }] }] });
    for (const [itemId, { body }] of client.emails(client.inbox)) {
      const name = /^X-Name: (.*)\r?$/m.exec(String(body?.data ?? ''))?.[1];
      const mime = Buffer.from(`To: ${addressOf('one')}\r\nSubject: Fwd\r\n\r\nForward of ${name}.`);
      await smartSend(client.device, 'SmartForward', mime, { source: { itemId }, clientId: `${name}` });
    }
    const lost: string[] = [];
    for (const message of sample) {
      lost.push(...(await lostInForward(message, await arrive('one', `Forward of ${message.name}.`))));
    }
    expect(lost).toEqual([]);
    expect(sample.length).toBeGreaterThanOrEqual(10);
  }, 120_000);

  test('MS-ASCON_R215 later mail of a conversation that is always moved goes where the rest is', async () => {
    const client = await host.client('filer');
    const raw = (subject: string, references = '') =>
      `From: <${addressOf('one')}>\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.test>\r\n${references}\r\nHello\r\n`;
    const answer = 'References: <root@example.test>\r\n';
    for (const each of [raw('root'), raw('first', answer), raw('other')]) await host.deliver('filer', each);
    await client.load(client.inbox);
    const folder = await createFolder(client.device, client.mailbox, { parentId: '0', displayName: 'Project' });
    await client.load(folder);
    const { conversationId } = client.email(client.inbox, 'root');
    const move = { kind: 'move', conversationId: toBytes(conversationId), dstFldId: folder } as const;
    const { response } = await itemOperations(client.device, [{ ...move, options: { moveAlways: true } }]);
    expect(response.response?.move).toMatchObject([{ status: 1 }]);
    await host.deliver('filer', raw('second', answer));
    for (const id of [client.inbox, folder]) await client.catchUp(id);
    expect(client.subjects(client.inbox)).toEqual(['other']);
    expect(client.subjects(folder)).toEqual(['first', 'root', 'second']);
    expect(client.mailbox.anomalies).toEqual([]);
  }, 60_000);

  test('whom Postfix refuses is told in a report, the others get the mail', async () => {
    const client = await host.client('two');
    const mime = (to: string, subject: string) =>
      Buffer.from(`From: <${addressOf('two')}>\r\nTo: ${to}\r\nSubject: ${subject}\r\n\r\n${subject} text`);
    const wish = (clientId: string) => ({ clientId, saveInSentItems: true });
    await sendMail(client.device, mime(`${addressOf('three')}, nobody@example.test`, 'some'), wish('s1'));
    await arrive('three', 'some text');
    const report = await arrive('two', 'Undeliverable: some');
    expect(report.toString()).toMatch(
      /Final-Recipient: rfc822; nobody@example\.test\r\nAction: failed\r\nStatus: 5\.1\.\d/,
    );
    for (let i = 0; i < 2; i++) {
      await expect(sendMail(client.device, mime('nobody@example.test', 'none'), wish('s2'))).rejects.toMatchObject({
        status: 116,
      });
    }
    const inbox = await messagesIn('two', 'INBOX');
    expect(inbox.filter(({ raw }) => raw.includes('Subject: Undeliverable: none'))).toHaveLength(1);
  }, 120_000);

  test('a draft is written, changed with its attachment kept, and sent', async () => {
    const client = await host.client('three');
    await client.load(drafts(client));
    const command = (email: Parameters<typeof emailNodes>[0], more: object): ClientCommand =>
      ({ applicationData: emailNodes(email), ...more }) as ClientCommand;
    const attachments = [
      {
        kind: 'add' as const,
        clientId: 'a',
        method: 1,
        displayName: 'a.txt',
        content: Buffer.from('eins').toString('base64'),
      },
    ];
    const add = command(
      { subject: 'written', body: { type: 1, data: 'x' }, attachments },
      { kind: 'add', clientId: 'c', send: false },
    );
    const added = (await client.sync(drafts(client), { commands: [add] }))?.responses?.[0];
    expect(added).toMatchObject({ kind: 'add', status: 1 });
    const path = client.mailbox.folders.byRole('drafts')?.displayName ?? 'Drafts';
    const [stored, ...more] = await messagesIn('three', path);
    expect([[...(stored?.flags ?? [])], more]).toEqual([expect.arrayContaining(['\\Draft', '\\Seen']), []]);

    const serverId = (added as { serverId: string }).serverId;
    const change = command({ to: addressOf('one'), subject: 'changed' }, { kind: 'change', serverId, send: false });
    await client.sync(drafts(client), { commands: [change] });
    await client.catchUp(drafts(client));
    const [now = ''] = [...client.emails(drafts(client)).keys()];
    expect(now).not.toBe(serverId);
    expect(await messagesIn('three', path)).toHaveLength(1);
    await client.sync(drafts(client), { commands: [command({}, { kind: 'change', serverId: now, send: true })] });
    const { attachments: arrived } = await PostalMime.parse(await arrive('one', 'Subject: changed'));
    expect(arrived.map(({ filename, content }) => [filename, Buffer.from(content as ArrayBuffer).toString()])).toEqual([
      ['a.txt', 'eins'],
    ]);
    expect(await messagesIn('three', path)).toEqual([]);
    await client.catchUp(drafts(client));
    expect(client.emails(drafts(client)).size).toBe(0);
  }, 120_000);
});
