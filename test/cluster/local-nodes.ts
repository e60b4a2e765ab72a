import { type LocalBackend, LocalSettings, openLocal } from '../../backends/local/backend.ts';
import { type Cluster, joinCluster } from '../../src/push/cluster.ts';
import { parseRedisUrl } from '../../src/redis/url.ts';
import type { AccountBackend } from '../../src/server.ts';
import { openStore } from '../state/redis-store.ts';
import { type LocalServer, startLocalServer } from '../support/local-server.ts';
import { quietLog, systemClock, systemRandom } from '../support/system.ts';

/** A node, and what it has of its cluster. */
export interface LocalNode extends LocalServer {
  readonly cluster: Cluster;
}

/** Nodes in this process that share one mail store and one Redis. */
export interface LocalNodes {
  readonly nodes: readonly [LocalNode, LocalNode];
  readonly local: LocalBackend;
  close(): Promise<void>;
}

/** Starts two nodes. `over` may put something between them and the mail store. */
export const startLocalNodes = async (
  redisUrl: string,
  over: (backend: AccountBackend) => AccountBackend = (backend) => backend,
): Promise<LocalNodes> => {
  const prefix = `t${Buffer.from(systemRandom(4)).toString('hex')}`;
  const context = { clock: systemClock, random: systemRandom, log: quietLog() };
  const redis = { address: parseRedisUrl(redisUrl), prefix };
  const settings = LocalSettings.parse({ file: ':memory:', passwordCost: 10 });
  const local = openLocal(settings, { log: context.log, now: Date.now, dataFolder: '' });
  const start = async (): Promise<LocalNode> => {
    const state = await openStore(`${prefix}|${redisUrl}`);
    const cluster = await joinCluster({ ...context, redis });
    const parts = { cluster, backend: over(local as AccountBackend) };
    return { ...(await startLocalServer({ state, parts })), local, cluster };
  };
  const nodes = [await start(), await start()] as const;
  return {
    nodes,
    local,
    close: async () => {
      for (const node of nodes) {
        await node.close();
        await node.cluster.close();
        await node.state.close();
      }
      await local.close();
    },
  };
};
