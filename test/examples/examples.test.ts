// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of configurations
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { backendKinds } from '../../backends/index.ts';
import { variablesOf } from '../../src/config/environment.ts';
import { readConfig } from '../../src/config/read.ts';
import type { Config } from '../../src/config/schema.ts';
import { DefaultLimits } from '../../src/http/options.ts';
import { run } from '../servers/process.ts';
import { type Compose, environmentOf, expectNoSecrets, expectWhole, Root, text } from './compose-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'postrider-examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The environment of the command line that stands in README.md. */
const required = { MAIL_DOMAIN: 'example.test', IMAP_URL: 'imap://127.0.0.1:143', SMTP_URL: 'smtp://127.0.0.1:25' };
/** What examples/groupware.yaml needs besides. */
const groupware = { CALDAV_URL: 'http://127.0.0.1:5232', CARDDAV_URL: 'https://dav.example.test/dav/' };
const imap = (env: Readonly<Record<string, string>> = {}): Config =>
  readConfig({
    text: text('examples/imap.yaml'),
    file: 'imap.yaml',
    env: { ...required, ...env },
    kinds: backendKinds,
  });

describe('examples/imap.yaml', () => {
  test('every example of a configuration can be used', () => {
    for (const file of readdirSync(join(Root, 'examples')).filter((name) => name.endsWith('.yaml'))) {
      const env = { ...required, ...groupware };
      const read = () => readConfig({ text: text('examples', file), file, env, kinds: backendKinds });
      expect(read).not.toThrow();
    }
  });

  test('needs only what nobody can guess', () => {
    const config = imap();
    expect(config).toMatchObject({ domains: ['example.test'], listen: { address: { host: '127.0.0.1', port: 8080 } } });
    expect(config.backends.mail?.settings).toMatchObject({ url: 'imap://127.0.0.1:143' });
    expect(config.backends.submission?.settings).toMatchObject({ url: 'smtp://127.0.0.1:25' });
    expect([config.dataFolder, config.publicUrl, config.observe, config.webhook, config.listen.tls]).toEqual(
      Array(5).fill(undefined),
    );
    for (const name of Object.keys(required))
      expect(() => imap({ [name]: undefined as unknown as string })).toThrow(name);
  });

  test('takes every variable that it names', () => {
    const config = imap({
      POSTRIDER_LISTEN: '[::1]:9',
      POSTRIDER_DATA: '/data',
      POSTRIDER_PUBLIC_URL: 'https://mail.example.test',
      POSTRIDER_OBSERVE: '127.0.0.1:9464',
      POSTRIDER_WEBHOOK_SECRET: 'sixteen letters!',
      POSTRIDER_CERT_FILE: '/c',
      POSTRIDER_KEY_FILE: '/k',
      MAIL_DOMAIN: 'a.test, b.test',
      REDIS_URL: '',
    });
    expect(config).toMatchObject({
      listen: { address: { host: '::1', port: 9 }, tls: { certFile: '/c', keyFile: '/k' } },
      dataFolder: '/data',
      publicUrl: 'https://mail.example.test',
      observe: { address: { port: 9464 } },
      webhook: { secret: 'sixteen letters!' },
      domains: ['a.test', 'b.test'],
    });
    const url = 'redis+sentinel://:secret@s1,s2/master';
    expect(imap({ REDIS_URL: url }).redis?.url).toMatchObject({
      mode: 'sentinel',
      master: 'master',
      password: 'secret',
    });
    expect(imap({ REDIS_URL: '' }).redis).toBeUndefined();
  });
});

describe('examples/groupware.yaml', () => {
  const read = (env: Readonly<Record<string, string>> = {}): Config =>
    readConfig({
      text: text('examples/groupware.yaml'),
      file: 'groupware.yaml',
      env: { ...required, ...groupware, ...env },
      kinds: backendKinds,
    });

  test('is examples/imap.yaml with calendars and contacts', () => {
    const { backends, ...rest } = read();
    const { backends: mailOnly, ...others } = imap();
    expect(rest).toEqual(others);
    expect(backends).toMatchObject(mailOnly);
    expect(backends.calendars).toMatchObject({
      kind: 'caldav',
      settings: { url: groupware.CALDAV_URL, scheduling: 'auto' },
    });
    expect(backends.contacts).toMatchObject({ kind: 'carddav', settings: { url: groupware.CARDDAV_URL } });
    expect(variablesOf(text('examples/groupware.yaml'))).toEqual(
      expect.arrayContaining([...variablesOf(text('examples/imap.yaml'))]),
    );
  });

  test('needs both addresses, and takes what else it names', () => {
    for (const name of Object.keys(groupware)) {
      expect(() => read({ [name]: undefined as unknown as string })).toThrow(name);
    }
    const given = { CALDAV_CA_FILE: '/a', CARDDAV_CA_FILE: '/b', CALDAV_SCHEDULING: 'on' };
    const { calendars, contacts } = read(given).backends;
    expect(calendars?.settings).toMatchObject({ caFile: '/a', scheduling: 'on' });
    expect(contacts?.settings).toMatchObject({ caFile: '/b' });
  });
});

describe('docker-compose.yml', () => {
  const compose = parse(text('docker-compose.yml')) as Compose;
  const { services } = compose;

  test('holds the whole system', () => {
    expect(Object.keys(services)).toEqual(expect.arrayContaining(['postrider', 'caddy', 'dovecot', 'postfix']));
  });

  test('gives Postrider variables that the example knows, and a configuration that can be used', () => {
    const env = environmentOf(services.postrider ?? {});
    expect(variablesOf(text('examples/imap.yaml'))).toEqual(expect.arrayContaining(Object.keys(env)));
    const config = imap(env);
    expect(config).toMatchObject({
      publicUrl: 'https://mail.example.test',
      listen: { address: { host: '0.0.0.0', port: 8080 }, allowPlainHttp: true },
      trustedProxies: [compose.networks.front.ipam.config[0]?.subnet],
      backends: {
        mail: { settings: { url: 'imap://dovecot:143', caFile: '/certificates/ca.pem' } },
        submission: { settings: { url: 'smtp://postfix:587', caFile: '/certificates/ca.pem' } },
      },
    });
    expect(services.caddy?.environment?.POSTRIDER_UPSTREAM).toBe('postrider:8080');
    expect(text('examples/Dockerfile')).toMatch(/EXPOSE 8080 9464/);
  });

  test.each(Object.entries(services))('%s mounts and waits for what there is', (_, service) => {
    expectWhole(compose, service);
  });

  test('shows the world Caddy and the mail port only', () => {
    const shown = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`));
    expect(shown).toEqual(['caddy 80:80', 'caddy 443:443', 'postfix 25:25']);
  });

  test('holds no secret', () => {
    expectNoSecrets('docker-compose.yml');
  });

  test("Dovecot's and Postfix's configurations are ones that they accept", async () => {
    const script = join(Root, 'examples/compose/certificates.sh');
    execFileSync('sh', [script], {
      env: { ...process.env, FOLDER: folder, NAMES: 'dovecot postfix' },
      stdio: 'ignore',
    });
    for (const name of ['dovecot', 'postfix']) {
      await run('openssl', [
        'verify',
        '-CAfile',
        join(folder, 'ca.pem'),
        '-verify_hostname',
        name,
        join(folder, `${name}.pem`),
      ]);
    }
    const dovecot = join(folder, 'dovecot.conf');
    writeFileSync(
      dovecot,
      text('examples/compose/dovecot.conf').replaceAll('/certificates/', `${folder}/`).replaceAll('vmail', 'nobody'),
    );
    const understood = await run('doveconf', ['-a', '-c', dovecot]);
    expect(understood).toContain('auth_username_format = %Lu');
    expect(understood).not.toMatch(/Warning|Error/);
    writeFileSync(join(folder, 'main.cf'), text('examples/compose/main.cf').replace('@MAIL_DOMAIN@', 'example.test'));
    writeFileSync(join(folder, 'master.cf'), text('examples/compose/master.cf'));
    expect(await run('postconf', ['-c', folder, '-n'])).not.toMatch(/warning|unused parameter/);
    expect(await run('postconf', ['-c', folder, '-M'])).toContain('submission inet');
  }, 30_000);
});

describe('the other examples', () => {
  test('proxies hold a request for longer than a phone waits, and take the largest mail', () => {
    const longest = imap().heartbeats.maxSeconds;
    const times = [
      ...text('examples/nginx.conf').matchAll(/proxy_(?:read|send)_timeout (\d+)s/g),
      ...text('examples/haproxy.cfg').matchAll(/timeout (?:client|server) (\d+)s/g),
      ...text('examples/Caddyfile').matchAll(/(?:response_header|read|write)_timeout (\d+)s/g),
    ].map(([, seconds]) => Number(seconds));
    expect(times).toHaveLength(7);
    for (const seconds of times) expect(seconds).toBeGreaterThan(longest);
    expect(text('examples/nginx.conf')).toContain(`client_max_body_size ${DefaultLimits.maxBody / 1024 / 1024}m`);
    expect(text('examples/Caddyfile')).toMatch(/max_size 64MB/);
  });

  test('the systemd unit is one, and leaves Postrider the time that it needs to stop', () => {
    const unit = text('examples/postrider.service');
    expect(unit).toMatch(/^StateDirectory=postrider$/m);
    expect(unit).toMatch(/^ExecStart=\/usr\/bin\/env postrider serve --config \/etc\/postrider\/postrider\.yaml$/m);
    expect(Number(/^TimeoutStopSec=(\d+)s$/m.exec(unit)?.[1])).toBeGreaterThan(5);
    for (const line of unit.split('\n')) expect(line).toMatch(/^(#.*|\[\w+\]|[A-Za-z]+=.*|)$/);
  });

  test('the Dockerfile copies what there is and does not run as root', () => {
    const file = text('examples/Dockerfile');
    for (const [, sources = ''] of file.matchAll(/^COPY (?!--from)(.+) \S+$/gm)) {
      for (const source of sources.split(' ')) expect([source, existsSync(join(Root, source))]).toEqual([source, true]);
    }
    expect(file).toMatch(/^USER node$/m);
    expect(file.indexOf('USER node')).toBeLessThan(file.indexOf('ENTRYPOINT'));
  });

  test('every way to start gives the process the same heap, and so do the benches', () => {
    const places = ['src/main.ts', 'package.json', 'examples/Dockerfile', 'bench/support/process.ts'];
    const heap = /--initial-old-space-size=\d+.*--no-concurrent-marking/g;
    const flags = places.flatMap(
      (place) =>
        text(place)
          .match(heap)
          ?.map((found) => found.replaceAll('", "', ' ')) ?? [''],
    );
    expect(flags).toHaveLength(places.length + 1);
    expect(new Set(flags).size).toBe(1);
  });
});
