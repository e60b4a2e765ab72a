import { FolderCreateStatus, GlobalStatus } from '../../protocol/status.ts';
import type { EditOutcome } from '../folders/folder-edit.ts';
import type { FolderSyncScope } from '../folders/folder-sync.ts';
import type { Context } from './context.ts';
import { folderScope, partitionOf, type Services, syncScope } from './services.ts';
import { tellHierarchyChanged } from './tell-others.ts';

/** Runs an edit of the hierarchy under the partnership's lock, and tells the account's other devices. */
export const editFolders = async (
  services: Services,
  context: Context,
  edit: (scope: FolderSyncScope) => Promise<EditOutcome>,
): Promise<EditOutcome> => {
  const outcome = await services.locks.run(partitionOf(context), () => edit(folderScope(services, context)));
  if ('refused' in outcome) return outcome;
  const { followUps, filing } = syncScope(services, context);
  for (const [from, to] of outcome.renamed) {
    await followUps.renamed(from, to);
    await filing.renamed(from, to);
  }
  tellHierarchyChanged(services, context);
  return outcome;
};

/** A document that is not as the schema says has a Status of its own, the same in the three commands (R4035, R4063, R4123). */
export const orMalformed = (status: number): { status: number } => ({
  status: status === GlobalStatus.invalidXml ? FolderCreateStatus.malformedRequest : status,
});
