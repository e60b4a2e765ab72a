import { BackendError } from '../../backends/contract/errors.ts';
import { IdSet } from '../../backends/contract/id-set.ts';
import type { Changes, ItemId, Listing, Removal, Revision } from '../../backends/contract/items.ts';
import type { EncodedElement, TreeNode } from '../../protocol/schema/describe.ts';
import { type ItemClassPort, ItemRefused, type ReadScope, type ReadyItem } from '../../src/sync/item-class.ts';
import type { StickyOptions } from '../../src/sync/options.ts';

interface Item {
  /** What a device sees of the item. */
  content: string;
  /** Seconds since 1970. */
  readonly at: number;
  modseq: number;
}

/** How the folder tells what is gone. */
export type GoneStyle = 'removed' | 'present';

/**
 * A folder reduced to what the engine can see of one: items with a content, a change counter, an
 * epoch. `ApplicationData` is the content itself, so that a device's view can be compared.
 */
export class ModelFolder implements ItemClassPort {
  readonly changesExclude = false;
  readonly items = new Map<ItemId, Item>();
  readonly names = new Map<string, ItemId>();
  epoch = 'e1';
  gone: GoneStyle = 'removed';
  /** Ids read since the last reset, to see that nothing is read without need. */
  reads: ItemId[] = [];
  /** What reading an item meets. */
  failure: (content: string, scope: ReadScope) => Error | undefined = () => undefined;
  #modseq = 1;
  #uid = 0;
  #oldestCursor = 0;
  readonly #expunged: { readonly id: ItemId; readonly modseq: number }[] = [];

  deliver(content: string, at: number): ItemId {
    const id = `${this.epoch}.${++this.#uid}`;
    this.items.set(id, { content, at, modseq: ++this.#modseq });
    return id;
  }

  change(id: ItemId, content: string): void {
    const item = this.items.get(id);
    if (item === undefined) return;
    item.content = content;
    item.modseq = ++this.#modseq;
  }

  expunge(id: ItemId): void {
    if (this.items.delete(id)) this.#expunged.push({ id, modseq: ++this.#modseq });
  }

  /** The server forgets its change log: every cursor so far is refused. */
  forgetLog(): void {
    this.#oldestCursor = ++this.#modseq;
  }

  /** A new UIDVALIDITY: the same content under new ids. */
  newEpoch(epoch: string): void {
    const items = [...this.items.values()];
    this.items.clear();
    this.epoch = epoch;
    this.#uid = 0;
    this.forgetLog();
    for (const { content, at } of items) this.deliver(content, at);
  }

  async list(since: Date | undefined): Promise<Listing> {
    const floor = since === undefined ? Number.NEGATIVE_INFINITY : since.getTime() / 1000;
    const ids = [...this.items].filter(([, { at }]) => at >= floor).map(([id]) => id);
    return { ids: IdSet.of(ids), ...this.#mark() };
  }

  async changes(cursor: string): Promise<Changes> {
    const since = Number(cursor);
    if (since < this.#oldestCursor) throw new BackendError('cursorRefused');
    const changed = [...this.items]
      .filter(([, { modseq }]) => modseq > since)
      .map(([id, { content, at }]) => ({ id, revision: content, at }));
    const removed = this.#expunged.filter(({ modseq }) => modseq > since).map(({ id }) => id);
    const gone = this.gone === 'removed' ? { removed: IdSet.of(removed) } : { present: IdSet.of(this.items.keys()) };
    return { changed, gone, ...this.#mark() };
  }

  async *read(ids: readonly ItemId[], _options: StickyOptions, scope: ReadScope): AsyncIterable<ReadyItem> {
    for (const id of ids) {
      const item = this.items.get(id);
      const failure = item === undefined ? undefined : this.failure(item.content, scope);
      if (failure !== undefined) throw failure;
      if (item === undefined) yield { id, outcome: 'missing' };
      else {
        this.reads.push(id);
        const content = scope === 'notice' ? `notice of ${item.content}` : item.content;
        yield { id, outcome: 'ready', applicationData: encoded(content) };
      }
    }
  }

  standIn(id: ItemId, reason: string): ReadyItem {
    return { id, outcome: 'ready', applicationData: encoded(`(${reason})`), problem: reason };
  }

  async create(applicationData: readonly TreeNode[], name: string): Promise<{ id: ItemId; revision: Revision }> {
    const content = applicationData[0]?.text ?? '';
    const known = this.names.get(name);
    const id = known ?? this.deliver(content, FarFuture);
    this.names.set(name, id);
    return { id, revision: this.items.get(id)?.content ?? content };
  }

  async revisions(ids: readonly ItemId[]): Promise<ReadonlyMap<ItemId, Revision>> {
    return new Map(ids.flatMap((id) => (this.items.has(id) ? [[id, this.items.get(id)?.content ?? '']] : [])));
  }

  async update(id: ItemId, applicationData: readonly TreeNode[], expected?: Revision): Promise<{ revision: Revision }> {
    const content = applicationData[0]?.text ?? '';
    if (content === 'refuse') throw new ItemRefused(6, 'The model refuses this content');
    if (!this.items.has(id)) throw new BackendError('notFound');
    if (expected !== undefined && this.items.get(id)?.content !== expected) throw new BackendError('conflict');
    if (this.items.get(id)?.content !== content) this.change(id, content);
    return { revision: content };
  }

  async remove(ids: readonly ItemId[], _how: Removal): Promise<void> {
    for (const id of ids) this.expunge(id);
  }

  /** What a device with the given floor (seconds) must hold. */
  expected(floor: number): Map<ItemId, string> {
    return new Map([...this.items].filter(([, { at }]) => at >= floor).map(([id, { content }]) => [id, content]));
  }

  #mark(): { cursor: string; position: string } {
    return { cursor: String(this.#modseq), position: `${this.epoch}.${this.#modseq}` };
  }
}

/** Later than any filter's floor. */
export const FarFuture = 4_000_000_000;

const encoded = (content: string): EncodedElement => {
  const bytes = new TextEncoder().encode(content);
  return { pieces: [bytes], byteLength: bytes.length, lastPage: 0 };
};

/** The content that {@link ModelFolder} put into an item. */
export const contentOf = (applicationData: readonly TreeNode[] | EncodedElement | undefined): string => {
  if (applicationData === undefined || !('pieces' in applicationData)) throw new Error('no encoded content');
  return applicationData.pieces.map((piece) => new TextDecoder().decode(piece as Uint8Array)).join('');
};

/** A folder of some items, `mail 1` and so on. */
export const filled = (count: number): ModelFolder => {
  const folder = new ModelFolder();
  for (let i = 1; i <= count; i++) folder.deliver(`mail ${i}`, FarFuture);
  return folder;
};
