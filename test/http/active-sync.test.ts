import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { BackendError } from '../../backends/contract/errors.ts';
import { SupportedVersions } from '../../protocol/versions.ts';
import { readAll } from '../../protocol/wbxml/bytes.ts';
import { type AnyCommand, CommandFailure } from '../../src/handlers/command.ts';
import { StateUnavailable } from '../../src/state/contract.ts';
import {
  ask,
  basic,
  decode,
  type EchoDocument,
  encode,
  type Fixture,
  type FixtureOptions,
  lineOf,
  startServer,
  testCommand,
} from './fixture.ts';

let fixture: Fixture;
const start = async (options: FixtureOptions = {}): Promise<Fixture> => {
  fixture = await startServer(options);
  return fixture;
};
afterEach(() => fixture.server.close());

const echo = testCommand('FolderSync', async (_context, { body }) => ({
  kind: 'document',
  value: { status: 1, syncKey: body?.syncKey },
}));
const failing = (error: unknown) =>
  testCommand('FolderSync', async () => {
    throw error;
  });
const withoutDocument = (error: unknown): AnyCommand => {
  const { failure: _failure, ...command } = failing(error);
  return command;
};
const answering = (value: EchoDocument) => testCommand('FolderSync', async () => ({ kind: 'document', value }));
const body = encode({ syncKey: '0' });
const base64Line = (version: number, device: string, policyKey: readonly number[] = []): string => {
  const bytes = [version, 9, 9, 4, device.length, ...Buffer.from(device), policyKey.length, ...policyKey, 6];
  return `/Microsoft-Server-ActiveSync?${Buffer.from([...bytes, ...Buffer.from('iPhone')]).toString('base64')}`;
};

describe('a command', () => {
  test('is decoded, handled and answered with its length (MS-ASHTTP_R199, MS-ASHTTP_R219)', async () => {
    const { url, served } = await start({ commands: [echo] });
    const reply = await ask(url, { body });
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('application/vnd.ms-sync.wbxml');
    expect(reply.headers['content-length']).toBe(String(reply.body.length));
    expect(reply.body.subarray(0, 4).toString('hex')).toBe('03016a00');
    expect(decode(reply.body)).toEqual({ status: 1, syncKey: '0' });
    expect(served).toMatchObject([
      { command: 'FolderSync', version: '14.1', account: 'anna@example.org', device: 'PHONE1', http: 200 },
    ]);
  });

  test('sees account, device, version and parameters of the line', async () => {
    const seen: unknown[] = [];
    const spy = testCommand('FolderSync', async ({ account, device, version }, { parameters, policyKey }) => {
      seen.push({ account: account.name, address: account.address, device, version, parameters, policyKey });
      return { kind: 'empty' };
    });
    const { url } = await start({ commands: [spy] });
    const headers = { 'User-Agent': 'Apple-iPhone/1', 'X-MS-PolicyKey': '42' };
    await ask(url, { path: `${lineOf('FolderSync')}&CollectionId=5&SaveInSent=T`, headers, body });
    expect(seen).toMatchObject([
      {
        account: 'anna@example.org',
        address: 'anna@example.org',
        device: { id: 'PHONE1', type: 'iPhone', userAgent: 'Apple-iPhone/1' },
        version: '14.1',
        policyKey: 42,
        parameters: { collectionId: '5', saveInSent: true, acceptMultiPart: false },
      },
    ]);
  });

  test('means the same device with a base64 query (MS-ASHTTP_R18)', async () => {
    const devices: string[] = [];
    const spy = testCommand('FolderSync', async ({ device, version }) => {
      devices.push(`${device.id} ${device.type} ${version}`);
      return { kind: 'empty' };
    });
    const { url } = await start({ commands: [spy] });
    await ask(url, { body });
    await ask(url, { path: base64Line(141, 'PHONE1'), headers: { 'MS-ASProtocolVersion': undefined }, body });
    expect(devices).toEqual(['PHONE1 iPhone 14.1', 'PHONE1 iPhone 14.1']);
  });

  test('is found under its path in any case', async () => {
    const { url } = await start({ commands: [echo] });
    const path = lineOf('FolderSync').replace('Microsoft-Server-ActiveSync', 'microsoft-server-activesync');
    expect((await ask(url, { path, body })).status).toBe(200);
  });

  test('may answer nothing: HTTP 200 and Content-Length 0', async () => {
    const { url } = await start({ commands: [testCommand('FolderSync', async () => ({ kind: 'empty' }))] });
    const reply = await ask(url, { body });
    expect([reply.status, reply.headers['content-length'], reply.headers['content-type']]).toEqual([
      200,
      '0',
      undefined,
    ]);
  });

  test('may answer bytes of another type, streamed, with their length', async () => {
    const piece = {
      byteLength: 6,
      async *open() {
        yield Buffer.from('abc');
        yield Buffer.from('def');
      },
    };
    const raw = testCommand('FolderSync', async () => ({ kind: 'raw', contentType: 'image/png', content: piece }));
    const { url } = await start({ commands: [raw] });
    const reply = await ask(url, { body });
    expect([reply.headers['content-type'], reply.headers['content-length'], reply.body.toString()]).toEqual([
      'image/png',
      '6',
      'abcdef',
    ]);
  });

  test('may answer several parts (MS-ASCMD 2.2.1.10.1.1)', async () => {
    const parts = [Buffer.from('first'), Buffer.from('second!')];
    const multi = testCommand('FolderSync', async () => ({ kind: 'multipart', value: { status: 1 }, parts }));
    const { url } = await start({ commands: [multi] });
    const reply = await ask(url, { body });
    expect(reply.headers['content-type']).toBe('application/vnd.ms-sync.multipart');
    const count = reply.body.readUInt32LE(0);
    const part = (index: number): Buffer => {
      const offset = reply.body.readUInt32LE(4 + 8 * index);
      return reply.body.subarray(offset, offset + reply.body.readUInt32LE(8 + 8 * index));
    };
    expect(count).toBe(3);
    expect(decode(part(0))).toEqual({ status: 1 });
    expect([part(1).toString(), part(2).toString()]).toEqual(['first', 'second!']);
  });

  test('that starts the state anew tells versions and commands (MS-ASHTTP_R1104)', async () => {
    const anew = testCommand('FolderSync', async () => ({
      kind: 'document',
      value: { status: 1 },
      reinitialize: true,
    }));
    const { url } = await start({ commands: [anew, testCommand('Ping', async () => ({ kind: 'empty' }))] });
    const { headers } = await ask(url, { body });
    expect(headers['x-ms-rp']).toBe('12.1,14.0,14.1,16.0,16.1');
    expect(headers['ms-asprotocolversions']).toBe('12.1,14.0,14.1,16.0,16.1');
    expect(headers['ms-asprotocolcommands']).toBe('FolderSync,Ping');
    const plain = await ask(url, { path: lineOf('Ping'), body });
    expect(plain.headers['x-ms-rp']).toBeUndefined();
  });
});

describe('compression', () => {
  const long = answering({ status: 1, syncKey: 'x'.repeat(5000) });

  test('of long WBXML for clients that accept it (MS-ASHTTP_R197)', async () => {
    const { url } = await start({ commands: [long] });
    const reply = await ask(url, { headers: { 'Accept-Encoding': 'deflate, gzip' }, body });
    expect(reply.headers['content-encoding']).toBe('gzip');
    expect(reply.headers['content-length']).toBe(String(reply.body.length));
    expect(reply.body.length).toBeLessThan(500);
    expect(decode(gunzipSync(reply.body)).syncKey).toHaveLength(5000);
  });

  test.each([undefined, 'deflate', 'gzip;q=0', 'gzip; q=0.000'])(
    'not for Accept-Encoding %s (MS-ASHTTP_R412)',
    async (accept) => {
      const { url } = await start({ commands: [long] });
      const reply = await ask(url, { headers: { 'Accept-Encoding': accept }, body });
      expect(reply.headers['content-encoding']).toBeUndefined();
      expect(decode(reply.body).syncKey).toHaveLength(5000);
    },
  );

  test('not of short documents', async () => {
    const { url } = await start({ commands: [echo] });
    const reply = await ask(url, { headers: { 'Accept-Encoding': 'gzip' }, body });
    expect(reply.headers['content-encoding']).toBeUndefined();
  });
});

describe('OPTIONS', () => {
  test('tells versions and commands, versions ascending (MS-ASHTTP_R1107, MS-ASHTTP_R245, MS-ASHTTP_R246)', async () => {
    const { url } = await start({ commands: [echo, testCommand('Sync', async () => ({ kind: 'empty' }))] });
    const { status, headers } = await ask(url, { method: 'OPTIONS', path: '/Microsoft-Server-ActiveSync' });
    expect(status).toBe(200);
    expect(headers['ms-asprotocolversions']).toBe(SupportedVersions.join(','));
    expect(headers['ms-asprotocolcommands']).toBe('FolderSync,Sync');
    expect(headers['ms-server-activesync']).toBe('15.1');
    expect(headers['content-length']).toBe('0');
  });

  test('wants a password', async () => {
    const { url } = await start();
    const headers = { Authorization: undefined };
    expect((await ask(url, { method: 'OPTIONS', path: '/Microsoft-Server-ActiveSync', headers })).status).toBe(401);
  });
});

describe('a wrong request', () => {
  test.each([
    ['GET', 405],
    ['PUT', 501],
    ['DELETE', 501],
    ['PROPFIND', 501],
  ])('method %s: %i (MS-ASHTTP_R187)', async (method, status) => {
    const { url } = await start({ commands: [echo] });
    const reply = await ask(url, { method, path: '/Microsoft-Server-ActiveSync' });
    expect([reply.status, reply.headers.allow]).toEqual([status, 'OPTIONS, POST']);
    if (method === 'GET') expect(reply.body.toString()).toContain('it works');
  });

  test('another path: 404 (MS-ASHTTP_R441)', async () => {
    const { url } = await start({ commands: [echo] });
    expect((await ask(url, { path: '/owa' })).status).toBe(404);
  });

  const Lines: [what: string, path: string, headers: Record<string, string | undefined>, status: number][] = [
    ['no query', '/Microsoft-Server-ActiveSync', {}, 400],
    ['no DeviceId', '/Microsoft-Server-ActiveSync?Cmd=FolderSync&DeviceType=x', {}, 400],
    ['no DeviceType', '/Microsoft-Server-ActiveSync?Cmd=FolderSync&DeviceId=x', {}, 400],
    ['a DeviceId with a path in it', lineOf('FolderSync', '..%2F..%2Fetc'), {}, 400],
    ['no version', lineOf('FolderSync'), { 'MS-ASProtocolVersion': undefined }, 400],
    ['version 1.0', lineOf('FolderSync'), { 'MS-ASProtocolVersion': '1.0' }, 400],
    ['version 2.5', lineOf('FolderSync'), { 'MS-ASProtocolVersion': '2.5' }, 400],
    ['version 17.0', lineOf('FolderSync'), { 'MS-ASProtocolVersion': '17.0' }, 400],
    ['version 14.1x', lineOf('FolderSync'), { 'MS-ASProtocolVersion': '14.1x' }, 400],
    ['base64 of nonsense', '/Microsoft-Server-ActiveSync?jQ!!', {}, 400],
    ['base64 that ends too early', '/Microsoft-Server-ActiveSync?jQkJBA==', {}, 400],
    ['base64 of version 99.9', base64Line(255, 'PHONE1'), {}, 400],
    ['an unknown command', lineOf('Autodiscover'), {}, 501],
    ['a command of this server that does not exist here', lineOf('Search'), {}, 501],
  ];
  test.each(Lines)('%s: refused', async (_what, path, headers, status) => {
    const { url, served, log } = await start({ commands: [echo] });
    const reply = await ask(url, { path, headers, body });
    expect(reply.status).toBe(status);
    expect(served).toHaveLength(1);
    expect(log.entries.filter(({ level }) => level === 'error')).toEqual([]);
    expect((await ask(url, { body })).status).toBe(200);
  });

  test('a command that the version does not have: HTTP 400 or Status 138 (MS-ASCMD_R4896)', async () => {
    const find = testCommand('Find', async () => ({ kind: 'empty' }));
    const { url } = await start({ commands: [find] });
    const old = { 'MS-ASProtocolVersion': '12.1' };
    expect((await ask(url, { path: lineOf('Find'), headers: old, body })).status).toBe(400);
    const reply = await ask(url, { path: lineOf('Find'), body });
    expect([reply.status, decode(reply.body)]).toEqual([200, { status: 138 }]);
  });

  const nested = Buffer.concat([Buffer.from([3, 1, 0x6a, 0, 0, 7]), Buffer.alloc(5000, 0x56), Buffer.alloc(5000, 1)]);
  const Bodies: [what: string, body: Buffer, status: number][] = [
    ['nothing', Buffer.alloc(0), 101],
    ['no WBXML', Buffer.from('<FolderSync/>'), 102],
    ['a header only', Buffer.from([3, 1, 0x6a, 0]), 102],
    ['cut off', body.subarray(0, -2), 102],
    ['an unknown page', Buffer.from([3, 1, 0x6a, 0, 0, 99, 0x45, 1]), 102],
    ['a huge length', Buffer.from([3, 1, 0x6a, 0, 0, 7, 0x56, 0x52, 0xc3, 0x8f, 0xff, 0xff, 0xff, 0x7f]), 102],
    ['a tower of 5,000 elements', nested, 103],
    ['another root', Buffer.from([3, 1, 0x6a, 0, 0, 13, 0x45, 1]), 103],
    ['an element twice', encodeTwice(), 103],
  ];
  function encodeTwice(): Buffer {
    const key = [0x52, 3, 0x30, 0, 1];
    return Buffer.from([3, 1, 0x6a, 0, 0, 7, 0x56, ...key, ...key, 1]);
  }
  test.each(Bodies)(
    'a body of %s: HTTP 400 up to 12.1, Status later (MS-ASCMD_R7545, MS-ASCMD_R7547)',
    async (_what, wrong, status) => {
      const { url } = await start({ commands: [echo] });
      const old = await ask(url, { headers: { 'MS-ASProtocolVersion': '12.1' }, body: wrong });
      expect(old.status).toBe(400);
      const reply = await ask(url, { body: wrong });
      expect(reply.status).toBe(200);
      expect([101, 102, 103]).toContain(status);
      expect(decode(reply.body)).toEqual({ status });
      expect((await ask(url, { body })).status).toBe(200);
    },
  );

  test.each(['text/html', 'application/json', 'application/x-www-form-urlencoded', 'message/rfc822', 'x'])(
    'Content-Type %s: Status 101 (MS-ASCMD_R4812)',
    async (type) => {
      const { url } = await start({ commands: [echo] });
      const reply = await ask(url, { headers: { 'Content-Type': type }, body });
      expect(decode(reply.body)).toEqual({ status: 101 });
    },
  );

  test.each(['application/vnd.ms-sync', 'Application/Vnd.MS-Sync.WBXML; charset=utf-8', undefined])(
    'Content-Type %s is WBXML',
    async (type) => {
      const { url } = await start({ commands: [echo] });
      const reply = await ask(url, { headers: { 'Content-Type': type }, body });
      expect(decode(reply.body)).toEqual({ status: 1, syncKey: '0' });
    },
  );

  test('raw MIME is taken by SendMail in any version, byte for byte', async () => {
    const mails: string[] = [];
    const send = testCommand('SendMail', async (_context, { mime, body: document }) => {
      mails.push(`${document === undefined} ${mime && Buffer.from(readAll(mime)).toString()}`);
      return { kind: 'empty' };
    });
    const { url } = await start({ commands: [send] });
    for (const version of ['12.1', '14.1', '16.1']) {
      const headers = { 'Content-Type': 'message/rfc822', 'MS-ASProtocolVersion': version };
      await ask(url, { path: lineOf('SendMail'), headers, body: 'To: x\r\n\r\n\xff' });
    }
    expect(new Set(mails)).toEqual(new Set([`true ${Buffer.from('To: x\r\n\r\n\xff')}`]));
    expect(mails).toHaveLength(3);
  });
});

describe('bodies', () => {
  const limits = { maxBody: 300_000, maxBodyInMemory: 10_000 };
  const sizes = testCommand('FolderSync', async (_context, { body: document }) => {
    const bytes = document?.bytes as { length: number; read(start: number, end: number): Uint8Array };
    const middle = bytes.read(100_000, 100_004);
    return { kind: 'document', value: { status: bytes.length, syncKey: Buffer.from(middle).toString('hex') } };
  });

  test('a large one is spooled to a file without a name, and read out of it', async () => {
    const { url, spoolFolder } = await start({ commands: [sizes], http: { limits } });
    const large = Buffer.alloc(200_000, 1);
    large.set([0xde, 0xad, 0xbe, 0xef], 100_000);
    const reply = await ask(url, { body: encode({ bytes: large }) });
    expect(decode(reply.body)).toEqual({ status: 200_000, syncKey: 'deadbeef' });
    expect(readdirSync(spoolFolder)).toEqual([]);
  });

  test('one over the limit: 413 at once, and the server goes on', async () => {
    const { url } = await start({ commands: [sizes], http: { limits } });
    const reply = await ask(url, { body: Buffer.alloc(300_001) });
    expect([reply.status, reply.body.toString()]).toEqual([413, expect.stringContaining('300000 bytes')]);
    expect((await ask(url, { body: encode({ bytes: new Uint8Array(100_010) }) })).status).toBe(200);
  });

  test('one over the limit without a length: 413', async () => {
    const { url, spoolFolder } = await start({ commands: [sizes], http: { limits } });
    const reply = await ask(url, { headers: { 'Transfer-Encoding': 'chunked' }, body: Buffer.alloc(300_001) });
    expect(reply.status).toBe(413);
    expect(readdirSync(spoolFolder)).toEqual([]);
  });

  test('are not read before the password is proved', async () => {
    const { url, served } = await start({ commands: [sizes], http: { limits } });
    const headers = { Authorization: basic('anna', 'falsch') };
    expect((await ask(url, { headers, body: Buffer.alloc(400_000) })).status).toBe(401);
    expect(served[0]).toMatchObject({ http: 401 });
  });

  test('one that the client breaks off reaches no handler', async () => {
    let handled = 0;
    const spy = testCommand('FolderSync', async () => {
      handled += 1;
      return { kind: 'empty' };
    });
    const { url, served } = await start({ commands: [spy], http: { limits } });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const head = [
      `POST ${lineOf('FolderSync')} HTTP/1.1`,
      'Host: x',
      `Authorization: ${basic('anna', 'geheim')}`,
      'MS-ASProtocolVersion: 14.1',
      'Content-Length: 20000',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.write(Buffer.alloc(15_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    while (served.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect([handled, served[0]?.delivered]).toEqual([0, false]);
  });
});

describe('a failure', () => {
  const Failures: [what: string, error: unknown, old: number, status: number | undefined][] = [
    ['a Status of the command', new CommandFailure(9, 'bad key'), 200, 9],
    ['a common Status', new CommandFailure(113, 'full'), 507, 113],
    ['a full mailbox', new BackendError('overQuota'), 507, 113],
    ['a forbidden thing', new BackendError('forbidden'), 403, 130],
    ['a bug', new TypeError('x is not a function'), 500, 110],
    ['a BackendError that no handler foresaw', new BackendError('notFound'), 500, 110],
    ['a backend that is down', new BackendError('unavailable', { retryAfter: 12 }), 503, undefined],
    ['a state store that is down', new StateUnavailable('x'), 503, undefined],
    ['a refused login', new BackendError('loginRefused'), 401, undefined],
  ];
  test.each(Failures)('%s (MS-ASCMD 2.2.2)', async (_what, error, old, status) => {
    const { url } = await start({ commands: [failing(error)] });
    expect((await ask(url, { headers: { 'MS-ASProtocolVersion': '12.1' }, body })).status).toBe(old);
    const reply = await ask(url, { body });
    expect(reply.status).toBe(status === undefined ? old : 200);
    if (status !== undefined) expect(decode(reply.body)).toEqual({ status });
  });

  test('503 tells when to come again (MS-ASHTTP_R287)', async () => {
    const { url } = await start({ commands: [failing(new BackendError('unavailable', { retryAfter: 12 }))] });
    const { headers } = await ask(url, { body });
    expect(headers['retry-after']).toBe('12');
    expect(headers['www-authenticate']).toBeUndefined();
  });

  test('a refused login in the middle of a command drops the proof and its connections', async () => {
    const { url, backend } = await start({ commands: [failing(new BackendError('loginRefused'))] });
    const reply = await ask(url, { body });
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([
      401,
      'Basic realm="Postrider", charset="UTF-8"',
    ]);
    expect(backend.forgotten).toEqual(['anna@example.org']);
    await ask(url, { body });
    expect(backend.logins).toHaveLength(2);
  });

  test('a bug is logged with the request id that the client gets, and shows nothing of itself', async () => {
    const bug = withoutDocument(new TypeError('secret detail'));
    const { url, log } = await start({ commands: [bug] });
    const reply = await ask(url, { body });
    const id = reply.headers['x-request-id'];
    expect(reply.status).toBe(500);
    expect(reply.body.toString()).toContain(String(id));
    expect(reply.body.toString()).not.toContain('secret');
    expect(log.entries).toMatchObject([{ level: 'error', facts: { requestId: id, reason: 'secret detail' } }]);
  });

  test('a command without a document for it answers HTTP in every version', async () => {
    const { url } = await start({ commands: [withoutDocument(new CommandFailure(113, 'full'))] });
    expect((await ask(url, { body })).status).toBe(507);
  });

  test('a piece that cannot be read ends the connection: the length was promised', async () => {
    const piece = {
      byteLength: 100,
      async *open() {
        yield Buffer.from('abc');
        throw new Error('disk');
      },
    };
    const raw = testCommand('FolderSync', async () => ({ kind: 'raw', contentType: 'x/y', content: piece }));
    const { url, log } = await start({ commands: [raw, testCommand('Ping', async () => ({ kind: 'empty' }))] });
    await expect(ask(url, { body })).rejects.toThrow();
    expect(log.entries).toMatchObject([{ level: 'warn' }]);
    expect((await ask(url, { path: lineOf('Ping'), body })).status).toBe(200);
  });
});

describe('passwords', () => {
  const Wrong: [what: string, authorization: string | undefined][] = [
    ['none', undefined],
    ['a wrong one', basic('anna', 'falsch')],
    ['an unknown user', basic('nobody', 'geheim')],
    ['another scheme', 'Bearer abc'],
    ['no colon', `Basic ${Buffer.from('anna').toString('base64')}`],
    ['a CR LF in the user', basic('anna\r\nx', 'geheim')],
    ['a NUL in the password', basic('anna', 'geheim\0')],
    ['a wildcard', basic('*', 'geheim')],
    ['a quote', basic('anna"', 'geheim')],
    ['an LDAP filter', basic('anna)(uid=*', 'geheim')],
    ['a path', basic('../ben', 'geheim')],
    ['a master user', basic('anna*master', 'geheim')],
    ['another domain', basic('anna@example.com', 'geheim')],
  ];
  test.each(Wrong)('%s: 401 with a challenge, never a stack (MS-ASHTTP_R523)', async (_what, authorization) => {
    const { url } = await start({ commands: [echo] });
    const reply = await ask(url, { headers: { Authorization: authorization }, body });
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([
      401,
      'Basic realm="Postrider", charset="UTF-8"',
    ]);
    expect(reply.body.toString()).not.toMatch(/\.ts|Error/);
  });

  test('a backend that is down: 503, never 401', async () => {
    const { url, backend } = await start({ commands: [echo] });
    backend.down = true;
    const reply = await ask(url, { body });
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '7']);
  });

  test('are never logged', async () => {
    const { url, log, served } = await start({ commands: [failing(new Error('x'))] });
    await ask(url, { body });
    await ask(url, { headers: { Authorization: basic('anna', 'falsches') }, body });
    const all = JSON.stringify([log.entries, served]);
    expect(all).toContain('anna@example.org');
    expect(all).not.toMatch(/geheim|falsches|Basic/);
  });
});
