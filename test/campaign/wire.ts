import type { ServerCommand, SyncRequest, SyncResponse } from '../../protocol/commands/sync.ts';

/** A stretch of time whose commits the state store lost. */
export interface Loss {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** What came over the wire of one item, in answers that arrived. */
interface Told {
  /** When it was added last. */
  addedAt: number;
  changes: number;
  /** Requests with a Change of it by this phone that got no answer. */
  unanswered: number;
}

/** How often others changed an item, in attempts. */
export type Touches = (serverId: string) => number;

/**
 * What a phone was told, item by item: an item comes once, and is changed at most as often as
 * somebody changed it.
 */
export class Wire {
  readonly complaints: string[] = [];
  /** Commits lost; what was told in such a time may be told again. */
  readonly losses: Loss[] = [];
  readonly #items = new Map<string, Told>();
  readonly #onChange: (serverId: string) => void;
  /** When each collection was begun. */
  readonly #begun = new Map<string, number>();

  readonly #idsReturn: boolean;

  /**
   * @param onChange called for each Change that the phone sends, each time that it does
   * @param idsReturn whether an item that left a folder may come back under its id: names of files do, UIDs do not
   */
  constructor(onChange: (serverId: string) => void, idsReturn = false) {
    [this.#onChange, this.#idsReturn] = [onChange, idsReturn];
  }

  /** Notes a request before it is sent: unless an answer comes, its Changes may come back as news. */
  asking(request: SyncRequest | undefined): void {
    for (const serverId of changedIn(request)) {
      this.#of(serverId).unanswered++;
      this.#onChange(serverId);
    }
  }

  /** Notes what an answer says. */
  told(request: SyncRequest | undefined, response: SyncResponse | undefined): void {
    for (const serverId of changedIn(request)) this.#of(serverId).unanswered--;
    for (const { collectionId = '', status, commands } of response?.collections?.collection ?? []) {
      const asked = request?.collections?.collection.find((each) => each.collectionId === collectionId);
      if (status === 3) this.#wiped(collectionId);
      if (asked?.syncKey === '0') this.#begun.set(collectionId, Date.now());
      for (const command of commands ?? []) this.#note(command);
    }
  }

  /**
   * Items that were changed more often than anybody changed them, in words. What one asks for may be
   * done twice, when the server's own way to the mail server breaks or another request comes between.
   */
  idleChanges(touches: Touches): readonly string[] {
    const surplus = (serverId: string, { changes, unanswered, addedAt }: Told): number =>
      changes - 2 * (touches(serverId) + unanswered) - this.losses.filter(({ to }) => to >= addedAt).length;
    return [...this.#items]
      .filter(([serverId, told]) => surplus(serverId, told) > 0)
      .map(([id, { changes }]) => `item ${id} was changed ${changes} times over the wire, more often than by anybody`);
  }

  /** A Status 3 is right only where the store lost the whole life of the collection. */
  #wiped(collectionId: string): void {
    const begun = this.#begun.get(collectionId) ?? 0;
    if (!this.#isLost(begun)) this.complaints.push(`Status 3 for collection ${collectionId}`);
    for (const serverId of this.#items.keys()) {
      if (serverId.startsWith(`${collectionId}:`)) this.#items.delete(serverId);
    }
  }

  #note({ kind, serverId }: ServerCommand): void {
    if (kind === 'change') this.#of(serverId).changes++;
    if (kind !== 'add') return;
    const told = this.#of(serverId);
    if (told.addedAt > 0 && !this.#idsReturn && !this.#isLost(told.addedAt))
      this.complaints.push(`item ${serverId} came over the wire twice`);
    told.addedAt = Date.now();
  }

  /** Whether what was told at a time was lost by the store afterwards. */
  #isLost(at: number): boolean {
    return this.losses.some(({ from, to }) => from <= at && at <= to);
  }

  #of(serverId: string): Told {
    const known = this.#items.get(serverId) ?? { addedAt: 0, changes: 0, unanswered: 0 };
    this.#items.set(serverId, known);
    return known;
  }
}

const changedIn = (request: SyncRequest | undefined): readonly string[] =>
  (request?.collections?.collection ?? []).flatMap(({ commands = [] }) =>
    commands.flatMap((command) => (command.kind === 'change' ? [command.serverId] : [])),
  );
