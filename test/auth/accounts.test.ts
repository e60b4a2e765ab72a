import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AccountOptions, accountResolver } from '../../src/auth/accounts.ts';

const options: AccountOptions = { domains: ['example.org', 'Example.NET'], windowsDomains: { CORP: 'example.net' } };

describe('accountResolver', () => {
  const resolve = accountResolver(options);

  const Logins: [login: string, name: string][] = [
    ['anna', 'anna@example.org'],
    ['Anna', 'anna@example.org'],
    ['anna@example.org', 'anna@example.org'],
    ['ANNA@EXAMPLE.ORG', 'anna@example.org'],
    ['anna@example.net', 'anna@example.net'],
    ['EXAMPLE\\anna', 'anna@example.org'],
    ['example.net\\anna', 'anna@example.net'],
    ['corp\\anna', 'anna@example.net'],
    ['\\anna', 'anna@example.org'],
    ['EXAMPLE\\anna@example.net', 'anna@example.net'],
    ['jürgen', 'jürgen@example.org'],
    ["o'brien+x", "o'brien+x@example.org"],
  ];
  test.each(Logins)('%s is %s', (login, name) => {
    const result = resolve(login);
    expect(result).toMatchObject({ ok: true, account: { identity: { name, address: name, aliases: [] } } });
  });

  const Refused: [login: string, reason: RegExp][] = [
    ['anna@example.com', /domain/],
    ['anna@', /domain/],
    ['OTHER\\anna', /domain/],
    ['anna@CORP', /domain/],
    ['', /empty/],
    ['@example.org', /empty/],
    [`${'a'.repeat(65)}@example.org`, /too long/],
    ['anna*master', /not allowed/],
    ['anna%', /not allowed/],
    ['an na', /not allowed/],
    ['anna"', /not allowed/],
    ['EXAMPLE\\b\\c', /not allowed/],
    ['a@b@example.org', /not allowed/],
    ['(uid=*)', /not allowed/],
    ['../anna', /not allowed/],
    ['a;b', /not allowed/],
    ['a\u00a0b', /not allowed/],
  ];
  test.each(Refused)('%s is refused', (login, reason) => {
    expect(resolve(login)).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
  });

  const Templates: [template: string | undefined, upstream: string][] = [
    [undefined, 'anna'],
    ['{user}', 'anna'],
    ['{user}@{domain}', 'anna@example.net'],
    ['{address}', 'anna@mail.example.net'],
    ['{domain}+{user}', 'example.net+anna'],
  ];
  test.each(Templates)('upstream name by %s', (upstreamUser, upstream) => {
    const by = accountResolver({ ...options, upstreamUser, address: '{user}@mail.{domain}' });
    expect(by('anna@example.net')).toEqual({
      ok: true,
      account: {
        identity: { name: 'anna@example.net', address: 'anna@mail.example.net', aliases: [] },
        upstreamUser: upstream,
      },
    });
  });

  test.each([
    ['anna', 'anna', 'anna'],
    ['EXAMPLE\\anna', 'anna', 'anna'],
    ['anna@example.org', 'anna@example.org', 'anna@example.org'],
    ['CORP\\anna', 'anna@example.net', 'anna@example.net'],
  ])('by {login}, %s is the account %s and %s upstream', (login, name, upstreamUser) => {
    const by = accountResolver({ ...options, upstreamUser: '{login}' });
    expect(by(login)).toMatchObject({ ok: true, account: { identity: { name }, upstreamUser } });
  });

  test('a user name cannot use the templates', () => {
    const by = accountResolver({ ...options, upstreamUser: '{user}-{domain}' });
    expect(by('{domain}')).toMatchObject({ ok: true, account: { upstreamUser: '{domain}-example.org' } });
  });

  test('keeps case where case means another user', () => {
    const by = accountResolver({ ...options, caseSensitive: true });
    expect(by('Anna')).toMatchObject({
      ok: true,
      account: { identity: { name: 'Anna@example.org' }, upstreamUser: 'Anna' },
    });
  });

  test('two domains of one first label: it means the first', () => {
    const by = accountResolver({ domains: ['mail.org', 'mail.net'] });
    expect(by('MAIL\\anna')).toMatchObject({ ok: true, account: { identity: { name: 'anna@mail.org' } } });
  });

  test('no domain is an error', () => {
    expect(() => accountResolver({ domains: [] })).toThrow(/domain/);
  });

  test('whatever is accepted is one address of a served domain', () => {
    fc.assert(
      fc.property(fc.string(), (login) => {
        const result = resolve(login);
        if (result.ok) expect(result.account.identity.name).toMatch(/^[^\s@"*%\\()/]+@example\.(org|net)$/u);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the name as it was typed', () => {
  const typed = accountResolver({ domains: ['example.org', 'second.test'], upstreamUser: '{login}' });
  test.each([
    ['anna', 'anna', 'anna', 'anna@example.org'],
    ['Anna@Example.org', 'anna@example.org', 'anna@example.org', 'anna@example.org'],
    ['EXAMPLE\\anna', 'anna', 'anna', 'anna@example.org'],
    ['second\\anna', 'anna@second.test', 'anna@second.test', 'anna@second.test'],
    ['second\\anna@example.org', 'anna@example.org', 'anna@example.org', 'anna@example.org'],
  ])('%s is sent as %s, for an account of its own', (login, upstreamUser, name, address) => {
    expect(typed(login)).toEqual({ ok: true, account: { identity: { name, address, aliases: [] }, upstreamUser } });
  });
});
