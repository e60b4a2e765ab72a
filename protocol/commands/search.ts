import { BodyPartPreference, BodyPreference } from '../classes/air-sync-base.ts';
import { AirSync, DocumentLibrary, Email, RightsManagement, Search } from '../code-pages/index.ts';
import {
  boolean,
  container,
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
} from '../schema/describe.ts';

/**
 * A Search request ([MS-ASCMD] 2.2.1.16). Query holds text in the GAL and a document in the
 * mailbox, therefore Store is left as it is: its Name and the text of its Query are read from the
 * tree, the rest with {@link MailboxQueryFields} and {@link SearchOptionsFields}.
 */
export const SearchRequest = container(Search.Search, { store: tree(Search.Store) });
export type SearchRequest = Infer<typeof SearchRequest>;

const comparisonFields = { dateReceived: flag(Email.DateReceived), value: dateTime(Search.Value) };

const conditionFields = {
  freeText: optional(text(Search.FreeText)),
  class: many(text(AirSync.Class)),
  collectionId: many(text(AirSync.CollectionId)),
  conversationId: optional(opaque(Search.ConversationId)),
  greaterThan: optional(container(Search.GreaterThan, comparisonFields)),
  lessThan: optional(container(Search.LessThan, comparisonFields)),
};

/** Query of a search in the mailbox or, with `equalTo`, for a document ([MS-ASCMD] 2.2.3.142.2). */
export const MailboxQueryFields = {
  ...conditionFields,
  and: optional(container(Search.And, conditionFields)),
  or: optional(container(Search.Or, conditionFields)),
  equalTo: optional(container(Search.EqualTo, { linkId: text(DocumentLibrary.LinkId), value: text(Search.Value) })),
};
export type MailboxQuery = InferFields<typeof MailboxQueryFields>;

/** Options of a search ([MS-ASCMD] 2.2.3.125.5). `range` is first and last result, `0-99`. */
export const SearchOptionsFields = {
  mimeSupport: optional(integer(AirSync.MIMESupport)),
  bodyPreferences: many(BodyPreference),
  bodyPartPreference: optional(BodyPartPreference),
  rightsManagementSupport: optional(boolean(RightsManagement.RightsManagementSupport)),
  range: optional(text(Search.Range)),
  userName: optional(text(Search.UserName)),
  password: optional(text(Search.Password)),
  deepTraversal: flag(Search.DeepTraversal),
  rebuildResults: flag(Search.RebuildResults),
  picture: optional(
    container(Search.Picture, {
      maxSize: optional(integer(Search.MaxSize)),
      maxPictures: optional(integer(Search.MaxPictures)),
    }),
  ),
};
export type SearchOptions = InferFields<typeof SearchOptionsFields>;

/** Results and the range they are of. A search without results has one empty result ([MS-ASCMD] 2.2.3.155.3). */
const ResponseStore = container(Search.Store, {
  status: integer(Search.Status),
  result: many(
    container(Search.Result, {
      class: optional(text(AirSync.Class)),
      longId: optional(text(Search.LongId)),
      collectionId: optional(text(AirSync.CollectionId)),
      /** Fields of the item's class, or of an entry of the directory. */
      properties: optional(tree(Search.Properties)),
    }),
  ),
  range: optional(text(Search.Range)),
  total: optional(integer(Search.Total)),
});

/** A Search response. */
export const SearchResponse = container(Search.Search, {
  status: optional(integer(Search.Status)),
  response: optional(container(Search.Response, { store: ResponseStore })),
});
export type SearchResponse = Infer<typeof SearchResponse>;
