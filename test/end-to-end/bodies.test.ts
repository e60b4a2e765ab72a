import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Email } from '../../protocol/classes/email.ts';
import type { SyncOptions } from '../../protocol/commands/sync.ts';
import { stringOf } from '../../protocol/schema/index.ts';
import { SupportedVersions } from '../../protocol/versions.ts';
import { type Client, openClient } from '../support/client.ts';
import { type LocalServer, message, startLocalServer } from '../support/local-server.ts';

let host: LocalServer;
let client: Client;

const Png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const html = [
  'From: Carl <carl@example.test>',
  'To: anna@example.test',
  'Subject: rich',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=outer',
  '',
  '--outer',
  'Content-Type: multipart/related; boundary=inner',
  '',
  '--inner',
  'Content-Type: text/html; charset=utf-8',
  'Content-Transfer-Encoding: 8bit',
  '',
  '<html><body><p>Grüße an alle</p><img src="cid:pic@here"></body></html>',
  '--inner',
  'Content-Type: image/png; name=pic.png',
  'Content-ID: <pic@here>',
  'Content-Disposition: inline; filename=pic.png',
  'Content-Transfer-Encoding: base64',
  '',
  Png,
  '--inner--',
  '--outer',
  'Content-Type: application/pdf; name=plan.pdf',
  'Content-Disposition: attachment; filename=plan.pdf',
  'Content-Transfer-Encoding: base64',
  '',
  'JVBERi0xLjQK',
  '--outer--',
  '',
].join('\r\n');

const signed = [
  'From: Carl <carl@example.test>',
  'To: anna@example.test',
  'Subject: signed',
  'MIME-Version: 1.0',
  'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=s',
  '',
  '--s',
  'Content-Type: text/plain',
  '',
  'I signed this',
  '--s',
  'Content-Type: application/pkcs7-signature; name=smime.p7s',
  'Content-Transfer-Encoding: base64',
  '',
  'AAAA',
  '--s--',
  '',
].join('\r\n');

beforeAll(async () => {
  host = await startLocalServer();
  for (const raw of [message('plain', 'One line of text\r\nand another'), html, signed])
    await host.deliver('anna', raw);
});

afterAll(async () => {
  await host.close();
  expect(host.errors).toEqual([]);
});

const loaded = async (version: (typeof SupportedVersions)[number], options: Partial<SyncOptions>): Promise<Client> => {
  client = await openClient(host, 'anna', version, `bodies${version.replace('.', '')}`);
  await client.load(client.inbox, { options: [options] });
  return client;
};

const mail = (subject: string): Email => client.email(client.inbox, subject);
const dataOf = (email: Email): string | undefined =>
  email.body?.data === undefined ? undefined : stringOf(email.body.data);

describe.each(SupportedVersions)('version %s', (version) => {
  test('plain text, HTML and MIME by preference', async () => {
    await loaded(version, { bodyPreferences: [{ type: 1 }] });
    expect(mail('plain')).toMatchObject({ body: { type: 1 }, nativeBodyType: 1 });
    expect(dataOf(mail('plain'))).toBe('One line of text\r\nand another\r\n');
    expect(mail('rich')).toMatchObject({ body: { type: 1 }, nativeBodyType: 2 });
    expect(dataOf(mail('rich'))).toContain('Grüße an alle');
    expect(dataOf(mail('rich'))).not.toContain('<p>');
    await loaded(version, { bodyPreferences: [{ type: 2 }] });
    expect(mail('rich').body?.type).toBe(2);
    expect(dataOf(mail('rich'))).toContain('<p>Grüße an alle</p>');
    await loaded(version, { bodyPreferences: [{ type: 4 }], mimeSupport: 2 });
    expect(mail('rich').body?.type).toBe(4);
    expect(dataOf(mail('rich'))).toBe(html);
  });

  test('attachments tell name, size, ContentId and IsInline', async () => {
    await loaded(version, { bodyPreferences: [{ type: 2 }] });
    const listed = mail('rich').attachments ?? [];
    expect(listed).toMatchObject([
      { kind: 'attachment', displayName: 'pic.png', method: 1, contentId: 'pic@here', isInline: true },
      { kind: 'attachment', displayName: 'plan.pdf', method: 1 },
    ]);
    const sizes = listed.map((each) => (each.kind === 'attachment' ? (each.estimatedDataSize ?? 0) : 0));
    expect(sizes[0]).toBeGreaterThanOrEqual(Buffer.from(Png, 'base64').length);
    expect(sizes[1]).toBeGreaterThanOrEqual(9);
    expect(mail('plain').attachments).toBeUndefined();
  });

  test('TruncationSize counts bytes and cuts no character; the size told is the whole (UTF-8)', async () => {
    await loaded(version, { bodyPreferences: [{ type: 1, truncationSize: 3 }] });
    expect(mail('rich').body).toMatchObject({ type: 1, truncated: true });
    expect(dataOf(mail('rich'))).toBe('Gr');
    expect(mail('plain').body).toMatchObject({ truncated: true, data: 'One' });
    expect(mail('plain').body?.estimatedDataSize).toBeGreaterThanOrEqual(31);
  });

  test('AllOrNone gives the whole or nothing, and passes on to the next preference', async () => {
    const truncated = { truncationSize: 20, allOrNone: true };
    await loaded(version, {
      bodyPreferences: [
        { type: 2, ...truncated },
        { type: 1, truncationSize: 5 },
      ],
    });
    expect(mail('rich').body?.type).toBe(1);
    await loaded(version, { bodyPreferences: [{ type: 1, ...truncated }] });
    expect(dataOf(mail('plain')) ?? '').toBe('');
    expect(mail('plain').body).toMatchObject({ type: 1, truncated: true });
  });

  test('MIMESupport 1 gives MIME for signed mail only; MIMETruncation cuts it', async () => {
    await loaded(version, { bodyPreferences: [{ type: 2 }, { type: 4 }], mimeSupport: 1 });
    expect(mail('signed').body?.type).toBe(4);
    expect(dataOf(mail('signed'))).toBe(signed);
    expect(mail('rich').body?.type).toBe(2);
    await loaded(version, { bodyPreferences: [{ type: 4 }], mimeSupport: 2, mimeTruncation: 0 });
    expect(mail('rich').body).toMatchObject({ type: 4, truncated: true });
    expect(dataOf(mail('rich')) ?? '').toBe('');
  });
});

test('Preview gives that many characters of text from 14.0 on', async () => {
  await loaded('14.0', { bodyPreferences: [{ type: 2, truncationSize: 0, preview: 5 }] });
  expect(mail('rich').body).toMatchObject({ type: 2, truncated: true, preview: 'Grüße' });
});

test('MS-ASCON_R241 a part of a body in another form than HTML is Status 164', async () => {
  const other = await openClient(host, 'anna', '16.1', 'bodiespart');
  await other.sync(other.inbox, { syncKey: '0' });
  const ask = (type: 1 | 2 | 4) => other.sync(other.inbox, { options: [{ bodyPartPreference: { type } }] });
  expect([(await ask(1))?.status, (await ask(4))?.status]).toEqual([164, 164]);
  expect((await ask(2))?.status).toBe(1);
});
