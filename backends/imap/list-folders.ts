import type { FolderId } from '../contract/folders.ts';
import type { Connection } from './connection.ts';
import { backendError, Refusal } from './failures.ts';
import {
  buildFolders,
  type ListedFolder,
  type ListedMailbox,
  type MailboxIdentity,
  readIdentity,
  readListLine,
} from './folder-listing.ts';
import type { ImapSettings } from './settings.ts';
import { type Argument, atom, quoted } from './tokens.ts';

/** Folders of an earlier listing. */
export type KnownFolders = ReadonlyMap<FolderId, ListedFolder>;

/**
 * Reads the hierarchy: one LIST with what the server can add to it (RFC 5258, 5819, 6154), so one
 * round trip; an old server costs one more for the subscriptions.
 *
 * UIDVALIDITY costs Dovecot the opening of every mailbox (5.6 ms of 6.4 for 50), identities alone do
 * not: with `known`, a mailbox whose identity is known keeps the UIDVALIDITY that it had, which
 * selecting it proves right or wrong; one more LIST asks for it where a mailbox is new.
 */
export const listFolders = async (
  connection: Connection,
  settings: ImapSettings['folders'],
  known?: KnownFolders,
): Promise<readonly ListedFolder[]> => {
  const identity = identityItem(connection);
  const lasting = identity === undefined ? undefined : known;
  const found = await runList(connection, { identity, validity: lasting === undefined });
  if (!connection.has('LIST-EXTENDED')) await addSubscriptions(connection, found);
  const folders = buildFolders({ ...found, prefix: connection.personalPrefix, ...settings });
  if (lasting === undefined) return folders;
  if (folders.some(({ id, selectable }) => selectable && !lasting.has(id))) return listFolders(connection, settings);
  return folders.map((folder) => ({ ...folder, uidValidity: lasting.get(folder.id)?.uidValidity }));
};

/** What LIST is to tell of each mailbox besides its name. */
interface StatusItems {
  readonly identity: string | undefined;
  readonly validity: boolean;
}

interface Found {
  readonly mailboxes: ListedMailbox[];
  readonly identities: Map<string, MailboxIdentity>;
  readonly subscribed: Set<string>;
}

/** The STATUS item that survives a rename: RFC 8474, or Dovecot's own (which tells it since 2.2 without naming it). */
const identityItem = (connection: Connection): string | undefined => {
  if (!connection.has('LIST-STATUS') || !connection.has('LIST-EXTENDED')) return undefined;
  if (connection.has('OBJECTID')) return 'MAILBOXID';
  return connection.serverName.startsWith('Dovecot') ? 'X-GUID' : undefined;
};

const runList = async (connection: Connection, items: StatusItems): Promise<Found> => {
  const { identity } = items;
  const found: Found = { mailboxes: [], identities: new Map(), subscribed: new Set() };
  try {
    await connection.run('LIST', listArguments(connection, items), {
      LIST: (line) => addMailbox(found, readListLine(line)),
      STATUS: (line) => {
        const read = readIdentity(line);
        if (read !== undefined) found.identities.set(...read);
      },
    });
  } catch (error) {
    if (identity !== undefined && error instanceof Refusal && error.status === 'BAD')
      return runList(connection, { ...items, identity: undefined });
    throw backendError(error, 'unavailable');
  }
  if (identity !== undefined) await addMissingIdentities(connection, found, identity);
  return found;
};

const listArguments = (connection: Connection, { identity, validity }: StatusItems): Argument[] => {
  const base = [quoted(''), quoted('*')];
  if (!connection.has('LIST-EXTENDED')) return base;
  const specialUse = connection.has('SPECIAL-USE') ? [atom('SPECIAL-USE')] : [];
  const items = [...(validity ? [atom('UIDVALIDITY')] : []), atom(identity ?? '')];
  const status = identity === undefined ? [] : [atom('STATUS'), items];
  return [...base, atom('RETURN'), [atom('SUBSCRIBED'), ...specialUse, ...status]];
};

const addMailbox = (found: Found, mailbox: ListedMailbox | undefined): void => {
  if (mailbox === undefined) return;
  found.mailboxes.push(mailbox);
  if (mailbox.attributes.has('\\subscribed')) found.subscribed.add(mailbox.wireName);
};

/**
 * Asks once more for what LIST left out: an id must not change because a mailbox was busy. A
 * mailbox that the user may not look into keeps an id of its path.
 */
const addMissingIdentities = async (connection: Connection, found: Found, identity: string): Promise<void> => {
  const hidden = ['\\noselect', '\\nonexistent'];
  for (const { wireName, attributes } of found.mailboxes) {
    const known = found.identities.get(wireName)?.objectId !== undefined;
    if (known || hidden.some((attribute) => attributes.has(attribute))) continue;
    try {
      await connection.run('STATUS', [quoted(wireName), [atom('UIDVALIDITY'), atom(identity)]], {
        STATUS: (line) => {
          const read = readIdentity(line);
          if (read !== undefined) found.identities.set(...read);
        },
      });
    } catch (error) {
      const failure = backendError(error, 'notFound');
      if (!(error instanceof Refusal) || isTemporary(error)) throw failure;
    }
  }
};

const isTemporary = ({ responseCode }: Refusal): boolean =>
  ['UNAVAILABLE', 'INUSE', 'SERVERBUG', 'LIMIT'].includes(responseCode ?? '');

const addSubscriptions = async (connection: Connection, found: Found): Promise<void> => {
  await connection
    .run('LSUB', [quoted(''), quoted('*')], {
      LSUB: (line) => {
        const mailbox = readListLine(line);
        if (mailbox !== undefined && !mailbox.attributes.has('\\noselect')) found.subscribed.add(mailbox.wireName);
      },
    })
    .catch((error) => {
      throw backendError(error, 'unavailable');
    });
};
