// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of configurations
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { parse } from 'yaml';
import { backendKinds } from '../../backends/index.ts';
import { variablesOf } from '../../src/config/environment.ts';
import { readConfig } from '../../src/config/read.ts';
import { StandardHeartbeat } from '../../src/push/heartbeat.ts';
import { freePorts, makeFolder, run, startServer, stopAfterTests, unprivileged } from '../servers/process.ts';
import { until } from '../support/until.ts';
import { type Compose, environmentOf, expectNoSecrets, expectWhole, Root, text } from './compose-file.ts';

const keep = stopAfterTests();

/** Waits until an answer of Redis holds a text; Sentinels ask every ten seconds only. */
const untilHas = (wanted: string, ask: () => Promise<unknown>): Promise<void> =>
  until(async () => JSON.stringify(await ask()).includes(wanted), 40_000, 20);

describe('docker-compose.cluster.yml', () => {
  const compose = parse(text('docker-compose.cluster.yml'), { merge: true }) as Compose;
  const { services } = compose;

  test('holds two nodes, a proxy, Redis with a replica and three Sentinels, and a mail system', () => {
    expect(Object.keys(services).sort()).toEqual(
      ['certificates', 'dovecot', 'haproxy', 'node1', 'node2', 'postfix', 'redis1', 'redis2']
        .concat(['sentinel1', 'sentinel2', 'sentinel3'])
        .sort(),
    );
    const roles = Object.entries(services).flatMap(([name, { environment }]) =>
      environment?.ROLE === undefined ? [] : [`${name} ${environment.ROLE}`],
    );
    expect(roles).toEqual(['redis1 primary', 'redis2 replica', ...[1, 2, 3].map((n) => `sentinel${n} sentinel`)]);
  });

  test.each(['node1', 'node2'])('gives %s a configuration that can be used, on the Redis of the Sentinels', (name) => {
    const service = services[name] ?? {};
    const { environment = {}, volumes = [] } = service;
    expect(variablesOf(text('examples/imap.yaml'))).toEqual(expect.arrayContaining(Object.keys(environment)));
    const env = environmentOf(service);
    const config = readConfig({ text: text('examples/imap.yaml'), file: 'imap.yaml', env, kinds: backendKinds });
    const sentinels = [1, 2, 3].map((n) => ({ host: `sentinel${n}`, port: 26_379 }));
    expect(config).toMatchObject({
      publicUrl: 'https://mail.example.test',
      listen: { address: { host: '0.0.0.0', port: 8080 }, allowPlainHttp: true },
      observe: { address: { host: '0.0.0.0', port: 9464 } },
      trustedProxies: [compose.networks.front.ipam.config[0]?.subnet],
      redis: { url: { mode: 'sentinel', hosts: sentinels, master: 'postrider' }, replicas: 1 },
    });
    // A data folder each, which no other node may use.
    expect(volumes).toContain(`${name}-data:${config.dataFolder}`);
    const proxy = text('examples/haproxy-cluster.cfg');
    expect(proxy).toContain(`server ${name} ${name}:8080 port 9464`);
  });

  test.each(Object.entries(services))('%s mounts and waits for what there is', (_, service) => {
    expectWhole(compose, service);
  });

  test('shows the world the proxy and the mail port only, and holds no secret', () => {
    const shown = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`));
    expect(shown).toEqual(['haproxy 443:443', 'postfix 25:25']);
    expectNoSecrets('docker-compose.cluster.yml');
  });

  test('its proxy holds a request for longer than a phone waits', () => {
    const proxy = text('examples/haproxy-cluster.cfg');
    const times = [...proxy.matchAll(/timeout (?:client|server) (\d+)s/g)].map(([, seconds]) => Number(seconds));
    expect(times).toHaveLength(2);
    for (const seconds of times) expect(seconds).toBeGreaterThan(StandardHeartbeat.max);
    // What a node has received is never sent to another one: Postrider answers a repeated request, a proxy must not.
    expect(proxy).toMatch(/^ {2}retry-on conn-failure$/m);
  });

  test('mail and certificates are those of docker-compose.yml', () => {
    const alone = (parse(text('docker-compose.yml')) as Compose).services;
    for (const name of ['dovecot', 'certificates']) expect(services[name]).toEqual(alone[name]);
    expect({ ...services.postfix, hostname: '' }).toEqual({ ...alone.postfix, hostname: '' });
  });

  test('redis.sh starts a primary, a replica and a Sentinel that knows both', async () => {
    const ports = await freePorts('primary', 'replica', 'sentinel');
    const start = async (role: keyof typeof ports) => {
      const folder = makeFolder(`compose-${role}`);
      mkdirSync(join(folder, 'data'));
      const environment = {
        ROLE: role,
        FOLDER: join(folder, 'data'),
        PORT: ports[role],
        NAME: '127.0.0.1',
        PRIMARY: '127.0.0.1',
        PRIMARY_PORT: ports.primary,
        QUORUM: 1,
      };
      const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
      // Other users need not be allowed to read where this repository lies.
      await run('cp', [join(Root, 'examples/compose/redis.sh'), folder]);
      const command = ['env', ...variables, 'sh', join(folder, 'redis.sh')] as const;
      return keep(startServer({ name: role, folder, command, ports: [ports[role]], identity: unprivileged() }));
    };
    const at = (port: number): Client => new Client({ host: '127.0.0.1', port });
    await start('primary');
    await start('replica');
    const primary = at(ports.primary);
    await untilHas('connected_slaves:1', () => primary.info('replication'));
    await start('sentinel');
    const sentinel = at(ports.sentinel);
    await untilHas(String(ports.replica), () => sentinel.call('SENTINEL', 'replicas', 'postrider'));
    expect(await sentinel.call('SENTINEL', 'get-master-addr-by-name', 'postrider')).toEqual([
      '127.0.0.1',
      String(ports.primary),
    ]);
    expect(await primary.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await primary.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
    for (const client of [primary, sentinel]) client.disconnect();
  }, 120_000);
});
