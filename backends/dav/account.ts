import type { Login } from '../contract/backend.ts';
import { BackendError, isBackendError } from '../contract/errors.ts';
import type { FolderId } from '../contract/folders.ts';
import type { ObjectKind } from '../contract/objects.ts';
import type { DavClient, DavRequest, Multistatus, MultistatusRequest } from './client.ts';
import { type CollectionFolder, CollectionProperties, collectionsIn, foldersOf } from './collections.ts';
import { discover, type Homes } from './discovery.ts';
import { FirstCollections, type Flavour } from './flavours.ts';
import { Gate } from './gate.ts';
import { propfind } from './names.ts';
import { RecentMap } from './recent.ts';
import type { DavSettings } from './settings.ts';
import type { WatchSession } from './watch-session.ts';

/** What accounts of one backend have in common. */
export interface AccountOptions {
  readonly client: DavClient;
  readonly flavour: Flavour;
  readonly settings: DavSettings;
}

/** Names of objects remembered for each account, whose ids do not tell them; any other is looked up again. */
const NamesKept = 20_000;
/** ETags remembered for each account: those of objects that were just read, and may be about to be replaced. */
const TagsKept = 500;

/** What is kept of one account between requests; nothing of it is needed to go on after a restart. */
export class Account {
  readonly gate: Gate;
  /** Last part of the address by folder path and id, for ids that do not tell it. */
  readonly segments = new RecentMap<string, string>(NamesKept);
  /** ETags by folder path and id. */
  readonly tags = new RecentMap<string, string>(TagsKept);
  /** The watch of this account, while there is one. */
  session: WatchSession | undefined;
  homes: Promise<Homes> | undefined;
  folders: ReadonlyMap<FolderId, CollectionFolder> | undefined;
  /** Whether the server may have refused to make first collections: it is not asked again each time. */
  triedToMake = false;
  schedules: boolean | undefined;

  constructor({ requestsPerUser }: Pick<DavSettings, 'requestsPerUser'>) {
    this.gate = new Gate(requestsPerUser);
  }
}

/** A user's way to the server: what is known of the account, and the credentials of this request. */
export class DavSession {
  readonly account: Account;
  readonly login: Login;
  readonly flavour: Flavour;
  readonly settings: DavSettings;
  readonly client: DavClient;

  constructor({ client, flavour, settings }: AccountOptions, account: Account, login: Login) {
    this.client = client;
    this.flavour = flavour;
    this.settings = settings;
    this.account = account;
    this.login = login;
  }

  /** Kinds of objects that are served. */
  get components(): readonly ObjectKind[] {
    return this.flavour.kind === 'carddav' ? ['VCARD'] : (this.settings.components ?? []);
  }

  multistatus(request: Omit<MultistatusRequest, 'as'>): Promise<Multistatus> {
    return this.account.gate.run(() => this.client.multistatus({ ...request, as: this.login }));
  }

  order(request: Omit<DavRequest, 'as'>): ReturnType<DavClient['order']> {
    return this.account.gate.run(() => this.client.order({ ...request, as: this.login }));
  }

  /** Where the account's collections are; asked once. */
  async homes(signal?: AbortSignal): Promise<Homes> {
    const { account, client, flavour, settings, login } = this;
    const known = account.homes;
    if (known !== undefined) return known;
    // Not under the signal of one of several who wait for it.
    const asked = account.gate.run(() => discover({ client, flavour, settings, as: login }));
    account.homes = asked;
    asked.catch(() => {
      if (account.homes === asked) account.homes = undefined;
    });
    const homes = await asked;
    signal?.throwIfAborted();
    return homes;
  }

  /** The folders as the server has them now. */
  async refresh(signal?: AbortSignal): Promise<ReadonlyMap<FolderId, CollectionFolder>> {
    const folders = await this.#look(signal).catch((error: unknown) => {
      // The homes that were found once may have moved.
      if (!isBackendError(error, 'notFound')) throw error;
      this.account.homes = undefined;
      return this.#look(signal);
    });
    this.account.folders = folders;
    return folders;
  }

  /** The folders, with a first one made of each class of which the user has none. */
  async completed(signal?: AbortSignal): Promise<ReadonlyMap<FolderId, CollectionFolder>> {
    const folders = await this.refresh(signal);
    const { account, settings } = this;
    const has = (kind: ObjectKind) => [...folders.values()].some(({ component }) => component === kind);
    const missing = FirstCollections.filter(({ kind }) => this.components.includes(kind) && !has(kind));
    if (missing.length === 0 || !settings.create || account.triedToMake) return folders;
    account.triedToMake = true;
    for (const { kind, name, segment } of missing) {
      await this.makeCollection(name, kind, segment).catch(ignoreRefusal);
    }
    return this.refresh(signal);
  }

  /**
   * Makes a collection, under a path of its own unless told, so that it is never taken for one that
   * was there before. In the order of names it comes after those that programs call by UUIDs: it
   * shall not become the default one in their place.
   */
  async makeCollection(
    name: string,
    component: ObjectKind,
    segment = `postrider-${crypto.randomUUID()}`,
  ): Promise<URL> {
    const [home] = (await this.homes()).homes;
    if (home === undefined) throw new BackendError('forbidden', { detail: 'the user has no place for collections' });
    const url = new URL(`${segment}/`, home);
    const { method, body } = this.flavour.creation(name, component);
    await this.order({
      method,
      url,
      body,
      headers: { 'content-type': 'application/xml; charset=utf-8' },
      repeatable: false,
      otherwise: 'forbidden',
    });
    return url;
  }

  /** The folder of an id, out of the last listing or a new one. Throws `notFound`. */
  async folder(id: FolderId, signal?: AbortSignal): Promise<CollectionFolder> {
    const folder = this.account.folders?.get(id) ?? (await this.refresh(signal)).get(id);
    if (folder === undefined) throw new BackendError('notFound', { detail: 'folder' });
    return folder;
  }

  /** As {@link folder}, to write into. Throws `forbidden` too. */
  async writable(id: FolderId): Promise<CollectionFolder> {
    const folder = await this.folder(id);
    if (!folder.collection.isWritable) throw new BackendError('forbidden', { detail: 'the folder is read-only' });
    return folder;
  }

  async #look(signal: AbortSignal | undefined): Promise<ReadonlyMap<FolderId, CollectionFolder>> {
    const { flavour, settings, client } = this;
    const { homes, principal } = await this.homes(signal);
    const body = propfind(CollectionProperties);
    const answers = await Promise.all(
      homes.map((url) => this.multistatus({ method: 'PROPFIND', url, body, depth: '1', signal })),
    );
    const address = (href: string, base: URL) => client.address(href, base);
    const collections = answers.flatMap((answer) => collectionsIn(answer, { flavour, settings, address, principal }));
    const unique = [...new Map(collections.map((one) => [one.path, one])).values()];
    return new Map(foldersOf(unique, this.components, settings.default).map((folder) => [folder.id, folder]));
  }
}

/** A server that does not let collections be made leaves the user without. */
const ignoreRefusal = (error: unknown): void => {
  if (!isBackendError(error, 'forbidden', 'unsupported', 'rejected', 'exists', 'notFound', 'conflict')) throw error;
};
