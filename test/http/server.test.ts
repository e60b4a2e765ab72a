import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import type { Answer, Context } from '../../src/handlers/context.ts';
import { isLoopback } from '../../src/http/server.ts';
import { until } from '../support/until.ts';
import { body } from './echo.ts';
import {
  ask,
  basic,
  decode,
  type EchoDocument,
  type FixtureOptions,
  lineOf,
  startedServers,
  startServer,
  testCommand,
} from './fixture.ts';
import { selfSigned } from './self-signed.ts';

const start = startedServers();

/** Requests that a handler holds until it is told to answer. */
const holding = () => {
  const held: { context: Context; answer: (answer: Answer<EchoDocument>) => void }[] = [];
  const command = testCommand('Ping', (context) => new Promise((answer) => held.push({ context, answer })));
  return { held, command };
};

const rawPing = (url: string) => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const head = [
    `POST ${lineOf('Ping')} HTTP/1.1`,
    'Host: x',
    `Authorization: ${basic('anna', 'geheim')}`,
    'MS-ASProtocolVersion: 14.1',
    'Content-Type: application/vnd.ms-sync.wbxml',
    `Content-Length: ${body.length}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  socket.write(body);
  return socket;
};

describe('a held request', () => {
  test('is not aborted when its body has been read, and can be answered later', async () => {
    const { held, command } = holding();
    const { url } = await start({ commands: [command] });
    const reply = ask(url, { path: lineOf('Ping'), body });
    await until(() => held.length === 1);
    const [{ context, answer }] = held as [(typeof held)[number]];
    const { signal } = context;
    const another = ask(url, { path: lineOf('Ping'), body });
    await until(() => held.length === 2);
    held[1]?.answer({ kind: 'document', value: { status: 1 } });
    await another;
    expect(signal.aborted).toBe(false);
    answer({ kind: 'document', value: { status: 1 } });
    expect(decode((await reply).body)).toEqual({ status: 1 });
    expect(signal.aborted).toBe(false);
  });

  test('is aborted the moment the client goes, and its answer counts as undelivered', async () => {
    const { held, command } = holding();
    const { url, served } = await start({ commands: [command] });
    const socket = rawPing(url);
    await until(() => held.length === 1);
    const [{ context, answer }] = held as [(typeof held)[number]];
    const aborted = new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()));
    socket.destroy();
    await aborted;
    const sent: boolean[] = [];
    answer({ kind: 'document', value: { status: 2 }, onSent: (delivered) => sent.push(delivered) });
    await until(() => served.length === 1);
    expect(sent).toEqual([false]);
    expect(served[0]).toMatchObject({ command: 'Ping', delivered: false });
  });

  test('whose client went before the handler looked has an aborted signal', async () => {
    const { held, command } = holding();
    const { url } = await start({ commands: [command] });
    const socket = rawPing(url);
    await until(() => held.length === 1);
    const [{ context, answer }] = held as [(typeof held)[number]];
    const gone = new Promise<void>((resolve) => context.whenGone(resolve));
    socket.destroy();
    await gone;
    expect(context.signal.aborted).toBe(true);
    answer({ kind: 'empty' });
  });

  test('outlives the timeout for requests to arrive', async () => {
    const { held, command } = holding();
    const { url } = await start({ commands: [command], http: { limits: { requestTimeout: 100 } } });
    const reply = ask(url, { path: lineOf('Ping'), body });
    await until(() => held.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    held[0]?.answer({ kind: 'document', value: { status: 1 } });
    expect((await reply).status).toBe(200);
  });

  test('is answered when the server stops', async () => {
    const { held, command } = holding();
    const beforeClose = async () =>
      held.forEach(({ answer }) => void answer({ kind: 'document', value: { status: 1 } }));
    const { url, server } = await start({ commands: [command], services: { beforeClose } });
    const replies = Array.from({ length: 20 }, () => ask(url, { path: lineOf('Ping'), body }));
    await until(() => held.length === 20);
    await server.close();
    expect((await Promise.all(replies)).map((reply) => decode(reply.body).status)).toEqual(Array(20).fill(1));
  });
});

test('a command that ends while the server stops is answered, and its connection does not hold the server up', async () => {
  const { held, command } = holding();
  const { url, server } = await start({ commands: [command] });
  const socket = rawPing(url);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  await until(() => held.length === 1);
  const begun = Date.now();
  const closed = server.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  held[0]?.answer({ kind: 'document', value: { status: 1 } });
  await closed;
  await until(() => text.includes('\r\n\r\n'));
  expect([text.slice(0, 12), /Connection: close/i.test(text)]).toEqual(['HTTP/1.1 200', true]);
  expect(Date.now() - begun).toBeLessThan(2000);
  socket.destroy();
});

describe('onSent', () => {
  test.each(['document', 'empty'] as const)('is called once with true for a delivered %s', async (kind) => {
    const sent: boolean[] = [];
    const onSent = (delivered: boolean) => void sent.push(delivered);
    const command = testCommand('Ping', async () =>
      kind === 'empty' ? { kind, onSent } : { kind, value: { status: 1 }, onSent },
    );
    const { url, served } = await start({ commands: [command] });
    await ask(url, { path: lineOf('Ping'), body });
    await until(() => served.length === 1);
    expect(sent).toEqual([true]);
  });

  test('tells false when the client goes while a long response is sent', async () => {
    const sent: boolean[] = [];
    let chunks = 0;
    const endless = {
      byteLength: 64 * 1024 * 4096,
      async *open() {
        for (; chunks < 4096; chunks += 1) yield Buffer.alloc(64 * 1024);
      },
    };
    const command = testCommand('Ping', async () => ({
      kind: 'document',
      value: { status: 1, bytes: endless },
      onSent: (delivered) => void sent.push(delivered),
    }));
    const { url, served } = await start({ commands: [command] });
    const socket = rawPing(url);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = chunks;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(chunks).toBe(before);
    expect(chunks).toBeLessThan(2000);
    socket.destroy();
    await until(() => served.length === 1);
    expect(sent).toEqual([false]);
  });
});

describe('a bug outside of the handler', () => {
  test('in onSent, or in the document of a failure, ends that request only', async () => {
    const throwing = testCommand('Ping', async () => ({
      kind: 'empty',
      onSent: () => {
        throw new Error('bug in onSent');
      },
    }));
    const unwritable = testCommand(
      'Sync',
      async () => {
        throw new Error('bug in Sync');
      },
      {
        failure: () => {
          throw new Error('bug in the document of a failure');
        },
      },
    );
    const { url, log, served } = await start({ commands: [throwing, unwritable] });
    expect((await ask(url, { path: lineOf('Ping'), body })).status).toBe(200);
    await expect(ask(url, { path: lineOf('Sync'), body })).rejects.toThrow();
    expect((await ask(url, { path: lineOf('Ping'), body })).status).toBe(200);
    await until(() => served.length === 3);
    expect(log.entries.map(({ level }) => level)).toEqual(['error', 'error', 'error', 'error']);
  });
});

describe('connections', () => {
  test('are kept for the next request', async () => {
    const { url } = await start({ commands: [testCommand('Ping', async () => ({ kind: 'empty' }))] });
    const socket = rawPing(url);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    await until(() => text.includes('\r\n\r\n'));
    expect(text).toContain('HTTP/1.1 200');
    expect(text).toContain('Connection: keep-alive');
    text = '';
    socket.write(`GET /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: x\r\n\r\n`);
    await until(() => text.includes('\r\n\r\n'));
    expect(text).toContain('HTTP/1.1 405');
    socket.destroy();
  });

  test.each(['nonsense\r\n\r\n', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'])(
    'that speak no HTTP get 400, and the server goes on',
    async (bytes) => {
      const { url } = await start({ commands: [testCommand('Ping', async () => ({ kind: 'empty' }))] });
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.write(bytes);
      const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
      expect(answer.toString()).toContain('400 Bad Request');
      expect((await ask(url, { path: lineOf('Ping'), body })).status).toBe(200);
    },
  );
});

describe('a request that does not arrive', () => {
  const partial = async (options: FixtureOptions, bytes: string) => {
    const { url, served } = await start(options);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(bytes);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    await until(() => text.includes('\r\n\r\n'));
    socket.destroy();
    return { text, served };
  };

  test('headers that never fit: 431', async () => {
    const { text } = await partial({}, `POST /x HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(text).toContain('431');
  });

  test('a body that never comes: 408, and the connection ends', async () => {
    const head = [`POST ${lineOf('Ping')} HTTP/1.1`, 'Host: x', `Authorization: ${basic('anna', 'geheim')}`];
    const bytes = `${[...head, 'MS-ASProtocolVersion: 14.1', 'Content-Length: 9'].join('\r\n')}\r\n\r\n`;
    const { command } = holding();
    const { text, served } = await partial({ commands: [command], http: { limits: { requestTimeout: 100 } } }, bytes);
    expect(text).toContain('408');
    await until(() => served.length === 1);
    expect(served[0]).toMatchObject({ command: 'Ping', delivered: false });
  });

  test('the limits reach the server', async () => {
    const { server } = await start({ http: { limits: { requestTimeout: 123_000, keepAliveTimeout: 45_000 } } });
    const { requestTimeout, keepAliveTimeout, headersTimeout } = server.app.server;
    expect([requestTimeout, keepAliveTimeout, headersTimeout]).toEqual([123_000, 45_000, 30_000]);
  });
});

describe('plain HTTP', () => {
  test.each(['0.0.0.0', '::', '192.0.2.1', 'mail.example.org'])(
    'on %s is refused unless allowed by name',
    async (host) => {
      await expect(startServer({ http: { host } })).rejects.toThrow(/listen\.tls.*listen\.allowPlainHttp/);
    },
  );

  test('off loopback is served when allowed by name', async () => {
    const { url } = await start({ http: { host: '0.0.0.0', allowPlainHttp: true } });
    expect(url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
  });

  test.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['10.0.0.1', false],
    ['127.0.0.1.example.org', false],
  ])('%s is loopback: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

describe('TLS', () => {
  const peerSubject = (url: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = tlsConnect(
        { port: Number(new URL(url).port), host: '127.0.0.1', rejectUnauthorized: false },
        () => {
          resolve(String(socket.getPeerCertificate().subject.CN));
          socket.destroy();
        },
      );
      socket.on('error', reject);
    });

  test('the certificate is read again on demand; a wrong one leaves the old in use', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postrider-tls-'));
    const [one, two] = [selfSigned(folder, 'one.example'), selfSigned(folder, 'two.example')];
    const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
    const use = ({ certFile, keyFile }: typeof files) => {
      copyFileSync(certFile, files.certFile);
      copyFileSync(keyFile, files.keyFile);
    };
    use(one);
    const { url, server, log } = await start({ http: { tls: files } });
    expect(url).toMatch(/^https:/);
    expect(await peerSubject(url)).toBe('one.example');
    use(two);
    server.reloadCertificate();
    expect(await peerSubject(url)).toBe('two.example');
    writeFileSync(files.certFile, 'no certificate');
    server.reloadCertificate();
    expect(await peerSubject(url)).toBe('two.example');
    expect(log.entries.map(({ level }) => level)).toEqual(['info', 'error']);
    rmSync(folder, { recursive: true });
  });

  test('a file that is missing is named', async () => {
    const tls = { certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem' };
    await expect(startServer({ http: { tls } })).rejects.toThrow('/nowhere/cert.pem');
  });
});
