import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { SupportedVersions } from '../../protocol/versions.ts';
import { base64Line, body, echo } from './echo.ts';
import { ask, decode, type EchoDocument, lineOf, startedServers, testCommand } from './fixture.ts';

const start = startedServers();

const answering = (value: EchoDocument) => testCommand('FolderSync', async () => ({ kind: 'document', value }));

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
