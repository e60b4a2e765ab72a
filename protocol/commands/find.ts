import { GalFields } from '../classes/gal.ts';
import { AirSync, Email, Email2, Find, ItemOperations } from '../code-pages/index.ts';
import { boolean, container, dateTime, flag, type Infer, integer, many, optional, text } from '../schema/describe.ts';

const Picture = container(Find.Picture, {
  maxSize: optional(integer(Find.MaxSize)),
  maxPictures: optional(integer(Find.MaxPictures)),
});

/** A search in the mailbox ([MS-ASCMD] 2.2.3.99). */
const MailBoxSearchCriterion = container(Find.MailBoxSearchCriterion, {
  query: container(Find.Query, {
    class: optional(text(AirSync.Class)),
    collectionId: optional(text(AirSync.CollectionId)),
    freeText: optional(text(Find.FreeText)),
  }),
  options: optional(
    container(Find.Options, {
      range: optional(text(Find.Range)),
      deepTraversal: flag(Find.DeepTraversal),
      picture: optional(Picture),
    }),
  ),
});

/** A search in the directory ([MS-ASCMD] 2.2.3.82). */
const GalSearchCriterion = container(Find.GalSearchCriterion, {
  query: text(Find.Query),
  options: optional(container(Find.Options, { range: optional(text(Find.Range)), picture: optional(Picture) })),
});

/** A Find request, 16.1 ([MS-ASCMD] 2.2.1.2): one of the two criteria. */
export const FindRequest = container(Find.Find, {
  searchId: text(Find.SearchId),
  executeSearch: container(Find.ExecuteSearch, {
    mailBoxSearchCriterion: optional(MailBoxSearchCriterion),
    galSearchCriterion: optional(GalSearchCriterion),
  }),
});
export type FindRequest = Infer<typeof FindRequest>;

/** A result: fields of a mail, or of an entry of the directory ([MS-ASCMD] 2.2.3.139.1). */
const Properties = container(Find.Properties, {
  subject: optional(text(Email.Subject)),
  dateReceived: optional(dateTime(Email.DateReceived)),
  displayTo: optional(text(Email.DisplayTo)),
  displayCc: optional(text(Find.DisplayCc)),
  displayBcc: optional(text(Find.DisplayBcc)),
  importance: optional(integer(Email.Importance)),
  read: optional(boolean(Email.Read)),
  isDraft: optional(boolean(Email2.IsDraft)),
  preview: optional(text(Find.Preview)),
  hasAttachments: optional(boolean(Find.HasAttachments)),
  from: optional(text(Email.From)),
  ...GalFields,
});

/** A Find response. */
export const FindResponse = container(Find.Find, {
  status: integer(Find.Status),
  response: optional(
    container(Find.Response, {
      store: optional(text(ItemOperations.Store)),
      status: integer(Find.Status),
      result: many(
        container(Find.Result, {
          class: optional(text(AirSync.Class)),
          serverId: optional(text(AirSync.ServerId)),
          collectionId: optional(text(AirSync.CollectionId)),
          properties: Properties,
        }),
      ),
      range: optional(text(Find.Range)),
      total: optional(integer(Find.Total)),
    }),
  ),
});
export type FindResponse = Infer<typeof FindResponse>;
