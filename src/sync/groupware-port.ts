import type { Abilities } from '../../backends/contract/backend.ts';
import { type BackendError, isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { EventStore, GroupwareStore, ItemPatch, ObjectRequest } from '../../backends/contract/groupware.ts';
import type { ItemId, ReadResult, Revision } from '../../backends/contract/items.ts';
import type { CalendarEvent } from '../../protocol/classes/event.ts';
import { Calendar } from '../../protocol/code-pages/index.ts';
import type { TreeNode } from '../../protocol/schema/describe.ts';
import { SchemaError } from '../../protocol/schema/errors.ts';
import { readTree } from '../../protocol/schema/read.ts';
import { encodeTree } from '../../protocol/schema/write.ts';
import { SyncStatus } from '../../protocol/status.ts';
import { can, type ProtocolVersion } from '../../protocol/versions.ts';
import { AbsentElements, clearedBy, type GroupwareClass, meantBy } from './absent-elements.ts';
import { type DeviceView, type ItemClassPort, ItemRefused, type ReadScope, type ReadyItem } from './item-class.ts';
import type { StickyOptions } from './options.ts';
import { fileReferenceOf, parseFileReference, serverIdOf } from './server-id.ts';

/** An item as its table describes it. */
export type GroupwareItem = Readonly<Record<string, unknown>>;

/** A store of whatever class; the class's table says what the items are. */
export type AnyGroupwareStore = GroupwareStore<GroupwareItem, ItemPatch<GroupwareItem>>;

/** The store of each class. */
const Stores: Readonly<Record<GroupwareClass, (backend: Abilities) => AnyGroupwareStore | undefined>> = {
  Contacts: ({ contacts }) => contacts as AnyGroupwareStore | undefined,
  Calendar: ({ events }) => events as AnyGroupwareStore | undefined,
  Tasks: ({ tasks }) => tasks as AnyGroupwareStore | undefined,
  Notes: ({ notes }) => notes as AnyGroupwareStore | undefined,
};

/** The account's store of a class; `undefined`: it has none. */
export const groupwareStore = (backend: Abilities, itemClass: GroupwareClass): AnyGroupwareStore | undefined =>
  Stores[itemClass](backend);

/** How items are to be rendered for a device. */
export const objectRequest = ({ mail }: Pick<StickyOptions, 'mail'>, version: ProtocolVersion): ObjectRequest => ({
  preferences: mail.preferences,
  form: can(version, 'calendarInstances') ? 'days' : 'instants',
});

/** What items of one folder are synchronised with. */
export interface GroupwareScope {
  readonly backend: Abilities;
  readonly itemClass: GroupwareClass;
  readonly store: AnyGroupwareStore;
  readonly folder: FolderId;
  readonly collectionId: string;
  readonly version: ProtocolVersion;
  readonly signal: AbortSignal;
}

/** Contacts, events, tasks or notes for the engine: what differs between them stands in tables. */
export const groupwarePort = (scope: GroupwareScope): ItemClassPort => {
  const { store, folder, signal } = scope;
  return {
    list: (since) => store.list(folder, since, signal),
    changes: (cursor) => store.changes(folder, cursor, signal),
    read: (ids, options, what) => readItems(scope, ids, options, what),
    standIn: leftOut,
    create: async (applicationData, name, view) => {
      const set = meantBy(scope.itemClass, readSent(scope, applicationData));
      const seen = objectRequest(view.options, scope.version);
      return orRefused(store.create(folder, { set, cleared: [], seen }, name));
    },
    revisions: (ids) => revisionsOf(scope, ids),
    changesExclude: true,
    update: (id, applicationData, expected, view) => updateItem(scope, id, applicationData, expected, view),
    removeInstance: (id, instance) => removeInstance(scope, id, instance),
    // Trash holds mail alone: what is no mail is removed for good, whatever DeletesAsMoves says.
    remove: (ids) => store.remove(folder, ids, 'permanent'),
  };
};

/** Why an item is left out that a device asked for again and again. */
const NotAccepted = 'the device stopped at it again and again';

const leftOut = (id: ItemId, reason: string): ReadyItem => ({ id, outcome: 'leftOut', reason });

async function* readItems(
  scope: GroupwareScope,
  ids: readonly ItemId[],
  options: StickyOptions,
  what: ReadScope,
): AsyncIterable<ReadyItem> {
  if (what === 'notice') {
    for (const id of ids) yield leftOut(id, NotAccepted);
    return;
  }
  const { store, folder, version, signal } = scope;
  for await (const result of store.read(folder, ids, objectRequest(options, version), signal)) {
    yield readyItem(scope, result);
  }
}

const readyItem = (
  { itemClass, collectionId, version }: GroupwareScope,
  result: ReadResult<GroupwareItem>,
): ReadyItem => {
  const { id } = result;
  if (result.outcome === 'missing') return { id, outcome: 'missing' };
  if (result.outcome === 'unreadable') return leftOut(id, result.reason);
  try {
    const applicationData = encodeTree(
      AbsentElements[itemClass].fields,
      withReferences(result.item, serverIdOf(collectionId, id)),
      version,
    );
    return { id, outcome: 'ready', applicationData, problem: result.problem };
  } catch (error) {
    return leftOut(id, String(error));
  }
};

type Files = NonNullable<CalendarEvent['attachments']>;

const mapFiles = (item: GroupwareItem, map: (reference: string) => string): GroupwareItem => {
  const attachments = item.attachments as Files | undefined;
  if (attachments === undefined) return item;
  const named = attachments.map((file) =>
    'fileReference' in file ? { ...file, fileReference: map(file.fileReference) } : file,
  );
  return { ...item, attachments: named };
};

/** An item whose files, also those of its occurrences, are named as this device has to ask for them. */
export const withReferences = (item: GroupwareItem, serverId: string): GroupwareItem => {
  const exceptions = item.exceptions as readonly GroupwareItem[] | undefined;
  const outer = (one: GroupwareItem) => mapFiles(one, (reference) => fileReferenceOf(serverId, reference));
  return exceptions === undefined ? outer(item) : { ...outer(item), exceptions: exceptions.map(outer) };
};

/** What a device sent, with its files named as the store does; a name that is none of ours names nothing. */
const withOwnReferences = (item: GroupwareItem): GroupwareItem =>
  mapFiles(item, (reference) => parseFileReference(reference)?.part ?? '');

const revisionsOf = async ({ store, folder, signal }: GroupwareScope, ids: readonly ItemId[]) => {
  const revisions = new Map<ItemId, Revision>();
  for await (const result of store.read(folder, ids, { preferences: [], form: 'instants' }, signal)) {
    if (result.outcome === 'item') revisions.set(result.id, result.revision);
  }
  return revisions;
};

const updateItem = async (
  scope: GroupwareScope,
  id: ItemId,
  applicationData: readonly TreeNode[],
  expected: Revision | undefined,
  view: DeviceView,
): Promise<{ revision: Revision }> => {
  const { itemClass, store, folder, version } = scope;
  const { supported, instance } = view;
  if (instance !== undefined && applicationData.some(isDeleted)) return removeInstance(scope, id, instance, expected);
  if (instance !== undefined && itemClass !== 'Calendar')
    throw new ItemRefused(SyncStatus.protocolError, NoOccurrences);
  const sent = readSent(scope, applicationData);
  const set = meantBy(itemClass, sent);
  // A Change of nothing takes nothing away: no client means an empty item by it.
  const isEmpty = Object.keys(set).length === 0;
  const cleared = isEmpty ? [] : clearedBy(itemClass, version, supported, sent);
  const patch = { set, cleared, seen: objectRequest(view.options, version), instance };
  return orRefused(store.update(folder, id, patch, expected));
};

const NoOccurrences = 'Only events have occurrences';

/** `Deleted` with a true value: the occurrence is to go ([MS-ASCAL] 2.2.2.16). */
const isDeleted = ({ tag, text }: TreeNode): boolean => tag === Calendar.Deleted && text?.trim() !== '0';

const removeInstance = async (
  { backend, itemClass, folder }: GroupwareScope,
  id: ItemId,
  instance: Date,
  expected?: Revision,
): Promise<{ revision: Revision }> => {
  const events: EventStore | undefined = itemClass === 'Calendar' ? backend.events : undefined;
  if (events === undefined) throw new ItemRefused(SyncStatus.protocolError, NoOccurrences);
  return orRefused(events.removeInstance(folder, id, instance, expected));
};

const readSent = ({ itemClass, version }: GroupwareScope, applicationData: readonly TreeNode[]): GroupwareItem => {
  try {
    return withOwnReferences(readTree(AbsentElements[itemClass].fields, applicationData, { version }));
  } catch (error) {
    if (error instanceof SchemaError) throw new ItemRefused(SyncStatus.conversionError, error.message);
    throw error;
  }
};

/** What no object can be made of, or no server takes, is no use sending again ([MS-ASCMD] 2.2.3.177.17, 6). */
const orRefused = async <Result>(work: Promise<Result>): Promise<Result> => {
  try {
    return await work;
  } catch (error) {
    if (isBackendError(error, 'rejected', 'exists')) throw refusedBy(error);
    throw error;
  }
};

const refusedBy = (error: BackendError): ItemRefused => new ItemRefused(SyncStatus.conversionError, error.message);
