import { BodyPartPreference, BodyPreference } from '../classes/air-sync-base.ts';
import { AirSync, AirSyncBase, Email2, RightsManagement } from '../code-pages/index.ts';
import {
  boolean,
  compactDateTime,
  container,
  during,
  flag,
  type Infer,
  integer,
  many,
  optional,
  orderedContainer,
  text,
  tree,
  variants,
} from '../schema/describe.ts';
import { span } from '../versions.ts';

/**
 * What a device wants of a collection, once for each class in it ([MS-ASCMD] 2.2.3.125.6).
 * `class` tells which: SMS beside Email, or the default class when absent.
 */
export const SyncOptions = container(AirSync.Options, {
  filterType: optional(integer(AirSync.FilterType)),
  /** Of version 2.5; some devices go on sending it beside BodyPreference, where it means nothing. */
  truncation: optional(integer(AirSync.Truncation)),
  class: optional(text(AirSync.Class)),
  bodyPreferences: many(BodyPreference),
  bodyPartPreference: optional(BodyPartPreference),
  conflict: optional(integer(AirSync.Conflict)),
  mimeSupport: optional(integer(AirSync.MIMESupport)),
  mimeTruncation: optional(integer(AirSync.MIMETruncation)),
  maxItems: optional(integer(AirSync.MaxItems)),
  rightsManagementSupport: optional(boolean(RightsManagement.RightsManagementSupport)),
});
export type SyncOptions = Infer<typeof SyncOptions>;

/** Changes that a device made, in its order ([MS-ASCMD] 2.2.3.32). */
const ClientCommands = variants(AirSync.Commands, {
  add: container(AirSync.Add, {
    class: optional(text(AirSync.Class)),
    clientId: text(AirSync.ClientId),
    applicationData: optional(tree(AirSync.ApplicationData)),
    send: flag(Email2.Send),
  }),
  change: container(AirSync.Change, {
    class: optional(text(AirSync.Class)),
    serverId: text(AirSync.ServerId),
    instanceId: optional(compactDateTime(AirSyncBase.InstanceId)),
    applicationData: optional(tree(AirSync.ApplicationData)),
    send: flag(Email2.Send),
  }),
  delete: container(AirSync.Delete, {
    class: optional(text(AirSync.Class)),
    serverId: text(AirSync.ServerId),
    instanceId: optional(compactDateTime(AirSyncBase.InstanceId)),
  }),
  fetch: container(AirSync.Fetch, { serverId: text(AirSync.ServerId) }),
});

/** One change of a device; its `kind` is `add`, `change`, `delete` or `fetch`. */
export type ClientCommand = Infer<typeof ClientCommands>[number];

/**
 * A collection in a request. Its order is enforced, a violation is Status 4 (MS-ASCMD_R976,
 * MS-ASCMD_R4546); up to 12.1 Class comes first ([MS-ASCMD] 2.2.3.27.6).
 */
const RequestCollection = orderedContainer(AirSync.Collection, {
  class: during(span('2.5', '12.1'), optional(text(AirSync.Class))),
  syncKey: text(AirSync.SyncKey),
  collectionId: text(AirSync.CollectionId),
  /** Elements that the device manages; empty: none. Absent: nothing is ghosted ([MS-ASCMD] 2.2.3.179). */
  supported: optional(tree(AirSync.Supported)),
  deletesAsMoves: optional(boolean(AirSync.DeletesAsMoves)),
  getChanges: optional(boolean(AirSync.GetChanges)),
  windowSize: optional(integer(AirSync.WindowSize)),
  conversationMode: optional(boolean(AirSync.ConversationMode)),
  options: many(SyncOptions),
  commands: optional(ClientCommands),
});
export type SyncRequestCollection = Infer<typeof RequestCollection>;

/**
 * A Sync request ([MS-ASCMD] 2.2.1.21). `wait` is in minutes, `heartbeatInterval` in seconds;
 * with `partial` the collections complete those of the last request.
 */
export const SyncRequest = container(AirSync.Sync, {
  collections: optional(container(AirSync.Collections, { collection: many(RequestCollection) })),
  wait: optional(integer(AirSync.Wait)),
  heartbeatInterval: optional(integer(AirSync.HeartbeatInterval)),
  windowSize: optional(integer(AirSync.WindowSize)),
  partial: flag(AirSync.Partial),
});
export type SyncRequest = Infer<typeof SyncRequest>;

/** Changes that a device is to make ([MS-ASCMD] 2.2.3.32). */
const ServerCommands = variants(AirSync.Commands, {
  add: container(AirSync.Add, {
    class: optional(text(AirSync.Class)),
    serverId: text(AirSync.ServerId),
    applicationData: tree(AirSync.ApplicationData),
  }),
  change: container(AirSync.Change, {
    class: optional(text(AirSync.Class)),
    serverId: text(AirSync.ServerId),
    applicationData: tree(AirSync.ApplicationData),
  }),
  delete: container(AirSync.Delete, {
    class: optional(text(AirSync.Class)),
    serverId: text(AirSync.ServerId),
  }),
  softDelete: container(AirSync.SoftDelete, { serverId: text(AirSync.ServerId) }),
});

/** One change for a device; its `kind` is `add`, `change`, `delete` or `softDelete`. */
export type ServerCommand = Infer<typeof ServerCommands>[number];

/** What became of a device's changes, as far as the device must know ([MS-ASCMD] 2.2.3.154). */
const SyncResponses = variants(AirSync.Responses, {
  change: container(AirSync.Change, {
    class: optional(text(AirSync.Class)),
    serverId: text(AirSync.ServerId),
    instanceId: optional(compactDateTime(AirSyncBase.InstanceId)),
    status: integer(AirSync.Status),
    /** From 16.0 on servers tell of attachments here, which the published schema has no room for; we do not. */
    applicationData: during(span('16.0'), optional(tree(AirSync.ApplicationData))),
  }),
  add: container(AirSync.Add, {
    class: optional(text(AirSync.Class)),
    clientId: text(AirSync.ClientId),
    serverId: optional(text(AirSync.ServerId)),
    status: integer(AirSync.Status),
    applicationData: optional(tree(AirSync.ApplicationData)),
  }),
  delete: container(AirSync.Delete, {
    serverId: text(AirSync.ServerId),
    instanceId: optional(compactDateTime(AirSyncBase.InstanceId)),
    status: integer(AirSync.Status),
  }),
  fetch: container(AirSync.Fetch, {
    serverId: optional(text(AirSync.ServerId)),
    status: integer(AirSync.Status),
    applicationData: optional(tree(AirSync.ApplicationData)),
  }),
});

/** Answer to one change; its `kind` is that of the change. */
export type SyncResponseItem = Infer<typeof SyncResponses>[number];

/**
 * A collection in a response. The schema allows any order; here the answers to the device's own
 * changes come before new ones, so that a ClientId is known by its ServerId when Commands use it.
 */
const ResponseCollection = container(AirSync.Collection, {
  class: during(span('2.5', '12.1'), optional(text(AirSync.Class))),
  /** Servers leave these two out of some failures, although [MS-ASCMD] 2.2.3.29.2 has them always. */
  syncKey: optional(text(AirSync.SyncKey)),
  collectionId: optional(text(AirSync.CollectionId)),
  status: integer(AirSync.Status),
  responses: optional(SyncResponses),
  moreAvailable: flag(AirSync.MoreAvailable),
  commands: optional(ServerCommands),
});
export type SyncResponseCollection = Infer<typeof ResponseCollection>;

/** A Sync response: a Status and a Limit, or collections ([MS-ASCMD] 2.2.1.21). */
export const SyncResponse = container(AirSync.Sync, {
  status: optional(integer(AirSync.Status)),
  limit: optional(integer(AirSync.Limit)),
  collections: optional(container(AirSync.Collections, { collection: many(ResponseCollection) })),
});
export type SyncResponse = Infer<typeof SyncResponse>;
