import { describe, expect, test } from '@jest/globals';
import { body, echo, failing } from './echo.ts';
import { ask, basic, startedServers } from './fixture.ts';

const start = startedServers();

describe('passwords', () => {
  const Wrong: [what: string, authorization: string | undefined][] = [
    ['none', undefined],
    ['a wrong one', basic('anna', 'falsch')],
    ['an unknown user', basic('nobody', 'geheim')],
    ['another scheme', 'Bearer abc'],
    ['no colon', `Basic ${Buffer.from('anna').toString('base64')}`],
    ['a CR LF in the user', basic('anna\r\nx', 'geheim')],
    ['a NUL in the password', basic('anna', 'geheim\0')],
    ['a wildcard', basic('*', 'geheim')],
    ['a quote', basic('anna"', 'geheim')],
    ['an LDAP filter', basic('anna)(uid=*', 'geheim')],
    ['a path', basic('../ben', 'geheim')],
    ['a master user', basic('anna*master', 'geheim')],
    ['another domain', basic('anna@example.com', 'geheim')],
  ];
  test.each(Wrong)('%s: 401 with a challenge, never a stack (MS-ASHTTP_R523)', async (_what, authorization) => {
    const { url } = await start({ commands: [echo] });
    const reply = await ask(url, { headers: { Authorization: authorization }, body });
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([
      401,
      'Basic realm="Postrider", charset="UTF-8"',
    ]);
    expect(reply.body.toString()).not.toMatch(/\.ts|Error/);
  });

  test('a backend that is down: 503, never 401', async () => {
    const { url, backend } = await start({ commands: [echo] });
    backend.down = true;
    const reply = await ask(url, { body });
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '7']);
  });

  test('are never logged', async () => {
    const { url, log, served } = await start({ commands: [failing(new Error('x'))] });
    await ask(url, { body });
    await ask(url, { headers: { Authorization: basic('anna', 'falsches') }, body });
    const all = JSON.stringify([log.entries, served]);
    expect(all).toContain('anna@example.org');
    expect(all).not.toMatch(/geheim|falsches|Basic/);
  });
});
