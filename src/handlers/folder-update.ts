import { FolderUpdateRequest, FolderUpdateResponse } from '../../protocol/commands/folder-update.ts';
import { FolderUpdateStatus } from '../../protocol/status.ts';
import { type EditRefusal, updateFolder } from '../folders/folder-edit.ts';
import type { Command, CommandRequest } from './command.ts';
import type { Answer, Context } from './context.ts';
import { editFolders, orMalformed } from './folder-editing.ts';
import type { Services } from './services.ts';

const StatusOf: Readonly<Record<EditRefusal, number>> = {
  invalidSyncKey: FolderUpdateStatus.invalidSyncKey,
  notFound: FolderUpdateStatus.folderNotFound,
  parentNotFound: FolderUpdateStatus.parentNotFound,
  exists: FolderUpdateStatus.folderExistsOrIsSpecial,
  protected: FolderUpdateStatus.folderExistsOrIsSpecial,
  impossible: FolderUpdateStatus.malformedRequest,
};

/** FolderUpdate ([MS-ASCMD] 2.2.1.6): a folder renamed, moved, or both. */
export const folderUpdateCommand = (services: Services): Command<FolderUpdateRequest, FolderUpdateResponse> => ({
  name: 'FolderUpdate',
  request: FolderUpdateRequest,
  response: FolderUpdateResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: (context, request) => folderUpdate(services, context, request),
  failure: orMalformed,
});

const folderUpdate = async (
  services: Services,
  context: Context,
  { body }: CommandRequest<FolderUpdateRequest>,
): Promise<Answer<FolderUpdateResponse>> => {
  if (body === undefined) return { kind: 'document', value: { status: FolderUpdateStatus.malformedRequest } };
  const { syncKey, serverId: collectionId, parentId, displayName: name } = body;
  const outcome = await editFolders(services, context, (scope) =>
    updateFolder(scope, syncKey, { collectionId, parentId, name }),
  );
  if ('refused' in outcome) return { kind: 'document', value: { status: StatusOf[outcome.refused] } };
  return { kind: 'document', value: { status: FolderUpdateStatus.success, syncKey: outcome.syncKey } };
};
