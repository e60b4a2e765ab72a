/**
 * What the state costs: `npm run bench state [devices]`.
 *
 * A phone of the local store sets itself up, loads its folders, works a little and waits once. What
 * the server then knows of it is stored again under as many names as there shall be devices, in
 * SQLite and in a Redis of its own, and the difference in size is divided by their number. Then
 * commits of one collection and the cached request are timed, one after the other and 64 at once:
 * on SQLite, on Redis alone, and on Redis with a replica that has to confirm each.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Redis as Client } from 'ioredis';
import type { StateStore, Write } from '../src/state/contract.ts';
import { partnershipPartition } from '../src/state/partitions.ts';
import { openSqliteState } from '../src/state/sqlite.ts';
import { type Redis, startRedis, startRedisWithSentinel } from '../test/servers/redis.ts';
import { openStore } from '../test/state/redis-store.ts';
import { emailNodes, Client as PhoneClient } from '../test/support/client.ts';
import { message, startLocalServer } from '../test/support/local-server.ts';

const Devices = Number(process.argv[2] ?? 5000);
const Mails = 300;
const CommitTime = 4_000;
const Together = 64;

type Documents = ReadonlyMap<string, Uint8Array>;

/** What a server knows of a phone that has been in use. */
const typicalState = async (): Promise<Documents> => {
  const host = await startLocalServer();
  try {
    for (let i = 0; i < Mails; i++) await host.deliver('anna', message(`mail ${i}`));
    const phone = new PhoneClient(host, 'anna', host.device('anna', 'benchphone', { version: '16.1' }));
    await phone.device.provision();
    await phone.folderSync();
    const folders = ['inbox', 'sent', 'trash', 'drafts'].map((role) => phone.folder(role));
    for (const folder of folders) await phone.load(folder, { windowSize: 100 });
    const inbox = phone.mailbox.collection(phone.inbox);
    for (let i = 0; i < Mails; i += 10) {
      inbox.change(phone.idOf(phone.inbox, `mail ${i}`), emailNodes({ read: true }));
      inbox.delete(phone.idOf(phone.inbox, `mail ${i + 1}`));
      await phone.sync(phone.inbox, { commands: inbox.takeCommands() });
    }
    await host.deliver('anna', message('the last'));
    await phone.device.ping({
      heartbeatInterval: 600,
      folders: folders.map((id) => ({ id, class: 'Email' as const })),
    });
    await phone.sync(phone.inbox);
    const stored = await host.state.list(partnershipPartition('anna@example.test', 'benchphone'), '');
    return new Map([...stored].map(([name, { value }]) => [name, value]));
  } finally {
    await host.close();
  }
};

const partitionOf = (device: number): string =>
  partnershipPartition(`user${device}@example.org`, `Appl${String(device).padStart(10, '0')}`);

const fill = async (store: StateStore, documents: Documents): Promise<void> => {
  const writes = [...documents].map(([name, value]) => ({ name, value }));
  for (let device = 0; device < Devices; device += Together) {
    const some = Array.from({ length: Math.min(Together, Devices - device) }, (_, i) => partitionOf(device + i));
    await Promise.all(some.map((partition) => store.commit(partition, writes)));
  }
};

const usedMemory = async (redis: Redis): Promise<number> => {
  const client = new Client(redis.url);
  const [, used] = /used_memory:(\d+)/.exec(await client.info('memory')) ?? [];
  client.disconnect();
  return Number(used);
};

/** Reads and commits what a Sync does, by so many devices at once; each finishes one before it begins the next. */
const timeCommits = async (store: StateStore, documents: Documents, together: number): Promise<string> => {
  const names = [...documents.keys()].filter((name) => name.startsWith('collection/')).slice(0, 1);
  const times: number[] = [];
  const end = performance.now() + CommitTime;
  const device = async (number: number): Promise<void> => {
    const partition = partitionOf(number);
    while (performance.now() < end) {
      const stored = await store.load(partition, names);
      const writes: Write[] = names.map((name) => ({
        name,
        value: documents.get(name) ?? new Uint8Array(0),
        expect: stored.get(name)?.revision ?? 0,
      }));
      const began = performance.now();
      if (!(await store.commit(partition, [...writes, { name: 'sync-request', value: new Uint8Array(250) }])))
        throw new Error('Nobody else writes here');
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: together }, (_, i) => device(i)));
  times.sort((a, b) => a - b);
  const at = (part: number): string => (times[Math.floor(times.length * part)] ?? 0).toFixed(2);
  return `${Math.round((times.length / CommitTime) * 1000)} commits/s, median ${at(0.5)} ms, 99 % ${at(0.99)} ms`;
};

const report = async (what: string, store: StateStore, documents: Documents): Promise<void> => {
  for (const together of [1, Together])
    console.log(`${what}, ${together} at once: ${await timeCommits(store, documents, together)}`);
};

const onSqlite = async (documents: Documents): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-bench-state-'));
  const file = join(folder, 'state.db');
  const store = openSqliteState(file);
  await fill(store, documents);
  await store.close();
  console.log(`SQLite: ${Math.round(statSync(file).size / Devices)} bytes of file a device`);
  const again = openSqliteState(file);
  await report('SQLite', again, documents);
  await again.close();
  rmSync(folder, { recursive: true });
};

const onRedis = async (documents: Documents): Promise<void> => {
  const redis = await startRedis();
  const store = await openStore(`bench|${redis.url}`);
  await store.load('p', ['x']);
  const before = await usedMemory(redis);
  await fill(store, documents);
  console.log(`Redis: ${Math.round(((await usedMemory(redis)) - before) / Devices)} bytes of memory a device`);
  await report('Redis', store, documents);
  await store.close();
  await redis.stop();
};

const onReplicated = async (documents: Documents): Promise<void> => {
  const group = await startRedisWithSentinel();
  const store = await openStore(`bench|${group.url}`);
  await report('Redis with a replica', store, documents);
  await store.close();
  await group.stop();
};

// The processes of the servers do not keep this one alive.
const alive = setInterval(() => undefined, 1000);
const documents = await typicalState();
const sizes = [...documents].map(([name, value]) => `${name} ${value.length}`);
console.log(
  `A device: ${[...documents.values()].reduce((sum, { length }) => sum + length, 0)} bytes (${sizes.join(', ')})`,
);
console.log(`${Devices} devices`);
await onSqlite(documents);
await onRedis(documents);
await onReplicated(documents);
clearInterval(alive);
process.exit();
