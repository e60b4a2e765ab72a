import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Exchange, endpointOf, Transport, type TransportOptions } from '../../src/phone/transport.ts';
import { TransportError } from '../../src/phone/transport-error.ts';
import { normalFingerprint } from '../../src/phone/trust.ts';
import { makeAuthority } from '../servers/certificates.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type CannedServer, cannedServer, type Reply } from './canned-server.ts';

const opened: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const serve = async (reply: Reply, tls?: { key: string; cert: string }): Promise<CannedServer> => {
  const server = await cannedServer(reply, tls);
  opened.push(server);
  return server;
};

const connect = (url: string, more: Partial<TransportOptions> = {}): Transport => {
  const transport = new Transport({ url, user: 'jörg', password: 'pass:word', ...more });
  opened.push(transport);
  return transport;
};

const failureOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TransportError);
  return (error as TransportError).failure;
};

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

describe('endpointOf', () => {
  test('adds the path of ActiveSync only where there is none', () => {
    expect(endpointOf('https://mail.example.org').href).toBe('https://mail.example.org/Microsoft-Server-ActiveSync');
    expect(endpointOf('http://[::1]:8080/').pathname).toBe('/Microsoft-Server-ActiveSync');
    expect(endpointOf('https://mail.example.org/eas').pathname).toBe('/eas');
  });
});

describe('a request', () => {
  test('carries query, Basic authentication in UTF-8, headers and the exact body (MS-ASHTTP_R128)', async () => {
    const server = await serve((_, response) => response.end('ok'));
    const response = await connect(server.url, { userAgent: 'Test/2' }).send({
      method: 'POST',
      query: 'Cmd=Sync&User=j',
      headers: { 'Content-Type': 'application/vnd.ms-sync.wbxml' },
      body: Uint8Array.of(3, 1, 0x6a, 0, 255),
    });
    expect(response.status).toBe(200);
    expect(text(response.body)).toBe('ok');
    const [seen] = server.seen;
    expect(seen?.url).toBe('/Microsoft-Server-ActiveSync?Cmd=Sync&User=j');
    expect(seen?.headers.authorization).toBe(`Basic ${Buffer.from('jörg:pass:word', 'utf8').toString('base64')}`);
    expect(seen?.headers['user-agent']).toBe('Test/2');
    expect(seen?.headers['content-length']).toBe('5');
    expect([...(seen?.body ?? [])]).toEqual([3, 1, 0x6a, 0, 255]);
  });

  test('without a body says a length of 0, and OPTIONS says none', async () => {
    const server = await serve((_, response) => response.end());
    const transport = connect(server.url);
    await transport.send({ method: 'POST', query: 'Cmd=Ping' });
    await transport.send({ method: 'OPTIONS', query: '' });
    expect(server.seen.map(({ method, url, headers }) => [method, url, headers['content-length']])).toEqual([
      ['POST', '/Microsoft-Server-ActiveSync?Cmd=Ping', '0'],
      ['OPTIONS', '/Microsoft-Server-ActiveSync', undefined],
    ]);
  });

  test('reuses the connection for the next request', async () => {
    const server = await serve((_, response) => response.end('x'));
    const transport = connect(server.url);
    for (let i = 0; i < 3; i++) await transport.send({ method: 'POST', query: 'Cmd=Sync' });
    expect(server.seen.map((request) => request.connection)).toEqual([1, 1, 1]);
  });

  test('gives any HTTP status as an answer', async () => {
    const server = await serve((_, response) => response.writeHead(503, { 'Retry-After': '7' }).end('busy'));
    const response = await connect(server.url).send({ method: 'POST', query: 'Cmd=Sync' });
    expect([response.status, response.headers['retry-after'], text(response.body)]).toEqual([503, '7', 'busy']);
  });
});

describe('packed answers', () => {
  test('gzip is unpacked', async () => {
    const packed = gzipSync(Buffer.alloc(100_000, 'a'));
    const server = await serve((_, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(packed));
    const response = await connect(server.url).send({ method: 'POST', query: 'Cmd=Sync' });
    expect(response.body.length).toBe(100_000);
    expect(server.seen[0]?.headers['accept-encoding']).toBe('gzip');
  });

  test.each([
    ['gzip', 'this is no gzip'],
    ['br', 'x'],
  ])('what calls itself %s and cannot be unpacked is a failure', async (encoding, body) => {
    const server = await serve((_, response) => response.writeHead(200, { 'Content-Encoding': encoding }).end(body));
    expect(await failureOf(connect(server.url).send({ method: 'POST', query: '' }))).toBe('unreadable');
  });
});

describe('requests that end early', () => {
  test('the phone gives up after its own time', async () => {
    const clock = new FakeClock();
    const server = await serve(() => clock.move(1_000));
    const work = connect(server.url, { clock }).send({ method: 'POST', query: '', timeout: 1_000 });
    expect(await failureOf(work)).toBe('timeout');
    expect(clock.pending).toBe(0);
  });

  test('an answer in time leaves no timer behind', async () => {
    const clock = new FakeClock();
    const server = await serve((_, response) => response.end('x'));
    await connect(server.url, { clock }).send({ method: 'POST', query: '' });
    expect(clock.pending).toBe(0);
  });

  test('the signal breaks the connection, and the server sees it', async () => {
    let left = (): void => {};
    const gone = new Promise<void>((resolve) => {
      left = resolve;
    });
    const abort = new AbortController();
    const server = await serve((_, response) => {
      response.on('close', () => left());
      abort.abort();
    });
    expect(await failureOf(connect(server.url).send({ method: 'POST', query: '', signal: abort.signal }))).toBe(
      'aborted',
    );
    await gone;
  });

  test('an aborted signal sends nothing', async () => {
    const server = await serve((_, response) => response.end());
    const work = connect(server.url).send({ method: 'POST', query: '', signal: AbortSignal.abort() });
    expect(await failureOf(work)).toBe('aborted');
    expect(server.seen).toEqual([]);
  });

  test('a cut request never arrives whole, a cut answer was sent whole', async () => {
    const server = await serve((_, response) => response.end('the whole answer'));
    const transport = connect(server.url);
    const body = Buffer.alloc(50_000, 1);
    expect(await failureOf(transport.send({ method: 'POST', query: 'a', body, cut: { requestBytes: 100 } }))).toBe(
      'broken',
    );
    expect(await failureOf(transport.send({ method: 'POST', query: 'b', body, cut: { responseBytes: 0 } }))).toBe(
      'broken',
    );
    expect(await failureOf(transport.send({ method: 'POST', query: 'c', body, cut: { responseBytes: 5 } }))).toBe(
      'broken',
    );
    expect((await transport.send({ method: 'POST', query: 'd', body })).status).toBe(200);
    expect(server.seen.map((request) => request.url.at(-1))).toEqual(['b', 'c', 'd']);
  });

  test('an answer shorter than its Content-Length is a failure, not an answer', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'Content-Length': '10' });
      response.write('half', () => response.destroy());
    });
    expect(await failureOf(connect(server.url).send({ method: 'POST', query: '' }))).toBe('broken');
  });

  test('nothing listens: unreachable, and the message says what to do', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    await new Promise((resolve) => taken.close(resolve));
    const work = connect(`http://127.0.0.1:${port}`).send({ method: 'OPTIONS', query: '' });
    expect(await failureOf(work)).toBe('unreachable');
    await expect(work).rejects.toThrow(/is the server running/);
  });
});

describe('onExchange', () => {
  test('sees every request with its bytes, answered or not', async () => {
    const exchanges: Exchange[] = [];
    const server = await serve((_, response) => response.end('answer'));
    const transport = connect(server.url);
    const see = (exchange: Exchange): void => void exchanges.push(exchange);
    await transport.send({ method: 'POST', query: 'one', body: Uint8Array.of(1) }, see);
    await failureOf(transport.send({ method: 'POST', query: 'two', cut: { responseBytes: 0 } }, see));
    expect(
      exchanges.map(({ request, response, error }) => [request.query, response && text(response.body), error?.failure]),
    ).toEqual([
      ['one', 'answer', undefined],
      ['two', undefined, 'broken'],
    ]);
  });
});

describe('certificates', () => {
  let folder = '';
  let ca = '';
  const tls = { key: '', cert: '' };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postrider-phone-'));
    const authority = await makeAuthority(folder);
    const files = await authority.issue('127.0.0.1');
    ca = await readFile(authority.caFile, 'utf8');
    tls.key = await readFile(files.keyFile, 'utf8');
    tls.cert = await readFile(files.certificateFile, 'utf8');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const ok: Reply = (_, response) => void response.end('ok');
  const options = { method: 'OPTIONS', query: '' } as const;

  test('a private authority is refused until it is named', async () => {
    const server = await serve(ok, tls);
    const refused = connect(server.url).send(options);
    expect(await failureOf(refused)).toBe('untrusted');
    await expect(refused).rejects.toThrow(/--fingerprint/);
    expect((await connect(server.url, { trust: { ca } }).send(options)).status).toBe(200);
    expect((await connect(server.url, { trust: { insecure: true } }).send(options)).status).toBe(200);
  });

  test('a pinned certificate is accepted, in any spelling of its fingerprint, and kept alive', async () => {
    const server = await serve(ok, tls);
    const fingerprint = new X509Certificate(tls.cert).fingerprint256;
    const transport = connect(server.url, { trust: { fingerprint: `SHA256:${fingerprint.toLowerCase()}` } });
    expect((await transport.send(options)).status).toBe(200);
    expect((await transport.send(options)).status).toBe(200);
    expect(server.seen.map((request) => request.connection)).toEqual([1, 1]);
  });

  test('another certificate than the pinned one never sees the password', async () => {
    const server = await serve(ok, tls);
    const transport = connect(server.url, { trust: { fingerprint: 'ab'.repeat(32) } });
    expect(await failureOf(transport.send(options))).toBe('untrusted');
    expect(server.seen).toEqual([]);
  });

  test('fingerprints compare whatever their spelling', () => {
    expect(normalFingerprint('SHA256:AB:CD')).toBe('abcd');
    expect(normalFingerprint('sha-256=abCD')).toBe('abcd');
  });
});
