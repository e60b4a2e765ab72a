import { request as requestHttp } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CommandName } from '../../protocol/http/command-codes.ts';
import { ContentTypes } from '../../protocol/http/headers.ts';
import { can, SupportedVersions } from '../../protocol/versions.ts';
import type { CallOptions } from '../../src/phone/channel.ts';
import { HttpFailure } from '../../src/phone/failures.ts';
import { type Client, openClient, openInbox } from '../support/client.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';

let host: LocalServer;
let anna: Client;
let ben: Client;

beforeAll(async () => {
  host = await startLocalServer({
    // The same requests again and again: a device that does so is slowed, which is not the subject here.
    parts: { http: { host: '127.0.0.1', port: 0, limits: { maxBody: 8 * 1024 * 1024 } }, slowing: [] },
  });
  anna = await openInbox(host, 'anna', ['for anna']);
  ben = await openInbox(host, 'ben', ['for ben']);
});

let started = process.cpuUsage();

beforeEach(() => {
  started = process.cpuUsage();
});

afterAll(async () => {
  expect(await anna.sync(anna.inbox)).toBeUndefined();
  expect(anna.subjects(anna.inbox)).toEqual(['for anna']);
  expect(ben.subjects(ben.inbox)).toEqual(['for ben']);
  await host.close();
  expect(host.errors).toEqual([]);
});

/** Milliseconds within which anything bad is answered. */
const Bound = 3000;

/** Whether it took less than {@link Bound} of this process, so that what else the machine does counts for nothing. */
const inTime = (): void => {
  const { user, system } = process.cpuUsage(started);
  expect((user + system) / 1000).toBeLessThan(Bound);
};

interface Answer {
  readonly http: number;
  readonly status?: number | undefined;
}

/** Sends bytes as a command and tells the HTTP status and the Status of the document. */
const post = async (
  client: Client,
  name: CommandName,
  body: Uint8Array | undefined,
  contentType: string = ContentTypes.wbxml,
  call: CallOptions = {},
): Promise<Answer> => {
  const { channel } = client.device;
  try {
    const { body: answer } = await channel.exchangeRaw(name, channel.prepareRaw(name, body, contentType, call));
    if (answer.length === 0) return { http: 200 };
    const document = channel.read(name, answer) as { readonly status?: number } | undefined;
    return { http: 200, status: document?.status };
  } catch (error) {
    if (error instanceof HttpFailure) return { http: error.status };
    throw error;
  }
};

/** A request that no client would send: method, path and headers as told. */
const raw = (method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<number> =>
  new Promise((resolve, reject) => {
    const url = new URL(host.url);
    const authorization = `Basic ${Buffer.from('anna:secret').toString('base64')}`;
    const all = { Authorization: authorization, 'Content-Length': String(Buffer.byteLength(body)), ...headers };
    const outgoing = requestHttp({ host: url.hostname, port: url.port, method, path, headers: all }, (incoming) => {
      incoming.resume();
      incoming.once('end', () => resolve(incoming.statusCode ?? 0));
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });

const Endpoint = '/Microsoft-Server-ActiveSync';
const Known = { 'MS-ASProtocolVersion': '16.1', 'Content-Type': ContentTypes.wbxml };

describe('request lines', () => {
  test.each([
    ['POST', `${Endpoint}?Cmd=Sync&User=anna&DeviceId=d&DeviceType=t`, { 'MS-ASProtocolVersion': '99.9' }, 400],
    ['POST', `${Endpoint}?Cmd=Sync&User=anna&DeviceId=d&DeviceType=t`, { 'MS-ASProtocolVersion': '' }, 400],
    ['POST', `${Endpoint}?Cmd=Sync&User=anna&DeviceId=d&DeviceType=t`, {}, 400],
    ['POST', `${Endpoint}?Cmd=Nonsense&User=anna&DeviceId=d&DeviceType=t`, Known, 501],
    ['POST', `${Endpoint}?Cmd=ValidateCert&User=anna&DeviceId=d&DeviceType=t`, Known, 501],
    ['POST', `${Endpoint}?User=anna&DeviceId=d&DeviceType=t`, Known, 400],
    ['POST', `${Endpoint}?Cmd=Sync&User=anna`, Known, 400],
    ['POST', Endpoint, Known, 400],
    ['POST', `${Endpoint}?AAAA`, Known, 400],
    ['POST', `${Endpoint}?%ff%00`, Known, 400],
    ['POST', `${Endpoint}?Cmd=Sync&User=anna&DeviceId=${'x'.repeat(5000)}&DeviceType=t`, Known, 400],
    ['POST', `${Endpoint}?Cmd=Sync&User=anna&DeviceId=a%0d%0ab&DeviceType=t`, Known, 400],
    ['DELETE', `${Endpoint}?Cmd=Sync&User=anna&DeviceId=d&DeviceType=t`, Known, 501],
    ['GET', Endpoint, {}, 405],
    ['POST', '/elsewhere', {}, 404],
  ])('%s %s %j: HTTP %i', async (method, path, headers, status) => {
    expect(await raw(method, path, headers)).toBe(status);
    inTime();
  });

  test.each([
    'anna\r\nX: y',
    'an"na',
    'anna*',
    '%',
    'a'.repeat(3000),
    '\0',
    '',
    '..',
    "anna' OR 1=1 --",
    'anna)(uid=*',
  ])('the user name %j is 401, whatever the password', async (user) => {
    const authorization = `Basic ${Buffer.from(`${user}:secret`).toString('base64')}`;
    const path = `${Endpoint}?Cmd=FolderSync&User=${encodeURIComponent(user)}&DeviceId=d&DeviceType=t`;
    expect(await raw('POST', path, { ...Known, Authorization: authorization })).toBe(401);
  });

  test.each(['', 'Basic', 'Basic !!!', 'Basic YW5uYQ==', 'Bearer x', `Basic ${'A'.repeat(8000)}`])(
    'the Authorization %.30j is 401',
    async (authorization) => {
      const path = `${Endpoint}?Cmd=FolderSync&User=anna&DeviceId=d&DeviceType=t`;
      expect(await raw('POST', path, { ...Known, Authorization: authorization })).toBe(401);
      inTime();
    },
  );

  test('a device never seen before must provision: Status 142, up to 12.1 HTTP 449', async () => {
    for (const version of SupportedVersions) {
      const { channel } = host.device('anna', `unknown${version.replace('.', '')}`, { version });
      const answer = channel.ask('Sync', undefined);
      if (can(version, 'provisionStatusInBody')) expect(await answer).toMatchObject({ status: 142 });
      else await expect(answer).rejects.toMatchObject({ status: 449 });
    }
  });
});

describe('bodies', () => {
  const wbxml = (...bytes: number[]): Uint8Array => Uint8Array.from([3, 1, 0x6a, 0, ...bytes]);
  const many = (count: number, ...bytes: number[]): Uint8Array =>
    Buffer.concat([wbxml(), ...Array.from({ length: count }, () => Uint8Array.from(bytes))]);

  test.each(['text/plain', 'application/xml', 'message/rfc822', 'multipart/form-data; boundary=x', 'nonsense'])(
    'a Sync of Content-Type %s is Status 101, up to 12.1 HTTP 400',
    async (contentType) => {
      expect(await post(anna, 'Sync', wbxml(5), contentType)).toEqual({ http: 200, status: 101 });
      const old = await openClient(host, 'anna', '12.1', 'oldtypes');
      expect(await post(old, 'Sync', wbxml(5), contentType)).toEqual({ http: 400 });
    },
  );

  test.each(['FolderSync', 'GetItemEstimate', 'ItemOperations', 'Settings', 'Provision', 'SendMail'] as const)(
    '%s without a body is Status 101',
    async (name) => {
      expect(await post(anna, name, undefined)).toEqual({ http: 200, status: 101 });
      inTime();
    },
  );

  const malformed: Readonly<Record<string, Uint8Array>> = {
    'another version of WBXML': Uint8Array.from([9, 1, 0x6a, 0, 5]),
    'another character set': Uint8Array.from([3, 1, 4, 0, 5]),
    'a string table': Uint8Array.from([3, 1, 0x6a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    'no end of a multi-byte integer': wbxml(0x45, 0xc3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    'an opaque of 2 GB': wbxml(0x45, 0xc3, 0x87, 0xff, 0xff, 0xff, 0x7f),
    'a string without an end': wbxml(0x45, 0x03, 0x41, 0x41),
    'text that is no UTF-8': wbxml(0x45, 0x4b, 0x03, 0xff, 0xfe, 0x00, 0x01, 0x01),
    'a page that does not exist': wbxml(0x00, 99, 0x45, 0x01),
    'an element that does not exist': wbxml(0x45, 0x7f, 0x01, 0x01),
    'an attribute': wbxml(0xc5, 0x01, 0x01),
    'a literal': wbxml(0x04, 0x00),
    'a processing instruction': wbxml(0x43, 0x00, 0x01),
    'an entity': wbxml(0x45, 0x02, 0x20, 0x01),
    'an extension': wbxml(0x45, 0x40, 0x41, 0x00, 0x01),
    'ends without starts': wbxml(0x01, 0x01),
    'something after the end': wbxml(0x05, 0x05),
    'only page switches': many(10_000, 0, 1),
    'elements 10,000 deep': many(10_000, 0x5c),
    'a million elements': Buffer.concat([wbxml(0x45, 0x5c), new Uint8Array(1_000_000).fill(0x0f)]),
    text: new TextEncoder().encode('<Sync xmlns="AirSync"/>'),
    zeros: new Uint8Array(1000),
  };

  test.each(Object.keys(malformed))('%s is Status 102 or 103, up to 12.1 HTTP 400', async (kind) => {
    const body = malformed[kind];
    const { http, status } = await post(anna, 'Sync', body);
    expect(http).toBe(200);
    expect([102, 103]).toContain(status);
    inTime();
    const old = await openClient(host, 'anna', '12.1', 'oldbodies');
    expect(await post(old, 'Sync', body)).toEqual({ http: 400 });
  });

  test('a request cut off at any byte is Status 102 or 103', async () => {
    const request = anna.request({ [anna.inbox]: { windowSize: 10, options: [{ bodyPreferences: [{ type: 2 }] }] } });
    const { body = new Uint8Array() } = await anna.device.channel.prepare('Sync', request);
    for (let length = 1; length < body.length; length++) {
      const { http, status } = await post(anna, 'Sync', body.subarray(0, length));
      expect([length, http]).toEqual([length, 200]);
      expect([102, 103]).toContain(status);
    }
  });

  test('the request of another command is Status 103', async () => {
    const { body } = await anna.device.channel.prepare('FolderSync', { syncKey: '0' });
    for (const name of ['Sync', 'Ping', 'Settings'] as const) {
      expect(await post(anna, name, body)).toEqual({ http: 200, status: 103 });
    }
    // MS-ASCMD_R765: a command with a Status of its own for that.
    expect(await post(anna, 'ItemOperations', body)).toEqual({ http: 200, status: 2 });
  });

  test('a body larger than allowed is HTTP 413, and the server takes the next request', async () => {
    const large = new Uint8Array(8 * 1024 * 1024 + 1);
    expect(await post(anna, 'SendMail', large, ContentTypes.mime)).toEqual({ http: 413 });
    expect(await anna.sync(anna.inbox)).toBeUndefined();
  });

  test('a Sync of 5,000 collections is Status 15 in time', async () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [String(i + 1000), { syncKey: '0' }]));
    const request = anna.request(many);
    started = process.cpuUsage();
    expect(await anna.device.sync(request)).toEqual({ status: 15, limit: 500 });
    inTime();
  });

  test('a Sync of the 500 unknown collections that are allowed is answered in time', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [String(i + 1000), { syncKey: '0' }]));
    started = process.cpuUsage();
    const answer = await anna.device.sync(anna.request(many));
    expect(new Set(answer?.collections?.collection.map(({ status }) => status))).toEqual(new Set([8]));
    inTime();
  });

  test('10,000 commands for items that nobody holds are answered in time, more are Status 4 (MS-ASCMD_R5659)', async () => {
    const commands = Array.from({ length: 10_000 }, (_, i) => ({
      kind: 'delete' as const,
      serverId: `${ben.inbox}:1.${i + 50}`,
    }));
    started = process.cpuUsage();
    const answer = await ben.sync(ben.inbox, { commands });
    expect(answer?.responses).toHaveLength(10_000);
    expect(new Set(answer?.responses?.map(({ status }) => status))).toEqual(new Set([8]));
    inTime();
    const more = [...commands, ...commands.slice(0, 1)];
    expect(await ben.device.sync(ben.request({ [ben.inbox]: { commands: more } }))).toEqual({ status: 4 });
  });
});

describe('names of other people', () => {
  const statusOf = async (client: Client, collectionId: string, syncKey: string) =>
    (await client.device.sync(client.request({ [collectionId]: { syncKey } })))?.collections?.collection[0]?.status;

  test("another account's and another device's SyncKey is Status 3", async () => {
    const key = anna.mailbox.collection(anna.inbox).syncKey;
    const second = await openClient(host, 'anna', '16.1', 'second');
    expect(await statusOf(ben, ben.inbox, key)).toBe(3);
    expect(await statusOf(second, second.inbox, key)).toBe(3);
  });

  test.each(['', '0x', '-1', '1.1.AAAAAAAAAAAAAAAA', 'x'.repeat(64), '1.1', '%', "' OR 1=1", 'ﬀ.ﬀ.ﬀ'])(
    'the forged SyncKey %.30j is Status 3',
    async (syncKey) => {
      expect(await statusOf(ben, ben.inbox, syncKey)).toBe(3);
      inTime();
    },
  );

  test.each(['', '0', '-1', '1e3', '999999999999999999999', '../1', 'x'.repeat(64), '1 ', '１'])(
    'the CollectionId %.30j is Status 8',
    async (collectionId) => {
      expect(await statusOf(ben, collectionId, '0')).toBe(8);
      inTime();
    },
  );

  test('ids that are longer than any can be are Status 4 of the whole request', async () => {
    const long = 'x'.repeat(70_000);
    for (const collections of [{ [long]: { syncKey: '0' } }, { [ben.inbox]: { syncKey: long } }]) {
      expect(await ben.device.sync(ben.request(collections))).toEqual({ status: 4 });
    }
    inTime();
  });

  test("another account's ServerIds, and forged ones, touch nothing: Status 8 for each", async () => {
    const theirs = anna.idOf(anna.inbox, 'for anna');
    const [collection, item = ''] = theirs.split(':');
    const [epoch = '', uid = ''] = item.split('.');
    const forged = [
      theirs === ben.idOf(ben.inbox, 'for ben') ? `${collection}:9.9` : theirs,
      `${ben.inbox}:${epoch}.${Number(uid) + 1}`,
      `${ben.folder('trash')}:${item}`,
      `${ben.inbox}:__proto__`,
      `${ben.inbox}:1.-1`,
      `${ben.inbox}:1.1e9`,
      'constructor',
      '',
    ];
    const answer = await ben.sync(ben.inbox, {
      commands: [
        ...forged.map((serverId) => ({ kind: 'delete' as const, serverId })),
        ...forged.map((serverId) => ben.change(serverId, { read: true })),
        ...forged.map((serverId) => ({ kind: 'fetch' as const, serverId })),
      ],
    });
    expect(answer?.responses).toHaveLength(3 * forged.length);
    expect(new Set(answer?.responses?.map(({ status }) => status))).toEqual(new Set([8]));
    await anna.catchUp(anna.inbox);
    expect(anna.email(anna.inbox, 'for anna').read).not.toBe(true);
  });
});

test('after all of it the server serves a new phone', async () => {
  const carla = await openInbox(host, 'carla', ['hello']);
  expect(carla.subjects(carla.inbox)).toEqual(['hello']);
});
