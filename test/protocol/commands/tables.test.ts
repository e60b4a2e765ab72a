import { describe, expect, test } from '@jest/globals';
import * as airSyncBase from '../../../protocol/classes/air-sync-base.ts';
import { EmailFields } from '../../../protocol/classes/email.ts';
import { GalFields } from '../../../protocol/classes/gal.ts';
import { CodePages, Email, Email2 } from '../../../protocol/code-pages/index.ts';
import type { Tag } from '../../../protocol/code-pages/tag.ts';
import { CommandTable } from '../../../protocol/commands/index.ts';
import { AttachmentPropertiesFields } from '../../../protocol/commands/item-operations.ts';
import { MailboxQueryFields, SearchOptionsFields } from '../../../protocol/commands/search.ts';
import { CommandCodes, CommandNames } from '../../../protocol/http/command-codes.ts';
import type { AnyElement, Fields } from '../../../protocol/schema/describe.ts';
import { AllVersions, inSpan, SupportedVersions } from '../../../protocol/versions.ts';

/** An element's children, whatever its content. */
const childrenOf = ({ content }: AnyElement): readonly AnyElement[] => {
  switch (content.kind) {
    case 'container':
      return Object.values(content.fields);
    case 'variants':
      return Object.values(content.variants);
    case 'list':
      return [content.item];
    default:
      return [];
  }
};

interface Place {
  readonly path: string;
  readonly element: AnyElement;
}

/** Every element under `element`, parents first. */
const walk = (element: AnyElement, path = ''): Place[] => {
  const here = `${path}/${element.tag.name}`;
  return [{ path: here, element }, ...childrenOf(element).flatMap((child) => walk(child, here))];
};

const tables: readonly Fields[] = [
  EmailFields,
  GalFields,
  AttachmentPropertiesFields,
  MailboxQueryFields,
  SearchOptionsFields,
  { location: airSyncBase.Location },
];

const roots = Object.entries(CommandTable).flatMap(([name, { request, response }]) =>
  [request, response].flatMap((root) => (root === undefined ? [] : [{ name, root: root as AnyElement }])),
);

const places: readonly Place[] = [
  ...roots.flatMap(({ root }) => walk(root)),
  ...tables.flatMap((fields) => Object.values(fields)).flatMap((element) => walk(element)),
];

const knownTags = new Set<Tag>(CodePages.flatMap((page) => Object.values(page)));

describe('every table', () => {
  test('names tags of the code pages only', () => {
    expect(places.length).toBeGreaterThan(500);
    expect(places.filter(({ element }) => !knownTags.has(element.tag)).map(({ path }) => path)).toEqual([]);
  });

  test('names no undocumented tag, which must never be sent', () => {
    expect(places.filter(({ element }) => element.tag.versions === undefined).map(({ path }) => path)).toEqual([]);
  });

  test('has each tag once in a container', () => {
    const twice = places.flatMap(({ path, element }) => {
      const names = childrenOf(element).map(({ tag }) => tag.name);
      return names.length === new Set(names).size ? [] : [path];
    });
    expect(twice).toEqual([]);
  });

  test('narrows only to versions in which the tag exists', () => {
    const wrong = places.filter(({ element: { tag, versions } }) => {
      const spans = [tag.versions ?? AllVersions, versions ?? AllVersions];
      return ![...SupportedVersions, '2.5' as const].some((version) => spans.every((one) => inSpan(version, one)));
    });
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  test('has only containers as variants, so that a value can say its kind', () => {
    const variants = places.filter(({ element }) => element.content.kind === 'variants');
    const kinds = variants.flatMap(({ element }) => childrenOf(element).map(({ content }) => content.kind));
    expect(variants).toHaveLength(5);
    expect(new Set(kinds)).toEqual(new Set(['container']));
  });

  test('makes empty elements optional', () => {
    const flags = places.filter(({ element }) => element.content.kind === 'flag');
    expect(flags.length).toBeGreaterThan(15);
    expect(flags.filter(({ element }) => element.arity !== 'optional')).toEqual([]);
  });
});

/** Names of the children, in order, without namespace. */
const order = (element: AnyElement | undefined, ...path: readonly string[]): string => {
  const found = path.reduce<AnyElement | undefined>(
    (at, step) => at && childrenOf(at).find(({ tag }) => tag.name.endsWith(`:${step}`)),
    element,
  );
  return found === undefined
    ? 'missing'
    : childrenOf(found)
        .map(({ tag }) => tag.name.slice(tag.name.indexOf(':') + 1))
        .join(' ');
};

/** Sequences of the published schemas; xs:all and xs:choice allow any order and are not here. */
describe('responses keep the sequences of the schemas', () => {
  test.each([
    ['FolderSync', [], 'Status SyncKey Changes'],
    ['FolderSync', ['Changes'], 'Count Update Delete Add'],
    ['FolderSync', ['Changes', 'Update'], 'ServerId ParentId DisplayName Type'],
    ['FolderSync', ['Changes', 'Add'], 'ServerId ParentId DisplayName Type'],
    ['FolderCreate', [], 'Status SyncKey ServerId'],
    ['FolderUpdate', [], 'Status SyncKey'],
    ['FolderDelete', [], 'Status SyncKey'],
    ['Ping', [], 'Status Folders MaxFolders HeartbeatInterval'],
    ['GetItemEstimate', [], 'Status Response'],
    ['GetItemEstimate', ['Response'], 'Status Collection'],
    ['GetItemEstimate', ['Response', 'Collection'], 'Class CollectionId Estimate'],
    ['Provision', [], 'DeviceInformation Status Policies RemoteWipe AccountOnlyRemoteWipe'],
    ['Provision', ['Policies', 'Policy'], 'PolicyType Status PolicyKey Data'],
    ['Sync', [], 'Status Limit Collections'],
    ['Sync', ['Collections', 'Collection', 'Commands', 'Add'], 'Class ServerId ApplicationData'],
    ['Sync', ['Collections', 'Collection', 'Commands', 'Change'], 'Class ServerId ApplicationData'],
    ['Sync', ['Collections', 'Collection', 'Commands', 'Delete'], 'Class ServerId'],
    ['Sync', ['Collections', 'Collection', 'Commands', 'SoftDelete'], 'ServerId'],
    ['Sync', ['Collections', 'Collection', 'Responses', 'Add'], 'Class ClientId ServerId Status ApplicationData'],
    ['Sync', ['Collections', 'Collection', 'Responses', 'Change'], 'Class ServerId InstanceId Status ApplicationData'],
    ['Sync', ['Collections', 'Collection', 'Responses', 'Delete'], 'ServerId InstanceId Status'],
    ['Sync', ['Collections', 'Collection', 'Responses', 'Fetch'], 'ServerId Status ApplicationData'],
    ['ItemOperations', [], 'Status Response'],
    ['ItemOperations', ['Response'], 'Move EmptyFolderContents Fetch'],
    ['ItemOperations', ['Response', 'EmptyFolderContents'], 'Status CollectionId'],
    [
      'ItemOperations',
      ['Response', 'Fetch'],
      'Status CollectionId ServerId LongId Class LinkId FileReference Properties',
    ],
    ['Settings', ['Oof', 'Get'], 'OofState StartTime EndTime OofMessage'],
    ['Settings', ['UserInformation', 'Get', 'EmailAddresses'], 'SMTPAddress PrimarySmtpAddress'],
    [
      'Settings',
      ['RightsManagementInformation', 'Get', 'RightsManagementTemplates', 'RightsManagementTemplate'],
      'TemplateID TemplateName TemplateDescription',
    ],
    ['Search', ['Response', 'Store'], 'Status Result Range Total'],
    ['Search', ['Response', 'Store', 'Result'], 'Class LongId CollectionId Properties'],
    ['Find', [], 'Status Response'],
    ['Find', ['Response'], 'Store Status Result Range Total'],
    ['Find', ['Response', 'Result'], 'Class ServerId CollectionId Properties'],
    ['MoveItems', [], 'Status Response'],
    ['MoveItems', ['Response'], 'SrcMsgId Status DstMsgId'],
    ['MeetingResponse', ['Result'], 'RequestId Status CalendarId InstanceId'],
    ['ResolveRecipients', [], 'Status Response'],
    ['ResolveRecipients', ['Response'], 'To Status RecipientCount Recipient'],
    ['ResolveRecipients', ['Response', 'Recipient'], 'Type DisplayName EmailAddress Availability Certificates Picture'],
    [
      'ResolveRecipients',
      ['Response', 'Recipient', 'Certificates'],
      'Status CertificateCount RecipientCount Certificate MiniCertificate',
    ],
    ['ValidateCert', [], 'Status Certificate'],
  ] as const)('%s %j', (command, path, expected) => {
    expect(order(CommandTable[command].response, ...path)).toBe(expected);
  });

  test('EASProvisionDoc (MS-ASPROV_R232)', () => {
    expect(order(CommandTable.Provision.response, 'Policies', 'Policy', 'Data', 'EASProvisionDoc').split(' ')).toEqual([
      'DevicePasswordEnabled',
      'AlphanumericDevicePasswordRequired',
      'PasswordRecoveryEnabled',
      'RequireStorageCardEncryption',
      'AttachmentsEnabled',
      'MinDevicePasswordLength',
      'MaxInactivityTimeDeviceLock',
      'MaxDevicePasswordFailedAttempts',
      'MaxAttachmentSize',
      'AllowSimpleDevicePassword',
      'DevicePasswordExpiration',
      'DevicePasswordHistory',
      'AllowStorageCard',
      'AllowCamera',
      'RequireDeviceEncryption',
      'AllowUnsignedApplications',
      'AllowUnsignedInstallationPackages',
      'MinDevicePasswordComplexCharacters',
      'AllowWiFi',
      'AllowTextMessaging',
      'AllowPOPIMAPEmail',
      'AllowBluetooth',
      'AllowIrDA',
      'RequireManualSyncWhenRoaming',
      'AllowDesktopSync',
      'MaxCalendarAgeFilter',
      'AllowHTMLEmail',
      'MaxEmailAgeFilter',
      'MaxEmailBodyTruncationSize',
      'MaxEmailHTMLBodyTruncationSize',
      'RequireSignedSMIMEMessages',
      'RequireEncryptedSMIMEMessages',
      'RequireSignedSMIMEAlgorithm',
      'RequireEncryptionSMIMEAlgorithm',
      'AllowSMIMEEncryptionAlgorithmNegotiation',
      'AllowSMIMESoftCerts',
      'AllowBrowser',
      'AllowConsumerEmail',
      'AllowRemoteDesktop',
      'AllowInternetSharing',
      'UnapprovedInROMApplicationList',
      'ApprovedApplicationList',
    ]);
  });

  test('Body and BodyPart', () => {
    expect(order(airSyncBase.Body)).toBe('Type EstimatedDataSize Truncated Data Preview Part');
    expect(order(airSyncBase.BodyPart)).toBe('Status Type EstimatedDataSize Truncated Data Preview');
    expect(order(airSyncBase.BodyPreference)).toBe('Type TruncationSize AllOrNone Preview');
  });

  test('MeetingRequest', () => {
    expect(order(EmailFields.meetingRequest)).toBe(
      'AllDayEvent StartTime DtStamp EndTime InstanceType Location Location Organizer RecurrenceId Reminder ' +
        'ResponseRequested Recurrences Sensitivity BusyStatus TimeZone GlobalObjId DisallowNewTimeProposal ' +
        'MeetingMessageType UID ProposedStartTime ProposedEndTime Forwardees',
    );
    expect(order(EmailFields.meetingRequest, 'Recurrences', 'Recurrence')).toBe(
      'Type Interval Until Occurrences WeekOfMonth DayOfMonth DayOfWeek MonthOfYear CalendarType IsLeapMonth FirstDayOfWeek',
    );
  });
});

describe('a Collection of a Sync request', () => {
  const collection = childrenOf(childrenOf(CommandTable.Sync.request as AnyElement)[0] as AnyElement)[0] as AnyElement;

  test('has the order that the server enforces, Class before it up to 12.1 (MS-ASCMD_R976)', () => {
    expect(order(collection)).toBe(
      'Class SyncKey CollectionId Supported DeletesAsMoves GetChanges WindowSize ConversationMode Options Commands',
    );
    expect(collection.content).toMatchObject({ kind: 'container', ordered: true });
  });

  test('is the only container whose order is enforced', () => {
    const ordered = places.filter(({ element: { content } }) => content.kind === 'container' && content.ordered);
    expect(ordered.map(({ element }) => element)).toEqual([collection]);
  });
});

describe('the Email table', () => {
  const tags = new Set(
    Object.values(EmailFields).flatMap((element) => walk(element).map(({ element: { tag } }) => tag)),
  );
  const current = (tag: Tag): boolean => tag.versions !== undefined && tag.versions.until !== '2.5';

  test('has every element of the page Email', () => {
    expect(
      Object.values(Email)
        .filter((tag) => current(tag) && !tags.has(tag))
        .map(({ name }) => name),
    ).toEqual([]);
  });

  test('has every element of the page Email2 but Send, which stands beside ApplicationData (MS-ASEMAIL_R1386)', () => {
    const missing = Object.values(Email2).filter((tag) => current(tag) && !tags.has(tag));
    expect(missing.map(({ name }) => name)).toEqual(['Email2:Send']);
  });
});

describe('the table of commands', () => {
  test('has every command with its code', () => {
    expect(Object.keys(CommandTable)).toEqual([...CommandNames]);
    for (const name of CommandNames) expect(CommandTable[name].code).toBe(CommandCodes[name]);
  });

  test('roots are named for their commands', () => {
    expect(roots.filter(({ name, root }) => !root.tag.name.endsWith(`:${name}`))).toEqual([]);
    expect(roots).toHaveLength(2 * (CommandNames.length - 2));
  });

  test('GetAttachment and GetHierarchy have no tables', () => {
    expect(CommandTable.GetAttachment).toEqual({ code: 4, request: undefined, response: undefined });
    expect(CommandTable.GetHierarchy).toEqual({ code: 5, request: undefined, response: undefined });
  });
});
