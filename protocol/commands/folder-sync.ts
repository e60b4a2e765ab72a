import { FolderHierarchy } from '../code-pages/index.ts';
import { container, type Infer, integer, many, optional, text } from '../schema/describe.ts';

/** A FolderSync request ([MS-ASCMD] 2.2.1.5). SyncKey 0 asks for the whole hierarchy. */
export const FolderSyncRequest = container(FolderHierarchy.FolderSync, {
  syncKey: text(FolderHierarchy.SyncKey),
});
export type FolderSyncRequest = Infer<typeof FolderSyncRequest>;

const FolderFields = {
  serverId: text(FolderHierarchy.ServerId),
  /** `0`: the root. */
  parentId: text(FolderHierarchy.ParentId),
  displayName: text(FolderHierarchy.DisplayName),
  type: integer(FolderHierarchy.Type),
};

/** What changed in the hierarchy ([MS-ASCMD] 2.2.3.25). `count` is the number of all changes. */
const Changes = container(FolderHierarchy.Changes, {
  count: optional(integer(FolderHierarchy.Count)),
  update: many(container(FolderHierarchy.Update, FolderFields)),
  delete: many(container(FolderHierarchy.Delete, { serverId: text(FolderHierarchy.ServerId) })),
  add: many(container(FolderHierarchy.Add, FolderFields)),
});
export type FolderSyncChanges = Infer<typeof Changes>;

/** A FolderSync response. */
export const FolderSyncResponse = container(FolderHierarchy.FolderSync, {
  status: integer(FolderHierarchy.Status),
  syncKey: optional(text(FolderHierarchy.SyncKey)),
  changes: optional(Changes),
});
export type FolderSyncResponse = Infer<typeof FolderSyncResponse>;
