/**
 * Protocol versions and what each of them can do. Nothing outside this file compares version
 * numbers: ask for an ability by name instead.
 */

/** Versions that the code pages tell apart, oldest first. */
export const KnownVersions = ['2.5', '12.0', '12.1', '14.0', '14.1', '16.0', '16.1'] as const;

/** One of {@link KnownVersions}. */
export type KnownVersion = (typeof KnownVersions)[number];

/** Versions that Postrider speaks, ascending, as OPTIONS lists them ([MS-ASHTTP] 2.2.4). */
export const SupportedVersions = ['12.1', '14.0', '14.1', '16.0', '16.1'] as const;

/** A version that a device may negotiate. */
export type ProtocolVersion = (typeof SupportedVersions)[number];

/** The span of versions in which a tag exists; `until` is inclusive. */
export interface VersionSpan {
  readonly since: KnownVersion;
  readonly until: KnownVersion;
}

/** Every version. */
export const AllVersions: VersionSpan = { since: '2.5', until: '16.1' };

const rank = (version: KnownVersion): number => KnownVersions.indexOf(version);

/** The span from `since` to `until` (the newest version unless told). */
export const span = (since: KnownVersion, until: KnownVersion = '16.1'): VersionSpan => ({ since, until });

/** Whether `version` lies within `versions`. */
export const inSpan = (version: KnownVersion, versions: VersionSpan): boolean =>
  rank(version) >= rank(versions.since) && rank(version) <= rank(versions.until);

/** Reads a version out of a request; `undefined` when Postrider does not speak it. */
export const supportedVersion = (text: string | undefined): ProtocolVersion | undefined =>
  SupportedVersions.find((version) => version === text);

/**
 * What a device of a version may do or expect, by name. Each entry is the span of versions that
 * have the ability.
 */
const AbilitySpans = {
  /** Failures are HTTP 200 with a Status in the body, not HTTP codes ([MS-ASCMD] 2.2.2). */
  statusInBody: span('14.0'),
  /** A missing policy is Status 142-144 in the body, before that HTTP 449 ([MS-ASPROV] 3.1.5.1). */
  provisionStatusInBody: span('14.0'),
  /** `DeviceInformation` belongs into the first Provision request ([MS-ASPROV] 2.2.2.53). */
  deviceInformationInProvision: span('14.1'),
  /** A wipe of the account alone, `AccountOnlyRemoteWipe` ([MS-ASPROV] 2.2.2.1). */
  accountOnlyRemoteWipe: span('16.1'),
  /** `Class` is a child of Collection ([MS-ASCMD] 2.2.3.27.5). */
  classInCollection: span('2.5', '12.1'),
  /** A Sync request and response may be empty ([MS-ASCMD] 2.2.1.21). */
  emptySync: span('12.1'),
  /** Compose commands carry WBXML ([MS-ASCMD] 2.2.1.17). */
  composeMail: span('14.0'),
  /** Keywords of a mail as Categories ([MS-ASEMAIL] 2.2.2.16). */
  emailCategories: span('14.0'),
  /** ConversationId and ConversationIndex ([MS-ASCON] 2.2.2). */
  conversations: span('14.0'),
  /** GetAttachment and GetHierarchy exist ([MS-ASCMD] 2.2.1.7). */
  getAttachment: span('2.5', '12.1'),
  /** Drafts synchronise in both directions ([MS-ASCMD] 2.2.3.27). */
  drafts: span('16.0'),
  /** UserInformation answers with Accounts ([MS-ASCMD] 2.2.3.2). */
  userAccounts: span('14.1'),
  /** Search knows the classes SMS and Notes ([MS-ASCMD] 2.2.3.27.5, R6288). */
  searchSmsAndNotes: span('14.0'),
  /** The Find command ([MS-ASCMD] 2.2.1.2). */
  find: span('16.1'),
  /** In Calendar an absent element means unchanged ([MS-ASCAL] 2.2.2). */
  calendarGhostedByDefault: span('16.0'),
  /** All-day events are days without a zone, and occurrences have an InstanceId ([MS-ASCAL] 2.2.2.1, 2.2.2.21). */
  calendarInstances: span('16.0'),
  /** The server mails invitations, updates, cancellations and answers, not the device ([MS-ASCMD] 3.1.5.5, R7478). */
  serverMailsMeetings: span('16.0'),
  /** MeetingResponse takes events of a calendar, and an InstanceId ([MS-ASCMD] 2.2.1.11, R6068; 2.2.3.92.1). */
  answersInCalendar: span('14.1'),
  /** An answer may propose another time ([MS-ASCMD] 2.2.3.141). */
  proposesTimes: span('16.1'),
} as const satisfies Record<string, VersionSpan>;

/** Name of an ability. */
export type Ability = keyof typeof AbilitySpans;

/** Whether a device that speaks `version` has `ability`. */
export const can = (version: ProtocolVersion, ability: Ability): boolean => inSpan(version, AbilitySpans[ability]);
