import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Device } from '../../src/phone/device.ts';
import { probeServer } from '../../src/phone/probe.ts';
import { stopAfterTests } from '../servers/process.ts';
import { type ProxyConfiguration, startHaproxy, startNginx, type TestProxy } from '../servers/proxies.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';

const keep = stopAfterTests();
const example = (name: string): string => readFileSync(join(import.meta.dirname, '../../examples', name), 'utf8');

let server: LocalServer;
let port: string;
beforeAll(async () => {
  server = await startLocalServer({
    parts: {
      http: { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.1'] },
      served: ({ client }) => clients.add(client),
    },
  });
  port = new URL(server.url).port;
});
afterAll(() => server.close());
/** Where requests come from, as the server takes it. */
const clients = new Set<string | undefined>();

/** Replaces a text of an example by what this machine needs; the example must hold it. */
const adapted = (text: string, changes: readonly (readonly [string, string])[]): string =>
  changes.reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`the example does not hold ${from}`);
    return all.replaceAll(from, to);
  }, text);

const nginx: ProxyConfiguration = ({ tlsPort, certificateFile, keyFile }) =>
  adapted(example('nginx.conf'), [
    ['server 127.0.0.1:8080;', `server 127.0.0.1:${port};`],
    ['listen 443 ssl;', `listen 127.0.0.1:${tlsPort} ssl;`],
    ['listen [::]:443 ssl;', ''],
    ['mail.example.org autodiscover.example.org', 'localhost'],
    ['/etc/letsencrypt/live/mail.example.org/fullchain.pem', certificateFile],
    ['/etc/letsencrypt/live/mail.example.org/privkey.pem', keyFile],
  ]);

const haproxy: ProxyConfiguration = ({ tlsPort, bundleFile }) =>
  adapted(example('haproxy.cfg'), [
    ['server postrider 127.0.0.1:8080', `server postrider 127.0.0.1:${port}`],
    ['bind :443', `bind 127.0.0.1:${tlsPort}`],
    ['/etc/haproxy/certs/mail.example.org.pem', bundleFile],
    ['maxconn 40000', 'maxconn 400'],
  ]);

/** A device of anna behind a proxy. */
const behind = async (proxy: TestProxy, deviceId: string): Promise<Device> =>
  server.device('anna', deviceId, {
    url: `https://localhost:${proxy.tlsPort}`,
    trust: { ca: await readFile(proxy.caFile, 'utf8') },
  });

const proxies = { nginx: () => startNginx(nginx), HAProxy: () => startHaproxy(haproxy) };

/** Seconds of the Ping: more than the 60 after which both proxies cut unless told. */
const Seconds = 75;

test('a Ping of 75 s passes nginx and HAProxy as the examples set them up', async () => {
  const probed = Object.entries(proxies).map(async ([name, start], i) => {
    const device = await behind(await keep(start()), `PROXY${i}`);
    const lines = await probeServer(device, { durations: [Seconds] });
    device.close();
    return [name, lines.map(({ ok, what, meaning }) => (ok ? `${what} ok` : `${what}: ${meaning}`))];
  });
  const passed = ['OPTIONS ok', 'Provision ok', 'FolderSync ok', 'Ping of 75 s ok'];
  expect(Object.fromEntries(await Promise.all(probed))).toEqual({ nginx: passed, HAProxy: passed });
}, 180_000);

test.each(Object.keys(proxies) as (keyof typeof proxies)[])(
  '%s tells the client, and passes nothing else on',
  async (name) => {
    const proxy = await keep(proxies[name]());
    const device = await behind(proxy, `ONE${name}`.toUpperCase());
    clients.clear();
    await device.askOptions();
    // The address is that of the proxy's client, and no port or proxy stands in it.
    expect([...clients]).toEqual(['127.0.0.1']);
    device.close();
    const { Agent, fetch } = await import('undici');
    const dispatcher = new Agent({ connect: { ca: await readFile(proxy.caFile, 'utf8') } });
    const get = async (path: string): Promise<number> =>
      (await fetch(`https://localhost:${proxy.tlsPort}${path}`, { dispatcher })).status;
    expect(await get('/microsoft-server-activesync')).toBe(405);
    expect(await get('/metrics')).toBe(404);
    await dispatcher.close();
  },
  60_000,
);
