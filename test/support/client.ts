import type { FolderId } from '../../backends/contract/folders.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { MailPatch, MailStore } from '../../backends/contract/mail.ts';
import { type Email, EmailFields } from '../../protocol/classes/email.ts';
import { AirSync } from '../../protocol/code-pages/index.ts';
import type {
  ClientCommand,
  SyncOptions,
  SyncRequest,
  SyncRequestCollection,
  SyncResponse,
  SyncResponseCollection,
} from '../../protocol/commands/sync.ts';
import { container } from '../../protocol/schema/describe.ts';
import { type AnyElement, readTree, type TreeNode, writeDocument } from '../../protocol/schema/index.ts';
import { can, type ProtocolVersion } from '../../protocol/versions.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { decodeTree } from '../../protocol/wbxml/tree.ts';
import type { CallOptions } from '../../src/phone/channel.ts';
import type { Device } from '../../src/phone/device.ts';
import { classOfFolder } from '../../src/phone/folder-tree.ts';
import { Mailbox } from '../../src/phone/mailbox.ts';
import type { LocalServer } from './local-server.ts';

/** What a test asks of a collection; the SyncKey is the one that the client holds unless told. */
export type Ask = Partial<Omit<SyncRequestCollection, 'options'>> & {
  readonly options?: readonly Partial<SyncOptions>[];
};

const Application = container(AirSync.ApplicationData, EmailFields);

/** The elements of a mail, as a device sends them. */
export const emailNodes = (email: Email, version: ProtocolVersion = '16.1'): readonly TreeNode[] =>
  decodeTree(bytesSource(bytesOf(Application, email, version))).children;

const bytesOf = (root: AnyElement, value: unknown, version: ProtocolVersion): Uint8Array =>
  Buffer.concat(writeDocument(root, value, version) as Uint8Array[]);

/** A device that does what it is told, request by request, and holds what comes back. */
export class Client {
  readonly device: Device;
  readonly user: string;
  readonly mailbox = new Mailbox();
  readonly #host: Pick<LocalServer, 'local'> | undefined;

  /** @param host the server whose store the test looks into; absent: it runs in another process */
  constructor(host: Pick<LocalServer, 'local'> | undefined, user: string, device: Device) {
    this.#host = host;
    this.user = user;
    this.device = device;
  }

  get version(): ProtocolVersion {
    return this.device.version;
  }

  /** CollectionId of a default folder. */
  folder(role: string): string {
    const found = this.mailbox.folders.byRole(role);
    if (found === undefined) throw new Error(`no folder of role ${role}`);
    return found.serverId;
  }

  /** The class of a folder's items. */
  classOf(collectionId: string): string {
    const folder = this.mailbox.folders.get(collectionId);
    return (folder === undefined ? undefined : classOfFolder(folder.type)) ?? 'Email';
  }

  get inbox(): string {
    return this.folder('inbox');
  }

  /** Brings the hierarchy up to date; gives the Status. */
  async folderSync(): Promise<number> {
    const response = await this.device.folderSync(this.mailbox.folders.syncKey);
    this.mailbox.applyHierarchy(response);
    return response.status;
  }

  /** The request for collections, by CollectionId. */
  request(asks: Readonly<Record<string, Ask>>, more: Partial<SyncRequest> = {}): SyncRequest {
    const collection = Object.entries(asks).map(([collectionId, { options = [], ...ask }]) => ({
      class: can(this.version, 'classInCollection') ? this.classOf(collectionId) : undefined,
      syncKey: this.mailbox.collection(collectionId).syncKey,
      collectionId,
      options: options.map((one) => ({ bodyPreferences: [], ...one })),
      ...ask,
    }));
    return { collections: { collection }, ...more };
  }

  /** Sends a Sync for collections and holds what came; `undefined`: the answer was empty. */
  async syncAll(
    asks: Readonly<Record<string, Ask>>,
    more: Partial<SyncRequest> = {},
    call: CallOptions = {},
  ): Promise<SyncResponse | undefined> {
    return this.send(this.request(asks, more), call);
  }

  /** Sends a Sync request as it is, and holds what came. */
  async send(request: SyncRequest | undefined, call: CallOptions = {}): Promise<SyncResponse | undefined> {
    const response = await this.device.sync(request, call);
    const sent =
      request?.collections?.collection ??
      this.mailbox.collections().map(({ id, syncKey }) => ({ collectionId: id, syncKey }));
    this.mailbox.applySync(response, sent);
    return response;
  }

  /** Sends a Sync for one collection; `undefined`: it is not in the answer. */
  async sync(
    collectionId: string,
    ask: Ask = {},
    more: Partial<SyncRequest> = {},
  ): Promise<SyncResponseCollection | undefined> {
    const response = await this.syncAll({ [collectionId]: ask }, more);
    return response?.collections?.collection.find((each) => each.collectionId === collectionId);
  }

  /** Begins a collection and loads all of it. */
  async load(collectionId: string, ask: Ask = {}): Promise<void> {
    await this.sync(collectionId, { syncKey: '0' });
    await this.catchUp(collectionId, ask);
  }

  /** Synchronises until there is nothing more. */
  async catchUp(collectionId: string, ask: Ask = {}): Promise<void> {
    for (let next = await this.sync(collectionId, ask); next?.moreAvailable; )
      next = await this.sync(collectionId, ask);
  }

  /** Mails held, by ServerId. */
  emails(collectionId: string): ReadonlyMap<string, Email> {
    const items = this.mailbox.collection(collectionId).items();
    return new Map(items.map(({ serverId, fields }) => [serverId, readTree(EmailFields, fields)]));
  }

  /** Subjects held, sorted. */
  subjects(collectionId: string): string[] {
    return [...this.emails(collectionId).values()].map(({ subject }) => subject ?? '').sort();
  }

  /** ServerId of the mail with a subject. */
  idOf(collectionId: string, subject: string): string {
    const found = [...this.emails(collectionId)].find(([, email]) => email.subject === subject);
    if (found === undefined) throw new Error(`no mail "${subject}" in ${collectionId}`);
    return found[0];
  }

  /** The one mail with a subject. */
  email(collectionId: string, subject: string): Email {
    return this.emails(collectionId).get(this.idOf(collectionId, subject)) as Email;
  }

  /** A Change of a mail. */
  change(serverId: string, email: Email): ClientCommand {
    return { kind: 'change', serverId, applicationData: emailNodes(email, this.version) };
  }

  get #hostHere(): Pick<LocalServer, 'local'> {
    if (this.#host === undefined) throw new Error('the store is in another process');
    return this.#host;
  }

  /** The account's mail in the store itself. */
  get store(): MailStore {
    return storeOf(this.#hostHere, this.user);
  }

  /** The store's id of a folder that the device knows by its CollectionId. */
  async storeFolder(role: string): Promise<FolderId> {
    const { folders } = this.#hostHere.local.account(loginOf(this.user));
    const found = (await folders?.list())?.find((folder) => folder.role === role);
    if (found === undefined) throw new Error(`no folder of role ${role}`);
    return found.id;
  }

  /** Changes a mail in the store behind the device's back. */
  async patch(role: string, serverId: string, patch: MailPatch): Promise<void> {
    await this.store.update(await this.storeFolder(role), itemOf(serverId), patch);
  }
}

/** The mail that elements tell of. */
export const emailsIn = (nodes: readonly TreeNode[]): Email => readTree(EmailFields, nodes);

/** The item that a ServerId names. */
export const itemOf = (serverId: string): ItemId => serverId.slice(serverId.indexOf(':') + 1);

const loginOf = (user: string) => ({
  account: `${user}@example.test`,
  user: `${user}@example.test`,
  password: 'secret',
});

/** The mail of an account in the store itself. */
export const storeOf = (host: Pick<LocalServer, 'local'>, user: string): MailStore => {
  const { mail } = host.local.account(loginOf(user));
  if (mail === undefined) throw new Error('the local store keeps mail');
  return mail;
};

/** The folders of an account in the store itself. */
export const foldersOf = (host: Pick<LocalServer, 'local'>, user: string) => {
  const { folders } = host.local.account(loginOf(user));
  if (folders === undefined) throw new Error('the local store has folders');
  return folders;
};

/** A device of an account, provisioned, with the hierarchy; the account is made where there is none. */
export const openClient = async (
  host: LocalServer,
  user: string,
  version: ProtocolVersion = '16.1',
  deviceId = `${user}phone`,
): Promise<Client> => {
  const name = `${user}@example.test`;
  if (!(await host.local.accounts.has(name))) await host.local.accounts.create(name, 'secret', user);
  const client = new Client(host, user, host.device(user, deviceId, { version }));
  await client.device.provision();
  await client.folderSync();
  return client;
};

/** Like {@link openClient}, with the Inbox loaded. */
export const openInbox = async (
  host: LocalServer,
  user: string,
  subjects: readonly string[] = [],
  version: ProtocolVersion = '16.1',
): Promise<Client> => {
  const name = `${user}@example.test`;
  if (!(await host.local.accounts.has(name))) await host.local.accounts.create(name, 'secret', user);
  for (const subject of subjects)
    await host.deliver(user, `From: Carl <carl@example.test>\r\nSubject: ${subject}\r\n\r\nHello\r\n`);
  const client = await openClient(host, user, version);
  await client.load(client.inbox);
  return client;
};
