import { describe, expect, test } from '@jest/globals';
import PostalMime from 'postal-mime';
import type { Email } from '../../protocol/classes/email.ts';
import type { ClientCommand, SyncResponseItem } from '../../protocol/commands/sync.ts';
import type { TreeNode } from '../../protocol/schema/index.ts';
import { fetchAttachment } from '../../src/phone/mail-commands.ts';
import { type Client, emailNodes, emailsIn, itemOf, openClient, openInbox } from '../support/client.ts';
import { serverForTests } from '../support/server-for-tests.ts';

const host = await serverForTests();

let users = 0;
const writer = async (version: '14.1' | '16.0' | '16.1' = '16.1'): Promise<Client> => {
  const client = await openClient(host, `writer${++users}`, version);
  await client.load(client.folder('drafts'));
  return client;
};

const add = (email: Email, clientId = 'c1', send = false): ClientCommand => ({
  kind: 'add',
  clientId,
  applicationData: emailNodes(email),
  send,
});

const change = (serverId: string, email: Email, send = false): ClientCommand => ({
  kind: 'change',
  serverId,
  applicationData: emailNodes(email),
  send,
});

const options = [{ bodyPreferences: [{ type: 4 }], mimeSupport: 2 }];

/** Does commands in the folder of drafts; gives the answers to them. */
const write = async (client: Client, ...commands: ClientCommand[]): Promise<readonly SyncResponseItem[]> => {
  const answer = await client.sync(client.folder('drafts'), { commands, options });
  return answer?.responses ?? [];
};

const drafts = (client: Client): Email[] => [...client.emails(client.folder('drafts')).values()];

const parsedDraft = async (client: Client) => {
  await client.catchUp(client.folder('drafts'), { options });
  const [serverId = ''] = [...client.emails(client.folder('drafts')).keys()];
  const { open } = await client.store.message(await client.storeFolder('drafts'), itemOf(serverId));
  const chunks: Uint8Array[] = [];
  for await (const chunk of open()) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  return { serverId, raw: raw.toString('latin1'), parsed: await PostalMime.parse(raw) };
};

const attach = (name: string, content: string, more: object = {}) => ({
  kind: 'add' as const,
  clientId: `a-${name}`,
  method: 1,
  displayName: name,
  contentType: 'text/x-test',
  content: Buffer.from(content).toString('base64'),
  ...more,
});

const attachedOf = (answer: SyncResponseItem | undefined): Email['attachments'] => {
  const nodes = answer !== undefined && 'applicationData' in answer ? answer.applicationData : undefined;
  return emailsIn(nodes as readonly TreeNode[]).attachments;
};

const arrived = async (client: Client, role: string): Promise<Email[]> => {
  const id = client.folder(role);
  if (client.mailbox.collection(id).syncKey === '0') await client.load(id, { options });
  else await client.catchUp(id, { options });
  return [...client.emails(id).values()];
};

describe.each(['16.0', '16.1'] as const)('version %s', (version) => {
  test.each([
    [1, 'plain', `Grüße\r\n\r\nzweite Zeile, lang: ${'x'.repeat(2_000)}`],
    [2, 'html', '<p>Grüße &amp; <b>mehr</b></p>'],
  ] as const)('MS-ASEMAIL_R1489: a draft with a body of type %d is stored', async (type, form, data) => {
    const client = await writer(version);
    const email = { to: '"Ünal, T" <t@example.test>, s@example.test', cc: 'c@example.test', bcc: 'b@example.test' };
    const [answer] = await write(client, add({ ...email, subject: 'Entwürfe', importance: 2, body: { type, data } }));
    expect(answer).toMatchObject({ kind: 'add', clientId: 'c1', status: 1, serverId: expect.any(String) });
    // MS-ASEMAIL_R1184, R1190: the answer places the draft among conversations.
    const told = emailsIn((answer as { applicationData?: readonly TreeNode[] }).applicationData ?? []);
    expect(told.conversationId).toBeDefined();
    expect(told.conversationIndex).toBeDefined();
    // What the device made itself does not come back to it.
    expect(drafts(client)).toHaveLength(1);
    expect((await client.sync(client.folder('drafts'), { options }))?.commands).toBeUndefined();
    const other = await openClient(host, client.user, version, 'other');
    await other.load(other.folder('drafts'), { options });
    expect(drafts(other)).toMatchObject([
      { isDraft: true, read: true, subject: 'Entwürfe', bcc: 'b@example.test', importance: 2 },
    ]);
    const { parsed } = await parsedDraft(other);
    expect(parsed.to).toEqual([
      { name: 'Ünal, T', address: 't@example.test' },
      { name: '', address: 's@example.test' },
    ]);
    expect(parsed.bcc).toMatchObject([{ address: 'b@example.test' }]);
    expect(parsed[form === 'plain' ? 'text' : 'html']?.trim()).toContain(
      form === 'plain' ? data.replaceAll('\r\n', '\n') : '<b>mehr</b>',
    );
    expect(parsed.from?.address).toBe(`${client.user}@example.test`);
  });

  test('MS-ASEMAIL_R14890: a draft of MIME is stored as it is', async () => {
    const client = await writer(version);
    const mime = `From: ${client.user}@example.test\r\nSubject: whole\r\nX-Own: kept\r\nIn-Reply-To: <a@b>\r\n\r\nText`;
    const [answer] = await write(client, add({ body: { type: 4, data: mime }, importance: 0 }));
    expect(answer).toMatchObject({ status: 1 });
    const other = await openClient(host, client.user, version, 'other');
    await other.load(other.folder('drafts'), { options });
    const { raw } = await parsedDraft(other);
    expect(raw).toContain('X-Own: kept\r\n');
    expect(raw).toContain('In-Reply-To: <a@b>\r\n');
    expect(raw).toContain('Importance: low\r\n');
    expect(raw.slice(raw.indexOf('\r\n\r\n') + 4)).toBe('Text');
  });

  test('attachments are added, named, kept and removed; MS-ASAIRS_R1336, MS-ASAIRS_R1368, MS-ASAIRS_R1001000', async () => {
    const client = await writer(version);
    const [added] = await write(
      client,
      add({
        subject: 'files',
        body: { type: 1, data: 'x' },
        attachments: [attach('one.txt', 'eins'), attach('zwei ü.txt', 'zwei')],
      }),
    );
    const [one, two] = attachedOf(added) ?? [];
    expect(one).toMatchObject({ kind: 'attachment', clientId: 'a-one.txt' });
    expect(two).toMatchObject({ kind: 'attachment', clientId: 'a-zwei ü.txt' });
    const content = async (of: NonNullable<Email['attachments']>[number] | undefined): Promise<string> =>
      of?.kind === 'attachment'
        ? Buffer.from((await fetchAttachment(client.device, of.fileReference)).data).toString()
        : '';
    expect([await content(one), await content(two)]).toEqual(['eins', 'zwei']);

    const serverId = (added as { serverId?: string }).serverId ?? '';
    if (one?.kind !== 'attachment') throw new Error('no attachment');
    const attachments = [{ kind: 'delete' as const, fileReference: one.fileReference }, attach('three', 'drei')];
    expect(await write(client, change(serverId, { attachments }))).toEqual([]);
    const { parsed, serverId: now } = await parsedDraft(client);
    expect(now).not.toBe(serverId);
    expect(parsed.attachments.map(({ filename }) => filename)).toEqual(['zwei ü.txt', 'three']);
    // The answer to a Change has no room for names; the Add of the changed draft has.
    const [kept, three] = client.emails(client.folder('drafts')).get(now)?.attachments ?? [];
    expect([kept, three]).toMatchObject([{ displayName: 'zwei ü.txt' }, { clientId: 'a-three' }]);
    expect(kept).not.toHaveProperty('clientId', expect.anything());
    expect(await content(three)).toBe('drei');
    expect(parsed.text?.trim()).toBe('x');
    // An attachment of the version before is named by an id that is gone: nothing is guessed.
    const stale = await write(
      client,
      change(now, { attachments: [{ kind: 'delete', fileReference: one.fileReference }] }),
    );
    expect(stale).toMatchObject([{ kind: 'change', status: 8 }]);
  });

  test('a change keeps what it does not name; the device sees the draft under a new ServerId', async () => {
    const client = await writer(version);
    const first: Email = {
      to: 'a@example.test',
      subject: 'one',
      body: { type: 1, data: 'text' },
      attachments: [attach('f', 'x')],
    };
    const [added] = await write(client, add(first));
    const serverId = (added as { serverId?: string }).serverId ?? '';
    expect(await write(client, change(serverId, { subject: 'two', cc: 'c@example.test', to: '' }))).toEqual([]);
    const { parsed, serverId: now } = await parsedDraft(client);
    expect(now).not.toBe(serverId);
    expect(parsed).toMatchObject({ subject: 'two', text: expect.stringContaining('text') });
    expect([parsed.to, parsed.cc?.[0]?.address, parsed.attachments.length]).toEqual([undefined, 'c@example.test', 1]);
    expect(drafts(client)).toHaveLength(1);
    // Marks alone change no message.
    await write(client, change(now, { read: false }));
    expect((await parsedDraft(client)).serverId).toBe(now);
  });

  test('MS-ASEMAIL_R1389: Send sends a new draft; the copy is in Sent, the draft nowhere', async () => {
    const [client, to] = [await writer(version), await openInbox(host, `writer${++users}`)];
    const email = {
      to: `${to.user}@example.test`,
      bcc: `${client.user}@example.test`,
      subject: 'gone',
      body: { type: 1, data: 'x' },
    };
    const [answer] = await write(client, add(email, 'c9', true));
    expect(answer).toMatchObject({ kind: 'add', clientId: 'c9', status: 1, serverId: expect.any(String) });
    expect((await arrived(to, 'inbox')).map(({ subject }) => subject)).toEqual(['gone']);
    expect((await arrived(to, 'inbox')).map(({ body }) => String(body?.data))).toEqual([
      expect.not.stringContaining('Bcc'),
    ]);
    expect((await arrived(client, 'sent')).map(({ subject }) => subject)).toEqual(['gone']);
    await client.catchUp(client.folder('drafts'));
    expect(drafts(client)).toEqual([]);
  });

  test('Send with a Change sends what was changed, and removes the draft from all devices', async () => {
    const [client, to] = [await writer(version), await openInbox(host, `writer${++users}`)];
    const [added] = await write(client, add({ subject: 'later', body: { type: 1, data: 'x' } }));
    const serverId = (added as { serverId?: string }).serverId ?? '';
    expect(await write(client, change(serverId, { to: `${to.user}@example.test` }, true))).toEqual([]);
    expect((await arrived(to, 'inbox')).map(({ subject }) => subject)).toEqual(['later']);
    const other = await openClient(host, client.user, version, 'other');
    expect(await arrived(other, 'drafts')).toEqual([]);
    expect(await arrived(other, 'sent')).toHaveLength(1);
  });

  test('MS-ASCMD_R7472: without recipients, or with one that is none, nothing is sent: Status 183', async () => {
    const client = await writer(version);
    expect(await write(client, add({ subject: 'x', body: { type: 1, data: 'x' } }, 'c1', true))).toMatchObject([
      { status: 183 },
    ]);
    const bad = { to: 'nobody here', subject: 'x', body: { type: 1, data: 'x' } };
    expect(await write(client, add(bad, 'c2', true))).toMatchObject([{ status: 183 }]);
    expect(await arrived(client, 'sent')).toEqual([]);
  });

  test('a lost answer makes no twin: the repeated request finds what it did', async () => {
    const client = await writer(version);
    const id = client.folder('drafts');
    const before = client.mailbox.collection(id).syncKey;
    const commands = [add({ subject: 'once', body: { type: 1, data: 'x' }, attachments: [attach('f', 'x')] })];
    const request = client.request({ [id]: { commands, options, syncKey: before } });
    const first = await client.device.sync(request);
    const second = await client.device.sync(request);
    const answer = (of: typeof first) => of?.collections?.collection[0]?.responses;
    expect(JSON.stringify(answer(second))).toBe(JSON.stringify(answer(first)));
    expect(attachedOf(answer(second)?.[0])).toHaveLength(1);
    const other = await openClient(host, client.user, version, 'other');
    expect(await arrived(other, 'drafts')).toHaveLength(1);
  });

  test('a draft that was removed elsewhere while the device wrote in it is there again with its text', async () => {
    const client = await writer(version);
    const [added] = await write(client, add({ subject: 'mine', body: { type: 1, data: 'x' } }));
    const serverId = (added as { serverId?: string }).serverId ?? '';
    await client.store.remove(await client.storeFolder('drafts'), [itemOf(serverId)], 'permanent');
    expect(await write(client, change(serverId, { subject: 'mine', body: { type: 1, data: 'long text' } }))).toEqual(
      [],
    );
    expect((await parsedDraft(client)).parsed.text?.trim()).toBe('long text');
    // Without its text it cannot be: the device is told that it is gone.
    const [again] = await write(client, add({ subject: 'two', body: { type: 1, data: 'x' } }, 'c2'));
    const gone = (again as { serverId?: string }).serverId ?? '';
    await client.store.remove(await client.storeFolder('drafts'), [itemOf(gone)], 'permanent');
    expect(await write(client, change(gone, { subject: 'new' }))).toMatchObject([{ status: 8 }]);
  });

  test('what a draft has not is Status 6, and so is a mail in any other folder: MS-ASCMD_R755', async () => {
    const client = await writer(version);
    expect(await write(client, add({ subject: 'x', messageClass: 'IPM.Task' }))).toMatchObject([{ status: 6 }]);
    expect(await write(client, add({ body: { type: 3, data: 'x' } }, 'c2'))).toMatchObject([{ status: 6 }]);
    await client.load(client.inbox);
    const answer = await client.sync(client.inbox, { commands: [add({ subject: 'x' })] });
    expect(answer?.responses).toMatchObject([{ status: 6 }]);
  });

  test('no value of a draft becomes a header field of its own', async () => {
    const client = await writer(version);
    const evil = 'x\r\nBcc: evil@example.test\rCc: evil@example.test\n\nbody';
    await write(
      client,
      add({ to: `a@example.test, ${evil}`, subject: evil, replyTo: evil, body: { type: 1, data: 'x' } }),
    );
    const other = await openClient(host, client.user, version, 'other');
    await other.load(other.folder('drafts'), { options });
    const { raw, parsed } = await parsedDraft(other);
    expect(parsed.headers.map(({ key }) => key)).not.toContain('bcc');
    expect(parsed.headers.map(({ key }) => key)).not.toContain('cc');
    expect(raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/);
  });
});

test('14.1 writes no drafts: Status 6', async () => {
  const client = await writer('14.1');
  expect(await write(client, add({ subject: 'x' }))).toMatchObject([{ status: 6 }]);
});
