import { joinCluster } from '../../src/push/cluster.ts';
import { parseRedisUrl } from '../../src/redis/url.ts';
import { quietLog, systemClock, systemRandom } from '../../test/support/system.ts';
import { now } from './line-client.ts';
import { serveParent } from './process.ts';

/** A node that has nothing but leases, in a process of its own: `lease-node.ts <url of Redis>`. */
const cluster = await joinCluster({
  redis: { address: parseRedisUrl(process.argv[2] ?? ''), prefix: 'bench' },
  clock: systemClock,
  random: systemRandom,
  log: quietLog(),
});

const granted: number[] = [];
const holder = {
  leaseGranted: () => void granted.push(now()),
  leaseLost: () => undefined,
  ownerChanged: () => undefined,
  wished: () => undefined,
};

serveParent({
  /** Asks for the leases of so many accounts, and listens to their news, as for devices that wait. */
  acquire: async ({ accounts }: { accounts: number }) => {
    const begun = now();
    for (let from = 0; from < accounts; from += 100) {
      const names = Array.from({ length: Math.min(100, accounts - from) }, (_, i) => `user${from + i}`);
      for (const name of names) cluster.hub.subscribe(name, () => undefined);
      await Promise.all(names.flatMap((name) => [cluster.hub.heard(name), cluster.leases.acquire(name, holder)]));
    }
    return { milliseconds: now() - begun, held: cluster.leases.held };
  },
  granted: () => ({ times: granted, held: cluster.leases.held }),
  leave: () => cluster.leave(),
  memory: () => {
    globalThis.gc?.();
    return { heap: process.memoryUsage().heapUsed };
  },
});
