import type { FolderSyncChanges, FolderSyncResponse } from '../../protocol/commands/folder-sync.ts';
import type { ReportAnomaly } from './anomaly.ts';

/** ParentId of a folder at the top ([MS-ASCMD] 2.2.3.123.3). */
const Root = '0';

/** A folder as the phone holds it. */
export interface PhoneFolder {
  readonly serverId: string;
  readonly parentId: string;
  readonly displayName: string;
  /** [MS-ASCMD] 2.2.3.186.3. */
  readonly type: number;
}

/** What a folder holds, by its Type ([MS-ASCMD] 2.2.3.186.3): the Class and whether it is a default folder. */
const FolderTypes: Readonly<Record<number, readonly [itemClass: string, role: string]>> = {
  1: ['Email', ''],
  2: ['Email', 'inbox'],
  3: ['Email', 'drafts'],
  4: ['Email', 'trash'],
  5: ['Email', 'sent'],
  6: ['Email', 'outbox'],
  7: ['Tasks', 'tasks'],
  8: ['Calendar', 'calendar'],
  9: ['Contacts', 'contacts'],
  10: ['Notes', 'notes'],
  12: ['Email', ''],
  13: ['Calendar', ''],
  14: ['Contacts', ''],
  15: ['Tasks', ''],
  17: ['Notes', ''],
};

/** Class of the items in a folder of this Type; `undefined`: a phone does not synchronise it. */
export const classOfFolder = (type: number): string | undefined => FolderTypes[type]?.[0];

/** What a default folder is for, `inbox`; empty: made by the user. */
export const roleOfFolder = (type: number): string => FolderTypes[type]?.[1] ?? '';

/** A folder and how deep it lies. */
export interface FolderLine {
  readonly folder: PhoneFolder;
  readonly depth: number;
}

/** The hierarchy as the phone holds it. */
export class FolderTree {
  /** `0`: nothing is known yet. */
  syncKey = '0';
  /** How often the server refused the key, so that the phone began anew. */
  wipes = 0;
  readonly #folders = new Map<string, PhoneFolder>();

  get(serverId: string): PhoneFolder | undefined {
    return this.#folders.get(serverId);
  }

  /** Every folder, in the order in which they came. */
  all(): readonly PhoneFolder[] {
    return [...this.#folders.values()];
  }

  /** The default folder of a purpose, `inbox`. */
  byRole(role: string): PhoneFolder | undefined {
    return this.all().find((folder) => roleOfFolder(folder.type) === role);
  }

  /** Parents before children: default folders first, then by name. */
  lines(parentId = Root, depth = 0): readonly FolderLine[] {
    const children = this.all().filter((folder) => folder.parentId === parentId);
    return children.sort(byRank).flatMap((folder) => [{ folder, depth }, ...this.lines(folder.serverId, depth + 1)]);
  }

  /** Applies the answer to a FolderSync as a phone does. Status 9: everything is forgotten. */
  apply(response: FolderSyncResponse, report: ReportAnomaly): void {
    if (response.status === 9) this.#wipe();
    else if (response.status === 1 && response.syncKey === undefined) report('missingSyncKey');
    else if (response.status === 1) this.#applySuccess(response, report);
  }

  /** Holds a folder that the phone itself made or changed. */
  edited(syncKey: string, folder: PhoneFolder): void {
    this.syncKey = syncKey;
    this.#folders.set(folder.serverId, folder);
  }

  /** Forgets a folder that the phone itself removed; those below it until the server says so. */
  removed(syncKey: string, serverId: string): void {
    this.syncKey = syncKey;
    this.#folders.delete(serverId);
  }

  #applySuccess({ syncKey, changes }: FolderSyncResponse, report: ReportAnomaly): void {
    // The answer to key 0 is the whole hierarchy.
    if (this.syncKey === '0') this.#folders.clear();
    if (changes !== undefined) this.#applyChanges(changes, report);
    this.syncKey = syncKey ?? this.syncKey;
  }

  #wipe(): void {
    this.#folders.clear();
    this.syncKey = '0';
    this.wipes++;
  }

  #applyChanges(changes: FolderSyncChanges, report: ReportAnomaly): void {
    for (const folder of changes.add) this.#add(folder, report);
    for (const folder of changes.update) {
      if (!this.#folders.has(folder.serverId)) report('updateOfUnknownFolder', folder.serverId);
      this.#folders.set(folder.serverId, folder);
    }
    for (const { serverId } of changes.delete) {
      if (!this.#folders.delete(serverId)) report('deleteOfUnknownFolder', serverId);
    }
    const total = changes.add.length + changes.update.length + changes.delete.length;
    if (changes.count !== undefined && changes.count !== total) report('wrongCount');
    for (const folder of this.all()) {
      if (folder.parentId !== Root && !this.#folders.has(folder.parentId)) report('orphanFolder', folder.serverId);
    }
  }

  #add(folder: PhoneFolder, report: ReportAnomaly): void {
    if (this.#folders.has(folder.serverId)) report('addOfHeldFolder', folder.serverId);
    this.#folders.set(folder.serverId, folder);
  }
}

const rank = ({ type }: PhoneFolder): number => (roleOfFolder(type) === '' ? 99 : type);

const byRank = (a: PhoneFolder, b: PhoneFolder): number =>
  rank(a) - rank(b) || a.displayName.localeCompare(b.displayName);
