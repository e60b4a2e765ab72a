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
import type { DraftPort } from './draft-port.ts';
import type { StickyOptions } from './options.ts';

/** An item ready to be sent. */
export type ReadyItem =
  | {
      readonly id: ItemId;
      readonly outcome: 'ready';
      readonly applicationData: EncodedElement;
      /** Why it could not be served whole; absent: it could. */
      readonly problem?: string | undefined;
    }
  | { readonly id: ItemId; readonly outcome: 'missing' }
  /** Nothing can be made of it that a device could show: it is left out, and listed for the administrator. */
  | { readonly id: ItemId; readonly outcome: 'leftOut'; readonly reason: string };

/** What of an item is wanted. */
export const ReadScope = {
  /** All that the Options ask for. */
  whole: 'whole',
  /** The same of an item that the device does not have: one that belongs elsewhere may be put there instead. */
  added: 'added',
  /** What can change in an item that the device has; for mail its flags. */
  changes: 'changes',
  /** What tells what it is, and a notice, with the original attached: for a device that does not take the whole. */
  notice: 'notice',
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

/** How a device sees the items of a collection that it changes. */
export interface DeviceView {
  readonly options: StickyOptions;
  /** Names of the elements that it manages, as it said at the beginning; absent: it did not say. */
  readonly supported: readonly string[] | undefined;
  /** The instant at which the one occurrence begins that is meant (from 16.0 on). */
  readonly instance?: Date | undefined;
}

/**
 * What the engine needs of one class of items in one folder. It stands between the engine, which
 * knows no class, and the backend's store of that class.
 */
export interface ItemClassPort {
  /** Called before the commands of a device are applied, if there are any. */
  prepare?(): Promise<void>;
  list(since: Date | undefined): Promise<Listing>;
  changes(cursor: Cursor): Promise<Changes>;
  /** Reads and encodes items in the order of `ids`; each answers once. */
  read(ids: readonly ItemId[], options: StickyOptions, scope: ReadScope): AsyncIterable<ReadyItem>;
  /** A notice in place of an item that nothing can be read of: made without asking the store. */
  standIn(id: ItemId, reason: string): ReadyItem;
  /** Makes an item out of a device's ApplicationData. Throws {@link ItemRefused}. */
  create(
    applicationData: readonly TreeNode[],
    name: IdempotencyName,
    view: DeviceView,
  ): Promise<{ id: ItemId; revision: Revision }>;
  /** What items look like now; those that are gone are left out. */
  revisions(ids: readonly ItemId[]): Promise<ReadonlyMap<ItemId, Revision>>;
  /**
   * Applies a device's ApplicationData to an item. Throws {@link ItemRefused}, and BackendError
   * `conflict` when the item does not look as `expected`.
   */
  update(
    id: ItemId,
    applicationData: readonly TreeNode[],
    expected: Revision | undefined,
    view: DeviceView,
  ): Promise<{ revision: Revision }>;
  /**
   * Whether a Change replaces what the item was, so that it and another client's exclude each other and
   * Conflict decides ([MS-ASCMD] 2.2.3.34); otherwise both hold.
   */
  readonly changesExclude: boolean;
  /** Takes one occurrence out of a repeated item (from 16.0 on). Throws what `update` throws. */
  removeInstance?(id: ItemId, instance: Date): Promise<{ revision: Revision }>;
  remove(ids: readonly ItemId[], how: Removal): Promise<void>;
  /** A folder of drafts, for devices that write them. */
  readonly drafts?: DraftPort | undefined;
  /** What a device is told of a draft that it wrote, with the names of what it attached. */
  answer?(
    id: ItemId,
    attached: readonly (readonly [clientId: string, part: string])[],
  ): Promise<EncodedElement | undefined>;
  /** What a device is told of an item that it added, out of what it sent; absent: nothing. */
  answerAdd?(id: ItemId, applicationData: readonly TreeNode[]): EncodedElement | undefined;
}
