import type {
  Changes,
  Cursor,
  IdempotencyName,
  ItemId,
  Listing,
  Removal,
  Revision,
} from '../../backends/contract/items.ts';
import type { EncodedElement, TreeNode } from '../../protocol/schema/describe.ts';
import type { StickyOptions } from './options.ts';

/** An item ready to be sent. */
export type ReadyItem =
  | { readonly id: ItemId; readonly outcome: 'ready'; readonly applicationData: EncodedElement }
  | { readonly id: ItemId; readonly outcome: 'missing' };

/** What of an item is wanted. */
export const ReadScope = {
  /** All that the Options ask for. */
  whole: 'whole',
  /** What can change in an item that the device has; for mail its flags. */
  changes: 'changes',
} as const;
export type ReadScope = (typeof ReadScope)[keyof typeof ReadScope];

/** An item of a device that cannot be taken; the Status says why ([MS-ASCMD] 2.2.3.177.17). */
export class ItemRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ItemRefused';
    this.status = status;
  }
}

/**
 * What the engine needs of one class of items in one folder. It stands between the engine, which
 * knows no class, and the backend's store of that class.
 */
export interface ItemClassPort {
  list(since: Date | undefined): Promise<Listing>;
  changes(cursor: Cursor): Promise<Changes>;
  /** Reads and encodes items in the order of `ids`; each answers once. */
  read(ids: readonly ItemId[], options: StickyOptions, scope: ReadScope): AsyncIterable<ReadyItem>;
  /** Makes an item out of a device's ApplicationData. Throws {@link ItemRefused}. */
  create(applicationData: readonly TreeNode[], name: IdempotencyName): Promise<{ id: ItemId; revision: Revision }>;
  /** What items look like now; those that are gone are left out. */
  revisions(ids: readonly ItemId[]): Promise<ReadonlyMap<ItemId, Revision>>;
  /**
   * Applies a device's ApplicationData to an item. Throws {@link ItemRefused}, and BackendError
   * `conflict` when the item does not look as `expected`.
   */
  update(id: ItemId, applicationData: readonly TreeNode[], expected?: Revision): Promise<{ revision: Revision }>;
  remove(ids: readonly ItemId[], how: Removal): Promise<void>;
}
