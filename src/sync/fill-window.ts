import { isBackendError } from '../../backends/contract/errors.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { ServerCommand } from '../../protocol/commands/sync.ts';
import { readCarefully } from './careful-read.ts';
import type { CollectionRequest, CollectionScope, TroubleOutcome } from './collection.ts';
import { afterWindow, chooseWindow, type Generation, hasWork, type Window } from './generation.ts';
import type { ReadScope, ReadyItem } from './item-class.ts';
import type { StickyOptions } from './options.ts';
import { serverIdOf } from './server-id.ts';
import { passOver, type SetAside, type SetAsideItems, shortReason } from './set-aside.ts';
import { failedAt, type Stuck, servedAlone, type Treatment, timesAlone, treatmentOf } from './stuck.ts';

/** What a window is filled from. */
export interface Unfilled {
  readonly start: Generation;
  /** Number of the generation whose SyncKey was presented. */
  readonly number: number;
  readonly stuck: Stuck | undefined;
  readonly setAside: SetAsideItems;
}

/** A window, and what there is to remember of it. */
export interface Filled {
  readonly generation: Generation;
  readonly commands: readonly ServerCommand[];
  readonly trouble: TroubleOutcome;
}

/** Why an item is set aside whose answer arrived and led to nothing. */
const NotAccepted = 'the device asked for it again and again, and did not go on';

/**
 * Fills the window within WindowSize, bytes and time. Ends with at least one command as long as
 * there is work: items that turn out to be gone are passed over ([MS-ASCMD] 2.2.3.109, R3453).
 */
export const fillWindow = async (
  scope: CollectionScope,
  request: CollectionRequest,
  options: StickyOptions,
  { start, number, stuck, setAside }: Unfilled,
): Promise<Filled> => {
  const filling = new Filling(scope, request, options, setAside);
  const size = Math.min(request.windowSize, scope.budget.commands, stuck?.size ?? Number.POSITIVE_INFINITY);
  let generation = passOver(start, setAside);
  let suspect = stuck;
  while (hasWork(generation) && filling.commands.length === 0) {
    const window = chooseWindow(generation, size);
    const only = scope.budget.single ? onlyOf(window) : undefined;
    const treatment = only === undefined ? 'whole' : treatmentOf(timesAlone(suspect, only));
    const reason = suspect?.reason ?? NotAccepted;
    if (only !== undefined && treatment === 'leftOut') {
      filling.setAside(only, 'leftOut', reason);
      generation = afterWindow(generation, { ...window, missing: [] });
      continue;
    }
    const sent = await filling.fill(window, treatment, reason).catch((error: unknown) => {
      if (isBackendError(error, 'unavailable')) scope.trouble.failed(failedAt(suspect, number, only, error.message));
      throw error;
    });
    generation = afterWindow(generation, { ...window, ...sent });
    if (only !== undefined && suspect !== undefined) suspect = servedAlone(suspect, only);
  }
  scope.budget.commands -= filling.commands.length;
  return { generation, commands: filling.commands, trouble: { stuck: suspect, setAside: filling.items } };
};

/** The one item of a window of one. */
const onlyOf = ({ deletes, softDeletes, changes, adds }: Window): ItemId | undefined =>
  [...deletes, ...softDeletes, ...changes, ...adds][0];

/** What became of the items of one kind. */
interface Taken {
  readonly sent: ItemId[];
  /** Left out. */
  readonly passed: ItemId[];
  readonly missing: ItemId[];
}

interface Sent {
  readonly changes: readonly ItemId[];
  readonly adds: readonly ItemId[];
  readonly missing: readonly ItemId[];
}

/** The commands of one collection's response as they come together. */
class Filling {
  readonly commands: ServerCommand[] = [];
  readonly #scope: CollectionScope;
  readonly #request: CollectionRequest;
  readonly #options: StickyOptions;
  #items: SetAsideItems;

  constructor(scope: CollectionScope, request: CollectionRequest, options: StickyOptions, items: SetAsideItems) {
    this.#scope = scope;
    this.#request = request;
    this.#options = options;
    this.#items = items;
  }

  /** What is set aside now. */
  get items(): SetAsideItems {
    return this.#items;
  }

  setAside(id: ItemId, how: SetAside['how'], reason: string): void {
    const { now, trouble } = this.#scope;
    const since = this.#items[id]?.since ?? now();
    const { folder } = this.#request;
    this.#items = {
      ...this.#items,
      [id]: { folder, how, reason: shortReason(reason), since, release: trouble.release },
    };
  }

  async fill(window: Window, treatment: Treatment, reason: string): Promise<Sent> {
    this.#name('delete', window.deletes);
    this.#name('softDelete', window.softDeletes);
    const { port } = this.#scope;
    const read = (ids: readonly ItemId[], what: ReadScope) => readCarefully(port, ids, this.#options, what);
    const changes = await this.#take('change', window.changes, (ids) => read(ids, 'changes'));
    const adds = await this.#take('add', window.adds, (ids) => {
      if (treatment === 'standIn') return standIns(ids, (id) => port.standIn(id, reason));
      return read(ids, treatment === 'notice' ? 'notice' : 'added');
    });
    const reduced = treatment === 'notice' || treatment === 'standIn' ? treatment : undefined;
    for (const id of adds.sent) if (reduced !== undefined) this.setAside(id, reduced, reason);
    return {
      changes: [...changes.sent, ...changes.passed],
      adds: [...adds.sent, ...adds.passed],
      missing: [...changes.missing, ...adds.missing],
    };
  }

  #name(kind: 'delete' | 'softDelete', ids: readonly ItemId[]): void {
    for (const id of ids) this.commands.push({ kind, serverId: serverIdOf(this.#request.collectionId, id) });
  }

  /** Whether bytes or time are used up; the first item goes out whatever its size. */
  get #full(): boolean {
    const { budget, now } = this.#scope;
    return this.commands.length > 0 && (budget.bytes <= 0 || now() > budget.deadline);
  }

  async #take(
    kind: 'add' | 'change',
    ids: readonly ItemId[],
    read: (ids: readonly ItemId[]) => AsyncIterable<ReadyItem>,
  ): Promise<Taken> {
    const taken: Taken = { sent: [], missing: [], passed: [] };
    if (ids.length === 0 || this.#full) return taken;
    try {
      for await (const item of read(ids)) {
        if (item.outcome === 'missing') taken.missing.push(item.id);
        else if (item.outcome === 'ready') this.#add(kind, item, taken.sent);
        else this.#leaveOut(item, taken.passed);
        if (this.#full) break;
      }
    } catch (error) {
      // What was read until then goes out: the next request begins where this one ended.
      if (this.commands.length === 0 || !isBackendError(error, 'unavailable')) throw error;
    }
    return taken;
  }

  /** What nothing can be made of counts as sent: it is not tried again until it changes. */
  #leaveOut({ id, reason }: Extract<ReadyItem, { outcome: 'leftOut' }>, passed: ItemId[]): void {
    this.setAside(id, 'leftOut', reason);
    passed.push(id);
  }

  #add(kind: 'add' | 'change', item: Extract<ReadyItem, { outcome: 'ready' }>, sent: ItemId[]): void {
    const { id, applicationData, problem } = item;
    this.commands.push({ kind, serverId: serverIdOf(this.#request.collectionId, id), applicationData });
    this.#scope.budget.bytes -= applicationData.byteLength;
    sent.push(id);
    if (problem !== undefined) this.setAside(id, 'notice', problem);
  }
}

async function* standIns(ids: readonly ItemId[], make: (id: ItemId) => ReadyItem): AsyncIterable<ReadyItem> {
  for (const id of ids) yield make(id);
}
