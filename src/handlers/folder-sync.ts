import { FolderSyncRequest, FolderSyncResponse } from '../../protocol/commands/folder-sync.ts';
import { FolderSyncStatus } from '../../protocol/status.ts';
import { type FolderSyncOutcome, syncFolders } from '../folders/folder-sync.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import { InitialSyncKey } from '../sync/sync-key.ts';
import type { Command, CommandRequest } from './command.ts';
import type { Answer, Context } from './context.ts';
import { folderScope, partitionOf, type Services } from './services.ts';

/** FolderSync ([MS-ASCMD] 2.2.1.5). */
export const folderSyncCommand = (services: Services): Command<FolderSyncRequest, FolderSyncResponse> => ({
  name: 'FolderSync',
  request: FolderSyncRequest,
  response: FolderSyncResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: (context, request) => folderSync(services, context, request),
  failure: (status) => ({ status }),
});

const folderSync = async (
  services: Services,
  context: Context,
  { body }: CommandRequest<FolderSyncRequest>,
): Promise<Answer<FolderSyncResponse>> => {
  const syncKey = body?.syncKey;
  if (syncKey === undefined) return { kind: 'document', value: { status: FolderSyncStatus.malformedRequest } };
  const outcome = await services.locks.run(partitionOf(context), () =>
    syncFolders(folderScope(services, context), syncKey),
  );
  const value = outcome === undefined ? { status: FolderSyncStatus.invalidSyncKey } : responseOf(outcome);
  return { kind: 'document', value, reinitialize: syncKey === InitialSyncKey };
};

const responseOf = ({ syncKey, changes, count }: FolderSyncOutcome): FolderSyncResponse => ({
  status: FolderSyncStatus.success,
  syncKey,
  changes: {
    count,
    update: changes.updated.map(folderOf),
    delete: changes.deleted.map((serverId) => ({ serverId })),
    add: changes.added.map(folderOf),
  },
});

const folderOf = ({ collectionId, parentId, name, type }: DeviceFolder) => ({
  serverId: collectionId,
  parentId,
  displayName: name,
  type,
});
