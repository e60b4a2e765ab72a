import { parseBodystructure } from 'imapflow/lib/tools.js';
import type { Login } from '../contract/backend.ts';
import { BackendError } from '../contract/errors.ts';
import type { FolderId } from '../contract/folders.ts';
import type { ItemId } from '../contract/items.ts';
import { fromImapStructure, type MimePart } from '../convert/mail/structure.ts';
import type { Account, OpenMailbox } from './account.ts';
import { type Fetched, uidFetch } from './fetch.ts';
import { uidsOf } from './sequence.ts';
import { type Argument, bytesOf, listOf, peek } from './tokens.ts';

/** Bytes of one piece of a stream: what is in memory of a large attachment at a time. */
export const PieceBytes = 262_144;

/** The tree of a message's parts out of BODYSTRUCTURE; `undefined` when the answer has none. */
export const structureOf = (values: Fetched['values']): MimePart | undefined => {
  const list = listOf(values.get('BODYSTRUCTURE'));
  return list.length === 0 ? undefined : fromImapStructure(parseBodystructure(list));
};

/** Fetches one message of an open mailbox; throws `notFound`. */
export const fetchOne = async (
  { connection, epoch }: OpenMailbox,
  id: ItemId,
  items: readonly Argument[],
): Promise<Fetched['values']> => {
  let values: Fetched['values'] | undefined;
  await uidFetch(connection, uidsOf(epoch, [id]), items, (fetched) => {
    values = fetched.values;
  });
  if (values === undefined) throw new BackendError('notFound', { detail: 'message' });
  return values;
};

/** What to stream out of which message. */
export interface Source {
  readonly account: () => Account;
  readonly login: Login;
  readonly folder: FolderId;
  readonly id: ItemId;
  /** Section, `2.1`; empty: the whole message. */
  readonly section: string;
  /** Bytes of the section as the server told them. */
  readonly size: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Streams a section as it stands in the message, piece by piece. Between two pieces the connection
 * is free for others, and a piece whose connection broke is asked for again.
 *
 * @throws BackendError `notFound` when the message is removed meanwhile.
 */
export async function* streamSection(source: Source): AsyncIterable<Uint8Array> {
  for (let from = 0; from < source.size; ) {
    const piece = await fetchPiece(source, from, Math.min(PieceBytes, source.size - from));
    if (piece.length === 0) return;
    yield piece;
    from += piece.length;
  }
}

const fetchPiece = ({ account, login, folder, id, section, signal }: Source, from: number, count: number) =>
  account().open(login, folder, { signal, repeatable: true }, async (mailbox) => {
    const values = await fetchOne(mailbox, id, [peek(section, { from, count })]);
    return bytesOf(values.get(`BODY[${section}]`)) ?? new Uint8Array(0);
  });
