import type { Connection } from './connection.ts';
import { Refusal } from './failures.ts';
import type { ListedFolder } from './folder-listing.ts';
import { encodeMailboxName } from './mailbox-name.ts';
import type { ImapSettings } from './settings.ts';
import { atom, quoted } from './tokens.ts';

/**
 * Folders that every account has to have, as a phone has a place for each: what it deletes goes to the
 * one, what it sends is kept in the other, and drafts of its own go to the third.
 */
export const NeededRoles = ['trash', 'sent', 'drafts'] as const;

/** A role that an account cannot be without. */
export type NeededRole = (typeof NeededRoles)[number];

/** What a folder is made for: a role, or the notes that the settings give a place to. */
export type NeededFolder = NeededRole | 'notes';

const Plan: Readonly<Record<NeededFolder, { readonly name: string; readonly use?: string }>> = {
  trash: { name: 'Trash', use: '\\Trash' },
  sent: { name: 'Sent', use: '\\Sent' },
  drafts: { name: 'Drafts', use: '\\Drafts' },
  notes: { name: 'Notes' },
};

/** The needed folders that there are not. */
export const missingFolders = (
  folders: Iterable<ListedFolder>,
  { notes }: Pick<ImapSettings['folders'], 'notes'>,
): readonly NeededFolder[] => {
  const there = new Set([...folders].map(({ role, itemClass }) => (itemClass === 'Notes' ? 'notes' : role)));
  const needed: readonly NeededFolder[] = notes === undefined ? NeededRoles : [...NeededRoles, 'notes'];
  return needed.filter((one) => !there.has(one));
};

/**
 * Makes a folder, where the settings want it or else under its English name, marked by its
 * use where the server can (RFC 6154, 3), and subscribed. Tells whether it was made: a server that refuses
 * leaves the account without it.
 */
export const makeNeededFolder = async (
  connection: Connection,
  needed: NeededFolder,
  { roles, notes }: ImapSettings['folders'],
): Promise<boolean> => {
  const { name, use } = Plan[needed];
  const wireName = wireNameOf(connection, (needed === 'notes' ? notes : roles[needed]) ?? name);
  const mark = use !== undefined && connection.has('CREATE-SPECIAL-USE') ? [[atom('USE'), [atom(use)]]] : [];
  const made =
    (await accepted(connection, 'CREATE', [quoted(wireName), ...mark])) ||
    (mark.length > 0 && (await accepted(connection, 'CREATE', [quoted(wireName)])));
  if (made) await accepted(connection, 'SUBSCRIBE', [quoted(wireName)]);
  return made;
};

const wireNameOf = ({ personalPrefix }: Connection, path: string): string => {
  const encoded = encodeMailboxName(path);
  return encoded.startsWith(personalPrefix) ? encoded : `${personalPrefix}${encoded}`;
};

const accepted = async (...[connection, command, args]: [Connection, ...Parameters<Connection['run']>]) => {
  try {
    await connection.run(command, args);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
};
