// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of configurations
import { describe, expect, test } from '@jest/globals';
import { backendKinds } from '../../backends/index.ts';
import type { Environment } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { readConfig } from '../../src/config/read.ts';
import type { Config } from '../../src/config/schema.ts';

const read = (text: string, env: Environment = {}): Config =>
  readConfig({ text, file: 'p.yaml', env, kinds: backendKinds });

/** The smallest configuration there is. */
const Least = `listen: {address: "127.0.0.1:8080"}
domains: example.org
backends: {mail: {kind: local}}
`;
const withMore = (more: string, env?: Environment): Config => read(`${Least}${more}`, env);

/** The problems as `line:column setting: message`. */
const problems = (text: string, env?: Environment): string[] => {
  try {
    read(text, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ line, column, setting, message }) => `${line}:${column} ${setting}: ${message}`);
  }
  throw new Error('nothing is wrong with it');
};
const problemsWith = (more: string, env?: Environment): string[] => problems(`${Least}${more}`, env);

describe('what is left out', () => {
  test('has the defaults that the documents name', () => {
    const config = read(Least);
    expect(config).toMatchObject({
      listen: { address: { host: '127.0.0.1', port: 8080 }, allowPlainHttp: false },
      trustedProxies: [],
      domains: ['example.org'],
      logins: {
        upstreamUser: '{login}',
        address: '{user}@{domain}',
        aliases: [],
        windowsDomains: {},
        caseSensitive: false,
      },
      sending: { from: 'rewrite' },
      state: { file: 'state.db' },
      provisioning: 'required',
      allowNonProvisionable: false,
      policy: {},
      heartbeats: { minSeconds: 60, maxSeconds: 3540 },
      limits: { maxBodyBytes: 67_108_864, requestSeconds: 600, keepAliveSeconds: 65 },
      logLevel: 'info',
    });
    for (const absent of ['publicUrl', 'webhook', 'observe', 'dataFolder'] as const)
      expect(config[absent]).toBeUndefined();
    expect(config.listen.tls).toBeUndefined();
  });

  test.each(['listen', 'domains', 'backends'])('%s cannot be', (name) => {
    const text = Least.split('\n')
      .filter((line) => !line.startsWith(name))
      .join('\n');
    expect(problems(text)).toEqual([expect.stringContaining(`${name}: is missing`)]);
  });

  test('a file without anything', () => {
    expect(problems('')).toHaveLength(3);
    expect(problems('# only this')).toHaveLength(3);
    expect(problems('just a text')).toHaveLength(1);
  });
});

describe('values', () => {
  test.each([
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['[::1]:8443', '::1', 8443],
    ['mail.example.org:443', 'mail.example.org', 443],
    ['localhost:0', 'localhost', 0],
  ])('listen.address %s', (address, host, port) => {
    expect(read(Least.replace('127.0.0.1:8080', address)).listen.address).toEqual({ host, port });
  });

  test.each(['8080', ':8080', '::1:80', 'host:99999', 'host:', 'http://host:1', '[127.0.0.1]:1'])(
    'listen.address %s is none',
    (address) => {
      expect(problems(Least.replace('127.0.0.1:8080', address))).toEqual([
        expect.stringMatching(/^1:19 listen\.address: must be host:port/),
      ]);
    },
  );

  test('lists are lists, or texts with commas or spaces', () => {
    const domains = (text: string): readonly string[] => read(Least.replace('example.org', text)).domains;
    expect(domains('[a.test, b.test]')).toEqual(['a.test', 'b.test']);
    expect(domains('a.test,b.test')).toEqual(['a.test', 'b.test']);
    expect(domains('"a.test, b.test  c.test"')).toEqual(['a.test', 'b.test', 'c.test']);
    expect(domains('münchen.example')).toEqual(['münchen.example']);
  });

  test('no domain is an error, not a guess', () => {
    expect(problems(Least.replace('example.org', '[]'))).toEqual([
      expect.stringContaining('2:10 domains: must name at least one'),
    ]);
    expect(problems(Least.replace('example.org', '""'))).toEqual([expect.stringContaining('must name at least one')]);
  });

  test('settings of a backend stand beside its kind', () => {
    const { backends } = read(
      Least.replace('{kind: local}', '{kind: imap, url: "imaps://h", user: "{user}", watch: {mode: idle}}'),
    );
    expect(backends.mail).toMatchObject({
      kind: 'imap',
      user: '{user}',
      settings: { url: 'imaps://h', watch: { mode: 'idle', pollSeconds: 60 } },
    });
    expect(backends.mail?.settings).not.toHaveProperty('kind');
  });

  test('null lifts a limit of the policy', () => {
    expect(withMore('policy: {devicePasswordEnabled: true, minDevicePasswordLength: null}').policy).toEqual({
      devicePasswordEnabled: true,
      minDevicePasswordLength: null,
    });
  });
});

describe('mistakes are told with their places', () => {
  test.each([
    ['publicUrl: https://h/path', /^4:12 publicUrl: must be the address of the server alone/],
    ['publicUrl: mail.example.org', /^4:12 publicUrl: /],
    ['trustedProxies: [10.0.0.0/8, 10.0.0.0/33]', /^4:30 trustedProxies\.1: must be an IP address or a network/],
    ['logins: {upstreamUser: "{usr}"}', /^4:24 logins\.upstreamUser: must be made of \{login\}/],
    ['logins: {upstreamUser: "fixed"}', /logins\.upstreamUser: must be made of/],
    ['provisioning: maybe', /^4:15 provisioning: .*"required"\|"optional"\|"off"/],
    ['policy: {minDevicePasswordLength: 17}', /^4:35 policy\.minDevicePasswordLength: .*16/],
    ['policy: {maxCalendarAgeFilter: 1}', /^4:32 policy\.maxCalendarAgeFilter: none of the values/],
    ['policy: {AllowCamera: true}', /^4:10 policy\.AllowCamera: there is no such setting; did you mean allowCamera\?/],
    ['heartbeats: {minSeconds: 600, maxSeconds: 60}', /^4:13 heartbeats: minSeconds must not exceed maxSeconds/],
    ['heartbeats: {maxSeconds: 3600}', /^4:26 heartbeats\.maxSeconds: /],
    ['limits: {maxBodyBytes: lots}', /^4:24 limits\.maxBodyBytes: .*expected number/],
    ['webhook: {secret: short}', /^4:19 webhook\.secret: must have at least 16 characters/],
    ['state: {redisUrl: "redis://h"}', /^4:9 state\.redisUrl: there is no such setting/],
    ['redis: {url: "http://:secret@h"}', /^4:14 redis\.url: must be of the form redis:\/\/((?!secret).)*$/],
    ['redis: {url: "redis://h", prefix: "{a}"}', /^4:35 redis\.prefix: must be 1 to 40/],
    ['logLevel: loud', /^4:11 logLevel: /],
    ['lisen: 1', /^4:1 lisen: there is no such setting; did you mean listen\?/],
    ['zebra: 1', /^4:1 zebra: there is no such setting; here there are listen, publicUrl/],
  ])('%s', (line, expected) => {
    expect(problemsWith(line)).toEqual([expect.stringMatching(expected)]);
  });

  test.each([
    ['{kind: imap}', /^3:18 backends\.mail\.url: is missing/],
    ['{kind: imap, url: "imap://h", wach: {}}', /^3:48 backends\.mail\.wach: .* did you mean watch\?/],
    ['{kind: imap, url: "http://h"}', /^3:36 backends\.mail\.url: must be imap/],
    ['{kind: imap, url: "imap://h", watch: {mode: psh}}', /^3:62 backends\.mail\.watch\.mode: /],
    ['{kind: smtp, url: "smtp://h", login: {user: x}}', /^3:55 backends\.mail\.login\.password: is missing/],
    ['{kind: pop3}', /^3:25 backends\.mail\.kind: .*"imap"\|"smtp"\|"caldav"\|"carddav"\|"local"/],
    ['{}', /^3:18 backends\.mail\.kind: /],
  ])('the backend %s', (backend, expected) => {
    expect(problems(Least.replace('{kind: local}', backend))).toEqual([expect.stringMatching(expected)]);
  });

  test('all of them at once, in the order of the file', () => {
    expect(problems('domains: [a..b]\nfoo: 1\nlisten: {address: x}\nbackends: {}')).toEqual([
      expect.stringMatching(/^1:11 domains\.0/),
      expect.stringMatching(/^2:1 foo/),
      expect.stringMatching(/^3:19 listen\.address/),
      expect.stringMatching(/^4:11 backends: must have at least one/),
    ]);
  });

  test('what is no YAML', () => {
    expect(problems('a: [1')).toEqual([expect.stringMatching(/^1:\d+ : no valid YAML/)]);
    expect(problems('a: 1\na: 2')).toEqual([expect.stringMatching(/^2:1 : no valid YAML: .*unique/)]);
  });

  test('the message is one that editors jump to', () => {
    expect(() => withMore('zebra: 1')).toThrow('p.yaml cannot be used:\n  p.yaml:4:1: zebra: there is no such setting');
    expect(() => loadConfig('/nowhere/x.yaml', {}, backendKinds)).toThrow('/nowhere/x.yaml: cannot be read');
  });
});

describe('environment variables', () => {
  test('a variable that is not set is told with its place', () => {
    expect(problemsWith('dataFolder: "${POSTRIDER_DATA}"')).toEqual([
      expect.stringMatching(/^4:13 POSTRIDER_DATA: the environment variable is not set/),
    ]);
  });

  test('a text without quotes is read as if it stood in the file', () => {
    expect(withMore('allowNonProvisionable: ${X}', { X: 'true' }).allowNonProvisionable).toBe(true);
    expect(withMore('heartbeats:\n  minSeconds: ${X:-90}').heartbeats.minSeconds).toBe(90);
    expect(withMore('webhook: {secret: "${X}"}', { X: '1234567890123456' }).webhook?.secret).toBe('1234567890123456');
  });

  test('what becomes empty is left out, groups too', () => {
    const more =
      'publicUrl: ${A:-}\nwebhook:\n  secret: ${B:-}\nobserve:\n  address: ${C:-}\nredis:\n  url: ${REDIS_URL:-}\n  caFile: ${REDIS_CA_FILE:-}\n';
    const config = withMore(more);
    expect([config.publicUrl, config.webhook, config.observe]).toEqual([undefined, undefined, undefined]);
    expect([config.state, config.redis]).toEqual([{ file: 'state.db' }, undefined]);
    expect(withMore(more, { REDIS_URL: '' }).redis).toBeUndefined();
    expect(withMore(more, { REDIS_URL: 'redis://h' }).redis).toEqual({
      url: { mode: 'single', hosts: [{ host: 'h', port: 6379 }], db: 0, tls: false },
      prefix: 'postrider',
      replicas: 1,
    });
    expect(withMore(more, { C: '127.0.0.1:9' }).observe).toEqual({ address: { host: '127.0.0.1', port: 9 } });
  });

  test('what a variable holds is a value, never YAML', () => {
    expect(problemsWith('publicUrl: ${A}', { A: 'https://h\nlogLevel: silent' })).toEqual([
      expect.stringContaining('publicUrl'),
    ]);
    expect(withMore('dataFolder: ${A}', { A: '[x, y]' }).dataFolder).toBe('[x, y]');
  });

  test('null that stands in the file stays null', () => {
    expect(withMore('policy: {maxAttachmentSize: ~}').policy).toEqual({ maxAttachmentSize: null });
  });
});
