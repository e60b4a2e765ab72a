import type { IdempotencyName, ItemId, Revision } from '../../backends/contract/items.ts';
import type { TreeNode } from '../../protocol/schema/describe.ts';

/** What became of a draft that a device wrote. */
export type DraftWritten =
  | {
      readonly kind: 'stored';
      readonly id: ItemId;
      readonly revision: Revision;
      /** Part names of the attachments that were added, by the device's names for them. */
      readonly attached: readonly (readonly [clientId: string, part: string])[];
    }
  /** It was sent, and is no draft any more. */
  | { readonly kind: 'sent' };

/**
 * A folder of drafts, which devices write themselves ([MS-ASEMAIL] 3.1.5.4). Every method throws
 * ItemRefused for what cannot be taken; doing the same again under the same name does it once.
 */
export interface DraftPort {
  /** Whether a Change is one of the draft itself, not only of its marks. */
  isRewrite(applicationData: readonly TreeNode[]): boolean;
  /** Stores a new draft, or sends it without storing it. */
  add(applicationData: readonly TreeNode[], name: IdempotencyName, send: boolean): Promise<DraftWritten>;
  /**
   * Stores a changed draft in place of the one that was there, under an id of its own, or sends it
   * and removes it.
   */
  change(id: ItemId, applicationData: readonly TreeNode[], name: IdempotencyName, send: boolean): Promise<DraftWritten>;
}
