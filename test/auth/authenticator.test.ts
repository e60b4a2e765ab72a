import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Authenticator, createAuthenticator, type Presented } from '../../src/auth/authenticator.ts';
import { LoginRefused, LoginsThrottled } from '../../src/auth/errors.ts';
import { DefaultProof } from '../../src/auth/proof.ts';
import { DefaultThrottle } from '../../src/auth/throttle.ts';
import { basic, CountingBackend } from '../http/fixture.ts';
import { FakeClock } from '../support/fake-clock.ts';

const Minute = 60_000;

let backend: CountingBackend;
let clock: FakeClock;
let door: Authenticator;

beforeEach(() => {
  [backend, clock] = [new CountingBackend(), new FakeClock()];
  const random = (length: number): Uint8Array => randomBytes(length);
  // Time stands still here: nobody shall wait for a turn.
  const pace = { perSecond: 1000, patience: 20_000 };
  door = createAuthenticator({ accounts: { domains: ['example.org'] }, pace }, backend, clock, random);
});

const present = (user: string, password: string, more: Partial<Presented> = {}): Promise<unknown> =>
  door.authenticate({
    authorization: basic(user, password),
    device: 'PHONE1',
    clientAddress: '203.0.113.9',
    addressTold: true,
    ...more,
  });

/** How an attempt ended: `in`, `401` or `503`. */
const outcome = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'in',
    (error: unknown) => (error instanceof LoginRefused ? '401' : '503'),
  );

describe('proof of password', () => {
  test('is asked of the backend with the account, the name upstream and the client address', async () => {
    await present('Anna@Example.org', 'geheim');
    expect(backend.logins).toEqual([
      {
        ...{ account: 'anna@example.org', user: 'anna', password: 'geheim', clientAddress: '203.0.113.9' },
        addresses: ['anna@example.org'],
      },
    ]);
  });

  test('stands for five minutes, and is asked again after that', async () => {
    await present('anna', 'geheim');
    clock.move(DefaultProof.remember - 1);
    await present('anna', 'geheim', { device: 'PHONE2' });
    expect(backend.logins).toHaveLength(1);
    clock.move(1);
    await present('anna', 'geheim');
    expect([DefaultProof.remember, backend.logins.length]).toEqual([5 * Minute, 2]);
  });

  test('is for this password and this account only', async () => {
    await present('anna', 'geheim');
    expect(await outcome(present('anna', 'Geheim'))).toBe('401');
    expect(await outcome(present('ben', 'geheim'))).toBe('401');
    expect(await outcome(present('ben', 'pass'))).toBe('in');
    expect(backend.logins).toHaveLength(4);
  });

  test('asked for at the same time by many devices is one login upstream', async () => {
    let open: () => void = () => {};
    backend.gate = new Promise((resolve) => {
      open = resolve;
    });
    const attempts = Array.from({ length: 50 }, (_, index) => present('anna', 'geheim', { device: `P${index}` }));
    await Promise.resolve();
    open();
    expect(await Promise.all(attempts)).toHaveLength(50);
    expect(backend.logins).toHaveLength(1);
  });

  test('that fails later is dropped, with the connections of the account', async () => {
    await present('anna', 'geheim');
    backend.passwords.set('anna', 'neu');
    clock.move(DefaultProof.remember);
    expect(await outcome(present('anna', 'geheim'))).toBe('401');
    expect(backend.forgotten).toEqual(['anna@example.org']);
    expect(await outcome(present('anna', 'neu'))).toBe('in');
  });

  test('a wrong password does not touch the warm connections of the right one', async () => {
    await present('anna', 'geheim');
    for (const wrong of ['a', 'b', 'c']) expect(await outcome(present('anna', wrong))).toBe('401');
    expect(backend.forgotten).toEqual([]);
    expect(await outcome(present('anna', 'geheim'))).toBe('in');
    expect(backend.logins).toHaveLength(4);
  });

  test('a backend that is down says nothing about the password: unavailable, and nothing is remembered', async () => {
    backend.down = true;
    for (let index = 0; index < 50; index += 1) {
      await expect(present('anna', 'geheim')).rejects.toMatchObject({ code: 'unavailable', retryAfter: 7 });
    }
    backend.down = false;
    expect(await outcome(present('anna', 'geheim'))).toBe('in');
  });

  test('a proved device goes on while the backend is down', async () => {
    await present('anna', 'geheim');
    backend.down = true;
    expect(await outcome(present('anna', 'geheim'))).toBe('in');
  });

  test('withdrawn in the middle of a command: asked again', async () => {
    const session = await door.authenticate({
      authorization: basic('anna', 'geheim'),
      device: 'PHONE1',
      clientAddress: undefined,
      addressTold: false,
    });
    await door.withdraw(session);
    await door.withdraw(session);
    expect(backend.forgotten).toEqual(['anna@example.org']);
    await present('anna', 'geheim');
    expect(backend.logins).toHaveLength(2);
  });
});

describe('a stale phone that repeats a wrong password for an hour', () => {
  test('causes at most 12 upstream logins and disturbs nobody', async () => {
    const stale: string[] = [];
    for (let second = 0; second < 3600; second += 5) {
      stale.push(await outcome(present('anna', 'old', { device: 'STALE' })));
      if (second % 60 === 0) {
        expect(await outcome(present('anna', 'geheim', { device: 'PHONE1' }))).toBe('in');
        expect(await outcome(present('ben', 'pass', { device: 'PHONE3' }))).toBe('in');
      }
      clock.move(5000);
    }
    const upstream = backend.logins.filter(({ password }) => password === 'old');
    expect(upstream.length).toBeGreaterThan(0);
    expect(upstream.length).toBeLessThanOrEqual(12);
    expect(new Set(stale)).toEqual(new Set(['401']));
    expect(backend.forgotten).toEqual([]);
  });

  test('is let in with the right password at once', async () => {
    await outcome(present('anna', 'old', { device: 'STALE' }));
    expect(await outcome(present('anna', 'geheim', { device: 'STALE' }))).toBe('in');
  });

  test('is let in within ten minutes when the password becomes the one that it has', async () => {
    await outcome(present('anna', 'old'));
    backend.passwords.set('anna', 'old');
    clock.move(DefaultProof.refuse);
    expect([await outcome(present('anna', 'old')), DefaultProof.refuse]).toEqual(['in', 10 * Minute]);
  });
});

describe('guessing', () => {
  const guesses = async (count: number, more: (index: number) => Partial<Presented>, user = 'anna') => {
    const seen: string[] = [];
    for (let index = 0; index < count; index += 1) {
      seen.push(await outcome(present(user, `guess ${index}`, more(index))));
    }
    return seen;
  };

  test('by one device ends after 10 passwords in 10 minutes: 503, not a word about the password', async () => {
    const seen = await guesses(15, () => ({}));
    expect(seen).toEqual([...Array(10).fill('401'), ...Array(5).fill('503')]);
    await expect(present('anna', 'geheim')).rejects.toThrow(LoginsThrottled);
    expect(backend.logins).toHaveLength(DefaultThrottle.perDevice);
    clock.move(DefaultThrottle.window);
    expect(await outcome(present('anna', 'geheim'))).toBe('in');
  });

  test('with device ids made up ends after 30; devices that proved the password go on', async () => {
    await present('anna', 'geheim', { device: 'PHONE1' });
    const seen = await guesses(200, (index) => ({ device: `D${index}` }));
    expect(seen.filter((end) => end === '401')).toHaveLength(DefaultThrottle.perAccount);
    clock.move(DefaultProof.remember);
    expect(await outcome(present('anna', 'geheim', { device: 'PHONE1' }))).toBe('in');
    expect(await outcome(present('ben', 'pass', { device: 'PHONE3' }))).toBe('in');
  });

  test('sent all at once does not slip through', async () => {
    const attempts = Array.from({ length: 500 }, (_, index) =>
      outcome(present('anna', `g${index}`, { device: `D${index}` })),
    );
    const seen = await Promise.all(attempts);
    expect(seen.filter((end) => end === '401')).toHaveLength(DefaultThrottle.perAccount);
    expect(backend.logins).toHaveLength(DefaultThrottle.perAccount);
  });

  test('over many accounts from one address, as a trusted proxy tells it, ends after 100', async () => {
    const spray = Array.from({ length: 300 }, (_, index) => `user${index}`);
    const seen: string[] = [];
    for (const user of spray) seen.push(await outcome(present(user, 'Summer2026', { device: 'X' })));
    expect(seen.filter((end) => end === '401')).toHaveLength(DefaultThrottle.perAddress);
    expect(await outcome(present('ben', 'pass', { clientAddress: '203.0.113.10' }))).toBe('in');
  });

  test('an address that no trusted proxy told is shared by all, and not counted', async () => {
    const spray = Array.from({ length: 150 }, (_, index) => `user${index}`);
    for (const user of spray) await outcome(present(user, 'x', { device: 'X', addressTold: false }));
    expect(await outcome(present('ben', 'pass', { addressTold: false }))).toBe('in');
  });

  test('an office of 300 phones behind one address logs in at once', async () => {
    for (let index = 0; index < 300; index += 1) backend.passwords.set(`user${index}`, 'right');
    const attempts = Array.from({ length: 300 }, (_, index) =>
      outcome(present(`user${index}`, 'right', { device: 'X' })),
    );
    expect(new Set(await Promise.all(attempts))).toEqual(new Set(['in']));
  });

  test('tells after how many seconds to come again', async () => {
    await guesses(10, () => ({}));
    clock.move(9 * Minute + 500);
    await expect(present('anna', 'geheim')).rejects.toMatchObject({ name: 'LoginsThrottled', retryAfter: 60 });
  });
});

test('nothing reaches the backend that is no login', async () => {
  for (const authorization of [
    undefined,
    'Bearer x',
    basic('anna\r\n', 'x'),
    basic('x@elsewhere.example', 'x'),
    basic('*', 'x'),
  ]) {
    await expect(
      door.authenticate({ authorization, device: '', clientAddress: undefined, addressTold: false }),
    ).rejects.toThrow(LoginRefused);
  }
  expect(backend.logins).toEqual([]);
});
