import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { answers, stopAfterTests } from './process.ts';
import { type ProxyConfiguration, startHaproxy, startNginx, type TestProxy } from './proxies.ts';

const keep = stopAfterTests();
const origin = createServer((_, response) => response.end('from behind'));
beforeAll(() => new Promise<void>((resolve) => void origin.listen(0, '127.0.0.1', resolve)));
afterAll(() => void origin.close());
const originPort = (): number => (origin.address() as AddressInfo).port;

const nginx: ProxyConfiguration = ({ port, tlsPort, certificateFile, keyFile }) => `
server {
  listen 127.0.0.1:${port};
  listen 127.0.0.1:${tlsPort} ssl;
  ssl_certificate ${certificateFile};
  ssl_certificate_key ${keyFile};
  location / { proxy_pass http://127.0.0.1:${originPort()}; }
}`;

const haproxy: ProxyConfiguration = ({ port, tlsPort, bundleFile }) => `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend web
  bind 127.0.0.1:${port}
  bind 127.0.0.1:${tlsPort} ssl crt ${bundleFile}
  default_backend origin
backend origin
  server one 127.0.0.1:${originPort()}`;

const get = async (proxy: TestProxy): Promise<string> => (await fetch(`http://127.0.0.1:${proxy.port}/`)).text();

const getTls = async (proxy: TestProxy): Promise<number | undefined> => {
  const ca = await readFile(proxy.caFile);
  return new Promise((resolve, reject) => {
    request({ host: 'localhost', port: proxy.tlsPort, ca }, (response) => resolve(response.resume().statusCode))
      .once('error', reject)
      .end();
  });
};

test.each([
  ['nginx', () => startNginx(nginx)],
  ['HAProxy', () => startHaproxy(haproxy)],
])(
  '%s passes on, restarts on its ports, leaves nothing',
  async (_, start) => {
    const proxy = await keep(start());
    expect(await get(proxy)).toBe('from behind');
    expect(await getTls(proxy)).toBe(200);
    await proxy.kill();
    expect(await answers(proxy.port)).toBe(false);
    await proxy.restart();
    expect(await get(proxy)).toBe('from behind');
    await proxy.stop();
    expect(existsSync(proxy.folder)).toBe(false);
    expect(await answers(proxy.port)).toBe(false);
  },
  30_000,
);

test('a wrong configuration is told with the words of the proxy', async () => {
  await expect(startNginx(({ port }) => `nonsense ${port};`)).rejects.toThrow(/unknown directive "nonsense"/);
}, 30_000);
