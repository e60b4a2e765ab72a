import { parseRedisUrl } from '../../src/redis/url.ts';
import { openRedisState, type RedisState } from '../../src/state/redis.ts';
import { systemClock, systemRandom } from '../../src/system.ts';

const silent = { warn: () => undefined, info: () => undefined };

/** Opens the store at a location of the form `prefix|url`, with one replica waited for; also called by a child process. */
export const openStore = async (location: string): Promise<RedisState> => {
  const [prefix = '', url = ''] = location.split('|');
  const settings = { address: parseRedisUrl(url), prefix };
  return openRedisState({ settings, replicas: 1, clock: systemClock, random: systemRandom, log: silent });
};
