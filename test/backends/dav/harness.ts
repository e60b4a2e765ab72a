import type { Login } from '../../../backends/contract/backend.ts';
import type { FolderId } from '../../../backends/contract/folders.ts';
import type { ItemId } from '../../../backends/contract/items.ts';
import type { ObjectKind } from '../../../backends/contract/objects.ts';
import type { ObjectHarness, ObjectLimits } from '../../../backends/contract/test-kit/index.ts';
import { DavBackend } from '../../../backends/dav/backend.ts';
import { folderIdOf } from '../../../backends/dav/collections.ts';
import { CalDav, CardDav } from '../../../backends/dav/flavours.ts';
import { idOfSegment } from '../../../backends/dav/object-names.ts';
import { CalDavSettings, CardDavSettings } from '../../../backends/dav/settings.ts';
import { quietLog } from '../../support/system.ts';

/** An account on a DAV server. */
export interface DavAccount {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** A login as the server's own passes it on. */
export const loginOf = ({ user, password }: Pick<DavAccount, 'user' | 'password'>): Login => ({
  account: `${user}@postrider.test`,
  user,
  password,
});

/** Opens the backend of a kind of objects. */
export const openDav = (
  kind: ObjectKind,
  settings: { readonly url: string } & Readonly<Record<string, unknown>>,
): DavBackend => {
  const context = { log: quietLog(), now: Date.now, dataFolder: '/nonexistent' };
  return kind === 'VCARD'
    ? new DavBackend(CardDav, CardDavSettings.parse(settings), context)
    : new DavBackend(CalDav, CalDavSettings.parse({ components: [kind], ...settings }), context);
};

/** What another program does: plain HTTP, by addresses. */
export class OtherProgram {
  readonly #account: DavAccount;
  readonly #kind: ObjectKind;
  readonly #home: URL;
  readonly #places = new Map<FolderId, URL>();
  readonly #objects = new Map<string, URL>();
  #made = 0;

  /** @param home path of the user's collections */
  constructor(account: DavAccount, kind: ObjectKind, home: string) {
    this.#account = account;
    this.#kind = kind;
    this.#home = new URL(home, account.url);
  }

  async send(method: string, url: URL, body = '', headers: Record<string, string> = {}): Promise<Response> {
    const { user, password } = this.#account;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const content = body === '' ? {} : { body };
    const answer = await fetch(url, { method, ...content, headers: { authorization, ...headers } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${url.pathname} answered ${answer.status}: ${text}`);
    return answer;
  }

  async createFolder(name: string, segment = `other-${this.#made++}-${crypto.randomUUID()}`): Promise<FolderId> {
    const url = new URL(`${segment}/`, this.#home);
    const { method, body } = (this.#kind === 'VCARD' ? CardDav : CalDav).creation(name, this.#kind);
    await this.send(method, url, body, { 'content-type': 'application/xml; charset=utf-8' });
    const id = folderIdOf(this.#kind, decodeURIComponent(url.pathname));
    this.#places.set(id, url);
    return id;
  }

  async put(folder: FolderId, text: string, name = `${crypto.randomUUID()}${this.#extension}`): Promise<ItemId> {
    const place = this.#places.get(folder);
    if (place === undefined) throw new Error('this program did not make the folder');
    const segment = encodeURIComponent(name);
    const id = idOfSegment(segment, this.#extension);
    const url = new URL(segment, place);
    await this.send('PUT', url, text, { 'content-type': this.#contentType });
    this.#objects.set(`${folder} ${id}`, url);
    return id;
  }

  async replace(folder: FolderId, id: ItemId, text: string): Promise<void> {
    await this.send('PUT', this.#object(folder, id), text, { 'content-type': this.#contentType });
  }

  async remove(folder: FolderId, id: ItemId): Promise<void> {
    await this.send('DELETE', this.#object(folder, id));
  }

  #object(folder: FolderId, id: ItemId): URL {
    return this.#objects.get(`${folder} ${id}`) ?? new URL(`${id}${this.#extension}`, this.#places.get(folder));
  }

  get #extension(): string {
    return this.#kind === 'VCARD' ? '.vcf' : '.ics';
  }

  get #contentType(): string {
    return this.#kind === 'VCARD' ? 'text/vcard; charset=utf-8' : 'text/calendar; charset=utf-8';
  }
}

/** What a harness is made of. */
export interface DavHarnessOptions {
  readonly account: DavAccount;
  readonly kind: ObjectKind;
  /** Path of the user's collections, for the other program. */
  readonly home: string;
  readonly settings?: object;
  readonly limits?: ObjectLimits;
}

/** An account on a real server for the contract suite. */
export const openDavHarness = async (options: DavHarnessOptions): Promise<ObjectHarness> => {
  const { account, kind, home, settings, limits } = options;
  const opened: DavBackend[] = [];
  const open = (): DavBackend => {
    const backend = openDav(kind, { ...settings, url: account.url });
    opened.push(backend);
    return backend;
  };
  const backend = open();
  const login = loginOf(account);
  const { folders } = backend.account(login);
  if (folders === undefined) throw new Error('A DAV backend has folders');
  const other = new OtherProgram(account, kind, home);
  // Of these no first folder is made.
  if (kind === 'VJOURNAL') await other.createFolder('Notes', 'notes');
  await folders.list();
  return {
    kind,
    folders,
    objects: backend.objects(login, kind),
    ...(limits === undefined ? {} : { limits }),
    reopened: () => open().objects(login, kind),
    createFolder: (name) => other.createFolder(name),
    put: (folder, text, name) => other.put(folder, text, name),
    replace: (folder, id, text) => other.replace(folder, id, text),
    remove: (folder, id) => other.remove(folder, id),
    close: async () => {
      await Promise.all(opened.map((one) => one.close()));
    },
  };
};
