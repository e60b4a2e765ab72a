import { Redis as Client } from 'ioredis';
import { type Redis, startRedis } from '../test/servers/redis.ts';
import type { ClusterNodeOptions } from './support/cluster-node.ts';
import { cpuOf, type Part, pause, quantile, startPart } from './support/process.ts';
import { print, printMachine } from './support/stage.ts';

/**
 * Several nodes on one Redis: what a wake across nodes takes, how soon the leases of a node pass on,
 * what a request and a waiting phone cost in a cluster, beside the same on one node.
 * Usage: `npm run bench cluster [wake|leases|requests|waiting ...]`; all unless told.
 */
const parts = process.argv.slice(2);
const isWanted = (name: string): boolean => parts.length === 0 || parts.includes(name);
const domain = 'bench.test';
const of = (values: readonly number[], share: number, digits = 1): string => quantile(values, share).toFixed(digits);

const startNode = async (redis: Redis, accounts: number, cluster = true): Promise<Part & { url: string }> => {
  const options: ClusterNodeOptions = { redisUrl: redis.url, domain, accounts, cluster };
  const part = await startPart(import.meta.url, './support/cluster-node', [JSON.stringify(options)]);
  return { ...part, ...(await part.ask<{ url: string }>({ kind: 'address' })) };
};

const startPhones = async (urls: readonly string[], accounts: number): Promise<Part> => {
  const phones = await startPart(import.meta.url, './support/cluster-clients');
  await phones.ask({ kind: 'create', urls, domain, from: 0, to: accounts });
  const { failures } = await phones.ask<{ failures: string[] }>({ kind: 'prepare', parallel: 8 });
  if (failures.length > 0) throw new Error(`${failures.length} phones failed, for instance ${failures[0]}`);
  return phones;
};

const allWait = async (node: Part, phones: Part, accounts: number): Promise<void> => {
  await phones.ask({ kind: 'live' });
  for (let waiting = 0; waiting < accounts; ) {
    await pause(200);
    ({ waiting } = await node.ask<{ waiting: number }>({ kind: 'collect' }));
  }
};

const onFreshRedis = async (work: (redis: Redis) => Promise<void>): Promise<void> => {
  const redis = await startRedis();
  await work(redis).finally(() => redis.stop());
};

/** A notice received on one node, until the answer is at a phone that waits on the other one, or on the same. */
const wake = (redis: Redis): Promise<void> => measureWake(redis, 200, 1000, 50);

const measureWake = async (redis: Redis, accounts: number, notices: number, aSecond: number): Promise<void> => {
  const nodes = [await startNode(redis, accounts), await startNode(redis, accounts)] as const;
  const phones = await startPhones([nodes[0].url], accounts);
  await allWait(nodes[0], phones, accounts);
  for (const [where, node] of [
    ['on the same node', nodes[0]],
    ['on the other node', nodes[1]],
  ] as const) {
    await phones.ask({ kind: 'report' });
    const told = new Map<number, number[]>();
    const begun = performance.now();
    for (let i = 0; i < notices; i++) {
      const early = begun + (i * 1000) / aSecond - performance.now();
      if (early > 0) await pause(early);
      const user = (i * 7) % accounts;
      const { at } = await node.ask<{ at: number }>({ kind: 'tell', user });
      told.set(user, [...(told.get(user) ?? []), at]);
    }
    await pause(2000);
    const { answers } = await phones.ask<{ answers: { user: number; at: number }[] }>({ kind: 'report' });
    const delays = answers.flatMap(({ user, at }) => {
      const sent = told.get(user)?.findLast((one) => one <= at);
      return sent === undefined ? [] : [at - sent];
    });
    print(`wake, ${where}: median, 99 %`, `${of(delays, 0.5)}, ${of(delays, 0.99)} ms`);
    print('  notices, answers', `${notices}, ${answers.length}`, 'as many');
  }
  await phones.ask({ kind: 'stop' });
  for (const part of [phones, ...nodes]) part.kill('SIGTERM');
};

/** From the death of a node, or its leaving, until another has the leases of all accounts that wait there, too. */
const leases = async (redis: Redis): Promise<void> => {
  const accounts = 10_000;
  const client = new Client(redis.url);
  for (const how of ['dies', 'leaves'] as const) {
    const [owner, other] = [await lease(redis), await lease(redis)];
    const before = await other.ask<{ heap: number }>({ kind: 'memory' });
    const { milliseconds } = await owner.ask<{ milliseconds: number }>({ kind: 'acquire', accounts });
    await other.ask({ kind: 'acquire', accounts });
    const after = await other.ask<{ heap: number }>({ kind: 'memory' });
    if (how === 'dies') {
      print(`${accounts} leases taken and channels subscribed`, `${milliseconds.toFixed(0)} ms`);
      print('  a waiting account: heap of the node', `${((after.heap - before.heap) / accounts / 1000).toFixed(2)} kB`);
      print('  at Redis, both nodes', `${(await usedBy(client, accounts)).toFixed(2)} kB`);
      await restingCost(owner, other, client);
    }
    const from = performance.timeOrigin + performance.now();
    if (how === 'dies') owner.kill('SIGKILL');
    else await owner.ask({ kind: 'leave' });
    const times = await allGranted(other, accounts);
    const [first, last] = [Math.min(...times), Math.max(...times)].map((at) => ((at - from) / 1000).toFixed(2));
    print(`a node with ${accounts} leases ${how}: first, last passed on`, `${first}, ${last} s`, 'about 10 s, at once');
    owner.kill('SIGKILL');
    other.kill('SIGKILL');
    await client.flushall();
  }
  client.disconnect();
};

const lease = (redis: Redis): Promise<Part> => startPart(import.meta.url, './support/lease-node', [redis.url]);

const usedBy = async (client: Client, accounts: number): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]) / accounts / 1000;

/** What it costs to hold the leases and to wait for them, while nothing happens. */
const restingCost = async (owner: Part, other: Part, client: Client): Promise<void> => {
  const pid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]);
  const all = { owner: owner.pid, 'one that was refused': other.pid, Redis: pid };
  const before = Object.values(all).map(cpuOf);
  const seconds = 20;
  await pause(seconds * 1000);
  for (const [i, [name, process]] of Object.entries(all).entries())
    print(
      `  CPU at rest, ${name}`,
      `${(((cpuOf(process) - (before[i] ?? 0)) * 100) / seconds).toFixed(1)} % of a core`,
    );
};

const allGranted = async (node: Part, accounts: number): Promise<readonly number[]> => {
  for (;;) {
    const { times } = await node.ask<{ times: number[] }>({ kind: 'granted' });
    if (times.length >= accounts) return times;
    await pause(100);
  }
};

/** What some rounds of requests cost. */
interface Spent {
  nodes: number;
  redis: number;
  milliseconds: number;
  requests: number;
}

/** One round: a new mail for each phone, and a Sync of each, of which CPU and time are taken. */
const round = async (nodes: readonly Part[], redisPid: number, phones: Part, accounts: number, spent: Spent) => {
  for (const node of nodes) await node.ask({ kind: 'deliver', from: 0, to: accounts, subject: 'News' });
  const cpu = () => [nodes.reduce((sum, { pid }) => sum + cpuOf(pid), 0), cpuOf(redisPid)] as const;
  const before = cpu();
  const done = await phones.ask<{ milliseconds: number; items: number }>({ kind: 'sync', parallel: 16 * nodes.length });
  if (done.items !== accounts) throw new Error(`${done.items} mails instead of ${accounts}`);
  const after = cpu();
  spent.nodes += after[0] - before[0];
  spent.redis += after[1] - before[1];
  spent.milliseconds += done.milliseconds;
  spent.requests += accounts;
};

/** A Sync that fetches one new mail: CPU of the nodes and of Redis, and requests a second as far as the cores go. */
const requests = async (redis: Redis): Promise<void> => {
  const accounts = 200;
  const client = new Client(redis.url);
  const pid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]);
  for (const count of [1, 2]) {
    const nodes = await Promise.all(Array.from({ length: count }, () => startNode(redis, accounts)));
    const urls = nodes.map(({ url }) => url);
    const phones = await startPhones(urls, accounts);
    const spent: Spent = { nodes: 0, redis: 0, milliseconds: 0, requests: 0 };
    // What is done for the first time is compiled and cached. Each node serves as many in all.
    for (let i = 0; i < 2 * count; i++) await round(nodes, pid, phones, accounts, { ...spent });
    for (let i = 0; i < 6 * count; i++) await round(nodes, pid, phones, accounts, spent);
    const each = (seconds: number): string => ((seconds * 1000) / spent.requests).toFixed(2);
    print(`nodes: ${count}; CPU a request, nodes, Redis`, `${each(spent.nodes)}, ${each(spent.redis)} ms`);
    print('  requests/s with the cores there are', `${((spent.requests * 1000) / spent.milliseconds).toFixed(0)}`);
    await phones.ask({ kind: 'stop' });
    for (const part of [phones, ...nodes]) part.kill('SIGTERM');
    await Promise.all(nodes.map((node) => node.ended()));
    await client.flushall();
  }
  client.disconnect();
};

/** The heap of a node for each phone that waits, alone and in a cluster. */
const waiting = async (redis: Redis): Promise<void> => {
  const accounts = 500;
  for (const cluster of [false, true]) {
    const node = await startNode(redis, accounts, cluster);
    const phones = await startPhones([node.url], accounts);
    await pause(3000);
    const before = await node.ask<{ heap: number }>({ kind: 'collect' });
    await allWait(node, phones, accounts);
    await pause(3000);
    const after = await node.ask<{ heap: number }>({ kind: 'collect' });
    const each = ((after.heap - before.heap) / accounts / 1000).toFixed(1);
    print(`a waiting phone, ${cluster ? 'one node of a cluster' : 'a node alone'}: heap`, `${each} kB`);
    await phones.ask({ kind: 'stop' });
    for (const part of [phones, node]) part.kill('SIGTERM');
    await node.ended();
  }
};

printMachine();
for (const [name, measure] of Object.entries({ wake, leases, requests, waiting }))
  if (isWanted(name)) await onFreshRedis(measure);
process.exit(0);
