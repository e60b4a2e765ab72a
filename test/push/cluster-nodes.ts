import { Redis as Client } from 'ioredis';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { Watch, Watcher, WatchListener } from '../../backends/contract/watch.ts';
import { type Cluster, joinCluster } from '../../src/push/cluster.ts';
import type { Locate } from '../../src/push/cluster-hub.ts';
import type { ChangeEvent } from '../../src/push/hub.ts';
import { Watchers } from '../../src/push/watchers.ts';
import { parseRedisUrl } from '../../src/redis/url.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { quietLog, systemRandom } from '../support/system.ts';

/** A node of a cluster in this process, whose time stands still until it is moved. */
export interface TestNode extends Cluster {
  readonly clock: FakeClock;
  readonly watchers: Watchers;
  /** What the accounts that it listens to were told. */
  readonly events: { readonly account: string; readonly event: ChangeEvent }[];
  /** Listens to an account; resolves once it is heard. */
  listen(account: string): Promise<void>;
  unlisten(account: string): void;
}

/** Real Redis between nodes; every test has a prefix of its own. */
export class TestCluster {
  readonly client: Client;
  readonly prefix = `t${Buffer.from(systemRandom(4)).toString('hex')}`;
  readonly #url: string;
  readonly #nodes: TestNode[] = [];

  /** @param at where a plain client asks, if Redis is more than one server */
  constructor({ url }: { readonly url: string }, at = url) {
    this.#url = url;
    this.client = new Client(at, { retryStrategy: () => 20 });
    this.client.on('error', () => undefined);
  }

  async node(locate?: Locate): Promise<TestNode> {
    const clock = new FakeClock();
    const log = quietLog();
    const redis = { address: parseRedisUrl(this.#url), prefix: this.prefix };
    const joined = await joinCluster({ redis, clock, random: systemRandom, log, locate });
    const events: TestNode['events'] = [];
    const listener = (account: string, event: ChangeEvent): void => void events.push({ account, event });
    const { hub, leases } = joined;
    const node: TestNode = {
      ...joined,
      clock,
      events,
      watchers: new Watchers({ hub, clock, log, leases }),
      listen: async (account) => {
        hub.subscribe(account, listener);
        await hub.heard(account);
      },
      unlisten: (account) => hub.unsubscribe(account, listener),
    };
    this.#nodes.push(node);
    return node;
  }

  /** A node that holds its leases no more and does not know it, as after a long pause. */
  async expire(node: TestNode): Promise<void> {
    const keys = await this.client.keys(`${this.prefix}:session:{${node.wire.node}/*`);
    await this.client.del(...keys);
  }

  async close(): Promise<void> {
    for (const node of this.#nodes) await node.watchers.close();
    for (const node of this.#nodes) await node.close();
    this.client.disconnect();
  }
}

/** Milliseconds of real time: a Sentinel that got no CPU for two seconds trusts nothing for thirty. */
const Patience = 90_000;

/** Moves the nodes' time on until something is so; what happens at Redis takes its real time. */
export const passing = async (nodes: readonly TestNode[], what: () => boolean): Promise<void> => {
  for (const end = performance.now() + Patience; !what(); ) {
    if (performance.now() > end) throw new Error(`not so in time: ${what}`);
    for (const { clock } of nodes) await clock.advance(50);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

/** A watch that can be seen through, and that fails when told to. */
export class SeenWatch implements Watch {
  readonly opened: (readonly FolderId[])[] = [];
  readonly watched: (readonly FolderId[])[] = [];
  closed = 0;
  fail = false;
  listener: WatchListener | undefined;

  async open(folders: readonly FolderId[], listener: WatchListener): Promise<Watcher> {
    if (this.fail) throw new Error('login refused');
    this.opened.push(folders);
    this.listener = listener;
    return {
      watch: (now) => void this.watched.push([...now]),
      close: async () => void this.closed++,
    };
  }

  promise() {
    return { how: 'push' as const, seconds: 0 };
  }

  get isOpen(): boolean {
    return this.opened.length > this.closed;
  }
}
