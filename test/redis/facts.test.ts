import { describe, expect, test } from '@jest/globals';
import { redisLines } from '../../src/cli/state-check.ts';
import { evicts, type RedisFacts, readFacts } from '../../src/redis/facts.ts';
import { countReplicas } from '../../src/state/redis-replicas.ts';

const Info = [
  '# Server',
  'redis_version:7.0.15',
  '# Memory',
  'used_memory:90000000',
  'maxmemory:100000000',
  'maxmemory_policy:noeviction',
  '# Persistence',
  'aof_enabled:1',
  '# Replication',
  'role:master',
  'connected_slaves:4',
  'slave0:ip=10.0.0.2,port=6379,state=online,offset=42,lag=0',
  'slave1:ip=10.0.0.3,port=6379,state=wait_bgsave,offset=0,lag=0',
  'slave2:ip=10.0.0.4,port=6379,state=online,offset=7,lag=11',
  'slave3:ip=10.0.0.5,port=6379,state=online,offset=42,lag=10',
  '',
].join('\r\n');

const good: RedisFacts = {
  server: 'h:1',
  version: '7.0.15',
  appendOnly: true,
  evictionPolicy: 'noeviction',
  maxMemory: 0,
  usedMemory: 2_000_000,
  replicas: 1,
};

const linesOf = (changes: Partial<RedisFacts>, wanted = 1): Record<string, string> =>
  Object.fromEntries(
    redisLines({ ...good, ...changes }, wanted).map(({ ok, what, meaning }) => [what, `${ok} ${meaning}`]),
  );

describe('what Redis tells of itself', () => {
  test('is read from INFO', () => {
    expect(readFacts('h:1', Info)).toEqual({
      ...good,
      maxMemory: 100_000_000,
      usedMemory: 90_000_000,
      replicas: 3,
    });
  });

  test('replicas that are still loading, or silent for more than ten seconds, are not waited for', () => {
    expect(countReplicas(Info)).toBe(2);
    expect(countReplicas('role:slave\r\nmaster_host:h')).toBe(0);
  });

  test('state is thrown away only by a policy for all keys, with a limit', () => {
    expect(evicts({ ...good, evictionPolicy: 'allkeys-lfu', maxMemory: 1 })).toBe(true);
    expect(evicts({ ...good, evictionPolicy: 'allkeys-lfu' })).toBe(false);
    expect(evicts({ ...good, evictionPolicy: 'volatile-lfu', maxMemory: 1 })).toBe(false);
  });
});

describe('what check says of it', () => {
  test('all is well', () => {
    expect(linesOf({})).toEqual({
      'h:1 version': 'true 7.0.15',
      'h:1 appendonly': 'true yes: what was stored survives a restart',
      'h:1 maxmemory-policy': 'true noeviction: nothing is thrown away when memory is full',
      'h:1 replicas': 'true 1 connected; a change counts once 1 have it',
      'h:1 memory': 'true 2.0 MB used, no limit: watch the memory of the machine',
    });
  });

  test.each([
    [{ version: '5.0.7' }, 'h:1 version', /^false 5\.0\.7; older than 6/],
    [{ appendOnly: false }, 'h:1 appendonly', /^false no: .*Set `appendonly yes`/],
    [
      { evictionPolicy: 'allkeys-lru' },
      'h:1 maxmemory-policy',
      /^false allkeys-lru: .*load everything anew.*noeviction/,
    ],
    [{ evictionPolicy: 'volatile-ttl' }, 'h:1 maxmemory-policy', /^missing volatile-ttl: .*noeviction/],
    [{ replicas: 0 }, 'h:1 replicas', /^missing none: .*Add a replica/],
    [{ maxMemory: 4_000_000 }, 'h:1 memory', /^true 2\.0 MB of 4\.0 MB used$/],
    [{ maxMemory: 2_500_000 }, 'h:1 memory', /^false 2\.0 MB of 2\.5 MB used: .*Raise maxmemory/],
  ])('%j', (changes, what, expected) => {
    expect(linesOf(changes)[what]).toMatch(expected);
  });

  test('replicas count by what the configuration asks for', () => {
    expect(linesOf({ replicas: 1 }, 2)['h:1 replicas']).toMatch(/^missing 1 connected, redis\.replicas asks for 2/);
    expect(linesOf({ replicas: 1 }, 0)['h:1 replicas']).toMatch(/^true 1 connected; none is waited for/);
  });
});
