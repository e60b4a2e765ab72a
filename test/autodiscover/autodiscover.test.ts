import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { XMLParser } from 'fast-xml-parser';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { autodiscoverRoutes } from '../../src/autodiscover/routes.ts';
import { clientAddressReader } from '../../src/http/client-address.ts';
import { ask, basic, CountingBackend, type Fixture, recordingLog, startServer } from '../http/fixture.ts';
import { FakeClock } from '../support/fake-clock.ts';

const Mobile = 'http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006';
const Outlook = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a';
const Endpoint = 'https://mail.example.org/Microsoft-Server-ActiveSync';

const requestXml = (address = 'anna@example.org', schema = Mobile): string =>
  `<?xml version="1.0" encoding="utf-8"?>
  <Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006">
    <Request><EMailAddress>${address}</EMailAddress>
    <AcceptableResponseSchema>${schema}</AcceptableResponseSchema></Request></Autodiscover>`;

let fixture: Fixture;
let backend: CountingBackend;

beforeEach(async () => {
  backend = new CountingBackend();
  const [clock, log] = [new FakeClock(), recordingLog()];
  const random = (length: number): Uint8Array => randomBytes(length);
  const authenticator = createAuthenticator({ accounts: { domains: ['example.org'] } }, backend, clock, random);
  const services = { authenticator, clock, random, log, clientAddress: clientAddressReader([]) };
  fixture = await startServer({
    services: { routes: autodiscoverRoutes({ publicUrl: 'https://mail.example.org' }, services) },
  });
});
afterEach(() => fixture.server.close());

const post = (
  body: string,
  headers: Record<string, string | undefined> = {},
  path = '/autodiscover/autodiscover.xml',
) => ask(fixture.url, { path, headers: { 'Content-Type': 'text/xml', ...headers }, body });

const parsed = (body: Buffer) => new XMLParser({ ignoreAttributes: false }).parse(body.toString());

describe('plain XML (MS-ASCMD 2.2.1.1)', () => {
  test('tells where the server is (MS-ASCMD_R3890)', async () => {
    const reply = await post(requestXml());
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'text/xml; charset=utf-8']);
    const { Autodiscover } = parsed(reply.body);
    expect(Autodiscover['@_xmlns']).toBe('http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006');
    expect(Autodiscover.Response).toEqual({
      '@_xmlns': Mobile,
      Culture: 'en:us',
      User: { DisplayName: 'anna@example.org', EMailAddress: 'anna@example.org' },
      Action: { Settings: { Server: { Type: 'MobileSync', Url: Endpoint, Name: Endpoint } } },
    });
  });

  test.each(['/Autodiscover/Autodiscover.xml', '/AUTODISCOVER/AUTODISCOVER.XML'])('under %s, too', async (path) => {
    expect((await post(requestXml(), {}, path)).body.toString()).toContain(Endpoint);
  });

  test.each(['text/html', 'application/xml', undefined])('with Content-Type %s (MS-ASHTTP_R314)', async (type) => {
    expect((await post(requestXml(), { 'Content-Type': type })).body.toString()).toContain(Endpoint);
  });

  const Wrong: [what: string, body: string, code: number][] = [
    ['no body', '', 600],
    ['no XML', 'hello', 600],
    ['another root', '<a/>', 600],
    ['no address', requestXml(''), 600],
    ['no real address', requestXml('anna'), 600],
    ['no schema', requestXml(undefined, ''), 600],
    ['a schema of Outlook', requestXml(undefined, Outlook), 601],
    ['entities', `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${requestXml('&x;')}`, 600],
    ['deep nesting', '<a>'.repeat(4000), 600],
  ];
  test.each(Wrong)('%s: an error of its own', async (_what, body, code) => {
    const reply = await post(body);
    const { Response } = parsed(reply.body).Autodiscover;
    expect(reply.status).toBe(200);
    expect(Response.Error).toMatchObject({
      ErrorCode: code,
      '@_Time': expect.stringMatching(/^\d\d:\d\d:\d\d/),
      '@_Id': expect.stringMatching(/^\d+$/),
    });
    expect(Response.Action).toBeUndefined();
  });

  test('a body that is too large: 413', async () => {
    expect((await post('x'.repeat(20_000))).status).toBe(413);
  });

  test('wants a password: 401 with a challenge, 503 when nobody can tell', async () => {
    for (const authorization of [undefined, basic('anna', 'falsch')]) {
      const reply = await post(requestXml(), { Authorization: authorization });
      expect([reply.status, reply.headers['www-authenticate']]).toEqual([401, expect.stringContaining('Basic realm')]);
    }
    backend.down = true;
    const reply = await post(requestXml());
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '7']);
  });

  test('a GET with the right password gets error 600, as administrators expect', async () => {
    const reply = await ask(fixture.url, { method: 'GET', path: '/autodiscover/autodiscover.xml' });
    expect(reply.body.toString()).toContain('<ErrorCode>600</ErrorCode>');
  });
});

describe('JSON v2', () => {
  const get = async (path: string): Promise<[number, unknown]> => {
    const reply = await ask(fixture.url, { method: 'GET', path, headers: { Authorization: undefined } });
    expect(reply.headers['content-type']).toContain('application/json');
    return [reply.status, JSON.parse(reply.body.toString())];
  };
  const found = { Protocol: 'ActiveSync', Url: Endpoint };

  test.each([
    '/autodiscover/autodiscover.json/v1.0/anna@example.org?Protocol=ActiveSync',
    '/Autodiscover/Autodiscover.json/v1.0/anna%40example.org?protocol=activesync',
    '/autodiscover/autodiscover.json?Email=anna@example.org&Protocol=ActiveSync',
    '/autodiscover/autodiscover.json?email=anna%40example.org&PROTOCOL=ACTIVESYNC&RedirectCount=1',
    '/autodiscover/autodiscover.json?Email=nobody@example.org&Protocol=ActiveSync',
  ])('%s', async (path) => {
    expect(await get(path)).toEqual([200, found]);
  });

  test('tells of the plain XML, too', async () => {
    const [, body] = await get('/autodiscover/autodiscover.json?Email=a@b.c&Protocol=AutodiscoverV1');
    expect(body).toEqual({ Protocol: 'AutodiscoverV1', Url: 'https://mail.example.org/autodiscover/autodiscover.xml' });
  });

  test.each([
    ['?Email=a@b.c', 'MandatoryParameterMissing'],
    ['?Email=a@b.c&Protocol=EWS', 'InvalidProtocol'],
    ['?Email=a@b.c&Protocol=constructor', 'InvalidProtocol'],
    ['?Protocol=ActiveSync', 'InvalidUserId'],
    ['/v1.0/anna?Protocol=ActiveSync', 'InvalidUserId'],
  ])('%s: %s', async (rest, code) => {
    const [status, body] = await get(`/autodiscover/autodiscover.json${rest}`);
    expect([status, body]).toMatchObject([400, { ErrorCode: code }]);
  });

  test('asks nobody for a password', async () => {
    await get('/autodiscover/autodiscover.json?Email=anna@example.org&Protocol=ActiveSync');
    expect(backend.logins).toEqual([]);
  });
});
