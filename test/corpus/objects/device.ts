import type { ItemClass } from '../../../backends/contract/folders.ts';
import type { ObjectKind, ObjectStore } from '../../../backends/contract/objects.ts';
import { ZoneBook } from '../../../backends/convert/calendar/event-zones.ts';
import { contactsOf } from '../../../backends/objects/contacts.ts';
import { eventsOf } from '../../../backends/objects/events.ts';
import { notesOf } from '../../../backends/objects/notes.ts';
import { tasksOf } from '../../../backends/objects/tasks.ts';
import { AirSync } from '../../../protocol/code-pages/index.ts';
import {
  container,
  type EncodedElement,
  readTree,
  type TreeNode,
  tree,
  writeDocument,
} from '../../../protocol/schema/index.ts';
import type { ProtocolVersion } from '../../../protocol/versions.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { decodeTree } from '../../../protocol/wbxml/tree.ts';
import { itemNodes } from '../../../src/phone/item-nodes.ts';
import { AbsentElements, type GroupwareClass } from '../../../src/sync/absent-elements.ts';
import {
  type AnyGroupwareStore,
  type GroupwareItem,
  groupwarePort,
  objectRequest,
} from '../../../src/sync/groupware-port.ts';
import type { ItemClassPort } from '../../../src/sync/item-class.ts';
import { DefaultOptions, type StickyOptions } from '../../../src/sync/options.ts';

/** A device and the one object that it edits: all of the way between ApplicationData and the native text. */

/** Objects in memory: one folder without any rules. */
export class Objects implements ObjectStore {
  readonly texts = new Map<string, string>();
  #revision = 0;

  async *read(_: string, ids: readonly string[]) {
    for (const id of ids) {
      const text = this.texts.get(id);
      if (text === undefined) yield { id, outcome: 'missing' as const };
      else yield { id, outcome: 'item' as const, text, revision: String(this.#revision) };
    }
  }

  create(_: string, text: string, name: string) {
    this.texts.set(name, text);
    return Promise.resolve({ id: name, revision: String(++this.#revision) });
  }

  replace(folder: string, id: string, text: string) {
    return this.create(folder, text, id);
  }

  remove(_: string, ids: readonly string[]) {
    for (const id of ids) this.texts.delete(id);
    return Promise.resolve();
  }

  list = unasked;
  changes = unasked;
  positions = unasked;
  find = unasked;
  move = unasked;
}

const unasked = (): never => {
  throw new Error('nobody asks for this here');
};

export const Kinds: Readonly<Record<GroupwareClass, ObjectKind>> = {
  Contacts: 'VCARD',
  Calendar: 'VEVENT',
  Tasks: 'VTODO',
  Notes: 'VJOURNAL',
};

export const GroupwareClasses = ['Contacts', 'Calendar', 'Tasks', 'Notes'] as const;

/** Moment at which all of it happens. */
export const Now = Date.UTC(2026, 2, 1, 12);

const book = new ZoneBook();
const user = { home: 'Europe/Berlin', me: { addresses: ['anna@example.org'], name: 'Anna Ek' }, now: () => Now, book };

const storesOf = (objects: Objects): Readonly<Record<ItemClass, AnyGroupwareStore | undefined>> => ({
  Email: undefined,
  Contacts: contactsOf(objects) as AnyGroupwareStore,
  Calendar: eventsOf(objects, user) as AnyGroupwareStore,
  Tasks: tasksOf(objects, user) as AnyGroupwareStore,
  Notes: notesOf(objects, user) as AnyGroupwareStore,
});

/** Elements that are the server's to say: a device does not send them back. */
const ServersOwn: Readonly<Record<GroupwareClass, readonly string[]>> = {
  Contacts: ['alias', 'weightedRank'],
  Calendar: [
    'responseType',
    'appointmentReplyTime',
    'nativeBodyType',
    'onlineMeetingConfLink',
    'onlineMeetingExternalLink',
  ],
  Tasks: [],
  Notes: ['messageClass', 'lastModifiedDate'],
};

/** What devices from 16.0 on do not send of an event either ([MS-ASCAL] 2.2.2). */
const ServersOwnLater = [
  'uid',
  'exceptions',
  'dtStamp',
  'organizerName',
  'organizerEmail',
  'meetingStatus',
  'attachments',
];

export interface DeviceOptions {
  readonly version: ProtocolVersion;
  readonly itemClass: GroupwareClass;
  /** How it wants bodies. */
  readonly preferences: StickyOptions['mail']['preferences'];
}

/** A device that holds one object. */
export class ObjectDevice {
  readonly itemClass: GroupwareClass;
  readonly version: ProtocolVersion;
  readonly #objects = new Objects();
  readonly #port: ItemClassPort;
  readonly #options: StickyOptions;

  constructor({ version, itemClass, preferences }: DeviceOptions) {
    this.itemClass = itemClass;
    this.version = version;
    this.#options = { ...DefaultOptions, mail: { ...DefaultOptions.mail, preferences } };
    const store = storesOf(this.#objects)[itemClass] as AnyGroupwareStore;
    const signal = new AbortController().signal;
    const backend = { events: itemClass === 'Calendar' ? store : undefined };
    this.#port = groupwarePort({
      ...{ backend: backend as never, itemClass, store, folder: 'f', collectionId: '7', version, signal },
    });
  }

  get fields() {
    return AbsentElements[this.itemClass].fields;
  }

  /** The form in which it has events. */
  get form() {
    return objectRequest(this.#options, this.version).form;
  }

  /** Whether it sends of an item what it changed alone: from 16.0 on of events. */
  get sendsChanges(): boolean {
    return this.itemClass === 'Calendar' && this.form === 'days';
  }

  /** Whether it asks for a body in another form than it sends, or for a part of it. */
  get isRendering(): boolean {
    return this.#options.mail.preferences.some(
      ({ type, truncationSize }) => type !== 1 || truncationSize !== undefined,
    );
  }

  /** The object as it stands on the server. */
  get native(): string {
    return this.#objects.texts.get('one') ?? '';
  }

  /** Puts another object in its place, behind the device's back. */
  put(text: string): void {
    this.#objects.texts.set('one', text);
  }

  /** What the device is told; why not, where the object is set aside. */
  async told(): Promise<GroupwareItem | string> {
    for await (const ready of this.#port.read(['one'], this.#options, 'whole')) {
      if (ready.outcome === 'ready') return this.#decoded(ready.applicationData);
      return ready.outcome === 'leftOut' ? ready.reason : ready.outcome;
    }
    return 'nothing was answered';
  }

  /** What a device has to send of what it was told, if it changed nothing. */
  echo(told: GroupwareItem): GroupwareItem {
    const own = new Set([...ServersOwn[this.itemClass], ...(this.sendsChanges ? ServersOwnLater : [])]);
    return Object.fromEntries(Object.entries(told).filter(([name]) => !own.has(name)));
  }

  /** Sends a Change. */
  async change(item: GroupwareItem, instance?: Date): Promise<void> {
    await this.#port.update('one', this.#encoded(item), undefined, { ...this.#view, instance });
  }

  /** Sends a Delete of one occurrence. */
  async removeInstance(instance: Date): Promise<void> {
    await this.#port.removeInstance?.('one', instance);
  }

  /** Sends an Add. */
  async add(item: GroupwareItem): Promise<void> {
    await this.#port.create(this.#encoded(item), 'one', this.#view);
  }

  get #view() {
    return { options: this.#options, supported: undefined };
  }

  #encoded(item: GroupwareItem): readonly TreeNode[] {
    return itemNodes(this.fields, item, this.version);
  }

  #decoded(applicationData: EncodedElement): GroupwareItem {
    const root = container(AirSync.Sync, { applicationData: tree(AirSync.ApplicationData) });
    const pieces = writeDocument(root, { applicationData }, this.version).filter((one) => one instanceof Uint8Array);
    const nodes = decodeTree(bytesSource(Buffer.concat(pieces))).children[0]?.children ?? [];
    return readTree(this.fields, nodes, { version: this.version }) as GroupwareItem;
  }
}
