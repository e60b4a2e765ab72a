import { FolderHierarchy } from '../code-pages/index.ts';
import { container, type Infer, integer, optional, text } from '../schema/describe.ts';

/** A FolderUpdate request: a folder renamed, moved, or both ([MS-ASCMD] 2.2.1.6). */
export const FolderUpdateRequest = container(FolderHierarchy.FolderUpdate, {
  syncKey: text(FolderHierarchy.SyncKey),
  serverId: text(FolderHierarchy.ServerId),
  parentId: text(FolderHierarchy.ParentId),
  displayName: text(FolderHierarchy.DisplayName),
});
export type FolderUpdateRequest = Infer<typeof FolderUpdateRequest>;

/** A FolderUpdate response. */
export const FolderUpdateResponse = container(FolderHierarchy.FolderUpdate, {
  status: integer(FolderHierarchy.Status),
  syncKey: optional(text(FolderHierarchy.SyncKey)),
});
export type FolderUpdateResponse = Infer<typeof FolderUpdateResponse>;
