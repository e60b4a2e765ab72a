import { setMaxListeners } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeAnomaly } from '../../src/phone/anomaly.ts';
import type { Device } from '../../src/phone/device.ts';
import { Phone } from '../../src/phone/phone.ts';
import { AndroidWish } from '../../src/phone/sync-request.ts';
import { joinCluster } from '../../src/push/cluster.ts';
import { RedisConfigSchema, redisSettings } from '../../src/redis/settings.ts';
import { openRedisState } from '../../src/state/redis.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { run } from '../servers/process.ts';
import { startRedis } from '../servers/redis.ts';
import { Chance } from '../support/chance.ts';
import { emailNodes } from '../support/client.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type LocalServer, message, startLocalServer } from '../support/local-server.ts';
import { quietLog, systemClock, systemRandom } from '../support/system.ts';

/** How long, and with how many. */
export interface SoakOptions {
  /** Hours of the phones' time. */
  readonly hours: number;
  readonly phones: number;
  readonly store: 'sqlite' | 'redis';
  readonly seed: number;
  /** Samples in an hour. */
  readonly samplesPerHour: number;
  readonly onSample?: ((sample: SoakSample) => void) | undefined;
}

/** What the process holds when all phones wait. */
export interface SoakSample {
  /** Hours of the phones' time since the beginning. */
  readonly hour: number;
  /** Megabytes on the heap after a collection, and of the whole process. */
  readonly heap: number;
  readonly resident: number;
  readonly files: number;
  /** Timers and other things that keep the process alive, by the process's own account. */
  readonly resources: number;
  /** Timers of the phones' time. */
  readonly timers: number;
  readonly watched: number;
  /** Keys on Redis, or documents on SQLite. */
  readonly stored: number;
}

/** What came of it. */
export interface SoakReport {
  readonly samples: readonly SoakSample[];
  /** Requests answered. */
  readonly requests: number;
  readonly mails: number;
  /** What grew, and what phones complain of, in words. */
  readonly complaints: readonly string[];
  readonly seconds: number;
}

/** Minutes of the phones' time between two looks at what they do. */
const StepMinutes = 5;
/** Milliseconds of the phones' time that pass while they work, a tick of {@link TickPause}. */
const WorkTick = 200;
/** Milliseconds between two looks whether all phones wait again, and how long that may take. */
const [TickPause, SettleLimit] = [4, 60_000];
/** Mails that a user leaves in the Inbox. */
const MostMails = 4;
/** Phones of one mailbox. */
const PhonesEach = 2;

/** The stores, and how many things are in each. */
const openStore = async (store: SoakOptions['store'], folder: string) => {
  if (store === 'sqlite') {
    const file = join(folder, 'state.db');
    const state = openSqliteState(file);
    const stored = async (): Promise<number> => {
      let documents = 0;
      for await (const partition of state.partitions('')) documents += (await state.list(partition, '')).size;
      return documents;
    };
    return { state, cluster: undefined, stored, close: () => state.close() };
  }
  const redis = await startRedis();
  const settings = redisSettings(RedisConfigSchema.parse({ url: redis.url }));
  const context = { clock: systemClock, random: systemRandom, log: quietLog() };
  const state = openRedisState({ settings, replicas: 0, ...context });
  const cluster = await joinCluster({ redis: settings, ...context });
  const stored = async (): Promise<number> => Number(await run('redis-cli', ['-p', String(redis.port), 'DBSIZE']));
  const close = async (): Promise<void> => {
    await cluster.close();
    await state.close();
    await redis.stop();
  };
  return { state, cluster, stored, close };
};

/** A phone and its user. */
interface Member {
  readonly user: string;
  readonly device: Device;
  readonly phone: Phone;
}

const inboxOf = ({ phone }: Member): string => phone.mailbox.folders.byRole('inbox')?.serverId ?? '';

/** Phones that live through days, within minutes. */
class Days {
  readonly clock: FakeClock;
  readonly #host: LocalServer;
  readonly #chance: Chance;
  readonly #members: readonly Member[];
  readonly #end = new AbortController();
  readonly #lives: readonly Promise<void>[];
  readonly #begun: number;
  readonly dead: string[] = [];
  mails = 0;

  constructor(host: LocalServer, clock: FakeClock, members: readonly Member[], seed: number) {
    this.#host = host;
    this.clock = clock;
    this.#members = members;
    this.#chance = new Chance(seed);
    this.#begun = clock.now();
    // All phones listen to it.
    setMaxListeners(0, this.#end.signal);
    this.#lives = members.map(({ user, phone }) =>
      phone.run(this.#end.signal).catch((error: unknown) => void this.dead.push(`${user}: ${String(error)}`)),
    );
  }

  get hour(): number {
    return (this.clock.now() - this.#begun) / 3_600_000;
  }

  /** Some minutes in which mail comes, users do things, and connections break. */
  async pass(): Promise<void> {
    for (const member of this.#members) {
      if (this.#chance.below(24) === 0) await this.#deliver(member.user);
      if (this.#chance.below(30) === 0) void this.#use(member);
      if (this.#chance.below(200) === 0) member.device.close();
    }
    await this.settle();
    this.clock.move(StepMinutes * 60_000);
    await this.settle();
  }

  /** Until all phones wait again. */
  async settle(): Promise<void> {
    for (const end = Date.now() + SettleLimit; this.#host.server.waiting() < this.#members.length; ) {
      if (Date.now() > end) throw new Error(`Only ${this.#host.server.waiting()} phones wait. ${this.dead.join('; ')}`);
      await new Promise((resolve) => setTimeout(resolve, TickPause));
      this.clock.move(WorkTick);
    }
  }

  async end(): Promise<readonly string[]> {
    this.#end.abort();
    await Promise.all(this.#lives);
    for (const { device } of this.#members) device.close();
    const anomalies = this.#members.flatMap(({ user, phone }) =>
      phone.mailbox.anomalies.map((anomaly) => `${user}: ${describeAnomaly(anomaly)}`),
    );
    const wipes = this.#members.filter(({ phone }) => phone.mailbox.wipes > 0).map(({ user }) => `${user}: Status 3`);
    return [...this.dead, ...anomalies, ...wipes];
  }

  #deliver(user: string): Promise<void> {
    return this.#host.deliver(user, message(`mail ${++this.mails}`));
  }

  /** Reads the newest mail, and throws away what is too much. */
  async #use(member: Member): Promise<void> {
    const collection = member.phone.mailbox.collection(inboxOf(member));
    const items = [...collection.items()].sort((a, b) => numberOf(b.serverId) - numberOf(a.serverId));
    for (const { serverId } of items.slice(MostMails)) collection.delete(serverId);
    if (items[0] !== undefined) collection.change(items[0].serverId, emailNodes({ read: this.#chance.percent(80) }));
    await member.phone.syncFolder(collection.id).catch(() => undefined);
  }
}

const numberOf = (serverId: string): number => Number(serverId.split('.')[1]);

const megabytes = (bytes: number): number => Math.round(bytes / 104_857.6) / 10;

/** Runs a soak: the work is done in earnest, only the waiting is not waited for. */
export const runSoak = async (options: SoakOptions): Promise<SoakReport> => {
  const begun = Date.now();
  const folder = await mkdtemp(join(tmpdir(), 'postrider-soak-'));
  const store = await openStore(options.store, folder);
  const clock = new FakeClock();
  const log = quietLog();
  let requests = 0;
  const served = (): void => {
    requests++;
  };
  const host = await startLocalServer({
    folder,
    state: store.state,
    parts: { clock, log, served, cluster: store.cluster },
  });
  const days = new Days(host, clock, await moveIn(host, clock, options.phones), options.seed);
  const samples: SoakSample[] = [];
  try {
    await days.settle();
    for (let taken = 0; days.hour < options.hours; ) {
      await days.pass();
      if (days.hour * options.samplesPerHour < taken + 1) continue;
      taken++;
      const sample = await sampleOf(days, host, await store.stored());
      samples.push(sample);
      options.onSample?.(sample);
    }
    const complaints = [...(await days.end()), ...log.errors, ...growthOf(samples)];
    return { samples, requests, mails: days.mails, complaints, seconds: (Date.now() - begun) / 1000 };
  } finally {
    await days.end();
    await host.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
};

const moveIn = async (host: LocalServer, clock: FakeClock, phones: number): Promise<readonly Member[]> => {
  const members: Member[] = [];
  // Moved into the Trash, mails would stay for ever, and what is held would grow by itself.
  const wish = { ...AndroidWish, deletesAsMoves: false };
  for (let i = 0; i < phones; i++) {
    const user = `soak${Math.floor(i / PhonesEach)}`;
    const name = `${user}@example.test`;
    if (!(await host.local.accounts.has(name))) await host.local.accounts.create(name, 'secret', user);
    const device = host.device(user, `${user}phone${i % PhonesEach}`, { onExchange: undefined });
    members.push({ user, device, phone: new Phone(device, { clock, wish }) });
  }
  return members;
};

const sampleOf = async ({ clock, hour }: Days, { server }: LocalServer, stored: number): Promise<SoakSample> => {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return {
    hour: Math.round(hour * 10) / 10,
    heap: megabytes(heapUsed),
    resident: megabytes(rss),
    files: (await readdir('/proc/self/fd')).length,
    resources: process.getActiveResourcesInfo().length,
    timers: clock.pending,
    watched: server.watched(),
    stored,
  };
};

/** What a figure may be above what it was before, at the end: a part of it, and a constant. */
const Slack: Readonly<Partial<Record<keyof SoakSample, readonly [factor: number, more: number]>>> = {
  // Without --expose-gc the heap is what the last collections left of it.
  heap: [1.15, 'gc' in globalThis ? 4 : 60],
  files: [1.05, 8],
  resources: [1.1, 30],
  timers: [1.1, 8],
  watched: [1, 0],
  stored: [1.02, 2],
};

/** Figures whose least value in the last third lies above that of the third before. */
export const growthOf = (samples: readonly SoakSample[]): readonly string[] => {
  const third = Math.floor(samples.length / 3);
  const [before, after] = [samples.slice(third, 2 * third), samples.slice(2 * third)];
  if (third === 0) return ['there are too few samples to see whether anything grows'];
  return Object.entries(Slack).flatMap(([name, [factor, more]]) => {
    const least = (part: readonly SoakSample[]): number => Math.min(...part.map((s) => s[name as keyof SoakSample]));
    const [was, is] = [least(before), least(after)];
    return is > was * factor + more ? [`${name} grew from ${was} to ${is}`] : [];
  });
};
