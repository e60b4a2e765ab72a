import { EmailFields } from '../../../protocol/classes/email.ts';
import { GalFields } from '../../../protocol/classes/gal.ts';
import { AirSyncBase, Contacts, Email, Search } from '../../../protocol/code-pages/index.ts';
import * as compose from '../../../protocol/commands/compose-mail.ts';
import { FindRequest, FindResponse } from '../../../protocol/commands/find.ts';
import { FolderCreateRequest, FolderCreateResponse } from '../../../protocol/commands/folder-create.ts';
import { FolderDeleteRequest, FolderDeleteResponse } from '../../../protocol/commands/folder-delete.ts';
import { FolderSyncRequest, FolderSyncResponse } from '../../../protocol/commands/folder-sync.ts';
import { FolderUpdateRequest, FolderUpdateResponse } from '../../../protocol/commands/folder-update.ts';
import { GetItemEstimateRequest, GetItemEstimateResponse } from '../../../protocol/commands/get-item-estimate.ts';
import {
  AttachmentPropertiesFields,
  ItemOperationsRequest,
  ItemOperationsResponse,
} from '../../../protocol/commands/item-operations.ts';
import { MeetingResponseRequest, MeetingResponseResponse } from '../../../protocol/commands/meeting-response.ts';
import { MoveItemsRequest, MoveItemsResponse } from '../../../protocol/commands/move-items.ts';
import { PingRequest, PingResponse } from '../../../protocol/commands/ping.ts';
import { ProvisionRequest, ProvisionResponse } from '../../../protocol/commands/provision.ts';
import { ResolveRecipientsRequest, ResolveRecipientsResponse } from '../../../protocol/commands/resolve-recipients.ts';
import {
  MailboxQueryFields,
  SearchOptionsFields,
  SearchRequest,
  SearchResponse,
} from '../../../protocol/commands/search.ts';
import { SettingsRequest, SettingsResponse } from '../../../protocol/commands/settings.ts';
import { SyncRequest, SyncResponse } from '../../../protocol/commands/sync.ts';
import { ValidateCertRequest, ValidateCertResponse } from '../../../protocol/commands/validate-cert.ts';
import { flag, optional, text, tree } from '../../../protocol/schema/describe.ts';
import { hex } from '../wbxml/support.ts';
import type { GoldenName } from './golden.ts';
import { described, type Expected } from './values.ts';

const noon = new Date(Date.UTC(2026, 2, 1, 12));
const conversation = hex('000102030405060708090A0B0C0D0E0F');
const noPreferences = { bodyPreferences: [] };

const draft = {
  to: 'anna@example.org',
  subject: 'Draft',
  attachments: [
    { kind: 'add', clientId: 'a1', method: 1, contentType: 'text/plain', content: 'aGk=', displayName: 'hi.txt' },
    { kind: 'delete', fileReference: 'f:1' },
  ],
  body: { type: 1, data: 'Hello' },
};

const mail = {
  to: '"Anna" <anna@example.org>',
  from: 'ben@example.org',
  subject: 'Hi',
  dateReceived: noon,
  importance: 1,
  read: false,
  attachments: [
    { kind: 'attachment', displayName: 'a.pdf', fileReference: '5:10:2', method: 1, estimatedDataSize: 4711 },
  ],
  body: { type: 1, estimatedDataSize: 5, truncated: false, data: 'Hello', preview: 'Hel' },
  messageClass: 'IPM.Note',
  internetCpid: '65001',
  flag: {
    subject: 'Call',
    status: 2,
    flagType: 'for Follow Up',
    dueDate: new Date('2026-03-02T00:00:00Z'),
    utcDueDate: new Date('2026-03-01T23:00:00Z'),
    reminderSet: false,
  },
  contentClass: 'urn:content-classes:message',
  nativeBodyType: 1,
  conversationId: conversation,
  conversationIndex: hex('DCA972EE15'),
  lastVerbExecuted: 1,
  categories: ['Red', 'Blue'],
};

const syncRequest = {
  collections: {
    collection: [
      {
        syncKey: '17',
        collectionId: '5',
        deletesAsMoves: true,
        getChanges: true,
        windowSize: 100,
        options: [
          {
            filterType: 3,
            bodyPreferences: [
              { type: 2, truncationSize: 32768 },
              { type: 4, allOrNone: true, preview: 50 },
            ],
            bodyPartPreference: { type: 2 },
            conflict: 1,
            mimeSupport: 2,
            mimeTruncation: 8,
            rightsManagementSupport: true,
          },
          { filterType: 0, class: 'SMS', bodyPreferences: [], maxItems: 7 },
        ],
        commands: [
          { kind: 'change', serverId: '5:1', applicationData: described(EmailFields, { read: true, flag: {} }) },
          { kind: 'delete', serverId: '5:2' },
          { kind: 'change', serverId: '5:3', applicationData: described(EmailFields, { read: false }) },
          { kind: 'fetch', serverId: '5:4' },
        ],
      },
    ],
  },
  heartbeatInterval: 900,
  windowSize: 200,
  partial: true,
};

const syncResponse = {
  collections: {
    collection: [
      {
        syncKey: '18',
        collectionId: '5',
        status: 1,
        responses: [
          { kind: 'change', serverId: '5:9', status: 8 },
          { kind: 'fetch', serverId: '5:4', status: 1, applicationData: described(EmailFields, { read: true }) },
        ],
        moreAvailable: true,
        commands: [
          { kind: 'add', serverId: '5:10', applicationData: described(EmailFields, mail) },
          { kind: 'delete', serverId: '5:7' },
          { kind: 'softDelete', serverId: '5:8' },
        ],
      },
    ],
  },
};

const supported = { jobTitle: flag(Contacts.JobTitle), department: flag(Contacts.Department) };
const schema = { subject: flag(Email.Subject), body: flag(AirSyncBase.Body) };

const itemOperationsRequest = [
  {
    kind: 'fetch',
    store: 'Mailbox',
    collectionId: '5',
    serverId: '5:1',
    options: {
      schema: [described(schema, { subject: true, body: true })],
      mimeSupport: 2,
      bodyPreferences: [{ type: 4 }],
    },
  },
  { kind: 'emptyFolderContents', collectionId: '4', options: { deleteSubFolders: true } },
  {
    kind: 'fetch',
    store: 'Mailbox',
    fileReference: '5:10:2',
    options: { schema: [], range: '0-1023', ...noPreferences },
  },
  { kind: 'move', conversationId: hex('0102'), dstFldId: '6', options: { moveAlways: true } },
];

const itemOperationsResponse = {
  status: 1,
  response: {
    move: [{ status: 1, conversationId: hex('0102') }],
    emptyFolderContents: [{ status: 1, collectionId: '4' }],
    fetch: [
      {
        status: 1,
        collectionId: '5',
        serverId: '5:1',
        class: 'Email',
        properties: described(EmailFields, { subject: 'Hi', body: { type: 4, estimatedDataSize: 9, part: 1 } }),
      },
      {
        status: 1,
        fileReference: '5:10:2',
        properties: described(AttachmentPropertiesFields, {
          contentType: 'application/pdf',
          range: '0-1',
          total: 4711,
          data: 'JVA=',
        }),
      },
      { status: 15, fileReference: 'x' },
    ],
  },
};

/** Content of Store in a search of the directory, and in one of the mailbox. */
const galStore = {
  name: text(Search.Name),
  query: text(Search.Query),
  options: optional(tree(Search.Options)),
};
const mailboxStore = { name: text(Search.Name), query: tree(Search.Query), options: tree(Search.Options) };

const settingsResponse = {
  status: 1,
  rightsManagementInformation: {
    status: 1,
    get: {
      rightsManagementTemplates: [{ templateId: 't1', templateName: 'Secret', templateDescription: 'Not for others' }],
    },
  },
  oof: { status: 1, get: { oofState: 0, oofMessages: [{ appliesToExternalUnknown: true, enabled: false }] } },
  devicePassword: { status: 7 },
  deviceInformation: { status: 1 },
  userInformation: {
    status: 1,
    get: {
      accounts: [
        {
          accountId: '1',
          userDisplayName: 'Anna',
          sendDisabled: false,
          emailAddresses: { smtpAddresses: ['anna@example.org'], primarySmtpAddress: 'anna@example.org' },
        },
      ],
    },
  },
};

const settingsRequest = {
  rightsManagementInformation: { get: true },
  oof: {
    get: { bodyType: 'TEXT' },
    set: {
      oofState: 2,
      startTime: noon,
      endTime: new Date(Date.UTC(2026, 2, 8, 12)),
      oofMessages: [{ appliesToInternal: true, enabled: true, replyMessage: 'Away', bodyType: 'TEXT' }],
    },
  },
  devicePassword: { set: { password: '1234' } },
  deviceInformation: { set: { model: 'Pixel', enableOutboundSms: false } },
  userInformation: { get: true },
};

const policyType = 'MS-EAS-Provisioning-WBXML';

const easProvisionDoc = {
  devicePasswordEnabled: true,
  alphanumericDevicePasswordRequired: false,
  attachmentsEnabled: true,
  minDevicePasswordLength: 6,
  maxInactivityTimeDeviceLock: 900,
  maxAttachmentSize: null,
  allowBluetooth: 2,
  maxEmailBodyTruncationSize: -1,
  unapprovedInRomApplicationList: ['game.exe'],
};

const estimate = (collection: object): object => ({ collections: [collection] });

/** What each document of `golden.ts` says. */
export const ExpectedDocuments: Readonly<Record<GoldenName, Expected>> = {
  syncRequest: { root: SyncRequest, version: '14.1', value: syncRequest },
  syncRequest121: {
    root: SyncRequest,
    version: '12.1',
    value: {
      collections: {
        collection: [
          {
            class: 'Contacts',
            syncKey: '0',
            collectionId: '2',
            supported: described(supported, { jobTitle: true, department: true }),
            options: [],
          },
        ],
      },
      wait: 10,
    },
  },
  syncDraft: {
    root: SyncRequest,
    version: '16.1',
    value: {
      collections: {
        collection: [
          {
            syncKey: '4',
            collectionId: '3',
            options: [],
            commands: [{ kind: 'add', clientId: 'c1', applicationData: described(EmailFields, draft), send: true }],
          },
        ],
      },
    },
  },
  syncResponse: { root: SyncResponse, version: '14.1', value: syncResponse },
  syncLimit: { root: SyncResponse, version: '14.1', value: { status: 14, limit: 3540 } },
  folderSyncRequest: { root: FolderSyncRequest, version: '14.1', value: { syncKey: '0' } },
  folderSyncResponse: {
    root: FolderSyncResponse,
    version: '12.1',
    value: {
      status: 1,
      syncKey: '1',
      changes: {
        count: 3,
        update: [{ serverId: '7', parentId: '5', displayName: 'Neu', type: 12 }],
        delete: [{ serverId: '8' }],
        add: [{ serverId: '5', parentId: '0', displayName: 'Inbox', type: 2 }],
      },
    },
  },
  folderCreateRequest: {
    root: FolderCreateRequest,
    version: '14.1',
    value: { syncKey: '3', parentId: '0', displayName: 'Größe', type: 12 },
  },
  folderCreateResponse: {
    root: FolderCreateResponse,
    version: '14.1',
    value: { status: 1, syncKey: '4', serverId: '9' },
  },
  folderUpdateRequest: {
    root: FolderUpdateRequest,
    version: '14.1',
    value: { syncKey: '4', serverId: '9', parentId: '5', displayName: 'A' },
  },
  folderUpdateResponse: { root: FolderUpdateResponse, version: '14.1', value: { status: 1, syncKey: '5' } },
  folderDeleteRequest: { root: FolderDeleteRequest, version: '14.1', value: { syncKey: '5', serverId: '9' } },
  folderDeleteResponse: { root: FolderDeleteResponse, version: '14.1', value: { status: 4 } },
  pingRequest: {
    root: PingRequest,
    version: '14.1',
    value: {
      heartbeatInterval: 480,
      folders: [
        { id: '5', class: 'Email' },
        { id: '2', class: 'Contacts' },
      ],
    },
  },
  pingResponse: { root: PingResponse, version: '14.1', value: { status: 2, folders: ['5', '2'] } },
  pingLimits: { root: PingResponse, version: '14.1', value: { status: 5, maxFolders: 300, heartbeatInterval: 60 } },
  getItemEstimateRequest: {
    root: GetItemEstimateRequest,
    version: '14.0',
    value: estimate({
      syncKey: '17',
      collectionId: '5',
      conversationMode: false,
      options: [{ class: 'Email', filterType: 2 }],
    }),
  },
  getItemEstimateRequest121: {
    root: GetItemEstimateRequest,
    version: '12.1',
    value: estimate({ class: 'Email', collectionId: '5', filterType: 2, syncKey: '17', options: [] }),
    readOnly: true,
  },
  getItemEstimateResponse: {
    root: GetItemEstimateResponse,
    version: '14.1',
    value: { response: [{ status: 1, collection: { collectionId: '5', estimate: 42 } }] },
  },
  provisionRequest: {
    root: ProvisionRequest,
    version: '14.1',
    value: {
      deviceInformation: {
        set: {
          model: 'Pixel',
          imei: '490154203237518',
          friendlyName: 'My phone',
          os: 'Android 16',
          userAgent: 'Android-Mail/1',
        },
      },
      policies: [{ policyType }],
    },
  },
  provisionAcknowledgement: {
    root: ProvisionRequest,
    version: '12.1',
    value: { policies: [{ policyType, policyKey: '1307199584', status: 1 }] },
  },
  provisionResponse: {
    root: ProvisionResponse,
    version: '14.1',
    value: {
      deviceInformation: { status: 1 },
      status: 1,
      policies: [{ policyType, status: 1, policyKey: '1307199584', data: { easProvisionDoc } }],
    },
  },
  provisionWipe: { root: ProvisionResponse, version: '16.1', value: { status: 1, accountOnlyRemoteWipe: true } },
  provisionWipeDone: { root: ProvisionRequest, version: '14.1', value: { remoteWipe: { status: 1 } } },
  itemOperationsRequest: { root: ItemOperationsRequest, version: '14.1', value: itemOperationsRequest },
  itemOperationsResponse: { root: ItemOperationsResponse, version: '14.1', value: itemOperationsResponse },
  sendMailRequest: {
    root: compose.SendMailRequest,
    version: '14.1',
    value: { clientId: '42', saveInSentItems: true, mime: hex('546F3A20610D0A0D0A00FF') },
  },
  sendMailResponse: { root: compose.SendMailResponse, version: '14.1', value: { status: 120 } },
  smartReplyRequest: {
    root: compose.SmartReplyRequest,
    version: '14.1',
    value: {
      clientId: '43',
      source: { folderId: '5', itemId: '5:1', instanceId: noon },
      accountId: 'acc',
      replaceMime: true,
      mime: hex('0D0A'),
    },
  },
  smartReplyResponse: { root: compose.SmartReplyResponse, version: '14.0', value: { status: 150 } },
  smartForwardRequest: {
    root: compose.SmartForwardRequest,
    version: '16.0',
    value: {
      clientId: '44',
      source: { longId: 'RgAA' },
      saveInSentItems: true,
      body: { type: 1, data: 'See below' },
      forwardees: [{ email: 'ben@example.org', name: 'Ben' }],
    },
  },
  smartForwardResponse: { root: compose.SmartForwardResponse, version: '16.0', value: { status: 178 } },
  settingsRequest: { root: SettingsRequest, version: '14.1', value: settingsRequest },
  settingsResponse: { root: SettingsResponse, version: '14.1', value: settingsResponse },
  settingsResponse121: {
    root: SettingsResponse,
    version: '12.1',
    value: {
      status: 1,
      userInformation: { status: 1, get: { emailAddresses: { smtpAddresses: ['anna@example.org'] } } },
    },
  },
  searchRequest: {
    root: SearchRequest,
    version: '14.1',
    // Content encoded ahead names its code page again, which the document need not.
    readOnly: true,
    value: {
      store: described(galStore, {
        name: 'GAL',
        query: 'anna',
        options: described(SearchOptionsFields, { range: '0-19', ...noPreferences }),
      }),
    },
  },
  searchMailbox: {
    root: SearchRequest,
    version: '14.1',
    readOnly: true,
    value: {
      store: described(mailboxStore, {
        name: 'Mailbox',
        query: described(MailboxQueryFields, {
          class: [],
          collectionId: [],
          and: {
            freeText: 'budget',
            class: ['Email'],
            collectionId: ['5'],
            greaterThan: { dateReceived: true, value: new Date('2026-01-01T00:00:00Z') },
          },
        }),
        options: described(SearchOptionsFields, {
          bodyPreferences: [{ type: 1 }],
          range: '0-9',
          deepTraversal: true,
          rebuildResults: true,
        }),
      }),
    },
  },
  searchResponse: {
    root: SearchResponse,
    version: '14.1',
    value: {
      status: 1,
      response: {
        store: {
          status: 1,
          result: [
            {
              properties: described(GalFields, {
                displayName: 'Anna',
                phone: '123',
                emailAddress: 'anna@example.org',
                picture: { status: 1, data: hex('FFD8') },
              }),
            },
          ],
          range: '0-0',
          total: 1,
        },
      },
    },
  },
  findRequest: {
    root: FindRequest,
    version: '16.1',
    value: {
      searchId: '7',
      executeSearch: {
        mailBoxSearchCriterion: {
          query: { class: 'Email', collectionId: '5', freeText: 'budget' },
          options: { range: '0-9', deepTraversal: true },
        },
      },
    },
  },
  findGal: {
    root: FindRequest,
    version: '16.1',
    value: {
      searchId: '8',
      executeSearch: {
        galSearchCriterion: { query: 'anna', options: { picture: { maxSize: 10000, maxPictures: 3 } } },
      },
    },
  },
  findResponse: {
    root: FindResponse,
    version: '16.1',
    value: {
      status: 1,
      response: {
        store: 'Mailbox',
        status: 1,
        result: [
          {
            class: 'Email',
            serverId: '5:1',
            collectionId: '5',
            properties: {
              subject: 'Budget',
              dateReceived: noon,
              read: true,
              isDraft: false,
              preview: 'Dear',
              hasAttachments: true,
              from: 'ben@example.org',
            },
          },
        ],
        range: '0-0',
        total: 1,
      },
    },
  },
  moveItemsRequest: {
    root: MoveItemsRequest,
    version: '14.1',
    value: { move: [{ srcMsgId: '5:1', srcFldId: '5', dstFldId: ['6'] }] },
  },
  moveItemsResponse: {
    root: MoveItemsResponse,
    version: '14.1',
    value: { response: [{ srcMsgId: '5:1', status: 3, dstMsgId: '6:1' }] },
  },
  meetingResponseRequest: {
    root: MeetingResponseRequest,
    version: '16.1',
    value: {
      request: [
        {
          userResponse: 1,
          collectionId: '5',
          requestId: '5:1',
          instanceId: '2026-03-01T12:00:00.000Z',
          sendResponse: {
            body: { type: 1, data: 'OK' },
            proposedStartTime: new Date(Date.UTC(2026, 2, 1, 13)),
            proposedEndTime: new Date(Date.UTC(2026, 2, 1, 14)),
          },
        },
      ],
    },
  },
  meetingResponseResponse: {
    root: MeetingResponseResponse,
    version: '14.1',
    value: { result: [{ requestId: '5:1', status: 1, calendarId: '1:7' }] },
  },
  resolveRecipientsRequest: {
    root: ResolveRecipientsRequest,
    version: '14.1',
    value: {
      to: ['anna', 'ben'],
      options: {
        certificateRetrieval: 2,
        maxAmbiguousRecipients: 10,
        availability: { startTime: noon, endTime: new Date(Date.UTC(2026, 2, 1, 13)) },
        picture: { maxSize: 100 },
      },
    },
  },
  resolveRecipientsResponse: {
    root: ResolveRecipientsResponse,
    version: '14.1',
    value: {
      status: 1,
      response: [
        {
          to: 'anna',
          status: 1,
          recipientCount: 1,
          recipient: [
            {
              type: 1,
              displayName: 'Anna',
              emailAddress: 'anna@example.org',
              availability: { status: 1, mergedFreeBusy: '02' },
              certificates: { status: 1, certificateCount: 1, recipientCount: 1, certificate: [hex('308201')] },
              picture: [{ status: 1, data: hex('FFD8') }],
            },
          ],
        },
      ],
    },
  },
  validateCertRequest: {
    root: ValidateCertRequest,
    version: '14.1',
    value: { certificateChain: [hex('308202')], certificates: [hex('308201')], checkCrl: true },
  },
  validateCertResponse: {
    root: ValidateCertResponse,
    version: '14.1',
    value: { status: 1, certificate: [{ status: [3, 13] }] },
  },
};
