import { isBackendError } from '../../backends/contract/errors.ts';
import type { Folder, FolderId } from '../../backends/contract/folders.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { ItemOperation, ItemOperationsResponse } from '../../protocol/commands/item-operations.ts';
import { ItemOperationsStatus } from '../../protocol/status.ts';
import { readAll } from '../../protocol/wbxml/bytes.ts';
import { type Emptied, emptyFolder } from '../folders/empty-folder.ts';
import { findFolder, type HierarchyState } from '../folders/hierarchy-state.ts';
import type { Context } from './context.ts';
import { type Services, syncScope } from './services.ts';
import { tellHierarchyChanged, tellOthers } from './tell-others.ts';

/** What operations on whole folders and conversations work with. */
export interface OperationScope {
  readonly services: Services;
  readonly context: Context;
  readonly hierarchy: HierarchyState | undefined;
}

type Response = NonNullable<ItemOperationsResponse['response']>;
type Emptying = Extract<ItemOperation, { kind: 'emptyFolderContents' }>;
type ConversationMove = Extract<ItemOperation, { kind: 'move' }>;

const StatusOfEmptied: Readonly<Record<Emptied['outcome'], number>> = {
  all: ItemOperationsStatus.success,
  partly: ItemOperationsStatus.partialSuccess,
  nothing: ItemOperationsStatus.accessDenied,
};

/** EmptyFolderContents ([MS-ASCMD] 2.2.3.58). */
export const emptyFolderContents = async (
  { services, context, hierarchy }: OperationScope,
  { collectionId, options }: Emptying,
): Promise<Response['emptyFolderContents'][number]> => {
  const folder = findFolder(hierarchy, collectionId);
  const { mail, folders } = context.backend;
  if (folder?.itemClass !== 'Email' || mail === undefined || folders === undefined) {
    return { status: ItemOperationsStatus.objectNotFound, collectionId };
  }
  const scope = { mail, folders, now: () => context.clock.now(), signal: context.signal };
  const emptied = await emptyFolder(scope, folder.folder, options?.deleteSubFolders === true);
  tellOthers(services, context, emptied.touched);
  if (emptied.hierarchyChanged) tellHierarchyChanged(services, context);
  return { status: StatusOfEmptied[emptied.outcome], collectionId };
};

/** Mails of one conversation that are moved at most: the longest threads have hundreds. */
const MaxConversation = 1000;

/** Milliseconds for finding a conversation, so that moving it is done before devices give up at 30 s. */
const SearchTime = 15_000;

/** Folders whose mails a moved conversation leaves where they are, as Exchange does: they are not the user's to file. */
const Unmoved: ReadonlySet<Folder['role']> = new Set(['drafts', 'sent', 'outbox', 'trash', 'junk']);

/**
 * Move ([MS-ASCMD] 2.2.3.117.1): moves what is there of a conversation, and has what comes later moved. MoveAlways must
 * be given, as the specification has it.
 */
export const moveConversation = async (
  scope: OperationScope,
  { conversationId: id, dstFldId, options }: ConversationMove,
): Promise<Response['move'][number]> => {
  const conversationId = 'read' in id ? readAll(id) : id;
  const answer = (status: number) => ({ status, conversationId });
  if (options?.moveAlways !== true) return answer(ItemOperationsStatus.moveAlwaysMissing);
  const target = findFolder(scope.hierarchy, dstFldId);
  if (target?.itemClass !== 'Email') return answer(ItemOperationsStatus.invalidMoveDestination);
  if (!(conversationId instanceof Uint8Array)) return answer(ItemOperationsStatus.protocolError);
  return answer(await moveFound(scope, conversationId, target.folder));
};

const moveFound = async (scope: OperationScope, conversation: Uint8Array, target: FolderId): Promise<number> => {
  const { search, folders } = scope.context.backend;
  if (search === undefined || folders === undefined) return ItemOperationsStatus.accessDenied;
  const listed = await folders.list(scope.context.signal);
  const sources = listed.filter(({ id, role, selectable }) => selectable && (id === target || !Unmoved.has(role)));
  const reach = { folders: sources.map(({ id }) => id), limit: MaxConversation, budget: SearchTime };
  const { hits, complete } = await search.search({ terms: [], conversation }, reach, scope.context.signal);
  if (hits.length === 0) return ItemOperationsStatus.objectNotFound;
  const bySource = new Map<FolderId, ItemId[]>();
  for (const { folder, id } of hits) {
    if (folder !== target) bySource.set(folder, [...(bySource.get(folder) ?? []), id]);
  }
  const failed = await moveAll(scope, bySource, target);
  if (failed > 0 && failed === bySource.size) return ItemOperationsStatus.accessDenied;
  const unmoved = listed.filter(({ role }) => Unmoved.has(role)).map(({ id }) => id);
  await syncScope(scope.services, scope.context).filing.keep(conversation, { target, unmoved });
  return failed === 0 && complete ? ItemOperationsStatus.success : ItemOperationsStatus.partialSuccess;
};

/** Moves folder by folder; gives the number of folders whose mails could not be moved. */
const moveAll = async (
  { services, context }: OperationScope,
  bySource: ReadonlyMap<FolderId, readonly ItemId[]>,
  target: FolderId,
): Promise<number> => {
  const { followUps } = syncScope(services, context);
  const touched = new Set<FolderId>();
  let failed = 0;
  for (const [source, ids] of bySource) {
    try {
      const moved = (await context.backend.mail?.move(source, ids, target)) ?? [];
      await followUps.moved(source, target, moved);
      if (moved.length > 0) for (const folder of [source, target]) touched.add(folder);
    } catch (error) {
      if (!isBackendError(error) || isBackendError(error, 'unavailable', 'loginRefused')) throw error;
      failed++;
    }
  }
  tellOthers(services, context, touched);
  return failed;
};
