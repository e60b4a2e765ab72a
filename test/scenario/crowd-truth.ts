import type { ImapFlow } from 'imapflow';
import { EmailFields } from '../../protocol/classes/email.ts';
import { readTree } from '../../protocol/schema/index.ts';
import type { Phone } from '../../src/phone/phone.ts';
import { type Dovecot, DovecotPassword } from '../servers/dovecot.ts';
import { elsewhere } from '../servers/mail.ts';
import { itemOf } from '../support/client.ts';

/** What IMAP says of every folder of every user: folder name to lines, sorted, one for each message. */
export type Truth = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** A phone and the name that its user has at Dovecot. */
export interface Owner {
  readonly user: string;
  readonly phone: Phone;
}

const line = (id: string, subject: string | undefined, read: boolean, flagged: boolean): string =>
  [id, subject ?? '', read ? 'read' : '', flagged ? 'flagged' : ''].filter(Boolean).join(' ');

/** Reads every mailbox of every user, a few at a time. */
export const truthOf = async ({ port }: Dovecot, members: readonly Owner[]): Promise<Truth> => {
  const truth = new Map<string, ReadonlyMap<string, readonly string[]>>();
  const rest = [...members];
  const work = async (): Promise<void> => {
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      truth.set(next.user, await elsewhere(port, next.user, DovecotPassword, foldersOf));
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  return truth;
};

const foldersOf = async (client: ImapFlow): Promise<ReadonlyMap<string, readonly string[]>> => {
  const folders = new Map<string, readonly string[]>();
  for (const { path } of await client.list()) folders.set(path, await linesOf(client, path));
  return folders;
};

const linesOf = async (client: ImapFlow, path: string): Promise<readonly string[]> => {
  const { uidValidity, exists } = await client.mailboxOpen(path, { readOnly: true });
  const lines: string[] = [];
  if (exists === 0) return lines;
  for await (const { uid, flags, envelope } of client.fetch('1:*', { uid: true, flags: true, envelope: true })) {
    const id = `${uidValidity.toString(36)}.${uid}`;
    const has = (flag: string): boolean => flags?.has(flag) === true;
    if (!has('\\Deleted')) lines.push(line(id, envelope?.subject, has('\\Seen'), has('\\Flagged')));
  }
  return lines.sort();
};

/** What a phone holds otherwise than its mailbox, in words; none: exactly its mailbox. */
export const differences = ({ user, phone }: Owner, truth: Truth): readonly string[] => {
  const { mailbox } = phone;
  const expected = truth.get(user) ?? new Map<string, readonly string[]>();
  const wrong: string[] = [];
  for (const [path, lines] of expected) {
    const folder = mailbox.folders.all().find(({ displayName }) => displayName === path);
    if (folder === undefined) {
      wrong.push(`${user} ${path}: the phone has no such folder`);
      continue;
    }
    const held = mailbox.collection(folder.serverId).items().map(heldLine).sort();
    if (held.join() !== lines.join()) wrong.push(`${user} ${path}: ${compare(held, lines)}`);
  }
  return wrong;
};

const heldLine = ({ serverId, fields }: { serverId: string; fields: Parameters<typeof readTree>[1] }): string => {
  const { subject, read, flag } = readTree(EmailFields, fields);
  return line(itemOf(serverId), subject, read === true, flag?.status === 2);
};

const compare = (held: readonly string[], expected: readonly string[]): string => {
  const surplus = held.filter((each) => !expected.includes(each));
  const missing = expected.filter((each) => !held.includes(each));
  return `the phone holds [${surplus.join(', ')}] which are not there, and lacks [${missing.join(', ')}]`;
};
