import { BodyPartPreference, BodyPreference } from '../classes/air-sync-base.ts';
import {
  AirSync,
  AirSyncBase,
  DocumentLibrary,
  ItemOperations,
  RightsManagement,
  Search,
} from '../code-pages/index.ts';
import {
  boolean,
  container,
  data,
  dateTime,
  flag,
  type Infer,
  type InferFields,
  integer,
  many,
  opaque,
  optional,
  text,
  tree,
  variants,
} from '../schema/describe.ts';

/** How an item is wanted ([MS-ASCMD] 2.2.3.125.3). `range` is first and last byte, `0-1023`. */
const FetchOptions = container(ItemOperations.Options, {
  /** Names of the wanted properties, as empty elements. */
  schema: many(tree(ItemOperations.Schema)),
  range: optional(text(ItemOperations.Range)),
  userName: optional(text(ItemOperations.UserName)),
  password: optional(text(ItemOperations.Password)),
  mimeSupport: optional(integer(AirSync.MIMESupport)),
  bodyPreferences: many(BodyPreference),
  bodyPartPreference: optional(BodyPartPreference),
  rightsManagementSupport: optional(boolean(RightsManagement.RightsManagementSupport)),
});
export type FetchOptions = Infer<typeof FetchOptions>;

/**
 * An ItemOperations request ([MS-ASCMD] 2.2.1.10): operations, done in their order
 * (MS-ASCMD_R193), each with its `kind`.
 */
export const ItemOperationsRequest = variants(ItemOperations.ItemOperations, {
  fetch: container(ItemOperations.Fetch, {
    store: text(ItemOperations.Store),
    linkId: optional(text(DocumentLibrary.LinkId)),
    longId: optional(text(Search.LongId)),
    collectionId: optional(text(AirSync.CollectionId)),
    serverId: optional(text(AirSync.ServerId)),
    fileReference: optional(text(AirSyncBase.FileReference)),
    removeRightsManagementProtection: flag(RightsManagement.RemoveRightsManagementProtection),
    options: optional(FetchOptions),
  }),
  emptyFolderContents: container(ItemOperations.EmptyFolderContents, {
    collectionId: text(AirSync.CollectionId),
    options: optional(container(ItemOperations.Options, { deleteSubFolders: flag(ItemOperations.DeleteSubFolders) })),
  }),
  move: container(ItemOperations.Move, {
    conversationId: opaque(ItemOperations.ConversationId),
    dstFldId: text(ItemOperations.DstFldId),
    options: optional(container(ItemOperations.Options, { moveAlways: flag(ItemOperations.MoveAlways) })),
  }),
});
export type ItemOperationsRequest = Infer<typeof ItemOperationsRequest>;

/** One operation of a request. */
export type ItemOperation = ItemOperationsRequest[number];

/**
 * Properties of a fetched attachment or document ([MS-ASCMD] 2.2.3.139.2). `data` is base64 text;
 * in a multipart response `part` takes its place.
 */
export const AttachmentPropertiesFields = {
  contentType: optional(text(AirSyncBase.ContentType)),
  range: optional(text(ItemOperations.Range)),
  total: optional(integer(ItemOperations.Total)),
  data: optional(data(ItemOperations.Data)),
  part: optional(integer(ItemOperations.Part)),
  version: optional(dateTime(ItemOperations.Version)),
};
export type AttachmentProperties = InferFields<typeof AttachmentPropertiesFields>;

const FetchResponse = container(ItemOperations.Fetch, {
  status: integer(ItemOperations.Status),
  collectionId: optional(text(AirSync.CollectionId)),
  serverId: optional(text(AirSync.ServerId)),
  longId: optional(text(Search.LongId)),
  class: optional(text(AirSync.Class)),
  linkId: optional(text(DocumentLibrary.LinkId)),
  fileReference: optional(text(AirSyncBase.FileReference)),
  /** Fields of the item's class, or {@link AttachmentPropertiesFields}. */
  properties: optional(tree(ItemOperations.Properties)),
});
export type FetchResponse = Infer<typeof FetchResponse>;

/** An ItemOperations response; the schema groups the results by kind. */
export const ItemOperationsResponse = container(ItemOperations.ItemOperations, {
  status: integer(ItemOperations.Status),
  response: optional(
    container(ItemOperations.Response, {
      move: many(
        container(ItemOperations.Move, {
          status: integer(ItemOperations.Status),
          conversationId: opaque(ItemOperations.ConversationId),
        }),
      ),
      emptyFolderContents: many(
        container(ItemOperations.EmptyFolderContents, {
          status: integer(ItemOperations.Status),
          collectionId: text(AirSync.CollectionId),
        }),
      ),
      fetch: many(FetchResponse),
    }),
  ),
});
export type ItemOperationsResponse = Infer<typeof ItemOperationsResponse>;
