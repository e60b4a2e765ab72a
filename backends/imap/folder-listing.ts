import { createHash } from 'node:crypto';
import type { ImapResponse } from 'imapflow';
import type { Folder, FolderId, FolderRole } from '../contract/folders.ts';
import { decodeMailboxName } from './mailbox-name.ts';
import { type NamedRole, roleOfName } from './role-names.ts';
import type { ImapSettings } from './settings.ts';
import { bigintOf, listOf, pairsOf, textOf, wordsOf } from './tokens.ts';

/** A mailbox as LIST names it. */
export interface ListedMailbox {
  /** Name on the wire. */
  readonly wireName: string;
  /** `undefined`: a flat name. */
  readonly delimiter: string | undefined;
  /** Attributes in lower case, `\noselect`. */
  readonly attributes: ReadonlySet<string>;
}

/** What STATUS tells of a mailbox's identity. */
export interface MailboxIdentity {
  /** MAILBOXID or Dovecot's X-GUID: survives a rename. */
  readonly objectId?: string | undefined;
  readonly uidValidity?: bigint | undefined;
}

/** A folder and where it is on the server. */
export interface ListedFolder extends Folder {
  readonly wireName: string;
  readonly delimiter: string | undefined;
  /** UIDVALIDITY at the time of the listing, where the listing tells it. */
  readonly uidValidity: bigint | undefined;
  readonly subscribed: boolean;
}

/** What {@link buildFolders} works on. */
export interface Listing {
  readonly mailboxes: readonly ListedMailbox[];
  readonly identities: ReadonlyMap<string, MailboxIdentity>;
  /** Prefix of the user's own mailboxes on the wire, which is not shown: `INBOX.` or nothing. */
  readonly prefix: string;
  /** Wire names of subscribed mailboxes. */
  readonly subscribed: ReadonlySet<string>;
  readonly subscribedOnly: boolean;
  /** Decoded paths by role, from the settings. */
  readonly roles: ImapSettings['folders']['roles'];
  /** Decoded path of the mailbox of notes, from the settings. */
  readonly notes?: string | undefined;
}

/** Reads one `* LIST` or `* LSUB` line; `undefined` for one without a name. */
export const readListLine = (line: ImapResponse): ListedMailbox | undefined => {
  const [attributes, delimiter, name] = line.attributes ?? [];
  const wireName = textOf(name);
  if (wireName === undefined || wireName === '') return undefined;
  return {
    wireName: wireName.toUpperCase() === 'INBOX' ? 'INBOX' : wireName,
    delimiter: textOf(delimiter),
    attributes: new Set(wordsOf(attributes).map((word) => word.toLowerCase())),
  };
};

/** Reads the identity out of one `* STATUS` line. */
export const readIdentity = (line: ImapResponse): readonly [string, MailboxIdentity] | undefined => {
  const wireName = textOf(line.attributes?.[0]);
  if (wireName === undefined) return undefined;
  const values = pairsOf(listOf(line.attributes?.[1]));
  const told = textOf(values.get('X-GUID')) ?? textOf(listOf(values.get('MAILBOXID'))[0]);
  const objectId = told !== undefined && ObjectIdForm.test(told) ? told : undefined;
  const name = wireName.toUpperCase() === 'INBOX' ? 'INBOX' : wireName;
  return [name, { objectId, uidValidity: bigintOf(values.get('UIDVALIDITY')) }];
};

/** RFC 8474, 4. Cyrus up to 3.6.1 tells whatever lies in its memory when it is asked for more than it expects. */
const ObjectIdForm = /^[A-Za-z0-9_-]{1,255}$/;

/** The id of the Inbox: the one mailbox that IMAP itself knows by name. */
export const InboxId: FolderId = 'INBOX';

/**
 * The id of a mailbox: what the server calls its identity, so that a rename is an update, else a
 * digest of its path. An id is no path and resolves only through the account's own listing.
 */
const folderId = (wireName: string, identity: MailboxIdentity | undefined): FolderId => {
  if (wireName === 'INBOX') return InboxId;
  if (identity?.objectId !== undefined) return `o-${digest(identity.objectId)}`;
  return `p-${digest(wireName)}`;
};

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

/** The folders of a listing, parents before children. */
export const buildFolders = (listing: Listing): ListedFolder[] => {
  const roles = assignRoles(listing.mailboxes, listing);
  const shown = shownMailboxes(listing, roles);
  const ids = new Map(shown.map(({ wireName }) => [wireName, folderId(wireName, listing.identities.get(wireName))]));
  return shown.map((mailbox) => {
    const parent = parentName(mailbox, listing.prefix);
    return {
      id: ids.get(mailbox.wireName) as FolderId,
      parentId: parent === undefined ? undefined : ids.get(parent),
      name: lastName(mailbox),
      role: roles.get(mailbox.wireName) ?? 'user',
      itemClass: isOfNotes(mailbox, listing) ? 'Notes' : 'Email',
      selectable: isSelectable(mailbox),
      wireName: mailbox.wireName,
      delimiter: mailbox.delimiter,
      uidValidity: listing.identities.get(mailbox.wireName)?.uidValidity,
      subscribed: listing.subscribed.has(mailbox.wireName),
    };
  });
};

const isSelectable = ({ attributes }: ListedMailbox): boolean =>
  !attributes.has('\\noselect') && !attributes.has('\\nonexistent');

/**
 * Mailboxes to show and the nodes above them; nodes without anything below are left out. Where only
 * subscribed ones are wanted, those that a phone cannot do without are shown all the same.
 */
const shownMailboxes = (
  { mailboxes, prefix, subscribed, subscribedOnly }: Listing,
  roles: ReadonlyMap<string, FolderRole>,
): ListedMailbox[] => {
  const byName = new Map(mailboxes.map((mailbox) => [mailbox.wireName, mailbox]));
  const shown = new Map<string, ListedMailbox>();
  const show = (mailbox: ListedMailbox): void => {
    if (shown.has(mailbox.wireName)) return;
    const parent = parentName(mailbox, prefix);
    if (parent !== undefined) show(byName.get(parent) ?? node(parent, mailbox.delimiter));
    shown.set(mailbox.wireName, mailbox);
  };
  for (const mailbox of byName.values()) {
    const { wireName } = mailbox;
    const wanted = !subscribedOnly || subscribed.has(wireName) || Indispensable.has(roles.get(wireName) ?? 'user');
    if (wanted && isSelectable(mailbox)) show(mailbox);
  }
  return [...shown.values()];
};

/** Roles that are shown whether subscribed or not: where mail comes in, and where what a phone writes and deletes goes. */
const Indispensable: ReadonlySet<FolderRole> = new Set(['inbox', 'sent', 'drafts', 'trash', 'default']);

const node = (wireName: string, delimiter: string | undefined): ListedMailbox => ({
  wireName,
  delimiter,
  attributes: new Set(['\\nonexistent']),
});

/** Wire name of the mailbox above; `undefined` at the top. The prefix of own mailboxes is no level. */
const parentName = ({ wireName, delimiter }: ListedMailbox, prefix: string): string | undefined => {
  if (delimiter === undefined) return undefined;
  const start = prefix !== '' && wireName.startsWith(prefix) ? prefix.length : 0;
  const end = wireName.lastIndexOf(delimiter);
  return end > start ? wireName.slice(0, end) : undefined;
};

/** A mailbox's decoded path, as it stands and without the prefix of own mailboxes: settings may name either. */
const pathsOf = ({ wireName }: ListedMailbox, prefix: string): readonly string[] => {
  const path = decodeMailboxName(wireName);
  return wireName.startsWith(prefix) ? [path, path.slice(decodeMailboxName(prefix).length)] : [path];
};

type NotesPlace = Pick<Listing, 'notes' | 'prefix'>;

const isNotes = (mailbox: ListedMailbox, { notes, prefix }: NotesPlace): boolean =>
  notes !== undefined && pathsOf(mailbox, prefix).includes(notes);

/** Whether a mailbox is that of notes, or below it. */
const isOfNotes = (mailbox: ListedMailbox, { notes, prefix }: NotesPlace): boolean => {
  if (notes === undefined) return false;
  const { delimiter } = mailbox;
  const isBelow = (path: string): boolean => delimiter !== undefined && path.startsWith(`${notes}${delimiter}`);
  return pathsOf(mailbox, prefix).some((path) => path === notes || isBelow(path));
};

const lastName = ({ wireName, delimiter }: ListedMailbox): string =>
  decodeMailboxName(delimiter === undefined ? wireName : wireName.slice(wireName.lastIndexOf(delimiter) + 1));

/** Attributes of SPECIAL-USE (RFC 6154, 2), in lower case. `\All` and `\Flagged` are views, not places. */
const RoleOfUse: Readonly<Record<string, NamedRole>> = {
  '\\drafts': 'drafts',
  '\\trash': 'trash',
  '\\sent': 'sent',
  '\\junk': 'junk',
  '\\archive': 'archive',
};

/** A sign that a mailbox has a role; of several the one with the lowest rank counts. */
interface RoleSign {
  readonly wireName: string;
  readonly role: FolderRole;
  /** Compared from left to right: the kind of sign, then how good it is of its kind. */
  readonly rank: readonly number[];
}

/** Kinds of signs, the surest first. */
const SignKind = { settings: 0, specialUse: 1, name: 2 } as const;

/**
 * Gives each role to one mailbox at most, and each mailbox one role: the surest sign wins. That is the
 * settings, then the server's word (SPECIAL-USE), then a name at the top of the tree, then one directly
 * below INBOX or Gmail's own node; of names the one further up in the table, then the first in the alphabet.
 */
const assignRoles = (mailboxes: readonly ListedMailbox[], listing: Listing): ReadonlyMap<string, FolderRole> => {
  const roles = new Map<string, FolderRole>([['INBOX', 'inbox']]);
  const given = new Set<FolderRole>(['inbox']);
  const signs = mailboxes.filter(isSelectable).flatMap((mailbox) => signsOf(mailbox, listing));
  for (const { wireName, role } of signs.sort(bySureness)) {
    if (given.has(role) || roles.has(wireName)) continue;
    roles.set(wireName, role);
    given.add(role);
  }
  return roles;
};

const bySureness = (a: RoleSign, b: RoleSign): number => {
  const difference = a.rank.map((rank, i) => rank - (b.rank[i] ?? 0)).find((each) => each !== 0);
  return difference ?? (a.wireName < b.wireName ? -1 : 1);
};

const signsOf = (mailbox: ListedMailbox, listing: Listing): RoleSign[] => {
  const { roles, prefix } = listing;
  const { wireName, attributes } = mailbox;
  if (isOfNotes(mailbox, listing)) {
    return isNotes(mailbox, listing) ? [{ wireName, role: 'default', rank: [SignKind.settings, 0, 0] }] : [];
  }
  const signs: RoleSign[] = [];
  for (const [role, name] of Object.entries(roles)) {
    if (!pathsOf(mailbox, prefix).includes(name)) continue;
    signs.push({ wireName, role: role as FolderRole, rank: [SignKind.settings, 0, 0] });
  }
  for (const attribute of attributes) {
    const role = RoleOfUse[attribute];
    if (role !== undefined) signs.push({ wireName, role, rank: [SignKind.specialUse, 0, 0] });
  }
  const named = roleOfName(lastName(mailbox));
  const level = levelOf(mailbox, prefix);
  if (named === undefined || level === undefined) return signs;
  return [...signs, { wireName, role: named.role, rank: [SignKind.name, level, named.rank] }];
};

/** Nodes that are no level of the user's: servers put the account's own folders below them. */
const OwnNodes = /^(INBOX|\[Gmail\]|\[Google Mail\])$/;

/** 0 at the top, 1 below a node of the server's; `undefined`: a name deep in the tree (`Projects/Sent`) says nothing. */
const levelOf = (mailbox: ListedMailbox, prefix: string): number | undefined => {
  const parent = parentName(mailbox, prefix);
  if (parent === undefined) return 0;
  return OwnNodes.test(parent) ? 1 : undefined;
};
