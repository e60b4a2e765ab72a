import { Provision } from '../code-pages/index.ts';
import { boolean, container, flag, type Infer, integer, list, optional, orEmpty, text } from '../schema/describe.ts';
import { DeviceInformationRequest, DeviceInformationResponse } from './settings.ts';

/**
 * Policy settings in the order of the schema, which is a sequence ([MS-ASPROV] 2.2.2.28). In
 * those that the schema allows to be empty, `null` is the empty element: no limit.
 */
export const EasProvisionDoc = container(Provision.EASProvisionDoc, {
  devicePasswordEnabled: optional(boolean(Provision.DevicePasswordEnabled)),
  alphanumericDevicePasswordRequired: optional(boolean(Provision.AlphanumericDevicePasswordRequired)),
  passwordRecoveryEnabled: optional(boolean(Provision.PasswordRecoveryEnabled)),
  requireStorageCardEncryption: optional(boolean(Provision.RequireStorageCardEncryption)),
  attachmentsEnabled: optional(boolean(Provision.AttachmentsEnabled)),
  minDevicePasswordLength: orEmpty(optional(integer(Provision.MinDevicePasswordLength))),
  maxInactivityTimeDeviceLock: orEmpty(optional(integer(Provision.MaxInactivityTimeDeviceLock))),
  maxDevicePasswordFailedAttempts: orEmpty(optional(integer(Provision.MaxDevicePasswordFailedAttempts))),
  maxAttachmentSize: orEmpty(optional(integer(Provision.MaxAttachmentSize))),
  allowSimpleDevicePassword: optional(boolean(Provision.AllowSimpleDevicePassword)),
  devicePasswordExpiration: orEmpty(optional(integer(Provision.DevicePasswordExpiration))),
  devicePasswordHistory: optional(integer(Provision.DevicePasswordHistory)),
  allowStorageCard: optional(boolean(Provision.AllowStorageCard)),
  allowCamera: optional(boolean(Provision.AllowCamera)),
  requireDeviceEncryption: optional(boolean(Provision.RequireDeviceEncryption)),
  allowUnsignedApplications: optional(boolean(Provision.AllowUnsignedApplications)),
  allowUnsignedInstallationPackages: optional(boolean(Provision.AllowUnsignedInstallationPackages)),
  minDevicePasswordComplexCharacters: optional(integer(Provision.MinDevicePasswordComplexCharacters)),
  allowWiFi: optional(boolean(Provision.AllowWiFi)),
  allowTextMessaging: optional(boolean(Provision.AllowTextMessaging)),
  allowPopImapEmail: optional(boolean(Provision.AllowPOPIMAPEmail)),
  allowBluetooth: optional(integer(Provision.AllowBluetooth)),
  allowIrDA: optional(boolean(Provision.AllowIrDA)),
  requireManualSyncWhenRoaming: optional(boolean(Provision.RequireManualSyncWhenRoaming)),
  allowDesktopSync: optional(boolean(Provision.AllowDesktopSync)),
  maxCalendarAgeFilter: optional(integer(Provision.MaxCalendarAgeFilter)),
  allowHtmlEmail: optional(boolean(Provision.AllowHTMLEmail)),
  maxEmailAgeFilter: optional(integer(Provision.MaxEmailAgeFilter)),
  maxEmailBodyTruncationSize: optional(integer(Provision.MaxEmailBodyTruncationSize)),
  maxEmailHtmlBodyTruncationSize: optional(integer(Provision.MaxEmailHTMLBodyTruncationSize)),
  requireSignedSmimeMessages: optional(boolean(Provision.RequireSignedSMIMEMessages)),
  requireEncryptedSmimeMessages: optional(boolean(Provision.RequireEncryptedSMIMEMessages)),
  requireSignedSmimeAlgorithm: optional(integer(Provision.RequireSignedSMIMEAlgorithm)),
  requireEncryptionSmimeAlgorithm: optional(integer(Provision.RequireEncryptionSMIMEAlgorithm)),
  allowSmimeEncryptionAlgorithmNegotiation: optional(integer(Provision.AllowSMIMEEncryptionAlgorithmNegotiation)),
  allowSmimeSoftCerts: optional(boolean(Provision.AllowSMIMESoftCerts)),
  allowBrowser: optional(boolean(Provision.AllowBrowser)),
  allowConsumerEmail: optional(boolean(Provision.AllowConsumerEmail)),
  allowRemoteDesktop: optional(boolean(Provision.AllowRemoteDesktop)),
  allowInternetSharing: optional(boolean(Provision.AllowInternetSharing)),
  unapprovedInRomApplicationList: optional(
    list(Provision.UnapprovedInROMApplicationList, text(Provision.ApplicationName)),
  ),
  approvedApplicationList: optional(list(Provision.ApprovedApplicationList, text(Provision.Hash))),
});
export type EasProvisionDoc = Infer<typeof EasProvisionDoc>;

/** A policy asked for, or with `policyKey` and `status` acknowledged ([MS-ASPROV] 2.2.2.41). */
const RequestPolicy = container(Provision.Policy, {
  policyType: text(Provision.PolicyType),
  policyKey: optional(text(Provision.PolicyKey)),
  status: optional(integer(Provision.Status)),
});

/** What became of a wipe: `status` 1 done, 2 failed. */
const wipeFields = { status: optional(integer(Provision.Status)) };

/** A Provision request ([MS-ASPROV] 2.2.2.44). */
export const ProvisionRequest = container(Provision.Provision, {
  deviceInformation: optional(DeviceInformationRequest),
  policies: optional(list(Provision.Policies, RequestPolicy)),
  remoteWipe: optional(container(Provision.RemoteWipe, wipeFields)),
  accountOnlyRemoteWipe: optional(container(Provision.AccountOnlyRemoteWipe, wipeFields)),
});
export type ProvisionRequest = Infer<typeof ProvisionRequest>;

const ResponsePolicy = container(Provision.Policy, {
  policyType: text(Provision.PolicyType),
  status: integer(Provision.Status),
  policyKey: optional(text(Provision.PolicyKey)),
  data: optional(container(Provision.Data, { easProvisionDoc: EasProvisionDoc })),
});

/** A Provision response. The schema has exactly one policy. */
export const ProvisionResponse = container(Provision.Provision, {
  deviceInformation: optional(DeviceInformationResponse),
  status: integer(Provision.Status),
  policies: optional(list(Provision.Policies, ResponsePolicy)),
  remoteWipe: flag(Provision.RemoteWipe),
  accountOnlyRemoteWipe: flag(Provision.AccountOnlyRemoteWipe),
});
export type ProvisionResponse = Infer<typeof ProvisionResponse>;
