import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { readAll } from '../../protocol/wbxml/bytes.ts';
import { until } from '../support/until.ts';
import { base64Line, body, echo } from './echo.ts';
import { ask, basic, decode, encode, lineOf, startedServers, testCommand } from './fixture.ts';

const start = startedServers();

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
    const { url, served, backend } = await start({ commands: [spy], http: { limits } });
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
    await until(() => backend.logins.length === 1);
    socket.destroy();
    await until(() => served.length === 1);
    expect([handled, served[0]?.delivered]).toEqual([0, false]);
  });
});
