import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Folder } from '../../backends/contract/folders.ts';
import { type Email, EmailFields } from '../../protocol/classes/email.ts';
import { readTree } from '../../protocol/schema/index.ts';
import { type ProtocolVersion, SupportedVersions } from '../../protocol/versions.ts';
import { describeAnomaly } from '../../src/phone/anomaly.ts';
import { createFolder } from '../../src/phone/folder-commands.ts';
import { Phone } from '../../src/phone/phone.ts';
import { RedisConfigSchema, redisSettings } from '../../src/redis/settings.ts';
import type { StateStore } from '../../src/state/contract.ts';
import { openRedisState } from '../../src/state/redis.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { run } from '../servers/process.ts';
import { type Redis, startRedis } from '../servers/redis.ts';
import { Chance } from '../support/chance.ts';
import { emailNodes, foldersOf, storeOf } from '../support/client.ts';
import { type LocalServer, message, startLocalServer } from '../support/local-server.ts';
import { quietLog, systemClock, systemRandom } from '../support/system.ts';

/**
 * A backup is put back: the state of yesterday under devices that lived on for a day. Whatever they
 * did and were told since, their keys are newer than the store's.
 */

const Users = ['anna', 'ben', 'cora', 'dirk'];
const PhonesEach = 5;
/** Mails of each mailbox when the backup is made. */
const Mails = 12;

/** What may be told of what was lost: a phone ignores it. */
const Guesses: readonly string[] = ['deleteOfUnknownItem', 'deleteOfUnknownFolder'];

/** A store whose state can be kept and put back while the server is down. */
interface StateBox {
  open(): StateStore;
  keep(): Promise<void>;
  putBack(): Promise<void>;
  stop(): Promise<void>;
}

const inFiles = async (folder: string): Promise<StateBox> => {
  const [file, kept] = [join(folder, 'state.db'), join(folder, 'kept.db')];
  return {
    open: () => openSqliteState(file),
    // As the documents say: a copy in use is made by SQLite itself.
    keep: async () => {
      const store = openSqliteState(file);
      await store.backup(kept);
      await store.close();
    },
    putBack: async () => {
      for (const end of ['-wal', '-shm']) await rm(`${file}${end}`, { force: true });
      await cp(kept, file);
    },
    stop: async () => undefined,
  };
};

const onRedis = async (): Promise<StateBox> => {
  const redis: Redis = await startRedis();
  const settings = redisSettings(RedisConfigSchema.parse({ url: redis.url }));
  const [data, kept] = [join(redis.folder, 'appendonlydir'), join(redis.folder, 'kept')];
  const replace = async (target: string, source: string): Promise<void> => {
    await redis.kill();
    await rm(target, { recursive: true, force: true });
    await run('cp', ['-a', source, target]);
    await redis.restart();
  };
  const options = { settings, replicas: 0, clock: systemClock, random: systemRandom, log: quietLog() };
  return {
    open: () => openRedisState(options),
    keep: () => replace(kept, data),
    putBack: () => replace(data, kept),
    stop: () => redis.stop(),
  };
};

interface Member {
  readonly user: string;
  readonly phone: Phone;
  readonly device: ReturnType<LocalServer['device']>;
}

/** Mailboxes, their phones, and the server between them. */
class Town {
  readonly members: Member[] = [];
  readonly #folder: string;
  readonly #box: StateBox;
  readonly #chance = new Chance(20);
  #host: LocalServer;
  #state: StateStore;
  #mails = 0;

  private constructor(folder: string, box: StateBox, host: LocalServer, state: StateStore) {
    this.#folder = folder;
    this.#box = box;
    this.#host = host;
    this.#state = state;
  }

  static async found(folder: string, box: StateBox): Promise<Town> {
    const state = box.open();
    const town = new Town(folder, box, await startLocalServer({ folder, state }), state);
    const { accounts } = town.#host.local;
    for (const user of Users) {
      if (!(await accounts.has(`${user}@example.test`))) await accounts.create(`${user}@example.test`, 'secret', user);
      await foldersOf(town.#host, user).create({ name: 'Old', itemClass: 'Email' });
      for (let i = 0; i < Mails; i++) await town.#deliver(user);
      for (let i = 0; i < PhonesEach; i++) await town.#settleIn(user, i);
    }
    return town;
  }

  /** Does something to the state while nobody uses it. */
  async whileDown(what: (box: StateBox) => Promise<void>): Promise<void> {
    const port = Number(new URL(this.#host.url).port);
    expect(this.#host.errors).toEqual([]);
    for (const { device } of this.members) device.close();
    await this.#host.close();
    await this.#state.close();
    await what(this.#box);
    this.#state = this.#box.open();
    const parts = { http: { host: '127.0.0.1', port } };
    this.#host = await startLocalServer({ folder: this.#folder, state: this.#state, parts });
  }

  /** Everybody does something, and every phone hears of some of it. */
  async live(name: string): Promise<void> {
    for (const user of Users) {
      for (let i = 0; i < 4; i++) await this.#deliver(user);
      await this.#changeElsewhere(user);
      await this.#changeFolders(user, name);
    }
    for (const member of this.members) {
      if (this.#chance.percent(80)) await this.synchronise(member);
      this.#changeOnPhone(member);
      if (this.#chance.percent(60)) await this.synchronise(member);
    }
  }

  async synchronise({ phone }: Member): Promise<void> {
    await phone.folderSync();
    await phone.syncFolders(phone.watched.map(({ serverId }) => serverId));
  }

  /** A folder that a phone makes by itself, loaded by it. */
  async makeFolderOnPhone(member: Member, displayName: string): Promise<void> {
    await member.phone.folderSync();
    const made = await createFolder(member.device, member.phone.mailbox, { parentId: '0', displayName });
    await member.phone.syncFolders([made]);
  }

  held({ phone }: Member): string[] {
    return phone.watched
      .flatMap(({ serverId, displayName }) =>
        phone.mailbox
          .collection(serverId)
          .items()
          .map(({ fields }) => line(displayName, readTree(EmailFields, fields))),
      )
      .sort();
  }

  async stored(user: string): Promise<string[]> {
    const store = storeOf(this.#host, user);
    const lines: string[] = [];
    for (const { id, name } of await this.#mailFolders(user)) {
      const { ids } = await store.list(id, undefined);
      for await (const result of store.read(id, [...ids], { preferences: [], mimeSupport: 0 })) {
        if (result.outcome === 'item') lines.push(line(name, result.item));
      }
    }
    return lines.sort();
  }

  /** How many answers were refused as forged, foreign or unknown keys. */
  get wipes(): number {
    return this.members.reduce((sum, { phone }) => sum + phone.mailbox.wipes, 0);
  }

  /** Without Deletes of what a phone lacks: what it may hold is deleted, whether it does or not. */
  get anomalies(): readonly string[] {
    return this.members.flatMap(({ user, phone }) =>
      phone.mailbox.anomalies
        .filter(({ kind }) => !Guesses.includes(kind))
        .map((anomaly) => `${user}: ${describeAnomaly(anomaly)}`),
    );
  }

  async close(): Promise<void> {
    for (const { device } of this.members) device.close();
    await this.#host.close();
    await this.#state.close();
    expect(this.#host.errors).toEqual([]);
    await this.#box.stop();
  }

  #deliver(user: string): Promise<void> {
    return this.#host.deliver(user, message(`mail ${++this.#mails}`));
  }

  async #mailFolders(user: string): Promise<readonly Folder[]> {
    return (await foldersOf(this.#host, user).list()).filter(({ itemClass }) => itemClass === 'Email');
  }

  async #settleIn(user: string, number: number): Promise<void> {
    const version = SupportedVersions[(number + 1) % SupportedVersions.length] as ProtocolVersion;
    const device = this.#host.device(user, `${user}phone${number}`, { version });
    const wish = { windowSize: 10, filterType: 0, bodyPreferences: [{ type: 1 }], deletesAsMoves: true };
    const phone = new Phone(device, { wish });
    await phone.provision();
    const member = { user, phone, device };
    this.members.push(member);
    await this.synchronise(member);
  }

  async #changeElsewhere(user: string): Promise<void> {
    const store = storeOf(this.#host, user);
    const folders = (await this.#mailFolders(user)).filter(({ role }) => role === 'inbox' || role === 'user');
    for (const { id } of folders) {
      const [first, second, third] = (await store.list(id, undefined)).ids.newest(6).slice(-3);
      if (first !== undefined) await store.update(id, first, { read: true });
      if (second !== undefined) await store.remove(id, [second], 'trash');
      if (third !== undefined) await store.move(id, [third], this.#chance.one(folders)?.id ?? id);
    }
  }

  async #changeFolders(user: string, name: string): Promise<void> {
    const folders = foldersOf(this.#host, user);
    const own = (await this.#mailFolders(user)).filter(({ role }) => role === 'user');
    const [oldest] = own;
    if (oldest !== undefined && own.length > 1) await folders.remove(oldest.id);
    else if (oldest !== undefined) await folders.update(oldest.id, { name: `Renamed ${name}` });
    await folders.create({ name: `New ${name}`, itemClass: 'Email' });
  }

  #changeOnPhone({ phone }: Member): void {
    for (const { serverId } of phone.watched) {
      const collection = phone.mailbox.collection(serverId);
      const [first, second] = [this.#chance.one(collection.items()), this.#chance.one(collection.items())];
      if (first !== undefined) collection.change(first.serverId, emailNodes({ flag: { status: 2, flagType: 'x' } }));
      if (second !== undefined && this.#chance.percent(40)) collection.delete(second.serverId);
    }
  }
}

const line = (folder: string, { subject, read, flag }: Email): string =>
  `${folder}: ${subject}${read ? ' read' : ''}${flag?.status === 2 ? ' flagged' : ''}`;

describe.each([
  ['SQLite', inFiles],
  ['Redis', onRedis],
] as const)('on %s', (_, openBox) => {
  let folder: string;
  let town: Town;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postrider-backup-'));
    town = await Town.found(folder, await openBox(folder));
  }, 60_000);

  afterAll(async () => {
    await town?.close();
    await rm(folder, { recursive: true });
  }, 30_000);

  test("yesterday's state under 20 devices: none begins anew, nothing is doubled, all end equal", async () => {
    expect(town.members).toHaveLength(20);
    await town.live('before');
    await town.whileDown((box) => box.keep());
    await town.live('in the morning');
    for (const [i, member] of town.members.entries()) {
      if (i % PhonesEach === 0) await town.makeFolderOnPhone(member, 'By phone');
    }
    await town.live('in the evening');
    await town.whileDown((box) => box.putBack());
    await town.live('the day after');
    // The first round uncovers what others changed by theirs.
    for (let round = 0; round < 2; round++) for (const member of town.members) await town.synchronise(member);
    for (const member of town.members) expect(town.held(member)).toEqual(await town.stored(member.user));
    expect(town.held(town.members[0] as Member).length).toBeGreaterThan(Mails);
    expect(town.anomalies).toEqual([]);
    expect(town.wipes).toBe(0);
  }, 60_000);
});
