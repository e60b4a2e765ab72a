import type { FolderId } from '../../backends/contract/folders.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import { loadHierarchy } from '../folders/hierarchy-state.ts';
import type { Partition, StateStore } from '../state/contract.ts';
import { partnershipPrefix } from '../state/partitions.ts';
import { afterDetailsChanged } from './generation.ts';
import { commitOverlay } from './overlay.ts';

/**
 * Has the devices of an account that hold an item told of it again: what is kept beside the mail server changed, of
 * which the server's own changes say nothing. Reads a document or two of each partnership: for what happens seldom.
 *
 * @param except the partnership whose device made the change, and knows of it
 */
export const tellAgain = async (
  store: StateStore,
  account: string,
  { folder, id }: { readonly folder: FolderId; readonly id: ItemId },
  except?: Partition,
): Promise<void> => {
  const partitions: Partition[] = [];
  for await (const partition of store.partitions(partnershipPrefix(account))) partitions.push(partition);
  for (const partition of partitions) {
    if (partition === except) continue;
    const { state } = await loadHierarchy(store, partition);
    const known = state?.current.find((each) => each.folder === folder);
    if (known !== undefined) {
      await commitOverlay(store, partition, new Map([[known.collectionId, [id]]]), afterDetailsChanged);
    }
  }
};
