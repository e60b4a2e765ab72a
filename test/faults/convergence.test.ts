import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Email, EmailFields } from '../../protocol/classes/email.ts';
import { readTree } from '../../protocol/schema/index.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import type { CallOptions } from '../../src/phone/channel.ts';
import type { PhoneItem } from '../../src/phone/collection.ts';
import type { Device } from '../../src/phone/device.ts';
import { Phone, type SyncingDevice } from '../../src/phone/phone.ts';
import { TransportError } from '../../src/phone/transport-error.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { Chance } from '../support/chance.ts';
import { emailNodes, foldersOf, storeOf } from '../support/client.ts';
import { type LocalServer, message, startLocalServer } from '../support/local-server.ts';

/** Newest mails of a folder that are touched: few, so that several hands meet at one. */
const Busy = 4;

/** Steps of one run. */
const Steps = 350;

/** A device in a tunnel: now and then an answer does not arrive, or a request is cut off. */
const inTunnel = (device: Device, chance: Chance, losing: () => boolean): SyncingDevice => {
  const fate = (call: CallOptions = {}): CallOptions => {
    if (!losing() || !chance.percent(25)) return call;
    return { ...call, cut: chance.percent(70) ? { responseBytes: 0 } : { requestBytes: 10 } };
  };
  return {
    get version(): ProtocolVersion {
      return device.version;
    },
    negotiate: (call) => device.negotiate(call),
    provision: (call) => device.provision(call),
    folderSync: (syncKey, call) => device.folderSync(syncKey, fate(call)),
    sync: (request, call) => device.sync(request, fate(call)),
    ping: (request, call) => device.ping(request, call),
  };
};

/** A mailbox, two phones on it, and all that befalls them. */
class World {
  readonly #chance: Chance;
  readonly #folder: string;
  readonly phones: Phone[] = [];
  #host: LocalServer;
  #losing = true;
  #mails = 0;

  private constructor(chance: Chance, folder: string, host: LocalServer) {
    this.#chance = chance;
    this.#folder = folder;
    this.#host = host;
    for (const [i, version] of (['12.1', '16.1'] as const).entries()) {
      const device = host.device('anna', `tunnel${i}`, { version });
      const wish = { windowSize: 4, filterType: 0, bodyPreferences: [{ type: 1 }] };
      this.phones.push(
        new Phone(
          inTunnel(device, chance, () => this.#losing),
          { wish, folders: ({ type }) => type !== 3 },
        ),
      );
    }
  }

  static async begin(seed: number, folder: string): Promise<World> {
    const host = await startLocalServer({ folder, state: openSqliteState(join(folder, 'state.db')) });
    const world = new World(new Chance(seed), folder, host);
    for (const phone of world.phones) await phone.provision();
    return world;
  }

  async step(): Promise<void> {
    const chance = this.#chance;
    const kinds = [
      ...Array<() => Promise<void>>(4).fill(() => this.#deliver()),
      ...Array<() => Promise<void>>(4).fill(() => this.#changeOnServer()),
      ...Array<() => Promise<void>>(4).fill(() => this.#changeOnPhone()),
      ...Array<() => Promise<void>>(6).fill(() => this.#synchronise()),
      () => this.#changeFolders(),
    ];
    await chance.one(kinds)?.();
    if (chance.below(120) === 0) await this.#restart();
  }

  /** Everything is told to everybody. */
  async rest(): Promise<void> {
    this.#losing = false;
    for (let round = 0; round < 2; round++) {
      for (const phone of this.phones) {
        await phone.folderSync();
        await phone.syncFolders(phone.watched.map(({ serverId }) => serverId));
      }
    }
  }

  /** What a phone holds: folder, subject and marks of each mail. */
  held(phone: Phone): string[] {
    return phone.watched
      .flatMap(({ serverId, displayName }) =>
        phone.mailbox
          .collection(serverId)
          .items()
          .map(({ fields }) => line(displayName, readTree(EmailFields, fields))),
      )
      .sort();
  }

  /** What the store holds, in the same form. */
  async stored(): Promise<string[]> {
    const store = storeOf(this.#host, 'anna');
    const lines: string[] = [];
    for (const { id, name, role, itemClass } of await foldersOf(this.#host, 'anna').list()) {
      if (role === 'drafts' || itemClass !== 'Email') continue;
      const { ids } = await store.list(id, undefined);
      for await (const result of store.read(id, [...ids], { preferences: [], mimeSupport: 0 })) {
        if (result.outcome === 'item') lines.push(line(name, result.item));
      }
    }
    return lines.sort();
  }

  async close(): Promise<readonly string[]> {
    const { errors } = this.#host;
    await this.#host.close();
    await this.#host.state.close();
    return errors;
  }

  #deliver(): Promise<void> {
    return this.#host.deliver('anna', message(`mail ${++this.#mails}`));
  }

  async #changeOnServer(): Promise<void> {
    const chance = this.#chance;
    const store = storeOf(this.#host, 'anna');
    const folders = (await foldersOf(this.#host, 'anna').list()).filter(
      ({ role, itemClass }) => role !== 'drafts' && itemClass === 'Email',
    );
    const folder = chance.percent(70) ? folders[0]?.id : chance.one(folders)?.id;
    const target = chance.one(folders)?.id;
    if (folder === undefined || target === undefined) return;
    const id = chance.one((await store.list(folder, undefined)).ids.newest(Busy));
    if (id === undefined) return;
    const ways = [
      async () => void (await store.update(folder, id, { read: chance.percent(50) })),
      async () => void (await store.update(folder, id, { flag: chance.percent(50) ? { status: 2 } : null })),
      () => store.remove(folder, [id], chance.percent(50) ? 'trash' : 'permanent'),
      async () => void (await store.move(folder, [id], target)),
    ];
    await chance.one(ways)?.();
  }

  async #changeOnPhone(): Promise<void> {
    const chance = this.#chance;
    const phone = chance.one(this.phones);
    const folder = (chance.percent(70) ? phone?.watched[0] : chance.one(phone?.watched ?? []))?.serverId;
    if (phone === undefined || folder === undefined) return;
    const collection = phone.mailbox.collection(folder);
    const item = chance.one(newest(collection.items()));
    if (item === undefined) return;
    if (chance.percent(30)) collection.delete(item.serverId);
    else if (chance.percent(50)) collection.change(item.serverId, emailNodes({ read: chance.percent(50) }));
    else collection.change(item.serverId, emailNodes({ flag: chance.percent(50) ? { status: 2, flagType: 'x' } : {} }));
  }

  async #synchronise(): Promise<void> {
    const phone = this.#chance.one(this.phones);
    if (phone === undefined) return;
    await lost(phone.folderSync());
    const ids = phone.watched.map(({ serverId }) => serverId);
    if (this.#chance.percent(50)) await lost(phone.syncFolders(ids));
    else if (ids.length > 0) await lost(phone.syncOnce(ids));
  }

  async #changeFolders(): Promise<void> {
    const folders = foldersOf(this.#host, 'anna');
    const own = (await folders.list()).filter(({ role, itemClass }) => role === 'user' && itemClass === 'Email');
    const [chosen] = own;
    if (chosen === undefined || own.length < 2)
      await folders.create({ name: `folder ${++this.#mails}`, itemClass: 'Email' });
    else if (this.#chance.percent(50)) await folders.update(chosen.id, { name: `renamed ${++this.#mails}` });
    else await folders.remove(chosen.id);
  }

  async #restart(): Promise<void> {
    const { errors } = this.#host;
    expect(errors).toEqual([]);
    const port = Number(new URL(this.#host.url).port);
    await this.#host.close();
    await this.#host.state.close();
    const state = openSqliteState(join(this.#folder, 'state.db'));
    this.#host = await startLocalServer({ folder: this.#folder, state, parts: { http: { host: '127.0.0.1', port } } });
  }
}

const line = (folder: string, { subject, read, flag }: Email): string =>
  `${folder}: ${subject}${read ? ' read' : ''}${flag?.status === 2 ? ' flagged' : ''}`;

const numberOf = ({ serverId }: PhoneItem): number => Number(serverId.split('.')[1]);

const newest = (items: readonly PhoneItem[]): readonly PhoneItem[] =>
  [...items].sort((a, b) => numberOf(a) - numberOf(b)).slice(-Busy);

/** A request that the tunnel swallowed is no failure. */
const lost = async (work: Promise<unknown>): Promise<void> => {
  await work.catch((error: unknown) => {
    if (!(error instanceof TransportError)) throw error;
  });
};

test.each([1, 2])(
  'after all that may happen both phones hold exactly the mailbox (seed %i)',
  async (seed) => {
    const folder = await mkdtemp(join(tmpdir(), 'postrider-world-'));
    const world = await World.begin(seed * 7919, folder);
    for (let i = 0; i < Steps; i++) await world.step();
    await world.rest();
    const stored = await world.stored();
    for (const phone of world.phones) {
      expect(world.held(phone)).toEqual(stored);
      expect(phone.mailbox.anomalies).toEqual([]);
      expect(phone.mailbox.wipes).toBe(0);
    }
    expect(stored.length).toBeGreaterThan(10);
    expect(await world.close()).toEqual([]);
    await rm(folder, { recursive: true });
  },
  60_000,
);
