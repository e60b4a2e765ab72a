import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AirSyncBase, Email, Search, Tasks } from '../../protocol/code-pages/index.ts';
import { CommandTable } from '../../protocol/commands/index.ts';
import { MailboxQueryFields, SearchOptionsFields } from '../../protocol/commands/search.ts';
import type { CommandName } from '../../protocol/http/command-codes.ts';
import type { AnyElement, TreeNode } from '../../protocol/schema/describe.ts';
import { container, encodeTree, optional, text, writeDocument } from '../../protocol/schema/index.ts';
import { Names } from './names.ts';

/** Writes the corpus anew: `npx tsx test/fuzz/make-corpus.ts`. One file a request, named for its command. */

const folder = fileURLToPath(new URL('./corpus/', import.meta.url));
const Version = '16.1';

const element = (tag: TreeNode['tag'], value: string): TreeNode => ({ tag, children: [], text: value });
const bodyPreferences = [{ type: 1, truncationSize: 100, allOrNone: true, preview: 10 }, { type: 2 }, { type: 4 }];
const options = {
  filterType: 3,
  bodyPreferences,
  bodyPartPreference: { type: 2, preview: 20 },
  mimeSupport: 1,
  mimeTruncation: 4,
  conflict: 1,
};
const mime = Buffer.from(
  'From: anna@example.test\r\nTo: ben@example.test\r\nBcc: anna@example.test\r\nSubject: =?utf-8?q?f=C3=BCzz?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nText\r\n--b\r\nContent-Type: a/b; name="x"\r\n\r\ny\r\n--b--\r\n',
);
const changed: TreeNode[] = [
  element(Email.Read, '1'),
  {
    tag: Email.Flag,
    children: [
      element(Email.Status, '2'),
      element(Email.FlagType, 'x'),
      element(Tasks.DueDate, '2026-11-23T00:00:00.000Z'),
    ],
  },
  { tag: Email.Categories, children: [element(Email.Category, 'a'), element(Email.Category, 'b')] },
];
const draft: TreeNode[] = [
  element(Email.To, 'ben@example.test'),
  element(Email.Subject, 'Draft'),
  { tag: AirSyncBase.Body, children: [element(AirSyncBase.Type, '1'), element(AirSyncBase.Data, 'Text')] },
  {
    tag: AirSyncBase.Attachments,
    children: [
      {
        tag: AirSyncBase.Add,
        children: [
          element(AirSyncBase.ClientId, 'c1'),
          element(AirSyncBase.Method, '1'),
          element(AirSyncBase.Content, 'eA=='),
          element(AirSyncBase.DisplayName, 'x.txt'),
        ],
      },
    ],
  },
];
const searchFields = {
  name: text(Search.Name),
  query: container(Search.Query, MailboxQueryFields),
  options: optional(container(Search.Options, SearchOptionsFields)),
};
const conditions = {
  class: ['Email'],
  collectionId: [Names.inbox],
  freeText: 'from:carl "one two" hasattachment:false',
  greaterThan: { dateReceived: true, value: new Date(0) },
  lessThan: { dateReceived: true, value: new Date(2e12) },
};
const searchOptions = { bodyPreferences, range: '0-9', deepTraversal: true, rebuildResults: true, mimeSupport: 1 };
const search = (query: object, name = 'Mailbox') => ({
  store: encodeTree(
    searchFields,
    { name, query: { class: [], collectionId: [], ...query }, options: searchOptions },
    Version,
  ),
});
const collection = { syncKey: Names.syncKey, collectionId: Names.inbox };
const source = { folderId: Names.inbox, itemId: Names.serverId };
const fetch = { kind: 'fetch', store: 'Mailbox', options: { schema: [], bodyPreferences } };

/** Requests as the tables write them; the values are checked when they are written. */
const Requests: readonly (readonly [name: CommandName, value: unknown])[] = [
  [
    'Sync',
    {
      collections: {
        collection: [
          {
            ...collection,
            getChanges: true,
            windowSize: 5,
            options: [options],
            commands: [
              { kind: 'change', serverId: Names.serverId, applicationData: changed },
              { kind: 'fetch', serverId: Names.serverId },
              { kind: 'delete', serverId: Names.otherServerId },
            ],
          },
        ],
      },
      windowSize: 9,
    },
  ],
  [
    'Sync',
    {
      collections: {
        collection: [
          {
            ...collection,
            commands: [{ kind: 'add', clientId: Names.clientId, class: 'Email', applicationData: draft }],
            options: [],
          },
        ],
      },
    },
  ],
  [
    'Sync',
    {
      collections: {
        collection: [
          { syncKey: '0', collectionId: Names.inbox, options: [] },
          { syncKey: '0', collectionId: Names.trash, options: [] },
        ],
      },
    },
  ],
  [
    'Sync',
    {
      collections: {
        collection: [
          { ...collection, deletesAsMoves: false, options: [options, { class: 'SMS', bodyPreferences: [] }] },
        ],
      },
      wait: 0,
      partial: true,
    },
  ],
  [
    'Ping',
    {
      heartbeatInterval: 5,
      folders: [
        { id: Names.inbox, class: 'Email' },
        { id: Names.trash, class: 'Email' },
      ],
    },
  ],
  ['FolderSync', { syncKey: Names.hierarchyKey }],
  ['FolderSync', { syncKey: '0' }],
  ['FolderCreate', { syncKey: Names.hierarchyKey, parentId: '0', displayName: Names.clientId, type: 12 }],
  [
    'FolderUpdate',
    { syncKey: Names.hierarchyKey, serverId: Names.folder, parentId: Names.inbox, displayName: 'Renamed' },
  ],
  ['FolderDelete', { syncKey: Names.hierarchyKey, serverId: Names.folder }],
  ['MoveItems', { move: [{ srcMsgId: Names.serverId, srcFldId: Names.inbox, dstFldId: [Names.trash] }] }],
  ['GetItemEstimate', { collections: [{ ...collection, options: [{ filterType: 3, class: 'Email' }] }] }],
  [
    'ItemOperations',
    [
      { ...fetch, serverId: Names.serverId, collectionId: Names.inbox },
      { ...fetch, longId: Names.longId },
    ],
  ],
  [
    'ItemOperations',
    [
      {
        kind: 'fetch',
        store: 'Mailbox',
        fileReference: Names.fileReference,
        options: { schema: [], bodyPreferences: [], range: '0-5' },
      },
    ],
  ],
  ['ItemOperations', [{ kind: 'emptyFolderContents', collectionId: Names.trash, options: { deleteSubFolders: true } }]],
  [
    'ItemOperations',
    [{ kind: 'move', conversationId: new Uint8Array(16), dstFldId: Names.trash, options: { moveAlways: true } }],
  ],
  ['SendMail', { clientId: Names.clientId, saveInSentItems: true, mime }],
  ['SmartReply', { clientId: Names.clientId, source, saveInSentItems: true, mime }],
  ['SmartForward', { clientId: Names.clientId, source: { longId: Names.longId }, replaceMime: true, mime }],
  ['SmartForward', { clientId: Names.clientId, source, forwardees: [{ email: 'ben@example.test', name: 'Ben' }] }],
  ['Search', search({ and: conditions })],
  ['Search', search({ and: { class: [], collectionId: [], conversationId: new Uint8Array(16) } })],
  ['Search', search({ or: { class: [], collectionId: [], freeText: 'x' } }, 'DocumentLibrary')],
  [
    'Find',
    {
      searchId: Names.clientId,
      executeSearch: {
        mailBoxSearchCriterion: {
          query: { class: 'Email', collectionId: Names.inbox, freeText: 'one' },
          options: { range: '0-9', deepTraversal: true },
        },
      },
    },
  ],
  [
    'Find',
    {
      searchId: Names.clientId,
      executeSearch: { galSearchCriterion: { query: 'carl', options: { range: '0-9', picture: { maxSize: 10 } } } },
    },
  ],
  ['Settings', { userInformation: { get: true }, deviceInformation: { set: { model: 'x', os: 'y' } } }],
  [
    'Settings',
    {
      oof: {
        set: {
          oofState: 1,
          oofMessages: [{ appliesToInternal: true, enabled: true, replyMessage: 'x', bodyType: 'TEXT' }],
        },
      },
    },
  ],
  [
    'Provision',
    {
      deviceInformation: { set: { model: 'x', os: 'y' } },
      policies: [{ policyType: 'MS-EAS-Provisioning-WBXML', policyKey: '7', status: 1 }],
    },
  ],
  [
    'ResolveRecipients',
    { to: ['anna@example.test'], options: { availability: { startTime: new Date(0), endTime: new Date(1e9) } } },
  ],
  ['ValidateCert', { certificates: [new Uint8Array(40)], checkCrl: true }],
  ['MeetingResponse', { request: [{ userResponse: 1, collectionId: Names.inbox, requestId: Names.serverId }] }],
];

mkdirSync(folder, { recursive: true });
const counts = new Map<string, number>();
for (const [name, value] of Requests) {
  const { request } = CommandTable[name];
  if (request === undefined) throw new Error(`${name} has no document`);
  const bytes = Buffer.concat(writeDocument(request as AnyElement, value as never, Version) as Uint8Array[]);
  const number = (counts.get(name) ?? 0) + 1;
  counts.set(name, number);
  writeFileSync(`${folder}${name}-${number}.wbxml`, bytes);
}
console.log(`${Requests.length} requests in ${folder}`);
