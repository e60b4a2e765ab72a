import type { Revision } from '../../backends/contract/items.ts';
import type { Journal, JournalEntry } from './collection-state.ts';

/**
 * The outcomes remembered under one SyncKey. Of the Changes of an item only the last is remembered:
 * a device that sets a mark, takes it off and sets it again means the last of them each time.
 */
export class CommandJournal {
  readonly #entries: Map<string, JournalEntry>;
  readonly #lastOf = new Map<string, string>();

  constructor(known: Journal) {
    this.#entries = new Map(Object.entries(known));
    for (const [digest, { serverId }] of this.#entries) if (serverId !== undefined) this.#lastOf.set(serverId, digest);
  }

  get entries(): Journal {
    return Object.fromEntries(this.#entries);
  }

  /** Whether a command that was done before made an item what it is at a revision. */
  hasRevision(serverId: string, revision: Revision | undefined): boolean {
    return [...this.#entries.values()].some((entry) => entry.serverId === serverId && entry.revision === revision);
  }

  get(digest: string): JournalEntry | undefined {
    return this.#entries.get(digest);
  }

  remember(digest: string, entry: JournalEntry): void {
    const { serverId } = entry;
    const earlier = serverId === undefined ? undefined : this.#lastOf.get(serverId);
    if (earlier !== undefined) this.#entries.delete(earlier);
    if (serverId !== undefined) this.#lastOf.set(serverId, digest);
    this.#entries.set(digest, entry);
  }
}
