import type { Abilities } from '../../backends/contract/backend.ts';
import { type BackendError, isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type {
  BeforeChange,
  EventStore,
  GroupwareStore,
  ItemPatch,
  ObjectRequest,
} from '../../backends/contract/groupware.ts';
import type { ItemId, ReadResult, Revision } from '../../backends/contract/items.ts';
import type { CalendarEvent } from '../../protocol/classes/event.ts';
import { Calendar } from '../../protocol/code-pages/index.ts';
import type { EncodedElement, TreeNode } from '../../protocol/schema/describe.ts';
import { SchemaError } from '../../protocol/schema/errors.ts';
import { readTree } from '../../protocol/schema/read.ts';
import { encodeTree } from '../../protocol/schema/write.ts';
import { SyncStatus } from '../../protocol/status.ts';
import { can, type ProtocolVersion } from '../../protocol/versions.ts';
import { AbsentElements, clearedBy, type GroupwareClass, meantBy } from './absent-elements.ts';
import type { Announcer } from './announcer.ts';
import { type AddedFiles, addedAnswer, addedFiles, withOwnReferences, withReferences } from './event-files.ts';
import { type DeviceView, type ItemClassPort, ItemRefused, type ReadScope, type ReadyItem } from './item-class.ts';
import type { StickyOptions } from './options.ts';
import { serverIdOf } from './server-id.ts';

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
  /** Tells the people of meetings; absent: the device itself does, or these are no events. */
  readonly announcer?: Announcer | undefined;
}

/** The same, with what is learned as the device's commands are done. */
interface PortScope extends GroupwareScope {
  readonly added: AddedFiles;
}

/** Contacts, events, tasks or notes for the engine: what differs between them stands in tables. */
export const groupwarePort = (given: GroupwareScope): ItemClassPort => {
  const scope: PortScope = { ...given, added: new Map() };
  const { store, folder, signal, announcer } = scope;
  const remove = (ids: readonly ItemId[]) => store.remove(folder, ids, 'permanent');
  return {
    ...(announcer === undefined ? {} : { prepare: () => announcer.prepare() }),
    list: (since) => store.list(folder, since, signal),
    changes: (cursor) => store.changes(folder, cursor, signal),
    read: (ids, options, what) => readItems(scope, ids, options, what),
    standIn: leftOut,
    create: async (applicationData, name, view) => {
      const set = meantBy(scope.itemClass, readSent(scope, applicationData));
      const seen = objectRequest(view.options, scope.version);
      const made = await orRefused(store.create(folder, { set, cleared: [], seen }, name));
      if (isMeeting(set)) await announcer?.added(made.id, name);
      return made;
    },
    revisions: (ids) => revisionsOf(scope, ids),
    changesExclude: true,
    update: (id, applicationData, expected, view) => updateItem(scope, id, applicationData, expected, view),
    removeInstance: (id, instance) => removeInstance(scope, id, instance),
    // Trash holds mail alone: what is no mail is removed for good, whatever DeletesAsMoves says.
    remove: (ids) => (announcer === undefined ? remove(ids) : announcer.removing(ids, () => remove(ids))),
    answerAdd: (id, applicationData) => answerAdd(scope, id, applicationData),
  };
};

/** Whether somebody is invited to an event, or to an occurrence of it. */
const isMeeting = ({ attendees, exceptions }: CalendarEvent): boolean =>
  [attendees, ...(exceptions ?? []).map((one) => one.attendees)].some((people) => (people?.length ?? 0) > 0);

/** Has an item changed, and the people of a meeting told of it. */
const changing = <Result>(
  { announcer }: GroupwareScope,
  id: ItemId,
  work: (first?: BeforeChange) => Promise<Result>,
): Promise<Result> => (announcer === undefined ? work() : announcer.changing(id, work));

/** Why an item is left out that a device asked for again and again. */
const NotAccepted = 'the device stopped at it again and again';

const leftOut = (id: ItemId, reason: string): ReadyItem => ({ id, outcome: 'leftOut', reason });

async function* readItems(
  scope: PortScope,
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
  { itemClass, collectionId, version, added }: PortScope,
  result: ReadResult<GroupwareItem>,
): ReadyItem => {
  const { id } = result;
  if (result.outcome === 'missing') return { id, outcome: 'missing' };
  if (result.outcome === 'unreadable') return leftOut(id, result.reason);
  try {
    const applicationData = encodeTree(
      AbsentElements[itemClass].fields,
      withReferences(result.item, serverIdOf(collectionId, id), added.get(id)),
      version,
    );
    return { id, outcome: 'ready', applicationData, problem: result.problem };
  } catch (error) {
    return leftOut(id, String(error));
  }
};

const revisionsOf = async ({ store, folder, signal }: GroupwareScope, ids: readonly ItemId[]) => {
  const revisions = new Map<ItemId, Revision>();
  for await (const result of store.read(folder, ids, { preferences: [], form: 'instants' }, signal)) {
    if (result.outcome === 'item') revisions.set(result.id, result.revision);
  }
  return revisions;
};

/** What a device is told of an item that it added: the names of its files. */
const answerAdd = (
  scope: GroupwareScope,
  id: ItemId,
  applicationData: readonly TreeNode[],
): EncodedElement | undefined => {
  const { itemClass, backend, collectionId, version } = scope;
  if (itemClass !== 'Calendar' || !can(version, 'calendarInstances')) return undefined;
  const answer = addedAnswer(addedFiles(readSent(scope, applicationData), backend), serverIdOf(collectionId, id));
  return answer && encodeTree(AbsentElements[itemClass].fields, answer, version);
};

const updateItem = async (
  scope: PortScope,
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
  const updated = await orRefused(changing(scope, id, (first) => store.update(folder, id, patch, expected, first)));
  const added = addedFiles(set, scope.backend);
  if (added.size === 0) return updated;
  scope.added.set(id, added);
  return { revision: ToldAgain };
};

/**
 * No item has this revision. The answer to a Change has no room for the names of files that it added, so the device
 * is told the event as it is now.
 */
const ToldAgain: Revision = '';

const NoOccurrences = 'Only events have occurrences';

/** `Deleted` with a true value: the occurrence is to go ([MS-ASCAL] 2.2.2.16). */
const isDeleted = ({ tag, text }: TreeNode): boolean => tag === Calendar.Deleted && text?.trim() !== '0';

const removeInstance = async (
  scope: GroupwareScope,
  id: ItemId,
  instance: Date,
  expected?: Revision,
): Promise<{ revision: Revision }> => {
  const { backend, itemClass, folder } = scope;
  const events: EventStore | undefined = itemClass === 'Calendar' ? backend.events : undefined;
  if (events === undefined) throw new ItemRefused(SyncStatus.protocolError, NoOccurrences);
  return orRefused(changing(scope, id, (first) => events.removeInstance(folder, id, instance, expected, first)));
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
