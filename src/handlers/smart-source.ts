import type { ItemId } from '../../backends/contract/items.ts';
import type { LineParameters } from '../../protocol/http/request-line.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import { findFolder, loadHierarchy } from '../folders/hierarchy-state.ts';
import { parseLongId } from '../search/long-id.ts';
import type { MailItem } from '../send/original.ts';
import { type ItemReference, parseServerId } from '../sync/server-id.ts';
import { CommandFailure } from './command.ts';
import type { Context } from './context.ts';
import { partitionOf } from './services.ts';

/** Names of the mail that is answered or forwarded ([MS-ASCMD] 2.2.3.173). */
export interface SmartSource {
  readonly folderId?: string | undefined;
  readonly itemId?: string | undefined;
  readonly longId?: string | undefined;
  readonly instanceId?: Date | string | undefined;
}

/** The names on the request line, up to 12.1 ([MS-ASHTTP] 2.2.1.1.1.2.5). */
export const sourceOfLine = ({ collectionId, itemId, longId, occurrence }: LineParameters): SmartSource => ({
  folderId: collectionId,
  itemId,
  longId,
  instanceId: occurrence,
});

/** A mail that is not there is an error, never a mail without it (MS-ASCMD_R4930). */
export const itemNotFound = (message = 'The mail to answer or to forward is not in the mailbox'): CommandFailure =>
  new CommandFailure(GlobalStatus.itemNotFound, message);

/** An item of whatever class that a source names. Throws {@link CommandFailure}. */
export const resolveItem = async (
  context: Context,
  source: SmartSource,
): Promise<{ readonly folder: DeviceFolder; readonly id: ItemId }> => {
  const reference = referenceOf(source);
  const { state } = await loadHierarchy(context.state, partitionOf(context));
  const folder = reference === undefined ? undefined : findFolder(state, reference.collectionId);
  if (reference === undefined || folder === undefined) throw itemNotFound();
  return { folder, id: reference.itemId };
};

/** Finds the folder and the mail that a source names. Throws {@link CommandFailure}. */
export const resolveSource = async (context: Context, source: SmartSource): Promise<MailItem> => {
  const { folder, id } = await resolveItem(context, source);
  if (folder.itemClass !== 'Email') throw itemNotFound();
  // An occurrence is one of a meeting in a calendar; a mail has none.
  if (source.instanceId !== undefined) throw itemNotFound('A mail has no occurrences');
  return { folder: folder.folder, id };
};

const referenceOf = ({ folderId, itemId, longId, instanceId }: SmartSource): ItemReference | undefined => {
  if (longId !== undefined) {
    // MS-ASCMD_R3243: a LongId stands alone.
    if ([folderId, itemId, instanceId].some((each) => each !== undefined)) {
      throw new CommandFailure(GlobalStatus.invalidCombinationOfIds, 'A LongId stands alone');
    }
    return parseLongId(longId);
  }
  const reference = itemId === undefined ? undefined : parseServerId(itemId);
  // FolderId may be left out; one that contradicts the item names nothing.
  return folderId === undefined || folderId === reference?.collectionId ? reference : undefined;
};
