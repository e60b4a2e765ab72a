import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stringOf } from '../../protocol/schema/index.ts';
import { SupportedVersions } from '../../protocol/versions.ts';
import { fetchAttachment, fetchMail, getAttachment, itemOperations } from '../../src/phone/mail-commands.ts';
import { type Client, openClient } from '../support/client.ts';
import { type LocalServer, message, startLocalServer } from '../support/local-server.ts';

let host: LocalServer;

/** Larger than what is held in memory, and of no length that base64 likes. */
const Large = Buffer.from(Array.from({ length: 2_500_003 }, (_, i) => (i * 7919) % 251));
const Small = Buffer.from('0123456789abcdef');

const withAttachment = (subject: string, content: Buffer): string =>
  [
    'From: Carl <carl@example.test>',
    'To: anna@example.test',
    `Subject: ${subject}`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Das Grüne liegt an',
    '--b',
    'Content-Type: application/octet-stream; name=data.bin',
    'Content-Disposition: attachment; filename=data.bin',
    'Content-Transfer-Encoding: base64',
    '',
    content.toString('base64').replace(/(.{76})/g, '$1\r\n'),
    '--b--',
    '',
  ].join('\r\n');

beforeAll(async () => {
  host = await startLocalServer();
  await host.deliver('anna', withAttachment('small', Small));
  await host.deliver('anna', withAttachment('large', Large));
  await host.deliver('ben', message('for ben only'));
});

afterAll(async () => {
  await host.close();
  expect(host.errors).toEqual([]);
});

const open = async (version: (typeof SupportedVersions)[number] = '16.1', deviceId = 'items'): Promise<Client> => {
  const client = await openClient(host, 'anna', version, `${deviceId}${version.replace('.', '')}`);
  await client.load(client.inbox, { options: [{ bodyPreferences: [{ type: 1 }] }] });
  return client;
};

const referenceOf = (client: Client, subject: string): string => {
  const [attachment] = client.email(client.inbox, subject).attachments ?? [];
  if (attachment?.kind !== 'attachment') throw new Error('no attachment');
  return attachment.fileReference;
};

describe.each(SupportedVersions)('version %s', (version) => {
  test.each([false, true])('ItemOperations fetches a mail; multipart: %p', async (multipart) => {
    const client = await open(version);
    const item = { collectionId: client.inbox, serverId: client.idOf(client.inbox, 'small') };
    const { email, bytes } = await fetchMail(client.device, item, { bodyPreferences: [{ type: 1 }], multipart });
    const text = multipart ? Buffer.from(bytes ?? []).toString() : stringOf(email.body?.data ?? '');
    expect(text.trim()).toBe('Das Grüne liegt an');
    expect(email).toMatchObject({ subject: 'small', body: { type: 1 }, attachments: [{ displayName: 'data.bin' }] });
    expect(email.body?.part).toBe(multipart ? 1 : undefined);
  });

  test.each([false, true])(
    'ItemOperations fetches attachments whole and by range; multipart: %p',
    async (multipart) => {
      const client = await open(version);
      const [small, large] = [referenceOf(client, 'small'), referenceOf(client, 'large')];
      const whole = await fetchAttachment(client.device, small, { multipart });
      expect(whole).toMatchObject({ contentType: 'application/octet-stream', range: undefined, total: undefined });
      expect(Buffer.from(whole.data)).toEqual(Small);
      expect(Buffer.compare((await fetchAttachment(client.device, large, { multipart })).data, Large)).toBe(0);
      const part = await fetchAttachment(client.device, small, { multipart, range: '2-5' });
      expect(part).toMatchObject({ range: '2-5', total: 16 });
      expect(Buffer.from(part.data).toString()).toBe('2345');
      const end = await fetchAttachment(client.device, large, { multipart, range: '2500000-9999999' });
      expect(end).toMatchObject({ range: '2500000-2500002', total: Large.length });
      expect(Buffer.compare(end.data, Large.subarray(2_500_000))).toBe(0);
    },
  );
});

test('GetAttachment gives the bytes up to 12.1; later versions do not know it', async () => {
  const client = await open('12.1');
  for (const [subject, content] of [
    ['small', Small],
    ['large', Large],
  ] as const) {
    const { contentType, data } = await getAttachment(client.device, referenceOf(client, subject));
    expect(contentType).toBe('application/octet-stream');
    expect(Buffer.compare(data, content)).toBe(0);
  }
  for (const name of ['', 'nonsense', `${client.inbox}:1.1:99`, `999:1.1:2`]) {
    await expect(getAttachment(client.device, name)).rejects.toMatchObject({ status: 500 });
  }
  const late = await open('16.1');
  await expect(getAttachment(late.device, referenceOf(late, 'small'))).rejects.toMatchObject({ status: 400 });
});

describe('what cannot be fetched', () => {
  const fetchStatus = async (client: Client, operation: object): Promise<number | undefined> => {
    const options = { schema: [], bodyPreferences: [] };
    const asked = [{ kind: 'fetch' as const, store: 'Mailbox', options, ...operation }];
    const { status, response } = await itemOperations(client.device, asked);
    expect(status).toBe(1);
    return response.response?.fetch?.[0]?.status;
  };

  test('an item of nobody, of another account, of another folder: 6', async () => {
    const client = await open();
    const serverId = client.idOf(client.inbox, 'small');
    const [, item] = serverId.split(':');
    for (const ids of [
      { serverId: `${client.inbox}:1.99` },
      { serverId: `999:${item}` },
      { serverId: 'nonsense' },
      { serverId, collectionId: client.folder('trash') },
      { serverId: `${client.folder('trash')}:${item}` },
      { longId: 'x' },
    ]) {
      expect(await fetchStatus(client, ids)).toBe(6);
    }
    const ben = await openClient(host, 'ben');
    // The second mail: ben has but one, and ids are looked up among one's own.
    expect(await fetchStatus(ben, { serverId: client.idOf(client.inbox, 'large') })).toBe(6);
  });

  test('a FileReference of nobody or of another account: 15; a bad range: 8; another store: 9', async () => {
    const client = await open();
    const fileReference = referenceOf(client, 'small');
    for (const bad of ['', 'nonsense', `${fileReference}9`, fileReference.replace(/^\d+/, '999')]) {
      expect(await fetchStatus(client, { fileReference: bad })).toBe(15);
    }
    const ben = await openClient(host, 'ben');
    expect(await fetchStatus(ben, { fileReference })).toBe(15);
    for (const range of ['16-20', '5-2', 'all', '-5']) {
      expect(await fetchStatus(client, { fileReference, options: { schema: [], bodyPreferences: [], range } })).toBe(8);
    }
    expect(await fetchStatus(client, { store: 'Document Library', linkId: '\\\\server\\share' })).toBe(9);
  });

  test('operations are answered in their order, a bad one does not hurt the others', async () => {
    const client = await open();
    const options = { schema: [], bodyPreferences: [{ type: 1 }] };
    const [small, large] = [client.idOf(client.inbox, 'small'), client.idOf(client.inbox, 'large')];
    const operations = [small, `${client.inbox}:1.99`, large].map((serverId) => ({
      kind: 'fetch' as const,
      store: 'Mailbox',
      serverId,
      options,
    }));
    const { response } = await itemOperations(client.device, [
      ...operations,
      { kind: 'emptyFolderContents', collectionId: '999' },
    ]);
    expect(response.response?.fetch?.map(({ status, serverId }) => [status, serverId])).toEqual([
      [1, small],
      [6, `${client.inbox}:1.99`],
      [1, large],
    ]);
    expect(response.response?.emptyFolderContents).toEqual([{ status: 6, collectionId: '999' }]);
  });

  test('none or more than 200 operations: Status 2', async () => {
    const client = await open();
    const one = { kind: 'fetch' as const, store: 'Mailbox', serverId: '1:1.1' };
    expect(await itemOperations(client.device, [])).toMatchObject({ status: 2 });
    expect(
      await itemOperations(
        client.device,
        Array.from({ length: 201 }, () => one),
      ),
    ).toMatchObject({ status: 2 });
  });
});
