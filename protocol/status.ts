import type { CommandName } from './http/command-codes.ts';

/** Status values by name: what a command answers in its Status elements. */

/** Values that every command may answer, 14.0 and later ([MS-ASCMD] 2.2.2). */
export const GlobalStatus = {
  invalidContent: 101,
  invalidWbxml: 102,
  invalidXml: 103,
  invalidDateTime: 104,
  invalidCombinationOfIds: 105,
  invalidIds: 106,
  invalidMime: 107,
  deviceIdMissingOrInvalid: 108,
  deviceTypeMissingOrInvalid: 109,
  serverError: 110,
  serverErrorRetryLater: 111,
  activeDirectoryAccessDenied: 112,
  mailboxQuotaExceeded: 113,
  mailboxServerOffline: 114,
  sendQuotaExceeded: 115,
  messageRecipientUnresolved: 116,
  messageReplyNotAllowed: 117,
  messagePreviouslySent: 118,
  messageHasNoRecipient: 119,
  mailSubmissionFailed: 120,
  messageReplyFailed: 121,
  attachmentIsTooLarge: 122,
  userHasNoMailbox: 123,
  userCannotBeAnonymous: 124,
  userPrincipalCouldNotBeFound: 125,
  userDisabledForSync: 126,
  userOnNewMailboxCannotSync: 127,
  userOnLegacyMailboxCannotSync: 128,
  deviceIsBlockedForThisUser: 129,
  accessDenied: 130,
  accountDisabled: 131,
  syncStateNotFound: 132,
  syncStateLocked: 133,
  syncStateCorrupt: 134,
  syncStateAlreadyExists: 135,
  syncStateVersionInvalid: 136,
  commandNotSupported: 137,
  versionNotSupported: 138,
  deviceNotFullyProvisionable: 139,
  remoteWipeRequested: 140,
  legacyDeviceOnStrictPolicy: 141,
  deviceNotProvisioned: 142,
  policyRefresh: 143,
  invalidPolicyKey: 144,
  externallyManagedDevicesNotAllowed: 145,
  noRecurrenceInCalendar: 146,
  unexpectedItemClass: 147,
  remoteServerHasNoSsl: 148,
  invalidStoredRequest: 149,
  itemNotFound: 150,
  tooManyFolders: 151,
  noFoldersFound: 152,
  itemsLostAfterMove: 153,
  failureInMoveOperation: 154,
  moveCommandDisallowedForNonPersistentMoveAction: 155,
  moveCommandInvalidDestinationFolder: 156,
  availabilityTooManyRecipients: 160,
  availabilityDlLimitReached: 161,
  availabilityTransientFailure: 162,
  availabilityFailure: 163,
  bodyPartPreferenceTypeNotSupported: 164,
  deviceInformationRequired: 165,
  invalidAccountId: 166,
  accountSendDisabled: 167,
  irmFeatureDisabled: 168,
  irmTransientError: 169,
  irmPermanentError: 170,
  irmInvalidTemplateId: 171,
  irmOperationNotPermitted: 172,
  noPicture: 173,
  pictureTooLarge: 174,
  pictureLimitReached: 175,
  bodyPartConversationTooLarge: 176,
  maximumDevicesReached: 177,
  invalidMimeBodyCombination: 178,
  invalidSmartForwardParameters: 179,
  invalidRecipients: 183,
  oneOrMoreExceptionsFailed: 184,
} as const;

/** Sync ([MS-ASCMD] 2.2.3.177.17). */
export const SyncStatus = {
  success: 1,
  invalidSyncKey: 3,
  protocolError: 4,
  serverError: 5,
  conversionError: 6,
  conflict: 7,
  objectNotFound: 8,
  cannotComplete: 9,
  folderHierarchyChanged: 12,
  requestIncomplete: 13,
  invalidWaitOrHeartbeatInterval: 14,
  tooManyCollections: 15,
  retry: 16,
} as const;

/** FolderSync ([MS-ASCMD] 2.2.3.177.5). */
export const FolderSyncStatus = {
  success: 1,
  serverError: 6,
  invalidSyncKey: 9,
  malformedRequest: 10,
  unknownError: 11,
  codeUnknown: 12,
} as const;

/** FolderCreate ([MS-ASCMD] 2.2.3.177.3). */
export const FolderCreateStatus = {
  success: 1,
  folderExists: 2,
  parentIsSpecialFolder: 3,
  parentNotFound: 5,
  serverError: 6,
  invalidSyncKey: 9,
  malformedRequest: 10,
  unknownError: 11,
  codeUnknown: 12,
} as const;

/** FolderUpdate ([MS-ASCMD] 2.2.3.177.6). */
export const FolderUpdateStatus = {
  success: 1,
  folderExistsOrIsSpecial: 2,
  recipientInformationFolder: 3,
  folderNotFound: 4,
  parentNotFound: 5,
  serverError: 6,
  invalidSyncKey: 9,
  malformedRequest: 10,
  unknownError: 11,
} as const;

/** FolderDelete ([MS-ASCMD] 2.2.3.177.4). */
export const FolderDeleteStatus = {
  success: 1,
  specialFolder: 3,
  folderNotFound: 4,
  serverError: 6,
  invalidSyncKey: 9,
  malformedRequest: 10,
  unknownError: 11,
} as const;

/** GetItemEstimate ([MS-ASCMD] 2.2.3.177.7). */
export const GetItemEstimateStatus = {
  success: 1,
  invalidCollection: 2,
  notPrimed: 3,
  invalidSyncKey: 4,
} as const;

/** ItemOperations ([MS-ASCMD] 2.2.3.177.8). */
export const ItemOperationsStatus = {
  success: 1,
  protocolError: 2,
  serverError: 3,
  badDocumentUri: 4,
  documentAccessDenied: 5,
  objectNotFound: 6,
  documentConnectionFailed: 7,
  invalidRange: 8,
  unknownStore: 9,
  fileEmpty: 10,
  dataTooLarge: 11,
  downloadFailed: 12,
  conversionFailed: 14,
  invalidAttachment: 15,
  accessDenied: 16,
  partialSuccess: 17,
  credentialsRequired: 18,
  moveAlwaysMissing: 155,
  invalidMoveDestination: 156,
} as const;

/** MeetingResponse ([MS-ASCMD] 2.2.3.177.9). */
export const MeetingResponseStatus = {
  success: 1,
  invalidMeetingRequest: 2,
  mailboxError: 3,
  serverError: 4,
} as const;

/** MoveItems, where success is 3 ([MS-ASCMD] 2.2.3.177.10). */
export const MoveItemsStatus = {
  invalidSource: 1,
  invalidDestination: 2,
  success: 3,
  sameSourceAndDestination: 4,
  moveFailed: 5,
  locked: 7,
} as const;

/** Ping ([MS-ASCMD] 2.2.3.177.11). */
export const PingStatus = {
  heartbeatExpired: 1,
  changesOccurred: 2,
  parametersMissing: 3,
  syntaxError: 4,
  heartbeatOutOfRange: 5,
  tooManyFolders: 6,
  folderSyncRequired: 7,
  serverError: 8,
} as const;

/** The Provision command as a whole ([MS-ASPROV] 2.2.2.54.2). */
export const ProvisionStatus = { success: 1, protocolError: 2, serverError: 3 } as const;

/** A policy in a Provision response ([MS-ASPROV] 2.2.2.54.1). */
export const PolicyStatus = {
  success: 1,
  noPolicy: 2,
  unknownPolicyType: 3,
  policyDataCorrupt: 4,
  wrongPolicyKey: 5,
} as const;

/** What a device says of a policy ([MS-ASPROV] 2.2.2.54.1). */
export const PolicyAcknowledgement = { applied: 1, partlyApplied: 2, notApplied: 3, externallyManaged: 4 } as const;

/** What a device says of a wipe ([MS-ASPROV] 2.2.2.54.3). */
export const WipeStatus = { success: 1, failure: 2 } as const;

/** Settings, the command and its properties ([MS-ASCMD] 2.2.3.177.15). */
export const SettingsStatus = {
  success: 1,
  protocolError: 2,
  accessDenied: 3,
  serverUnavailable: 4,
  invalidArguments: 5,
  conflictingArguments: 6,
  deniedByPolicy: 7,
} as const;

/** Search; the command itself knows only 1 and 3 ([MS-ASCMD] 2.2.3.177.13). */
export const SearchStatus = {
  success: 1,
  invalidRequest: 2,
  serverError: 3,
  badLink: 4,
  accessDenied: 5,
  notFound: 6,
  connectionFailed: 7,
  tooComplex: 8,
  timedOut: 10,
  folderSyncRequired: 11,
  endOfRetrievableRange: 12,
  accessBlocked: 13,
  credentialsRequired: 14,
} as const;

/** Find ([MS-ASCMD] 2.2.3.177.2). */
export const FindStatus = { success: 1, invalidRequest: 2, folderSyncRequired: 3, startWithRangeZero: 4 } as const;

/** The ResolveRecipients command as a whole ([MS-ASCMD] 2.2.3.177.12). */
export const ResolveRecipientsStatus = { success: 1, protocolError: 5, serverError: 6 } as const;

/** One name of a ResolveRecipients request. */
export const RecipientStatus = { success: 1, ambiguous: 2, ambiguousPartialList: 3, notFound: 4 } as const;

/** Certificates of a recipient. */
export const CertificatesStatus = { success: 1, noValidCertificate: 7, limitReached: 8 } as const;

/** ValidateCert, the command (1, 2, 17) and each certificate ([MS-ASCMD] 2.2.3.177.18). */
export const ValidateCertStatus = {
  success: 1,
  protocolError: 2,
  invalidSignature: 3,
  untrustedSource: 4,
  invalidChain: 5,
  notForSigning: 6,
  expiredOrNotYetValid: 7,
  inconsistentTimePeriods: 8,
  chainMisused: 9,
  informationMissing: 10,
  chainMisusedForPurpose: 11,
  addressMismatch: 12,
  revoked: 13,
  revocationServerOffline: 14,
  chainRevoked: 15,
  revocationStatusUnknown: 16,
  serverError: 17,
} as const;

/** A BodyPart ([MS-ASAIRS] 2.2.2.37). */
export const BodyPartStatus = { success: 1, tooLarge: 176 } as const;

/**
 * HTTP codes that versions before 14.0 get instead of a global Status ([MS-ASCMD] 2.2.2). The
 * document names those of 101, 103, 106, 110-113, 125, 126, 132, 137, 138, 140-144 and 147; the
 * others are the HTTP code of the same meaning.
 */
const LegacyHttp: Readonly<Record<number, number>> = {
  101: 400,
  102: 400,
  103: 400,
  104: 400,
  105: 400,
  106: 400,
  107: 400,
  108: 400,
  109: 400,
  111: 503,
  112: 403,
  113: 507,
  114: 503,
  123: 403,
  124: 401,
  125: 403,
  126: 403,
  127: 403,
  128: 403,
  129: 403,
  130: 403,
  131: 403,
  132: 403,
  133: 503,
  137: 501,
  138: 400,
  139: 403,
  140: 449,
  141: 449,
  142: 449,
  143: 449,
  144: 449,
  145: 403,
  147: 501,
  177: 403,
};

/** Commands that answer a Status by another code than the rest ([MS-ASCMD] 2.2.2, Status 106 and 132). */
const LegacyHttpOfCommand: { readonly [Name in CommandName]?: Readonly<Record<number, number>> } = {
  SendMail: { 106: 500 },
  Provision: { 132: 500 },
};

/**
 * The HTTP code that tells a device of version 12.1 or older what a global Status (101-184) tells
 * newer ones; 500 for those that have no code of their own.
 */
export const legacyHttp = (status: number, command?: CommandName): number =>
  (command && LegacyHttpOfCommand[command]?.[status]) ?? LegacyHttp[status] ?? 500;
