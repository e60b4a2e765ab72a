import { z } from 'zod';

const yesNo = (description: string) => z.boolean().describe(description).optional();
const whole = (least: number, most: number, description: string) =>
  z.int().min(least).max(most).describe(description).optional();
/** `null` sets no limit, which is the default. */
const limit = (least: number, most: number, description: string) =>
  z.int().min(least).max(most).nullable().describe(description).optional();

/** Largest value of an unsignedInt of the schema. */
const MaxInt = 4_294_967_295;

/** What devices are made to do: the settings of [MS-ASPROV] 2.2.2.28 with the values that it allows. */
export const PolicySettings = z.strictObject({
  devicePasswordEnabled: yesNo(
    'A password to unlock the device is required; the other password settings count only then',
  ),
  alphanumericDevicePasswordRequired: yesNo('The device password has letters and digits'),
  passwordRecoveryEnabled: yesNo('The device may store a recovery password with the server'),
  requireStorageCardEncryption: yesNo('Storage cards are encrypted'),
  attachmentsEnabled: yesNo('Attachments may be downloaded'),
  minDevicePasswordLength: limit(1, 16, 'Characters of the device password at least'),
  maxInactivityTimeDeviceLock: limit(1, 9999, 'Seconds without use after which the device locks'),
  maxDevicePasswordFailedAttempts: limit(4, 16, 'Wrong device passwords after which the device wipes itself or locks'),
  maxAttachmentSize: limit(0, MaxInt, 'Bytes of the largest attachment that is downloaded'),
  allowSimpleDevicePassword: yesNo('Device passwords such as 1234 are allowed'),
  devicePasswordExpiration: limit(0, 730, 'Days after which the device password is changed; 0: never'),
  devicePasswordHistory: whole(0, 50, 'Earlier device passwords that may not be used again'),
  allowStorageCard: yesNo('Storage cards may be used'),
  allowCamera: yesNo('The camera may be used'),
  requireDeviceEncryption: yesNo('The device is encrypted'),
  allowUnsignedApplications: yesNo('Unsigned applications may run'),
  allowUnsignedInstallationPackages: yesNo('Unsigned installation packages may be installed'),
  minDevicePasswordComplexCharacters: whole(
    1,
    4,
    'Groups of characters (lower, upper, digits, others) in the password',
  ),
  allowWiFi: yesNo('Wi-Fi may be used'),
  allowTextMessaging: yesNo('Text messages may be sent'),
  allowPopImapEmail: yesNo('POP and IMAP accounts may be set up'),
  allowBluetooth: whole(0, 2, 'Bluetooth: 0 never, 1 for hands-free sets, 2 always'),
  allowIrDA: yesNo('Infrared may be used'),
  requireManualSyncWhenRoaming: yesNo('No push abroad: the user synchronises by hand'),
  allowDesktopSync: yesNo('Desktop ActiveSync may be used'),
  maxCalendarAgeFilter: z
    .union([0, 4, 5, 6, 7].map((value) => z.literal(value)))
    .describe('Oldest events on the device: 0 all, 4 two weeks, 5 a month, 6 three months, 7 six months')
    .optional(),
  allowHtmlEmail: yesNo('Mail may be shown as HTML'),
  maxEmailAgeFilter: whole(
    0,
    5,
    'Oldest mail on the device: 0 all, 1 a day, 2 three days, 3 a week, 4 two weeks, 5 a month',
  ),
  maxEmailBodyTruncationSize: whole(-1, 2_147_483_647, 'Size of plain-text bodies on the device at most; -1: no limit'),
  maxEmailHtmlBodyTruncationSize: whole(-1, 2_147_483_647, 'Size of HTML bodies on the device at most; -1: no limit'),
  requireSignedSmimeMessages: yesNo('Mail is signed (S/MIME)'),
  requireEncryptedSmimeMessages: yesNo('Mail is encrypted (S/MIME)'),
  requireSignedSmimeAlgorithm: whole(0, 1, 'Algorithm for signing: 0 SHA-1, 1 MD5'),
  requireEncryptionSmimeAlgorithm: whole(
    0,
    4,
    'Algorithm for encrypting: 0 3DES, 1 DES, 2 RC2 128, 3 RC2 64, 4 RC2 40 bit',
  ),
  allowSmimeEncryptionAlgorithmNegotiation: whole(0, 2, 'Other algorithms on request: 0 none, 1 strong ones, 2 any'),
  allowSmimeSoftCerts: yesNo('S/MIME certificates may be kept in software'),
  allowBrowser: yesNo('The web browser may be used'),
  allowConsumerEmail: yesNo('Private mail accounts may be set up'),
  allowRemoteDesktop: yesNo('Remote desktop may be used'),
  allowInternetSharing: yesNo('The device may share its connection'),
  unapprovedInRomApplicationList: z
    .array(z.string().min(1))
    .describe('Names of built-in programs that may not run')
    .optional(),
  approvedApplicationList: z.array(z.string().min(1)).describe('SHA-1 hashes of programs that may run').optional(),
});
