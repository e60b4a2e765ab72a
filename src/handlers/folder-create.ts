import type { ItemClass } from '../../backends/contract/folders.ts';
import { FolderCreateRequest, FolderCreateResponse } from '../../protocol/commands/folder-create.ts';
import { FolderCreateStatus } from '../../protocol/status.ts';
import { createFolder, type EditRefusal } from '../folders/folder-edit.ts';
import type { Command, CommandRequest } from './command.ts';
import type { Answer, Context } from './context.ts';
import { editFolders, orMalformed } from './folder-editing.ts';
import type { Services } from './services.ts';

/**
 * What a folder of a Type holds ([MS-ASCMD] 2.2.3.186.2); default folders (2 to 11) are not for devices to make.
 * 1 is a folder of any kind, which holds mail.
 */
const ClassOfType: Readonly<Record<number, ItemClass>> = {
  1: 'Email',
  12: 'Email',
  13: 'Calendar',
  14: 'Contacts',
  15: 'Tasks',
  17: 'Notes',
};

const StatusOf: Readonly<Record<EditRefusal, number>> = {
  invalidSyncKey: FolderCreateStatus.invalidSyncKey,
  notFound: FolderCreateStatus.parentNotFound,
  parentNotFound: FolderCreateStatus.parentNotFound,
  exists: FolderCreateStatus.folderExists,
  protected: FolderCreateStatus.parentIsSpecialFolder,
  impossible: FolderCreateStatus.malformedRequest,
};

/** FolderCreate ([MS-ASCMD] 2.2.1.3). */
export const folderCreateCommand = (services: Services): Command<FolderCreateRequest, FolderCreateResponse> => ({
  name: 'FolderCreate',
  request: FolderCreateRequest,
  response: FolderCreateResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: (context, request) => folderCreate(services, context, request),
  failure: orMalformed,
});

const folderCreate = async (
  services: Services,
  context: Context,
  { body }: CommandRequest<FolderCreateRequest>,
): Promise<Answer<FolderCreateResponse>> => {
  const itemClass = ClassOfType[body?.type ?? 0];
  if (body === undefined || itemClass === undefined) {
    return { kind: 'document', value: { status: FolderCreateStatus.malformedRequest } };
  }
  const { syncKey, parentId, displayName: name } = body;
  const outcome = await editFolders(services, context, (scope) =>
    createFolder(scope, syncKey, { parentId, name, itemClass }),
  );
  if ('refused' in outcome) return { kind: 'document', value: { status: StatusOf[outcome.refused] } };
  const value = { status: FolderCreateStatus.success, syncKey: outcome.syncKey, serverId: outcome.collectionId };
  return { kind: 'document', value };
};
