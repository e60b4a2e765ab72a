import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { plainMessage } from '../../servers/mail.ts';
import { type DovecotBench, startBench } from './dovecot-account.ts';
import { loginOf, openImap } from './harness.ts';
import { startRelay } from './relay.ts';
import { startScript } from './scripted-server.ts';

let bench: DovecotBench;
beforeAll(async () => {
  bench = await startBench({ connectionsPerUser: 4, extra: 'login_trusted_networks = 127.0.0.1' });
}, 40_000);
afterAll(() => bench.stop());

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error) => error.code,
  );

describe('proof of a password', () => {
  test('asks the server each time, and its connection then works', async () => {
    const { relay, backend, login, mail } = await bench.account();
    expect(await backend.prove?.(login)).toBe(true);
    await mail.list('INBOX', undefined);
    expect(relay.opened).toBe(1);
    expect(await backend.prove?.(login)).toBe(true);
    expect(relay.opened).toBe(2);
  });

  test('of a wrong password is refused although the right one has a warm connection', async () => {
    const { relay, backend, login, mail } = await bench.account();
    await mail.list('INBOX', undefined);
    expect(await backend.prove?.({ ...login, password: 'wrong' })).toBe(false);
    await mail.list('INBOX', undefined);
    expect(relay.opened).toBe(2);
  });

  test('a wrong password never works with what the right one opened', async () => {
    const { backend, login, mail } = await bench.account();
    await mail.list('INBOX', undefined);
    const wrong = backend.account({ ...login, password: 'wrong' });
    expect(await codeOf(wrong.mail?.list('INBOX', undefined) ?? Promise.resolve())).toBe('loginRefused');
    expect(await codeOf(wrong.folders?.list() ?? Promise.resolve())).toBe('loginRefused');
    const listener = { moved: () => undefined, hierarchyChanged: () => undefined, lost: () => undefined };
    expect(await codeOf(wrong.watch?.open(['INBOX'], listener) ?? Promise.resolve())).toBe('loginRefused');
    expect((await mail.list('INBOX', undefined)).ids.isEmpty).toBe(true);
  });

  test('that cannot be told is unavailable, not refused', async () => {
    const relay = await startRelay(bench.dovecot.port);
    await relay.close();
    const backend = openImap(relay.port);
    await expect(backend.prove?.(loginOf('anna'))).rejects.toMatchObject({ code: 'unavailable', retryAfter: 30 });
    await backend.close();
  });

  test('without encryption is not even tried off loopback', async () => {
    const server = await startScript([]);
    const backend = openImap(server.port, { caFile: bench.dovecot.caFile });
    await expect(backend.prove?.(loginOf('anna'))).rejects.toMatchObject({ code: 'unavailable' });
    expect(server.heard.filter((line) => /LOGIN|AUTHENTICATE/.test(line))).toEqual([]);
    await backend.close();
    await server.close();
  });
});

describe('encryption', () => {
  test.each([
    ['IMAPS', () => `imaps://localhost:${bench.dovecot.imapsPort}`],
    ['STARTTLS', () => `imap://localhost:${bench.dovecot.port}`],
  ])('by %s with a private authority', async (_, url) => {
    const backend = openImap(0, { url: url(), caFile: bench.dovecot.caFile });
    expect(await backend.prove?.(loginOf('anna@postrider.test'))).toBe(true);
    await backend.close();
  });

  test('with a certificate that nobody vouches for is refused as unavailable', async () => {
    const backend = openImap(0, { url: `imaps://localhost:${bench.dovecot.imapsPort}` });
    expect(await codeOf(backend.prove?.(loginOf('anna')) ?? Promise.resolve())).toBe('unavailable');
    await backend.close();
  });

  test('needs a file of authorities that can be read', () => {
    expect(() => openImap(0, { caFile: '/nonexistent.pem' })).toThrow('/nonexistent.pem');
  });
});

describe('what the server answers to a login', () => {
  test.each([
    ['NO [AUTHENTICATIONFAILED] no', false],
    ['NO wrong', false],
    ['NO [AUTHORIZATIONFAILED] no', false],
    ['NO [EXPIRED] password expired', false],
    ['NO [UNAVAILABLE] Temporary authentication failure', 'unavailable'],
    ['NO [INUSE] mailbox locked', 'unavailable'],
    ['NO [LIMIT] too many', 'unavailable'],
    ['NO [SERVERBUG] oops', 'unavailable'],
    ['NO [CONTACTADMIN] see admin', 'unavailable'],
    ['BAD what?', 'unavailable'],
  ])('%s', async (answer, outcome) => {
    const server = await startScript([[/^LOGIN|^AUTHENTICATE/, answer]]);
    const backend = openImap(server.port, { timeoutSeconds: 5 });
    const proof = await backend.prove?.(loginOf('anna')).catch((error) => error.code);
    expect(proof).toBe(outcome);
    await backend.close();
    await server.close();
  });

  test('is nothing at all: unavailable after a while', async () => {
    const server = await startScript([[/^LOGIN/, undefined]]);
    const backend = openImap(server.port, { timeoutSeconds: 2 });
    await expect(backend.prove?.(loginOf('anna'))).rejects.toMatchObject({ code: 'unavailable' });
    await backend.close();
    await server.close();
  }, 20_000);

  test('beyond the limit of connections is unavailable, not refused', async () => {
    const { login } = await bench.account();
    const backends = Array.from({ length: 6 }, () => openImap(bench.dovecot.port));
    const outcomes = [];
    for (const backend of backends) {
      outcomes.push(await backend.prove?.(login).catch((error) => error.code));
    }
    expect(outcomes[0]).toBe(true);
    expect(outcomes.at(-1)).toBe('unavailable');
    expect(outcomes).not.toContain(false);
    await Promise.all(backends.map((backend) => backend.close()));
  });
});

describe('a master user', () => {
  test.each(['authzid', 'separator'] as const)(
    'opens the mailbox by %s; the proof stays the user’s own',
    async (form) => {
      const { user, password } = bench.dovecot.master;
      const { login, outside } = await bench.account();
      await outside.append('INBOX', Buffer.from(plainMessage('for the master')));
      const backend = openImap(bench.dovecot.port, { masterUser: { user, password, form } });
      expect(await backend.prove?.({ ...login, password: 'wrong' })).toBe(false);
      expect(await backend.prove?.(login)).toBe(true);
      const { mail } = backend.account({ ...login, password: 'from elsewhere' });
      expect((await mail?.list('INBOX', undefined))?.ids.size).toBe(1);
      await backend.close();
    },
  );

  test('is not reached by a name that holds the separator', async () => {
    const { user, password } = bench.dovecot.master;
    const backend = openImap(bench.dovecot.port, { masterUser: { user, password, form: 'separator' } });
    const { mail } = backend.account(loginOf(`anna*${user}`));
    expect(await codeOf(mail?.list('INBOX', undefined) ?? Promise.resolve())).toBe('loginRefused');
    await backend.close();
  });
});

describe('user names and passwords', () => {
  test.each([['a\r\nb LOGOUT'], ['a\nb'], ['a\0b'], [''], ['a\tb']])('%j never reach the server', async (user) => {
    const { relay, backend, login } = await bench.account();
    expect(await backend.prove?.({ ...login, user })).toBe(false);
    expect(await backend.prove?.({ ...login, password: user })).toBe(false);
    expect(relay.opened).toBe(0);
  });

  test.each([['"quoted"'], ['back\\slash'], ['50%*'], ['jörg'], ['a b'], ['(x)'], ['{5}'], ['dom\\user']])(
    '%j are sent as they are',
    async (odd) => {
      const server = await startScript([[/^LOGIN|^AUTHENTICATE/, 'NO [AUTHENTICATIONFAILED] no']]);
      const backend = openImap(server.port);
      expect(await backend.prove?.({ account: 'x', user: odd, password: `${odd}!` })).toBe(false);
      const login = server.heard.find((line) => line.startsWith('LOGIN')) ?? '';
      const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
      expect(Buffer.from(login, 'latin1').toString('utf8')).toBe(`LOGIN ${quote(odd)} ${quote(`${odd}!`)}`);
      await backend.close();
      await server.close();
    },
  );
});

describe('the client’s address', () => {
  test('is passed on: Dovecot logs it as its own peer', async () => {
    const { login } = await bench.account();
    const backend = openImap(bench.dovecot.port);
    expect(await backend.prove?.({ ...login, clientAddress: '203.0.113.77' })).toBe(true);
    expect(await bench.dovecot.log()).toContain('rip=203.0.113.77');
    await backend.close();
  });

  test('that is none is left out', async () => {
    const server = await startScript([[/^LOGIN|^AUTHENTICATE/, 'NO no']]);
    const backend = openImap(server.port);
    await backend.prove?.({ ...loginOf('anna'), clientAddress: '1.2.3.4"\r\nx' });
    expect(server.heard.find((line) => line.startsWith('ID'))).not.toContain('originating');
    await backend.close();
    await server.close();
  });
});
