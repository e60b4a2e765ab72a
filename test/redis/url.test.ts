import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRedisUrl, redisName } from '../../src/redis/url.ts';

const single = { mode: 'single', db: 0, tls: false } as const;

describe('addresses of Redis', () => {
  test.each([
    ['redis://h', { ...single, hosts: [{ host: 'h', port: 6379 }] }],
    ['rediss://h:1/7', { ...single, tls: true, db: 7, hosts: [{ host: 'h', port: 1 }] }],
    ['redis://[::1]:2', { ...single, hosts: [{ host: '::1', port: 2 }] }],
    ['redis://:p%40%2Fx@h', { ...single, password: 'p@/x', hosts: [{ host: 'h', port: 6379 }] }],
    ['redis://u:p@h', { ...single, username: 'u', password: 'p', hosts: [{ host: 'h', port: 6379 }] }],
    [
      'redis+sentinel://a,b:5/master/3',
      {
        mode: 'sentinel',
        hosts: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 5 },
        ],
        master: 'master',
        db: 3,
        tls: false,
      },
    ],
    [
      'rediss+cluster://:p@a:1,b',
      {
        mode: 'cluster',
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 6379 },
        ],
        db: 0,
        tls: true,
        password: 'p',
      },
    ],
  ])('%s', (url, expected) => {
    expect(parseRedisUrl(url)).toEqual(expected);
  });

  test.each([
    ['http://h', /must be of the form redis:\/\//],
    ['redis:h', /must be of the form/],
    ['redis://', /must be of the form/],
    ['redis://a,b', /several servers: say redis\+sentinel/],
    ['redis://h:70000', /h:70000: no host:port/],
    ['redis+cluster://a,,b', /an empty host/],
    ['redis://h/one', /\/one: no number of a database/],
    ['redis+cluster://h/1', /only database 0/],
    ['redis+sentinel://h', /must end in the name that the Sentinels know/],
    ['redis://:%zz@h', /write % as %25/],
  ])('%s is refused', (url, reason) => {
    expect(() => parseRedisUrl(url)).toThrow(reason);
  });

  test('no message holds a user or a password', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{6}$/), fc.constantFrom('h', 'h:0', 'a,b', 'h/x', ''), (secret, rest) => {
        const told = (() => {
          try {
            return redisName(parseRedisUrl(`redis://${secret}:${secret}@${rest}`));
          } catch (error) {
            return (error as Error).message;
          }
        })();
        expect(told).not.toContain(secret);
      }),
    );
  });

  test('are named in messages as they were given', () => {
    for (const url of ['redis://h:1', 'rediss+cluster://a:1,[::1]:2', 'redis+sentinel://s:3/master'])
      expect(redisName(parseRedisUrl(url))).toBe(url);
  });
});
