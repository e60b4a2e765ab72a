import type { Abilities } from '../../backends/contract/backend.ts';
import type { FolderId, ItemClass } from '../../backends/contract/folders.ts';
import { type Contact, ContactFields } from '../../protocol/classes/contact.ts';
import { type CalendarEvent, EventFields } from '../../protocol/classes/event.ts';
import { type Note, NoteFields } from '../../protocol/classes/note.ts';
import { type Task, TaskFields } from '../../protocol/classes/task.ts';
import type { ClientCommand } from '../../protocol/commands/sync.ts';
import type { Fields } from '../../protocol/schema/describe.ts';
import { readTree, type TreeNode } from '../../protocol/schema/index.ts';
import { itemNodes } from '../../src/phone/item-nodes.ts';
import type { Ask, Client } from './client.ts';
import type { LocalServer } from './local-server.ts';

/** Classes other than mail, with what their items are. */
export interface Groupware {
  readonly Contacts: Contact;
  readonly Calendar: CalendarEvent;
  readonly Tasks: Task;
  readonly Notes: Note;
}

/** Name of such a class. */
export type GroupwareClass = keyof Groupware & ItemClass;

const Tables: Readonly<Record<GroupwareClass, Fields>> = {
  Contacts: ContactFields,
  Calendar: EventFields,
  Tasks: TaskFields,
  Notes: NoteFields,
};

/** Items of one class on a device. */
export class Items<Class extends GroupwareClass> {
  readonly client: Client;
  readonly itemClass: Class;
  readonly collectionId: string;
  #clientIds = 0;

  constructor(client: Client, itemClass: Class, collectionId: string) {
    this.client = client;
    this.itemClass = itemClass;
    this.collectionId = collectionId;
  }

  /** Items held, by ServerId. */
  all(): ReadonlyMap<string, Groupware[Class]> {
    const items = this.client.mailbox.collection(this.collectionId).items();
    return new Map(
      items.map(({ serverId, fields }) => [
        serverId,
        readTree(Tables[this.itemClass], fields, { version: this.client.version }) as Groupware[Class],
      ]),
    );
  }

  /** The one item held. */
  only(): Groupware[Class] {
    const [item, ...more] = this.all().values();
    if (item === undefined || more.length > 0)
      throw new Error(`the device holds ${more.length + (item ? 1 : 0)} items`);
    return item;
  }

  /** ServerId of the one item held. */
  onlyId(): string {
    this.only();
    return [...this.all().keys()][0] ?? '';
  }

  add(item: Groupware[Class], clientId = `c${++this.#clientIds}`): ClientCommand {
    return { kind: 'add', clientId, applicationData: this.nodes(item) };
  }

  change(serverId: string, item: Groupware[Class], instanceId?: Date): ClientCommand {
    return { kind: 'change', serverId, instanceId, applicationData: this.nodes(item) };
  }

  nodes(item: Groupware[Class]): readonly TreeNode[] {
    return itemNodes(Tables[this.itemClass], item, this.client.version);
  }

  sync(ask: Ask = {}) {
    return this.client.sync(this.collectionId, ask);
  }

  /** Begins the collection and loads all of it. */
  load(ask: Ask = {}): Promise<void> {
    return this.client.load(this.collectionId, ask);
  }
}

/** The items of the default folder of a class. */
export const itemsOf = <Class extends GroupwareClass>(client: Client, itemClass: Class): Items<Class> =>
  new Items(client, itemClass, client.folder(itemClass.toLowerCase()));

/** The account's stores, behind the device's back. */
export const storesOf = (host: Pick<LocalServer, 'local'>, user: string): Abilities => {
  const account = `${user}@example.test`;
  return host.local.account({ account, user: account, password: 'secret' });
};

/** The store's id of the default folder of a class; empty where there is none. */
export const storeFolderOf = async (
  host: Pick<LocalServer, 'local'>,
  user: string,
  itemClass: ItemClass,
): Promise<FolderId> =>
  (await storesOf(host, user).folders?.list())?.find((one) => one.itemClass === itemClass)?.id ?? '';
