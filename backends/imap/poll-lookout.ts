import type { FolderId } from '../contract/folders.ts';
import type { Position } from '../contract/items.ts';
import { HierarchyMemory, type Lookout, type LookoutOptions, PositionMemory, selectableFolders } from './lookout.ts';
import { readPositions } from './positions.ts';

/** Looks at all folders in turns, with a connection borrowed for the moment: holds none. */
export class PollLookout implements Lookout {
  readonly #options: LookoutOptions;
  readonly #hierarchy = new HierarchyMemory();
  readonly #positions = new PositionMemory();
  #wake: () => void = () => undefined;

  constructor(options: LookoutOptions) {
    this.#options = options;
  }

  async aim(folders: readonly FolderId[]): Promise<void> {
    const { account, login, teller } = this.#options;
    await account.pool.use(login, { repeatable: true }, async (connection) => {
      const listing = await account.refresh(connection);
      this.#hierarchy.compare(listing, teller);
      this.#positions.keep(folders);
      this.#positions.compare(await readPositions(connection, selectableFolders(listing, folders)), teller);
    });
  }

  async wait(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.settings.watch.pollSeconds * 1_000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  wake(): void {
    this.#wake();
  }

  position(folder: FolderId): Position | undefined {
    return this.#positions.get(folder);
  }

  async close(): Promise<void> {
    this.wake();
  }
}
