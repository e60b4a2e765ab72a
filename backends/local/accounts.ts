import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { Database } from '../../sqlite/database.ts';
import { BackendError } from '../contract/errors.ts';
import type { FolderRole, ItemClass } from '../contract/folders.ts';
import { insertFolder } from './folders.ts';
import type { LocalStore } from './store.ts';

/** An account as it is listed. */
export interface LocalAccount {
  /** Name and address, lower case. */
  readonly name: string;
  readonly displayName: string | undefined;
}

/** The folders that every account begins with. */
const standardFolders: readonly { readonly name: string; readonly role: FolderRole; readonly itemClass?: ItemClass }[] =
  [
    { name: 'Inbox', role: 'inbox' },
    { name: 'Drafts', role: 'drafts' },
    { name: 'Sent', role: 'sent' },
    { name: 'Trash', role: 'trash' },
    { name: 'Junk', role: 'junk' },
    { name: 'Archive', role: 'archive' },
    { name: 'Contacts', role: 'default', itemClass: 'Contacts' },
    { name: 'Calendar', role: 'default', itemClass: 'Calendar' },
    { name: 'Tasks', role: 'default', itemClass: 'Tasks' },
    { name: 'Notes', role: 'default', itemClass: 'Notes' },
  ];

/** The accounts of the local store. Names are addresses and are compared without case. */
export class LocalAccounts {
  readonly #store: LocalStore;
  readonly #cost: number;

  /** @param cost logarithm to base 2 of the rounds that new passwords are hashed with */
  constructor(store: LocalStore, cost: number) {
    this.#store = store;
    this.#cost = cost;
  }

  /** Makes an account with its standard folders. Throws `exists`, and `rejected` for a name that is no address. */
  async create(name: string, password: string, displayName?: string): Promise<void> {
    const account = name.toLowerCase();
    if (!isAddress(account)) {
      throw new BackendError('rejected', { detail: 'an account is named by its address, anna@example.org' });
    }
    const hash = await hashPassword(password, this.#cost);
    this.#store.change(() => {
      if (hasAccount(this.#store.database, account)) throw new BackendError('exists', { detail: 'an account' });
      this.#store.database
        .prepare('INSERT INTO accounts (name, display_name, password) VALUES (?, ?, ?)')
        .run(account, displayName, hash);
      for (const folder of standardFolders) insertFolder(this.#store, account, { parent: null, ...folder });
    });
  }

  /** All accounts by name. */
  async list(): Promise<readonly LocalAccount[]> {
    const rows = this.#store.read(() =>
      this.#store.database
        .prepare('SELECT name, display_name FROM accounts ORDER BY name')
        .all<{ name: string; display_name: string | null }>(),
    );
    return rows.map(({ name, display_name }) => ({ name, displayName: display_name ?? undefined }));
  }

  /** Whether there is such an account: whether mail to this address can be delivered. */
  async has(name: string): Promise<boolean> {
    return this.#store.read(() => hasAccount(this.#store.database, name.toLowerCase()));
  }

  /** Removes an account with all its mail. Throws `notFound`. */
  async remove(name: string): Promise<void> {
    const { changes } = this.#store.read(() =>
      this.#store.database.prepare('DELETE FROM accounts WHERE name = ?').run(name.toLowerCase()),
    );
    if (changes === 0) throw new BackendError('notFound', { detail: 'no such account' });
  }

  /** Gives an account another password. Throws `notFound`. */
  async setPassword(name: string, password: string): Promise<void> {
    const hash = await hashPassword(password, this.#cost);
    const { changes } = this.#store.read(() =>
      this.#store.database.prepare('UPDATE accounts SET password = ? WHERE name = ?').run(hash, name.toLowerCase()),
    );
    if (changes === 0) throw new BackendError('notFound', { detail: 'no such account' });
  }

  /** Whether this is the account's password. Takes as long for an account that is not there. */
  async verify(name: string, password: string): Promise<boolean> {
    const row = this.#store.read(() =>
      this.#store.database
        .prepare('SELECT password FROM accounts WHERE name = ?')
        .get<{ password: string }>(storable(name.toLowerCase())),
    );
    const matches = await checkPassword(password, row?.password ?? nobodysHash(this.#cost));
    return matches && row !== undefined;
  }
}

/** Whether a text can be nothing but one address: no space, control character, bracket or unpaired surrogate. */
export const isAddress = (text: string): boolean =>
  /^[^\s@<>\p{Cc}\p{Surrogate}]+@[^\s@<>\p{Cc}\p{Surrogate}]+$/u.test(text);

/** Whether there is an account of this name (lower case). */
export const hasAccount = (database: Database, name: string): boolean =>
  database.prepare('SELECT 1 FROM accounts WHERE name = ?').get(storable(name)) !== undefined;

/** No account has a name that a database cannot hold, so such a name may be looked up as the empty one. */
const storable = (name: string): string => (/\0|\p{Surrogate}/u.test(name) ? '' : name);

/** Blocks of 8 make 2^15 rounds cost 32 MB and about 0.1 s of a worker thread a proof. */
const BlockSize = 8;

const derive = (password: string, salt: Uint8Array, cost: number): Promise<Buffer> =>
  new Promise((done, fail) => {
    const digest = createHash('sha256').update(password.normalize('NFKC')).digest();
    const options = { N: 2 ** cost, r: BlockSize, p: 1, maxmem: 256 * BlockSize * 2 ** cost };
    scrypt(digest, salt, 32, options, (error, key) => (error === null ? done(key) : fail(error)));
  });

/** A hash as it is stored: `scrypt$<cost>$<salt>$<key>`, the last two in base64. */
const hashPassword = async (password: string, cost: number): Promise<string> => {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return `scrypt$${cost}$${salt.toString('base64')}$${key.toString('base64')}`;
};

const checkPassword = async (password: string, hash: string): Promise<boolean> => {
  const [, cost, salt, key] = hash.split('$');
  if (cost === undefined || salt === undefined || key === undefined) return false;
  const stored = Buffer.from(key, 'base64');
  const derived = await derive(password, Buffer.from(salt, 'base64'), Number(cost));
  return derived.length === stored.length && timingSafeEqual(derived, stored);
};

/** A hash that no password has: its key is all zeros. It costs what the others cost. */
const nobodysHash = (cost: number): string =>
  `scrypt$${cost}$${Buffer.alloc(16).toString('base64')}$${Buffer.alloc(32).toString('base64')}`;
