import { afterEach, describe, expect, test } from '@jest/globals';
import { AirSyncBase, Email, ItemOperations } from '../../protocol/code-pages/index.ts';
import { ItemOperationsResponse } from '../../protocol/commands/item-operations.ts';
import { writeDocument } from '../../protocol/schema/index.ts';
import { encodeMultipart } from '../../protocol/types/multipart.ts';
import type { DeviceOptions } from '../../src/phone/channel.ts';
import { Device } from '../../src/phone/device.ts';
import { fetchAttachment, fetchMail, getAttachment, ownAddresses, sendMail } from '../../src/phone/mail-commands.ts';
import { element } from './samples.ts';
import { bytesOf, provisioning, type Script, type ScriptedServer, scriptedServer } from './scripted-server.ts';

const opened: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const start = async (script: Script, options: Partial<DeviceOptions> = {}): Promise<[Device, ScriptedServer]> => {
  const server = await scriptedServer({ Provision: provisioning(), ...script });
  const device = new Device({ url: server.url, user: 'anna', password: 'x', deviceId: 'Phone1', ...options });
  opened.push(server, device);
  return [device, server];
};

const fetched = (status: number, ...properties: ReturnType<typeof element>[]) => ({
  status: 1,
  response: { move: [], emptyFolderContents: [], fetch: [{ status, properties }] },
});
const item = { collectionId: '1', serverId: '1:7' };

describe('fetchMail', () => {
  test('asks for the item in the mailbox and reads its properties', async () => {
    const body = {
      tag: AirSyncBase.Body,
      children: [element(AirSyncBase.Type, '1'), element(AirSyncBase.Data, 'Hello')],
    };
    const document = fetched(1, element(Email.Subject, 'Hi'), body);
    const [device, server] = await start({ ItemOperations: () => ({ document }) });
    const { email, bytes } = await fetchMail(device, item, { bodyPreferences: [{ type: 1 }] });
    expect(email).toMatchObject({ subject: 'Hi', body: { type: 1, data: 'Hello' } });
    expect(bytes).toBeUndefined();
    expect(server.requests[0]?.body).toMatchObject([
      { kind: 'fetch', store: 'Mailbox', ...item, options: { bodyPreferences: [{ type: 1 }] } },
    ]);
    expect(server.requests[0]?.line.parameters.acceptMultiPart).toBe(false);
  });

  test('takes the body out of a multipart answer', async () => {
    const body = {
      tag: AirSyncBase.Body,
      children: [element(AirSyncBase.Type, '4'), element(ItemOperations.Part, '1')],
    };
    const document = writeDocument(ItemOperationsResponse, fetched(1, body), '14.1');
    const bytes = bytesOf(encodeMultipart(document, [Buffer.from('MIME!')]));
    const headers = { 'Content-Type': 'application/vnd.ms-sync.multipart' };
    const [device, server] = await start({ ItemOperations: () => ({ headers, bytes }) }, { version: '14.1' });
    const mail = await fetchMail(device, item, { multipart: true });
    expect(Buffer.from(mail.bytes ?? []).toString()).toBe('MIME!');
    expect(server.requests[0]?.line.parameters.acceptMultiPart).toBe(true);
  });

  test.each([
    ['the Status of the Fetch', fetched(6), 'Status 6'],
    ['the Status of the whole', { status: 3 }, 'Status 3'],
    ['no answer to the Fetch', { status: 1 }, 'not answered'],
  ])('%s is a failure', async (_, document, message) => {
    const [device] = await start({ ItemOperations: () => ({ document }) });
    await expect(fetchMail(device, item)).rejects.toThrow(message);
  });

  test('a demand to provision is obeyed', async () => {
    const [device] = await start({
      ItemOperations: ({ line }) => ({ document: line.policyKey === 222 ? fetched(1) : { status: 142 } }),
    });
    expect((await fetchMail(device, item)).email).toEqual({});
    expect(device.provisionings).toBe(1);
  });
});

describe('attachments', () => {
  test('come as base64 in the document, with range and total', async () => {
    const document = fetched(
      1,
      element(AirSyncBase.ContentType, 'text/plain'),
      element(ItemOperations.Range, '0-4'),
      element(ItemOperations.Total, '99'),
      element(ItemOperations.Data, Buffer.from('hello').toString('base64')),
    );
    const [device, server] = await start({ ItemOperations: () => ({ document }) });
    const attachment = await fetchAttachment(device, 'ref/1', { range: '0-4' });
    expect(attachment).toMatchObject({ contentType: 'text/plain', range: '0-4', total: 99 });
    expect(Buffer.from(attachment.data).toString()).toBe('hello');
    expect(server.requests[0]?.body).toMatchObject([{ fileReference: 'ref/1', options: { range: '0-4' } }]);
  });

  test('come as they are from GetAttachment', async () => {
    const answer = { headers: { 'Content-Type': 'image/png' }, bytes: Uint8Array.of(1, 2, 3) };
    const [device, server] = await start({ GetAttachment: () => answer }, { version: '12.1' });
    const { contentType, data } = await getAttachment(device, 'a b/ü');
    expect([contentType, [...data]]).toEqual(['image/png', [1, 2, 3]]);
    expect(server.requests[0]?.line.parameters.attachmentName).toBe('a b/ü');
  });
});

describe('sendMail', () => {
  const mime = Buffer.from('Subject: x\r\n\r\nHi\r\n');
  const wish = { clientId: 'c1', saveInSentItems: true };

  test('is WBXML from 14.0 on', async () => {
    const [device, server] = await start({ SendMail: () => ({}) }, { version: '14.0' });
    await sendMail(device, mime, wish);
    expect(server.requests[0]?.body).toMatchObject({ clientId: 'c1', saveInSentItems: true });
    expect(server.seen[0]?.headers['content-type']).toBe('application/vnd.ms-sync.wbxml');
    expect(Buffer.from(server.seen[0]?.body ?? []).includes(mime)).toBe(true);
  });

  test.each([
    ['up to 12.1', '12.1', false],
    ['where it is wanted', '16.1', true],
  ] as const)('is raw MIME %s', async (_, version, raw) => {
    const [device, server] = await start({ SendMail: () => ({}) }, { version });
    await sendMail(device, mime, { ...wish, raw });
    expect(server.seen[0]?.headers['content-type']).toBe('message/rfc822');
    expect(Buffer.from(server.seen[0]?.body ?? [])).toEqual(mime);
    expect(server.requests[0]?.line.parameters.saveInSent).toBe(true);
  });

  test('any document is a failure (MS-ASCMD_R4380)', async () => {
    const [device] = await start({ SendMail: () => ({ document: { status: 120 } }) });
    await expect(sendMail(device, mime, wish)).rejects.toThrow('Status 120');
  });
});

describe('ownAddresses', () => {
  const addresses = { smtpAddresses: ['b@x', 'a@x'], primarySmtpAddress: 'a@x' };

  test('come from the accounts from 14.1 on, the primary one first', async () => {
    const userInformation = { status: 1, get: { accounts: [{ emailAddresses: addresses }] } };
    const [device] = await start({ Settings: () => ({ document: { status: 1, userInformation } }) });
    expect(await ownAddresses(device)).toEqual(['a@x', 'b@x']);
  });

  test('stand alone before', async () => {
    const userInformation = { status: 1, get: { emailAddresses: { smtpAddresses: ['b@x'] } } };
    const [device] = await start(
      { Settings: () => ({ document: { status: 1, userInformation } }) },
      { version: '14.0' },
    );
    expect(await ownAddresses(device)).toEqual(['b@x']);
  });
});
