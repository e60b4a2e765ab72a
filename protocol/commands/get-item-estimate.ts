import { AirSync, GetItemEstimate } from '../code-pages/index.ts';
import { boolean, container, during, type Infer, integer, list, many, optional, text } from '../schema/describe.ts';
import { span } from '../versions.ts';

/** What is estimated, once for each class of the collection ([MS-ASCMD] 2.2.3.125.2). */
const Options = container(AirSync.Options, {
  class: optional(text(AirSync.Class)),
  filterType: optional(integer(AirSync.FilterType)),
  maxItems: optional(integer(AirSync.MaxItems)),
});

/**
 * A collection to estimate ([MS-ASCMD] 2.2.3.29.1). Up to 12.1 Class and FilterType stand here,
 * later in Options.
 */
const RequestCollection = container(GetItemEstimate.Collection, {
  class: optional(text(GetItemEstimate.Class)),
  syncKey: text(AirSync.SyncKey),
  collectionId: text(GetItemEstimate.CollectionId),
  filterType: during(span('2.5', '12.1'), optional(integer(AirSync.FilterType))),
  conversationMode: optional(boolean(AirSync.ConversationMode)),
  options: during(span('14.0'), many(Options)),
});

/** A GetItemEstimate request ([MS-ASCMD] 2.2.1.9). */
export const GetItemEstimateRequest = container(GetItemEstimate.GetItemEstimate, {
  collections: list(GetItemEstimate.Collections, RequestCollection),
});
export type GetItemEstimateRequest = Infer<typeof GetItemEstimateRequest>;

const ResponseCollection = container(GetItemEstimate.Collection, {
  class: optional(text(GetItemEstimate.Class)),
  collectionId: text(GetItemEstimate.CollectionId),
  estimate: optional(integer(GetItemEstimate.Estimate)),
});

/** A GetItemEstimate response: one `response` a collection. */
export const GetItemEstimateResponse = container(GetItemEstimate.GetItemEstimate, {
  status: optional(integer(GetItemEstimate.Status)),
  response: many(
    container(GetItemEstimate.Response, {
      status: integer(GetItemEstimate.Status),
      collection: optional(ResponseCollection),
    }),
  ),
});
export type GetItemEstimateResponse = Infer<typeof GetItemEstimateResponse>;
