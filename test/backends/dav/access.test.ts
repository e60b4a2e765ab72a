import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { codeOf } from '../../../backends/contract/test-kit/harness.ts';
import { Access, readChallenges } from '../../../backends/dav/access.ts';
import { loginOf, openDav } from './harness.ts';
import { type Asked, calendarProps, multistatus, type Said, scriptedDav } from './scripted-server.ts';

const url = new URL('http://www.example.org/dir/index.html');
const get = { method: 'GET', url };
const mufasa = { user: 'Mufasa', password: 'Circle of Life' };

describe('a challenge', () => {
  test.each([
    ['Basic realm="a, b", Digest realm="x", nonce="n\\"1", qop="auth, auth-int", stale=TRUE', ['basic', 'digest']],
    ['Negotiate, Digest nonce=abc,realm="r"', ['negotiate', 'digest']],
    ['digest realm="r" , nonce="1", Digest realm="r", nonce="2", algorithm=SHA-256', ['digest', 'digest']],
    ['', []],
    ['"?', []],
  ])('%j is read', (header, schemes) => {
    expect(readChallenges(header).map(({ scheme }) => scheme)).toEqual(schemes);
  });

  test('has its parameters, quoted or not', () => {
    const [, digest] = readChallenges('Basic realm="a, b", Digest Realm="x", nonce="n\\"1", stale=TRUE');
    expect([...(digest?.parameters ?? [])]).toEqual([
      ['realm', 'x'],
      ['nonce', 'n"1'],
      ['stale', 'TRUE'],
    ]);
  });
});

describe('the answer to a Digest challenge', () => {
  const answer = (header: string, cnonce: string, as = mufasa, request = get) => {
    const access = new Access('digest', () => cnonce);
    expect(access.authorization(as, request)).toBeUndefined();
    expect(access.challenged(as, request, header)).toBe(true);
    return access.authorization(as, request) ?? '';
  };
  const field = (authorization: string, name: string) =>
    new RegExp(`[ ,]${name}="?([^",]*)"?(?:,|$)`).exec(authorization)?.[1];

  // RFC 7616, 3.9.1.
  const rfc7616 = (algorithm: string) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';

  test.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('by %s is that of RFC 7616', (algorithm, response) => {
    const given = answer(rfc7616(algorithm), cnonce);
    expect(field(given, 'response')).toBe(response);
    expect(['uri', 'qop', 'nc', 'opaque', 'algorithm'].map((name) => field(given, name))).toEqual([
      ...['/dir/index.html', 'auth', '00000001', 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS', algorithm],
    ]);
  });

  test('is by the strongest that there is', () => {
    expect(field(answer(`${rfc7616('MD5')}, ${rfc7616('SHA-256')}`, cnonce), 'algorithm')).toBe('SHA-256');
  });

  test('of RFC 2617, which names no algorithm', () => {
    const header =
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
    const given = answer(header, '0a4f113b', { user: 'Mufasa', password: 'Circle Of Life' });
    expect(field(given, 'response')).toBe('6629fae49393a05397450978507c4ef1');
    expect(field(given, 'algorithm')).toBeUndefined();
  });

  test('of RFC 2069, without qop', () => {
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const given = answer('Digest realm="r", nonce="n"', 'c');
    const wanted = md5(`${md5('Mufasa:r:Circle of Life')}:n:${md5('GET:/dir/index.html')}`);
    expect([field(given, 'response'), field(given, 'qop'), field(given, 'cnonce')]).toEqual([
      wanted,
      undefined,
      undefined,
    ]);
  });

  test('of a session, with a query in the address and names that need quoting', () => {
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const request = { method: 'REPORT', url: new URL('http://x.test/a?b=c') };
    const as = { user: 'a"b', password: 'ü' };
    const given = answer('Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess', 'c', as, request);
    const first = md5(`${md5('a"b:r:ü')}:n:c`);
    expect(field(given, 'response')).toBe(md5(`${first}:n:00000001:c:auth:${md5('REPORT:/a?b=c')}`));
    expect(given).toContain('username="a\\"b"');
  });

  test('counts, and never uses the nonce of another user', () => {
    const access = new Access('digest', () => 'c');
    access.challenged(mufasa, get, 'Digest realm="r", nonce="n", qop="auth"');
    const counts = [1, 2, 3].map(() => field(access.authorization(mufasa, get) ?? '', 'nc'));
    expect(counts).toEqual(['00000001', '00000002', '00000003']);
    expect(access.authorization({ user: 'Simba', password: 'x' }, get)).toBeUndefined();
  });
});

describe('which scheme is taken', () => {
  const both = 'Basic realm="r", Digest realm="r", nonce="n", qop="auth"';
  const digest = 'Digest realm="r", nonce="n", qop="auth"';
  test.each([
    ['auto', both, false],
    ['auto', digest, true],
    ['auto', 'Digest realm="r", nonce="n", qop="auth-int"', false],
    ['auto', 'Digest realm="r", nonce="n", algorithm=TIGER', false],
    ['auto', undefined, false],
    ['basic', digest, false],
    ['digest', both, true],
  ] as const)('%s and %s: asked again: %s', (scheme, header, again) => {
    expect(new Access(scheme).challenged(mufasa, get, header)).toBe(again);
  });
});

/** A server that takes Digest alone, and each nonce so many times. */
const digestServer = async (usesPerNonce = 1_000) => {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  let [nonce, uses] = [0, 0];
  const challenge = (): Said => {
    nonce++;
    uses = 0;
    return { status: 401, headers: { 'www-authenticate': `Digest realm="dav", nonce="n${nonce}", qop="auth"` } };
  };
  const isRight = ({ method, path, headers }: Asked): boolean => {
    const fields = new Map(
      [...(headers.authorization ?? '').matchAll(/(\w+)="?([^",]*)"?/g)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    );
    const [count, cnonce] = [fields.get('nc'), fields.get('cnonce')];
    const secret = `${md5('anna:dav:secret')}:n${nonce}:${count}:${cnonce}:auth:${md5(`${method}:${path}`)}`;
    return fields.get('nonce') === `n${nonce}` && ++uses <= usesPerNonce && fields.get('response') === md5(secret);
  };
  const server = await scriptedDav((asked) => {
    if (!isRight(asked)) return challenge();
    return asked.method === 'PROPFIND'
      ? multistatus([{ href: '/cal/anna/work/', props: calendarProps('Work') }])
      : undefined;
  });
  return server;
};

describe('a server that takes Digest alone', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  });
  const open = async (settings: object = {}, usesPerNonce?: number) => {
    const server = await digestServer(usesPerNonce);
    const backend = openDav('VEVENT', { url: server.url, home: '/cal/{user}/', create: false, ...settings });
    opened.push(server, backend);
    return { server, backend };
  };
  const anna = loginOf({ user: 'anna', password: 'secret' });
  const sentWith = (asked: readonly Asked[]) => asked.map(({ headers }) => headers.authorization?.split(' ')[0]);

  test('proves passwords', async () => {
    const { backend } = await open();
    expect(await backend.prove(anna)).toBe(true);
    expect(await backend.prove(loginOf({ user: 'anna', password: 'wrong' }))).toBe(false);
  });

  test('is asked by Basic once, and by Digest without being asked from then on', async () => {
    const { server, backend } = await open();
    for (let i = 0; i < 3; i++) await backend.account(anna).folders?.list();
    expect(sentWith(server.asked)).toEqual(['Basic', 'Digest', 'Digest', 'Digest']);
  });

  test('never sees a password where the settings say so', async () => {
    const { server, backend } = await open({ authentication: 'digest' });
    await backend.account(anna).folders?.list();
    expect(sentWith(server.asked)).toEqual([undefined, 'Digest']);
  });

  test('may let a nonce become too old without saying so', async () => {
    const { backend } = await open({}, 1);
    for (let i = 0; i < 3; i++) expect((await backend.account(anna).folders?.list())?.length).toBe(1);
  });

  test('is not asked by Digest where the settings say Basic', async () => {
    const { backend } = await open({ authentication: 'basic' });
    expect(await codeOf(Promise.resolve(backend.account(anna).folders?.list()))).toBe('loginRefused');
  });
});
