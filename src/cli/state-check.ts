import type { CheckLine } from '../../backends/contract/backend.ts';
import { createLog } from '../observe/log.ts';
import { evicts, type RedisFacts } from '../redis/facts.ts';
import { redisName } from '../redis/url.ts';
import type { StateStore } from '../state/contract.ts';
import { agreeOnFormat } from '../state/format.ts';
import { partnershipPrefix } from '../state/partitions.ts';
import { RedisState } from '../state/redis.ts';
import { openStateStore, type PlacedConfig } from '../wiring.ts';

/** Oldest version of Redis that Postrider is made for: older ones get no corrections any more. */
const OldestRedis = 6;
/** Part of its memory from which on a Redis counts as nearly full. */
const NearlyFull = 0.8;

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

const versionLine = ({ version }: RedisFacts): CheckLine => {
  const ok = Number.parseInt(version, 10) >= OldestRedis;
  const advice = ok ? '' : `; older than ${OldestRedis}, which Postrider needs: upgrade it`;
  return { ok, what: 'version', meaning: `${version}${advice}` };
};

const appendOnlyLine = ({ appendOnly }: RedisFacts): CheckLine => ({
  ok: appendOnly,
  what: 'appendonly',
  meaning: appendOnly
    ? 'yes: what was stored survives a restart'
    : 'no: what was stored since the last snapshot is lost when Redis ends, and phones are sent it again. Set ' +
      '`appendonly yes`',
});

const evictionLine = (facts: RedisFacts): CheckLine => {
  const { evictionPolicy: policy } = facts;
  const what = 'maxmemory-policy';
  if (policy === 'noeviction')
    return { ok: true, what, meaning: 'noeviction: nothing is thrown away when memory is full' };
  if (evicts(facts) || policy.startsWith('allkeys-')) {
    const meaning = `${policy}: when memory is full the state of phones is thrown away, and they load everything anew. Set \`maxmemory-policy noeviction\``;
    return { ok: false, what, meaning };
  }
  return {
    ok: 'missing',
    what,
    meaning: `${policy}: the state of phones is safe, leases are not. Set \`maxmemory-policy noeviction\``,
  };
};

const memoryLine = ({ usedMemory, maxMemory }: RedisFacts): CheckLine => {
  const what = 'memory';
  if (maxMemory === 0)
    return { ok: true, what, meaning: `${megabytes(usedMemory)} used, no limit: watch the memory of the machine` };
  const used = `${megabytes(usedMemory)} of ${megabytes(maxMemory)} used`;
  if (usedMemory < maxMemory * NearlyFull) return { ok: true, what, meaning: used };
  return { ok: false, what, meaning: `${used}: once it is full phones are told to come later. Raise maxmemory` };
};

const replicaLine = ({ replicas }: RedisFacts, wanted: number): CheckLine => {
  const what = 'replicas';
  if (wanted === 0) return { ok: true, what, meaning: `${replicas} connected; none is waited for (redis.replicas: 0)` };
  if (replicas >= wanted)
    return { ok: true, what, meaning: `${replicas} connected; a change counts once ${wanted} have it` };
  const meaning =
    replicas === 0
      ? 'none: what was stored survives a restart of Redis, not the loss of its disk. Add a replica and Sentinels'
      : `${replicas} connected, redis.replicas asks for ${wanted}: a change counts once ${replicas} have it`;
  return { ok: 'missing', what, meaning };
};

/** What the facts about a server mean. `wanted`: the replicas that the configuration asks for. */
export const redisLines = (facts: RedisFacts, wanted: number): readonly CheckLine[] =>
  [versionLine(facts), appendOnlyLine(facts), evictionLine(facts), replicaLine(facts, wanted), memoryLine(facts)].map(
    (line) => ({ ...line, what: `${facts.server} ${line.what}` }),
  );

/** Looks at the state store and what it knows. */
export const stateLines = async (config: PlacedConfig): Promise<readonly CheckLine[]> => {
  const store = openStateStore(config, createLog({ level: 'silent' }));
  try {
    const lines = await storeLines(config, store);
    await agreeOnFormat(store);
    let phones = 0;
    for await (const _ of store.partitions(partnershipPrefix())) phones++;
    const [kind, place] =
      config.redis === undefined ? ['SQLite', config.state.file] : ['Redis', redisName(config.redis.url)];
    return [{ ok: true, what: kind, meaning: `${place} can be used; it knows ${phones} phones` }, ...lines];
  } finally {
    await store.close();
  }
};

const storeLines = async ({ redis }: PlacedConfig, store: StateStore): Promise<readonly CheckLine[]> => {
  if (redis === undefined || !(store instanceof RedisState)) return [];
  return (await store.facts()).flatMap((facts) => redisLines(facts, redis.replicas));
};
