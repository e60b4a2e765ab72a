import { createHash, timingSafeEqual } from 'node:crypto';
import type { EasProvisionDoc } from '../../protocol/commands/provision.ts';
import type { RandomBytes } from '../handlers/context.ts';
import type { IssuedKey } from './partnership.ts';

/** Whether devices have to provision: always; as they like; or there is no policy at all. */
export type Provisioning = 'required' | 'optional' | 'off';

/** How devices are provisioned. */
export interface PolicyOptions {
  readonly provisioning: Provisioning;
  /**
   * With `required`: let in devices that show that they never provision, by sending no policy key at
   * all, not even 0.
   */
  readonly allowNonProvisionable?: boolean | undefined;
  /** With `required`: let in devices that apply only a part of the policy, or are managed by others. */
  readonly allowPartial?: boolean | undefined;
  readonly allowExternallyManaged?: boolean | undefined;
  /** Settings that differ from {@link DefaultPolicy}. */
  readonly policy?: EasProvisionDoc | undefined;
}

/**
 * The default policy: demands nothing and forbids nothing, like Exchange's own ([MS-ASPROV] 2.2.2.28).
 * `null`: no limit.
 */
export const DefaultPolicy: EasProvisionDoc = {
  devicePasswordEnabled: false,
  alphanumericDevicePasswordRequired: false,
  passwordRecoveryEnabled: false,
  requireStorageCardEncryption: false,
  attachmentsEnabled: true,
  minDevicePasswordLength: null,
  maxInactivityTimeDeviceLock: null,
  maxDevicePasswordFailedAttempts: null,
  maxAttachmentSize: null,
  allowSimpleDevicePassword: true,
  devicePasswordExpiration: null,
  devicePasswordHistory: 0,
  allowStorageCard: true,
  allowCamera: true,
  requireDeviceEncryption: false,
  allowUnsignedApplications: true,
  allowUnsignedInstallationPackages: true,
  minDevicePasswordComplexCharacters: 1,
  allowWiFi: true,
  allowTextMessaging: true,
  allowPopImapEmail: true,
  allowBluetooth: 2,
  allowIrDA: true,
  requireManualSyncWhenRoaming: false,
  allowDesktopSync: true,
  maxCalendarAgeFilter: 0,
  allowHtmlEmail: true,
  maxEmailAgeFilter: 0,
  maxEmailBodyTruncationSize: -1,
  maxEmailHtmlBodyTruncationSize: -1,
  requireSignedSmimeMessages: false,
  requireEncryptedSmimeMessages: false,
  requireSignedSmimeAlgorithm: 0,
  requireEncryptionSmimeAlgorithm: 0,
  allowSmimeEncryptionAlgorithmNegotiation: 2,
  allowSmimeSoftCerts: true,
  allowBrowser: true,
  allowConsumerEmail: true,
  allowRemoteDesktop: true,
  allowInternetSharing: true,
};

/** The policy in force. */
export interface Policy {
  readonly options: PolicyOptions;
  readonly document: EasProvisionDoc;
  /** Digest of the document: another one means that devices have to take it anew. */
  readonly digest: string;
}

/** Makes the policy out of the options. */
export const createPolicy = (options: PolicyOptions): Policy => {
  const document = { ...DefaultPolicy, ...options.policy };
  const sorted = Object.entries(document).sort(([a], [b]) => (a < b ? -1 : 1));
  const digest = createHash('sha256').update(JSON.stringify(sorted)).digest('base64url').slice(0, 16);
  return { options, document, digest };
};

/** A random policy key: 32 bits, and never 0, which means "none" ([MS-ASPROV] 2.2.2.42). */
export const newPolicyKey = (random: RandomBytes): number => {
  const bytes = random(4);
  const key = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  return key === 0 ? newPolicyKey(random) : key;
};

/** Whether a key that a device sent is the one that was issued, in constant time. */
export const isKey = (issued: Pick<IssuedKey, 'key'> | undefined, sent: number): boolean => {
  if (issued === undefined) return false;
  const [a, b] = [Buffer.alloc(4), Buffer.alloc(4)];
  a.writeUInt32LE(issued.key);
  b.writeUInt32LE(sent >>> 0);
  return timingSafeEqual(a, b) && sent === sent >>> 0;
};
