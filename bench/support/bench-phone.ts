import type { SyncOptions, SyncResponseCollection } from '../../protocol/commands/sync.ts';
import type { Device } from '../../src/phone/device.ts';
import { bareDevice, type DeviceOwner } from '../../test/support/bare-device.ts';
import { now } from './line-client.ts';

/** One answered Sync of a collection. */
export interface Synced {
  readonly collection: SyncResponseCollection | undefined;
  /** Milliseconds from the request to the last byte of the answer, and its reading. */
  readonly milliseconds: number;
}

/** What phones ask for: HTML up to 32 kB. */
export const HtmlOptions: Partial<SyncOptions> = {
  filterType: 0,
  bodyPreferences: [{ type: 2, truncationSize: 32_768 }],
  mimeSupport: 0,
};

/** Header fields alone. */
export const HeaderOptions: Partial<SyncOptions> = {
  filterType: 0,
  bodyPreferences: [{ type: 1, truncationSize: 0 }],
  mimeSupport: 0,
};

/** A phone that keeps nothing but its keys. */
export class BenchPhone {
  readonly device: Device;
  readonly user: string;
  /** CollectionIds by display name. */
  readonly folders = new Map<string, string>();
  readonly #keys = new Map<string, string>();
  hierarchyKey = '0';

  constructor(owner: DeviceOwner) {
    this.user = owner.user;
    this.device = bareDevice(owner);
  }

  /** FolderSync under the key held; gives the milliseconds. */
  async folderSync(): Promise<number> {
    const begun = now();
    const { syncKey, changes } = await this.device.folderSync(this.hierarchyKey);
    const milliseconds = now() - begun;
    this.hierarchyKey = syncKey ?? this.hierarchyKey;
    for (const folder of changes?.add ?? []) {
      this.folders.set(folder.type === 2 ? 'INBOX' : folder.displayName, folder.serverId);
    }
    return milliseconds;
  }

  /** CollectionId of a folder. */
  idOf(folder: string): string {
    const id = this.folders.get(folder);
    if (id === undefined) throw new Error(`${this.user} has no folder ${folder}: ${[...this.folders.keys()]}`);
    return id;
  }

  keyOf(id: string): string {
    return this.#keys.get(id) ?? '0';
  }

  setKey(id: string, key: string | undefined): void {
    if (key !== undefined) this.#keys.set(id, key);
  }

  /** Synchronises a collection once. */
  async sync(id: string, windowSize: number, options: Partial<SyncOptions> | undefined): Promise<Synced> {
    const begun = now();
    const syncKey = this.keyOf(id);
    const wishes = options === undefined || syncKey === '0' ? [] : [{ bodyPreferences: [], ...options }];
    const response = await this.device.sync({
      partial: false,
      collections: { collection: [{ collectionId: id, syncKey, windowSize, options: wishes }] },
    });
    const milliseconds = now() - begun;
    const collection = response?.collections?.collection[0];
    if (response?.status !== undefined || (collection !== undefined && collection.status !== 1)) {
      throw new Error(`${this.user}: Sync Status ${response?.status ?? collection?.status}`);
    }
    this.setKey(id, collection?.syncKey);
    return { collection, milliseconds };
  }

  /** Begins a collection and loads all of it; gives the number of items. */
  async load(id: string, windowSize: number, options: Partial<SyncOptions>): Promise<number> {
    await this.sync(id, windowSize, undefined);
    return this.catchUp(id, windowSize, options);
  }

  /** Synchronises until there is nothing more. */
  async catchUp(id: string, windowSize: number, options: Partial<SyncOptions> | undefined): Promise<number> {
    for (let items = 0; ; ) {
      const { collection } = await this.sync(id, windowSize, options);
      items += collection?.commands?.length ?? 0;
      if (collection?.moreAvailable !== true) return items;
    }
  }

  /** Pings the folders; gives the Status and when the answer was there. */
  async ping(
    ids: readonly string[] | undefined,
    heartbeat: number,
  ): Promise<{ status: number; folders: readonly string[]; at: number }> {
    const folders = ids?.map((id) => ({ id, class: 'Email' }));
    const { status, folders: changed } = await this.device.ping({ heartbeatInterval: heartbeat, folders });
    return { status, folders: changed ?? [], at: now() };
  }

  close(): void {
    this.device.close();
  }
}
