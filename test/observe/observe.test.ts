import { afterEach, describe, expect, test } from '@jest/globals';
import type { RequestFacts } from '../../src/http/active-sync.ts';
import { type Hindrance, type ObserveServer, startObserving } from '../../src/observe/listener.ts';
import { createLog } from '../../src/observe/log.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { logRequest } from '../../src/observe/request-log.ts';

const facts: RequestFacts = {
  requestId: 'r1',
  command: 'Ping',
  version: '14.1',
  account: 'anna@example.org',
  device: 'PHONE1',
  deviceType: 'iPhone',
  client: '203.0.113.9',
  http: 200,
  milliseconds: 1500.4,
  bytes: 20,
  delivered: true,
};

const logged = (write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] => {
  const lines: string[] = [];
  write(createLog({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line));
};

describe('the log', () => {
  test('is one object a line, with a time that people read and the name of the level', () => {
    const [entry] = logged((log) => log.warn({ folder: 'INBOX' }, 'slow'));
    expect(entry).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      folder: 'INBOX',
      msg: 'slow',
    });
  });

  test('never holds what must not be in it, wherever it stands', () => {
    const secrets = {
      password: 'S3CRET',
      authorization: 'S3CRET',
      body: 'S3CRET',
      mime: 'S3CRET',
      recipients: ['S3CRET'],
      addresses: ['S3CRET'],
      secret: 'S3CRET',
      token: 'S3CRET',
      cookie: 'S3CRET',
    };
    const entries = logged((log) => {
      log.info(secrets, 'at the top');
      log.info({ login: secrets, user: 'anna' }, 'one down');
      log.info({ request: { headers: secrets } }, 'two down');
    });
    expect(entries).toHaveLength(3);
    expect(JSON.stringify(entries)).not.toContain('S3CRET');
    expect(entries[1]).toMatchObject({ user: 'anna' });
  });

  test('has a line for each request', () => {
    const [good, bad] = logged((log) => {
      logRequest(log, facts);
      logRequest(log, { ...facts, http: 503 });
    });
    expect(good).toMatchObject({
      level: 'info',
      command: 'Ping',
      version: '14.1',
      account: 'anna@example.org',
      device: 'PHONE1',
      http: 200,
      ms: 1500,
      bytes: 20,
      delivered: true,
    });
    expect(bad).toMatchObject({ level: 'warn', http: 503 });
  });
});

describe('the metrics', () => {
  test('count requests, bytes, time and what was not delivered', async () => {
    const metrics = createMetrics(false);
    metrics.served(facts);
    metrics.served({ ...facts, delivered: false });
    metrics.served({ ...facts, command: '', version: undefined, http: 400, bytes: 0 });
    const page = await metrics.page();
    expect(page).toContain('postrider_requests_total{command="Ping",version="14.1",http="200"} 2');
    expect(page).toContain('postrider_requests_total{command="none",version="none",http="400"} 1');
    expect(page).toContain('postrider_response_bytes_total{command="Ping"} 40');
    expect(page).toContain('postrider_request_seconds_bucket{le="1",command="Ping"} 0');
    expect(page).toContain('postrider_request_seconds_bucket{le="2.5",command="Ping"} 2');
    expect(page).toContain('postrider_responses_undelivered_total{command="Ping"} 1');
    expect(page).not.toMatch(/anna|PHONE1|203\.0/);
  });

  test('two servers in a process do not share them', async () => {
    const [one, two] = [createMetrics(false), createMetrics(false)];
    one.served(facts);
    expect(await two.page()).not.toContain('command="Ping"');
  });
});

describe('the listener', () => {
  let server: ObserveServer;
  let ready: () => Promise<readonly Hindrance[]> = async () => [];
  const get = async (path: string) => {
    server = await startObserving(
      { host: '127.0.0.1', port: 0 },
      { metrics: createMetrics(true), ready: () => ready() },
    );
    const reply = await fetch(server.url + path);
    return { status: reply.status, type: reply.headers.get('content-type'), text: await reply.text() };
  };
  afterEach(() => server.close());

  test('says that the process lives', async () => {
    expect(await get('/healthz')).toMatchObject({ status: 200, text: '{"status":"ok"}' });
  });

  test('says that the server can serve', async () => {
    expect(await get('/readyz')).toMatchObject({ status: 200 });
  });

  test('says what is in the way', async () => {
    ready = async () => [{ part: 'state store', reason: 'disk full' }];
    const { status, text } = await get('/readyz');
    expect([status, JSON.parse(text)]).toEqual([
      503,
      { status: 'not ready', problems: [{ part: 'state store', reason: 'disk full' }] },
    ]);
  });

  test('a check that throws is in the way itself', async () => {
    ready = async () => {
      throw new Error('broken');
    };
    expect(await get('/readyz')).toMatchObject({ status: 503, text: expect.stringContaining('broken') });
  });

  test('shows the metrics, those of the process too', async () => {
    const { type, text } = await get('/metrics');
    expect(type).toContain('text/plain; version=0.0.4');
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(text).toContain('process_resident_memory_bytes');
  });
});
