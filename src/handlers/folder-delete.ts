import { FolderDeleteRequest, FolderDeleteResponse } from '../../protocol/commands/folder-delete.ts';
import { FolderDeleteStatus } from '../../protocol/status.ts';
import { deleteFolder, type EditRefusal } from '../folders/folder-edit.ts';
import type { Command, CommandRequest } from './command.ts';
import type { Answer, Context } from './context.ts';
import { editFolders, orMalformed } from './folder-editing.ts';
import type { Services } from './services.ts';

const StatusOf: Readonly<Record<EditRefusal, number>> = {
  invalidSyncKey: FolderDeleteStatus.invalidSyncKey,
  notFound: FolderDeleteStatus.folderNotFound,
  parentNotFound: FolderDeleteStatus.folderNotFound,
  exists: FolderDeleteStatus.unknownError,
  protected: FolderDeleteStatus.specialFolder,
  impossible: FolderDeleteStatus.specialFolder,
};

/** FolderDelete ([MS-ASCMD] 2.2.1.4). */
export const folderDeleteCommand = (services: Services): Command<FolderDeleteRequest, FolderDeleteResponse> => ({
  name: 'FolderDelete',
  request: FolderDeleteRequest,
  response: FolderDeleteResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: (context, request) => folderDelete(services, context, request),
  failure: orMalformed,
});

const folderDelete = async (
  services: Services,
  context: Context,
  { body }: CommandRequest<FolderDeleteRequest>,
): Promise<Answer<FolderDeleteResponse>> => {
  if (body === undefined) return { kind: 'document', value: { status: FolderDeleteStatus.malformedRequest } };
  const { syncKey, serverId } = body;
  const outcome = await editFolders(services, context, (scope) => deleteFolder(scope, syncKey, serverId));
  if ('refused' in outcome) return { kind: 'document', value: { status: StatusOf[outcome.refused] } };
  return { kind: 'document', value: { status: FolderDeleteStatus.success, syncKey: outcome.syncKey } };
};
