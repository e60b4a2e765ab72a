import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dovecot } from '../../test/servers/dovecot.ts';
import { unprivileged } from '../../test/servers/process.ts';

/** Where a folder of a user lies; `INBOX` is the Maildir itself. */
const folderOf = (dovecot: Dovecot, user: string, folder: string): string => {
  const maildir = join(dovecot.mailFolder, user, 'maildir');
  return folder === 'INBOX' ? maildir : join(maildir, `.${folder}`);
};

const owned = (path: string): void => {
  const { uid, gid } = unprivileged();
  if (process.getuid?.() === 0) chownSync(path, uid, gid);
};

const makeFolders = (dovecot: Dovecot, user: string, folder: string): string => {
  const place = folderOf(dovecot, user, folder);
  const maildir = folderOf(dovecot, user, 'INBOX');
  const all = [dovecot.mailFolder, join(dovecot.mailFolder, user), maildir, place];
  for (const path of [...all, ...['cur', 'new', 'tmp'].map((part) => join(place, part))]) {
    mkdirSync(path, { recursive: true });
    owned(path);
  }
  return place;
};

/** Puts mail into a folder as a restored backup would: thousands a second, sizes told in the file names. */
export const fillFolder = (
  dovecot: Dovecot,
  user: string,
  folder: string,
  count: number,
  mail: (index: number) => Uint8Array,
): void => {
  const place = makeFolders(dovecot, user, folder);
  for (let i = 0; i < count; i++) {
    const raw = Buffer.from(mail(i));
    const bytes = Buffer.from(raw.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
    const time = 1_767_600_000 + i * 600;
    const file = join(place, 'cur', `${time}.M${i}P1.bench,S=${bytes.length},W=${raw.length}:2,S`);
    writeFileSync(file, bytes);
    owned(file);
  }
};
