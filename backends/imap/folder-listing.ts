import { createHash } from 'node:crypto';
import type { ImapResponse } from 'imapflow';
import { specialUse } from 'imapflow/lib/special-use.js';
import type { Folder, FolderId, FolderRole } from '../contract/folders.ts';
import { decodeMailboxName } from './mailbox-name.ts';
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
  const objectId = textOf(values.get('X-GUID')) ?? textOf(listOf(values.get('MAILBOXID'))[0]);
  const name = wireName.toUpperCase() === 'INBOX' ? 'INBOX' : wireName;
  return [name, { objectId, uidValidity: bigintOf(values.get('UIDVALIDITY')) }];
};

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
  const shown = shownMailboxes(listing);
  const roles = assignRoles(shown, listing);
  const ids = new Map(shown.map(({ wireName }) => [wireName, folderId(wireName, listing.identities.get(wireName))]));
  return shown.map((mailbox) => {
    const parent = parentName(mailbox, listing.prefix);
    return {
      id: ids.get(mailbox.wireName) as FolderId,
      parentId: parent === undefined ? undefined : ids.get(parent),
      name: lastName(mailbox),
      role: roles.get(mailbox.wireName) ?? 'user',
      itemClass: 'Email',
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

/** Mailboxes to show and the nodes above them, by depth and name; nodes without anything below are left out. */
const shownMailboxes = ({ mailboxes, prefix, subscribed, subscribedOnly }: Listing): ListedMailbox[] => {
  const byName = new Map(mailboxes.map((mailbox) => [mailbox.wireName, mailbox]));
  const shown = new Map<string, ListedMailbox>();
  const show = (mailbox: ListedMailbox): void => {
    if (shown.has(mailbox.wireName)) return;
    const parent = parentName(mailbox, prefix);
    if (parent !== undefined) show(byName.get(parent) ?? node(parent, mailbox.delimiter));
    shown.set(mailbox.wireName, mailbox);
  };
  for (const mailbox of byName.values()) {
    const wanted = !subscribedOnly || mailbox.wireName === 'INBOX' || subscribed.has(mailbox.wireName);
    if (wanted && isSelectable(mailbox)) show(mailbox);
  }
  return [...shown.values()];
};

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

const lastName = ({ wireName, delimiter }: ListedMailbox): string =>
  decodeMailboxName(delimiter === undefined ? wireName : wireName.slice(wireName.lastIndexOf(delimiter) + 1));

const RoleOfUse: Readonly<Record<string, FolderRole>> = {
  '\\Drafts': 'drafts',
  '\\Trash': 'trash',
  '\\Sent': 'sent',
  '\\Junk': 'junk',
  '\\Archive': 'archive',
};

/** How sure a sign of a role is: the settings, then the server's word, then names in many languages. */
const RoleSigns = ['settings', 'extension', 'name', 'name-guess'] as const;

/** Gives each role to one mailbox at most: the one with the surest sign, of these the first. */
const assignRoles = (mailboxes: readonly ListedMailbox[], listing: Listing): Map<string, FolderRole> => {
  const roles = new Map<string, FolderRole>([['INBOX', 'inbox']]);
  const signs = mailboxes.filter(isSelectable).map((mailbox) => ({ mailbox, ...roleSign(mailbox, listing) }));
  for (const sign of RoleSigns) {
    for (const { mailbox, source, role } of signs) {
      const free = role !== undefined && !roles.has(mailbox.wireName) && ![...roles.values()].includes(role);
      if (free && source === sign) roles.set(mailbox.wireName, role);
    }
  }
  return roles;
};

type RoleSign = { readonly source?: (typeof RoleSigns)[number]; readonly role?: FolderRole | undefined };

const roleSign = (mailbox: ListedMailbox, { roles, prefix }: Listing): RoleSign => {
  const path = decodeMailboxName(mailbox.wireName);
  const assigned = Object.entries(roles).find(([, name]) => name === path || name === path.slice(prefix.length));
  if (assigned !== undefined) return { source: 'settings', role: assigned[0] as FolderRole };
  const { flag, source } = specialUse(true, {
    name: lastName(mailbox),
    flags: new Set(mailbox.attributes),
  });
  // A name deep in the tree (`Projects/Sent`) says nothing of the account's own folders.
  const deep = source !== 'extension' && parentName(mailbox, prefix) !== undefined;
  return flag === null || source === undefined || deep ? {} : { source, role: RoleOfUse[flag] };
};
