import { join } from 'node:path';
import type { Clock, Log, RandomBytes } from '../../src/handlers/context.ts';
import { type Cluster, joinCluster } from '../../src/push/cluster.ts';
import { RedisConfigSchema, redisSettings } from '../../src/redis/settings.ts';
import type { StateStore } from '../../src/state/contract.ts';
import { openRedisState } from '../../src/state/redis.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import type { NodePlan } from './nodes.ts';

/** What a node keeps its state in, and what it shares with other nodes. */
export interface NodeStore {
  readonly state: StateStore;
  /** `undefined`: the node is alone. */
  readonly cluster: Cluster | undefined;
}

/** What a store is opened with. */
export interface NodeContext {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Log;
}

/** Opens the store that a plan names. */
export const openStore = async ({ folder, redisUrl }: NodePlan, context: NodeContext): Promise<NodeStore> => {
  if (redisUrl === undefined) return { state: openSqliteState(join(folder, 'state.db')), cluster: undefined };
  const settings = redisSettings(RedisConfigSchema.parse({ url: redisUrl }));
  const cluster = await joinCluster({ redis: settings, ...context });
  return { state: openRedisState({ settings, replicas: 0, ...context }), cluster };
};
