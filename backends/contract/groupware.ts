import type { AddAttachment } from '../../protocol/classes/air-sync-base.ts';
import type { Contact } from '../../protocol/classes/contact.ts';
import type { CalendarEvent } from '../../protocol/classes/event.ts';
import type { Note } from '../../protocol/classes/note.ts';
import type { Task } from '../../protocol/classes/task.ts';
import type { FolderId } from './folders.ts';
import type { IdempotencyName, ItemId, ItemStore, Revision } from './items.ts';
import type { Attachment, BodyPreference } from './mail.ts';
import type { ObjectStore } from './objects.ts';

/**
 * Contacts, events, tasks and notes. What an element means that a device left out is settled by the
 * server (by version, class and Supported) before it comes here: a patch says what is set and what is
 * taken away, and nothing else of the object changes.
 */

/** A change of an item. */
export interface ItemPatch<Item> {
  /** Values to set; `undefined` values are none. */
  readonly set: Item;
  /** What is to be taken away. */
  readonly cleared: readonly (keyof Item)[];
  /** How the device saw the item: a body that comes back as it was cut for it changes nothing. */
  readonly seen: ObjectRequest;
}

/** How a device wants items to be rendered. */
export interface ObjectRequest {
  /** In the device's order; empty: a device that wants no body. */
  readonly preferences: readonly BodyPreference[];
  /**
   * Form of dates, exceptions and locations: `days` from 16.0 on (all-day events are days without a
   * zone, occurrences have an InstanceId), else `instants`.
   */
  readonly form: 'instants' | 'days';
}

/** Change of an event, or of one occurrence. */
export interface EventPatch extends ItemPatch<CalendarEvent> {
  /** The instant at which the occurrence begins that alone is changed (16.x). */
  readonly instance?: Date | undefined;
}

/**
 * Told the native object as it is and as it will be, before a change of it is stored. Told again when somebody was
 * quicker, and not where the change changes nothing.
 */
export type BeforeChange = (before: string, after: string) => Promise<void>;

/** What stores of these classes have in common. */
export interface GroupwareStore<Item, Patch> extends Omit<ItemStore<Item, Patch, ObjectRequest>, 'create' | 'update'> {
  /** Makes an item out of what is set, or finds the one made before under the same name. Throws `rejected`. */
  create(
    folder: FolderId,
    item: Patch,
    name: IdempotencyName,
  ): Promise<{ readonly id: ItemId; readonly revision: Revision }>;
  /** Changes an item. Applying the same patch twice is harmless. Throws `notFound`, `conflict`, `rejected`. */
  update(
    folder: FolderId,
    id: ItemId,
    patch: Patch,
    expected?: Revision,
    first?: BeforeChange,
  ): Promise<{ readonly revision: Revision }>;
}

export type ContactStore = GroupwareStore<Contact, ItemPatch<Contact>>;
export type TaskStore = GroupwareStore<Task, ItemPatch<Task>>;
export type NoteStore = GroupwareStore<Note, ItemPatch<Note>>;

/** Events as native objects. */
export type EventObjects = Pick<ObjectStore, 'read' | 'create' | 'replace'>;

/** Events, whose occurrences can be taken away one by one. */
export interface EventStore extends GroupwareStore<CalendarEvent, EventPatch> {
  /**
   * Whether a calendar is the user's own: in one that somebody else shares, events of a UID are not the user's, who
   * may be invited to the same. Absent: all are.
   */
  isOwn?(folder: FolderId, signal?: AbortSignal): Promise<boolean>;
  /** The events as iCalendar, for what people of meetings tell each other. */
  readonly objects: EventObjects;
  /** Takes one occurrence out of a repeated event. Throws `notFound`, `conflict`. */
  removeInstance(
    folder: FolderId,
    id: ItemId,
    instance: Date,
    expected?: Revision,
    first?: BeforeChange,
  ): Promise<{ readonly revision: Revision }>;
  /** The event of a UID; `undefined`: this folder has none. */
  find(folder: FolderId, uid: string, signal?: AbortSignal): Promise<ItemId | undefined>;
  /** A file that is attached to an event, by the FileReference that `read` gives. Throws `notFound`. */
  attachment?(folder: FolderId, id: ItemId, reference: string, signal?: AbortSignal): Promise<Attachment>;
  /** The FileReference that `read` gives a file which is added. Absent: events have no files here. */
  referenceOf?(added: AddAttachment): string;
}
