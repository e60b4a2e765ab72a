import { FolderHierarchy } from '../code-pages/index.ts';
import { container, type Infer, integer, optional, text } from '../schema/describe.ts';

/** A FolderDelete request ([MS-ASCMD] 2.2.1.4). */
export const FolderDeleteRequest = container(FolderHierarchy.FolderDelete, {
  syncKey: text(FolderHierarchy.SyncKey),
  serverId: text(FolderHierarchy.ServerId),
});
export type FolderDeleteRequest = Infer<typeof FolderDeleteRequest>;

/** A FolderDelete response. */
export const FolderDeleteResponse = container(FolderHierarchy.FolderDelete, {
  status: integer(FolderHierarchy.Status),
  syncKey: optional(text(FolderHierarchy.SyncKey)),
});
export type FolderDeleteResponse = Infer<typeof FolderDeleteResponse>;
