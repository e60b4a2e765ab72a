import { join } from 'node:path';
import { PasswordFile, readAccountFile, writeAccountFile } from './account-file.ts';
import { type DemoFiles, demoFiles } from './attachments.ts';
import { fillGroupware } from './groupware.ts';
import { demoMailbox } from './mailbox.ts';
import { type Owner, owners, people } from './people.ts';
import type { DemoStore } from './store.ts';

/** A demo account, for the terminal of the one who started it. */
export interface DemoAccount {
  readonly address: string;
  readonly displayName: string;
  readonly password: string;
}

/** What {@link prepareDemo} found or made. */
export interface Demo {
  readonly accounts: readonly DemoAccount[];
  /** File that keeps the passwords, readable by its owner alone. */
  readonly passwordFile: string;
  /** Whether this is the first start on this data folder. */
  readonly firstStart: boolean;
}

/**
 * Makes the demo accounts with their mail, or finds those of an earlier start: passwords are written
 * down before the accounts are made, each account's mail is stored at once, and one that was cut off
 * between is filled by the next start.
 *
 * @param random gives that many random bytes.
 * @param now gives milliseconds since 1970; the mail is dated relative to it.
 */
export const prepareDemo = async (
  dataFolder: string,
  store: DemoStore,
  random: (length: number) => Uint8Array,
  now: () => number,
): Promise<Demo> => {
  const passwordFile = join(dataFolder, PasswordFile);
  const kept = await readPasswords(passwordFile);
  const passwords = kept ?? Object.fromEntries(owners.map((owner) => [owner, newPassword(random)]));
  if (kept === undefined) await writePasswords(passwordFile, passwords);
  const accounts = await Promise.all(
    owners.map((owner) => prepareAccount(store, owner, passwords, kept === undefined)),
  );
  const files = demoFiles();
  for (const owner of owners) await fill(store, owner, now(), files);
  return { accounts, passwordFile, firstStart: kept === undefined };
};

/** Passwords by owner. */
type Passwords = Readonly<Record<string, string>>;

const prepareAccount = async (
  store: DemoStore,
  owner: Owner,
  passwords: Passwords,
  isNew: boolean,
): Promise<DemoAccount> => {
  const { name, address } = people[owner];
  const password = passwords[owner] ?? '';
  const known = await store.accounts.has(address);
  if (!known) await store.accounts.create(address, password, name);
  else if (isNew) await store.accounts.setPassword(address, password);
  return { address, displayName: name, password };
};

/** Fills an account that has no mail at all; the mail comes last, as it tells that the rest is there. */
const fill = async (store: DemoStore, owner: Owner, now: number, files: DemoFiles): Promise<void> => {
  const { address } = people[owner];
  const abilities = store.account({ account: address, user: address, password: '' });
  const { folders, mail } = abilities;
  for (const { id, itemClass } of (await folders?.list()) ?? []) {
    if (itemClass === 'Email' && !(await mail?.list(id, undefined))?.ids.isEmpty) return;
  }
  await fillGroupware(abilities, owner, now);
  await store.importMail(address, demoMailbox(owner, now, files));
};

/** The passwords of an earlier start; `undefined` unless there is one for each of the owners. */
const readPasswords = async (file: string): Promise<Passwords | undefined> => {
  const known = new Map((await readAccountFile(file))?.accounts.map(({ user, password }) => [user, password]));
  if (!owners.every((owner) => known.has(people[owner].address))) return undefined;
  return Object.fromEntries(owners.map((owner) => [owner, known.get(people[owner].address) ?? '']));
};

const writePasswords = (file: string, passwords: Passwords): Promise<void> =>
  writeAccountFile(file, {
    accounts: owners.map((owner) => ({ user: people[owner].address, password: passwords[owner] ?? '' })),
  });

/** 32 characters that nobody mistakes for each other on a phone's keyboard: 5 bits each. */
const Alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

/** Characters of a password: 60 bits, beyond guessing over any network. */
const PasswordLength = 12;

const newPassword = (random: (length: number) => Uint8Array): string => {
  const characters = Array.from(random(PasswordLength), (byte) => Alphabet[byte & 31]);
  return [0, 4, 8].map((at) => characters.slice(at, at + 4).join('')).join('-');
};
