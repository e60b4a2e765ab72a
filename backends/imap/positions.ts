import type { ImapResponse } from 'imapflow';
import type { FolderId } from '../contract/folders.ts';
import type { Position } from '../contract/items.ts';
import type { Connection, Handlers } from './connection.ts';
import { backendError, Refusal } from './failures.ts';
import type { ListedFolder } from './folder-listing.ts';
import { type MailboxState, writePosition } from './state-marks.ts';
import { type Argument, atom, bigintOf, listOf, numberOf, pairsOf, quoted, textOf } from './tokens.ts';

/** Mailboxes that one command asks for at most, so that its line stays short. */
const NamesPerCommand = 50;

/** STATUS of one mailbox by its name on the wire, as far as a line tells it. */
export type StatusValues = Partial<MailboxState>;

/** Reads a `* STATUS` line, whether asked for or told by NOTIFY. */
export const readStatus = (line: ImapResponse): readonly [string, StatusValues] | undefined => {
  const name = textOf(line.attributes?.[0]);
  if (name === undefined) return undefined;
  const values = pairsOf(listOf(line.attributes?.[1]));
  const state = {
    uidValidity: bigintOf(values.get('UIDVALIDITY')),
    modSeq: bigintOf(values.get('HIGHESTMODSEQ')),
    uidNext: numberOf(values.get('UIDNEXT')),
    exists: numberOf(values.get('MESSAGES')),
    unseen: numberOf(values.get('UNSEEN')),
  };
  const told = Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined));
  return [name.toUpperCase() === 'INBOX' ? 'INBOX' : name, told];
};

/** Positions of folders, in one round trip where the server has LIST-STATUS (RFC 5819); those gone are left out. */
export const readPositions = async (
  connection: Connection,
  folders: readonly ListedFolder[],
): Promise<Map<FolderId, Position>> => {
  const states = new Map<string, StatusValues>();
  await connection.freshen(folders.map(({ wireName }) => wireName));
  for (let at = 0; at < folders.length; at += NamesPerCommand) {
    await askStatus(connection, folders.slice(at, at + NamesPerCommand), {
      STATUS: (line) => {
        const read = readStatus(line);
        if (read !== undefined) states.set(...read);
      },
    });
  }
  const positions = new Map<FolderId, Position>();
  for (const { id, wireName } of folders) {
    const position = positionOf(connection, states.get(wireName));
    if (position !== undefined) positions.set(id, position);
  }
  return positions;
};

/** The position that a state means; `undefined` when it does not tell enough. */
export const positionOf = (connection: Connection, state: StatusValues | undefined): Position | undefined =>
  state?.uidValidity === undefined
    ? undefined
    : writePosition(connection.tracking, { ...state, uidValidity: state.uidValidity, modSeq: state.modSeq });

const askStatus = async (
  connection: Connection,
  folders: readonly ListedFolder[],
  handlers: Handlers,
): Promise<void> => {
  const items = statusItems(connection);
  const names = folders.map(({ wireName }) => quoted(wireName));
  if (connection.has('LIST-STATUS') && connection.has('LIST-EXTENDED')) {
    await connection.run('LIST', [quoted(''), names, atom('RETURN'), [atom('STATUS'), items]], handlers);
    return;
  }
  for (const name of names) {
    await connection.run('STATUS', [name, items], handlers).catch((error) => {
      const failure = backendError(error, 'notFound');
      if (!(error instanceof Refusal) || error.status === 'BAD') throw failure;
    });
  }
};

const statusItems = (connection: Connection): Argument[] => {
  const modSeq = connection.tracking === 'none' ? [] : [atom('HIGHESTMODSEQ')];
  return [atom('UIDVALIDITY'), atom('UIDNEXT'), atom('MESSAGES'), atom('UNSEEN'), ...modSeq];
};
