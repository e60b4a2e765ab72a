import type { FolderId } from '../contract/folders.ts';
import type { Position } from '../contract/items.ts';
import type { Connection } from './connection.ts';
import type { ListedFolder } from './folder-listing.ts';
import { HierarchyMemory, type Lookout, type LookoutOptions, PositionMemory, selectableFolders } from './lookout.ts';
import { readPositions } from './positions.ts';

/** Is told of changes in one mailbox (IDLE, RFC 2177), the Inbox where it is asked for, and looks at the others in turns. */
export class IdleLookout implements Lookout {
  readonly #connection: Connection;
  readonly #options: LookoutOptions;
  readonly #hierarchy = new HierarchyMemory();
  readonly #positions = new PositionMemory();
  #idling: ListedFolder | undefined;
  #stopIdle: (() => void) | undefined;

  constructor(connection: Connection, options: LookoutOptions) {
    this.#connection = connection;
    this.#options = options;
    const told = () => {
      if (this.#idling !== undefined) options.teller.moved(this.#idling.id, undefined);
    };
    connection.listen({ EXISTS: told, EXPUNGE: told, VANISHED: told, FETCH: told });
  }

  async aim(folders: readonly FolderId[]): Promise<void> {
    const { account, teller } = this.#options;
    const listing = await account.refresh(this.#connection);
    this.#hierarchy.compare(listing, teller);
    const watched = selectableFolders(listing, folders);
    await this.#select(watched.find(({ role }) => role === 'inbox') ?? watched[0]);
    const others = watched.filter(({ id }) => id !== this.#idling?.id);
    this.#positions.keep(others.map(({ id }) => id));
    this.#positions.compare(await readPositions(this.#connection, others), teller);
  }

  async wait(): Promise<void> {
    const { ended, stop } = this.#connection.idle(this.#options.settings.watch.pollSeconds);
    this.#stopIdle = stop;
    await ended;
    this.#stopIdle = undefined;
  }

  wake(): void {
    this.#stopIdle?.();
  }

  position(folder: FolderId): Position | undefined {
    return this.#positions.get(folder);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** What SELECT itself tells is no change. */
  async #select(folder: ListedFolder | undefined): Promise<void> {
    if (folder?.wireName === this.#idling?.wireName && folder?.id === this.#idling?.id) return;
    this.#idling = undefined;
    if (folder === undefined) return;
    await this.#options.account.select(this.#connection, folder.id);
    this.#idling = folder;
  }
}
