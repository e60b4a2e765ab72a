import { CommandCodes, type CommandName } from '../http/command-codes.ts';
import type { AnyElement } from '../schema/describe.ts';
import {
  SendMailRequest,
  SendMailResponse,
  SmartForwardRequest,
  SmartForwardResponse,
  SmartReplyRequest,
  SmartReplyResponse,
} from './compose-mail.ts';
import { FindRequest, FindResponse } from './find.ts';
import { FolderCreateRequest, FolderCreateResponse } from './folder-create.ts';
import { FolderDeleteRequest, FolderDeleteResponse } from './folder-delete.ts';
import { FolderSyncRequest, FolderSyncResponse } from './folder-sync.ts';
import { FolderUpdateRequest, FolderUpdateResponse } from './folder-update.ts';
import { GetItemEstimateRequest, GetItemEstimateResponse } from './get-item-estimate.ts';
import { ItemOperationsRequest, ItemOperationsResponse } from './item-operations.ts';
import { MeetingResponseRequest, MeetingResponseResponse } from './meeting-response.ts';
import { MoveItemsRequest, MoveItemsResponse } from './move-items.ts';
import { PingRequest, PingResponse } from './ping.ts';
import { ProvisionRequest, ProvisionResponse } from './provision.ts';
import { ResolveRecipientsRequest, ResolveRecipientsResponse } from './resolve-recipients.ts';
import { SearchRequest, SearchResponse } from './search.ts';
import { SettingsRequest, SettingsResponse } from './settings.ts';
import { SyncRequest, SyncResponse } from './sync.ts';
import { ValidateCertRequest, ValidateCertResponse } from './validate-cert.ts';

/** The documents of a command; `undefined`: it has none in WBXML. */
export interface CommandDocuments {
  readonly request: AnyElement | undefined;
  readonly response: AnyElement | undefined;
}

const Documents = {
  Sync: { request: SyncRequest, response: SyncResponse },
  SendMail: { request: SendMailRequest, response: SendMailResponse },
  SmartForward: { request: SmartForwardRequest, response: SmartForwardResponse },
  SmartReply: { request: SmartReplyRequest, response: SmartReplyResponse },
  GetAttachment: { request: undefined, response: undefined },
  GetHierarchy: { request: undefined, response: undefined },
  FolderSync: { request: FolderSyncRequest, response: FolderSyncResponse },
  FolderCreate: { request: FolderCreateRequest, response: FolderCreateResponse },
  FolderDelete: { request: FolderDeleteRequest, response: FolderDeleteResponse },
  FolderUpdate: { request: FolderUpdateRequest, response: FolderUpdateResponse },
  MoveItems: { request: MoveItemsRequest, response: MoveItemsResponse },
  GetItemEstimate: { request: GetItemEstimateRequest, response: GetItemEstimateResponse },
  MeetingResponse: { request: MeetingResponseRequest, response: MeetingResponseResponse },
  Search: { request: SearchRequest, response: SearchResponse },
  Settings: { request: SettingsRequest, response: SettingsResponse },
  Ping: { request: PingRequest, response: PingResponse },
  ItemOperations: { request: ItemOperationsRequest, response: ItemOperationsResponse },
  Provision: { request: ProvisionRequest, response: ProvisionResponse },
  ResolveRecipients: { request: ResolveRecipientsRequest, response: ResolveRecipientsResponse },
  ValidateCert: { request: ValidateCertRequest, response: ValidateCertResponse },
  Find: { request: FindRequest, response: FindResponse },
} as const satisfies Record<CommandName, CommandDocuments>;

type Table = {
  readonly [Name in CommandName]: { readonly code: (typeof CommandCodes)[Name] } & (typeof Documents)[Name];
};

/** Every command: its code and its documents. */
export const CommandTable: Table = Object.freeze(
  Object.fromEntries(
    Object.entries(Documents).map(([name, documents]) => [
      name,
      Object.freeze({ code: CommandCodes[name as CommandName], ...documents }),
    ]),
  ),
) as Table;
