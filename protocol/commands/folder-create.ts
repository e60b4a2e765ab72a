import { FolderHierarchy } from '../code-pages/index.ts';
import { container, type Infer, integer, optional, text } from '../schema/describe.ts';

/** A FolderCreate request ([MS-ASCMD] 2.2.1.3). */
export const FolderCreateRequest = container(FolderHierarchy.FolderCreate, {
  syncKey: text(FolderHierarchy.SyncKey),
  parentId: text(FolderHierarchy.ParentId),
  displayName: text(FolderHierarchy.DisplayName),
  type: integer(FolderHierarchy.Type),
});
export type FolderCreateRequest = Infer<typeof FolderCreateRequest>;

/** A FolderCreate response. */
export const FolderCreateResponse = container(FolderHierarchy.FolderCreate, {
  status: integer(FolderHierarchy.Status),
  syncKey: optional(text(FolderHierarchy.SyncKey)),
  serverId: optional(text(FolderHierarchy.ServerId)),
});
export type FolderCreateResponse = Infer<typeof FolderCreateResponse>;
