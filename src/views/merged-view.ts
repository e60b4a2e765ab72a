import type { Abilities } from '../../backends/contract/backend.ts';
import { BackendError, isBackendError } from '../../backends/contract/errors.ts';
import type { Folder, FolderId, FolderStore, ItemClass, SeenFolders } from '../../backends/contract/folders.ts';
import type { Position } from '../../backends/contract/items.ts';
import { positionsOf } from '../../backends/contract/positions.ts';
import { BoundedMap } from '../auth/bounded-map.ts';
import type { GroupwareClass } from '../sync/absent-elements.ts';
import type { AnyGroupwareStore } from '../sync/groupware-port.ts';
import { mergedPosition } from './merged-changes.ts';
import { type MergedScope, mergedEvents, mergedStore, type ShownPositions } from './merged-store.ts';

/**
 * An account as devices see it that take one folder of a class: its folders of that class are shown as
 * one, which has the id of the default one. Everything else is as it is.
 */

/** A class whose folders can be shown as one. */
export type MergedClass = GroupwareClass;

/** Milliseconds for which it is remembered which folders an account has: a new one is seen after that, if nothing told of it. */
export const FoldersTime = 60_000;

/** Accounts whose folders are remembered: those unused for longest are asked again. Some hundred bytes each. */
const AccountsKept = 50_000;

/** Which folders of an account are shown as one; nothing of its parts or of a login is kept. */
interface Known {
  readonly at: number;
  /** Ids of the folders of each merged class, the one that shows them first. */
  readonly groups: readonly (readonly FolderId[])[];
}

/** What is remembered of accounts for the views of their devices. */
export class MergedViews {
  readonly #now: () => number;
  readonly #known = new BoundedMap<Known>(AccountsKept);

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The account with the folders of some classes merged. */
  view(backend: Abilities, account: string, classes: readonly MergedClass[]): Abilities {
    const { folders } = backend;
    if (classes.length === 0 || folders === undefined) return backend;
    // Devices of one account may take one folder of different classes.
    const key = `${account} ${classes.join()}`;
    const memory: Memory = {
      known: () => this.#known.get(key),
      isFresh: ({ at }) => this.#now() - at < FoldersTime,
      learn: (groups) => this.#known.set(key, { at: this.#now(), groups }),
      forget: () => this.#known.delete(key),
    };
    return mergedAbilities(backend, new View(classes, folders, memory));
  }
}

interface Memory {
  known(): Known | undefined;
  isFresh(known: Known): boolean;
  learn(groups: Known['groups']): void;
  forget(): void;
}

/** The folders of an account as a device sees them. */
class View implements FolderStore {
  readonly #classes: readonly ItemClass[];
  readonly #folders: FolderStore;
  readonly #memory: Memory;

  constructor(classes: readonly ItemClass[], folders: FolderStore, memory: Memory) {
    this.#classes = classes;
    this.#folders = folders;
    this.#memory = memory;
  }

  has(itemClass: ItemClass): boolean {
    return this.#classes.includes(itemClass);
  }

  async list(signal?: AbortSignal): Promise<readonly Folder[]> {
    return (await this.look(signal)).folders;
  }

  async look(signal?: AbortSignal): Promise<SeenFolders> {
    const seen = await this.#look(signal);
    const shown = seen.folders.flatMap((folder) => {
      if (!this.has(folder.itemClass)) return [folder];
      const main = mainOf(seen.folders, folder.itemClass);
      return main?.id === folder.id ? [main] : [];
    });
    const ids = new Set(shown.map(({ id }) => id));
    const inTree = (folder: Folder): Folder =>
      folder.parentId === undefined || ids.has(folder.parentId) ? folder : { ...folder, parentId: undefined };
    return { ...seen, folders: shown.map(inTree) };
  }

  async create(folder: Parameters<FolderStore['create']>[0]): Promise<FolderId> {
    if (this.has(folder.itemClass))
      throw new BackendError('unsupported', { detail: 'the device has one folder of it' });
    return this.#folders.create(folder);
  }

  update(...[id, change]: Parameters<FolderStore['update']>): Promise<FolderId> {
    return this.#folders.update(id, change);
  }

  remove(id: FolderId): Promise<void> {
    return this.#folders.remove(id);
  }

  /** The folders may be others than is remembered. */
  doubt(): void {
    this.#memory.forget();
  }

  async areAway(folders: readonly FolderId[]): Promise<boolean> {
    const { isAway } = await this.#look();
    return folders.some(isAway);
  }

  /**
   * The folders that one of a merged class shows, itself first; one that cannot be asked for now shows itself. Throws
   * `notFound` for one that is shown in another.
   */
  async membersOf(id: FolderId, signal?: AbortSignal): Promise<readonly FolderId[]> {
    const known = this.#memory.known();
    const isGood = known !== undefined && this.#memory.isFresh(known) && groupOf(known, id) !== undefined;
    if (!isGood) await this.#look(signal);
    const group = groupOf(this.#memory.known(), id) ?? [id];
    if (group[0] !== id) throw new BackendError('notFound', { detail: 'it is shown in another' });
    return group;
  }

  /**
   * The same of a folder of whatever class, out of what is remembered: who waits for mail alone asks for no folders.
   * What is not known yet after a start is learned with the first look at the hierarchy.
   */
  async shownBy(id: FolderId, signal?: AbortSignal): Promise<readonly FolderId[] | undefined> {
    return groupOf(this.#memory.known(), id) === undefined ? undefined : this.membersOf(id, signal);
  }

  async #look(signal?: AbortSignal): Promise<SeenFolders> {
    const store = this.#folders;
    const seen = (await store.look?.(signal)) ?? { folders: await store.list(signal), isAway: () => false };
    this.#memory.learn(this.#classes.map((itemClass) => groupIn(seen.folders, itemClass)));
    return seen;
  }
}

const groupOf = (known: Known | undefined, id: FolderId): readonly FolderId[] | undefined =>
  known?.groups.find((group) => group.includes(id));

/** The folders of a class, the one that shows them first. */
const groupIn = (folders: readonly Folder[], itemClass: ItemClass): readonly FolderId[] => {
  const main = mainOf(folders, itemClass)?.id;
  const ids = folders.filter((one) => one.itemClass === itemClass && one.selectable).map(({ id }) => id);
  return main === undefined ? [] : [main, ...ids.filter((id) => id !== main)];
};

/** The folder that stands for all of a class: the default one, else the first. */
const mainOf = (folders: readonly Folder[], itemClass: ItemClass): Folder | undefined => {
  const own = folders.filter((folder) => folder.itemClass === itemClass && folder.selectable);
  const main = own.find(({ role }) => role === 'default') ?? own[0];
  return main && { ...main, role: 'default' };
};

const mergedAbilities = (backend: Abilities, view: View): Abilities => {
  const positions = shownPositions(backend, view);
  const scope: MergedScope = {
    membersOf: (folder, signal) => view.membersOf(folder, signal),
    areAway: (folders) => view.areAway(folders),
    positions,
    doubt: () => view.doubt(),
  };
  const { contacts, events, tasks, notes } = backend;
  const merged = <Store extends object>(itemClass: ItemClass, store: Store | undefined): Store | undefined =>
    store === undefined || !view.has(itemClass) ? store : (mergedStore(store as AnyGroupwareStore, scope) as Store);
  return {
    ...backend,
    folders: view,
    members: async (folder, signal) => (await view.shownBy(folder, signal)) ?? [folder],
    positions,
    ...given('contacts', merged('Contacts', contacts)),
    ...given('events', events === undefined || !view.has('Calendar') ? events : mergedEvents(events, scope)),
    ...given('tasks', merged('Tasks', tasks)),
    ...given('notes', merged('Notes', notes)),
  };
};

const given = <Name extends keyof Abilities>(name: Name, ability: Abilities[Name] | undefined): Abilities =>
  ability === undefined ? {} : { [name]: ability };

/** Positions of folders, that of a merged one out of those of its members; one that is shown in another is gone. */
const shownPositions =
  (backend: Abilities, view: View): ShownPositions =>
  async (folders, signal) => {
    const members = new Map<FolderId, readonly FolderId[] | undefined>();
    for (const folder of folders) {
      try {
        members.set(folder, await view.shownBy(folder, signal));
      } catch (error) {
        if (!isBackendError(error, 'notFound')) throw error;
      }
    }
    const asked = new Set([...members].flatMap(([folder, ids = [folder]]) => ids));
    const found = await positionsOf(backend, [...asked], signal);
    return new Map([...members].flatMap(([folder, ids]) => shownPosition(folder, ids, found)));
  };

const shownPosition = (
  folder: FolderId,
  members: readonly FolderId[] | undefined,
  found: ReadonlyMap<FolderId, Position>,
): readonly (readonly [FolderId, Position])[] => {
  const own = (members ?? [folder]).flatMap((member) => {
    const position = found.get(member);
    return position === undefined ? [] : [[member, position] as const];
  });
  if (members === undefined) return own;
  return own.length === members.length ? [[folder, mergedPosition(new Map(own))]] : [];
};
