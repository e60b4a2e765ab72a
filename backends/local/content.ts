import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import type { Database } from '../../sqlite/database.ts';
import { breathe } from '../contract/breathe.ts';
import { BackendError } from '../contract/errors.ts';
import { locateParts } from '../convert/mail/source-structure.ts';
import type { LocatedPart } from '../convert/mail/structure.ts';
import { withStoreErrors } from './errors.ts';

/** A stored content. */
export interface Content {
  readonly id: number;
  readonly size: number;
  /** The MIME tree, found once when the message was stored. */
  readonly structure: LocatedPart;
}

/**
 * Bytes of a message in one row. Small enough that a preview of a large mail reads little, large
 * enough that nearly every mail without attachments is one row.
 */
export const ChunkSize = 128 * 1024;

/** A message's bytes on their way into the store. */
export interface NewContent {
  readonly raw: ByteSource;
  readonly structure: LocatedPart;
  /** Set when the bytes are stored already, see {@link writeAhead}. */
  readonly id?: number | undefined;
}

/** Bytes from which on a content is written ahead: less takes some 10 ms within the transaction of its message. */
const AheadFrom = 2 * 1024 * 1024;

/**
 * Stores a large content before the transaction of its message, a chunk at a time, so that others are
 * served meanwhile; a small one is left to {@link writeContent}. It counts only once a message holds
 * it: {@link dropUnused} and {@link dropCutOff} remove it otherwise.
 */
export const writeAhead = async (database: Database, raw: ByteSource): Promise<NewContent> => {
  const { structure } = locateParts(raw);
  if (raw.length < AheadFrom) return { raw, structure };
  const id = withStoreErrors(() => insertContent(database, raw, structure, false));
  try {
    for (let number = 0; number * ChunkSize < raw.length; number++) {
      withStoreErrors(() => insertChunk(database, id, number, raw));
      await breathe(undefined);
    }
  } catch (error) {
    dropUnused(database, { raw, structure, id });
    throw error;
  }
  return { raw, structure, id };
};

/** Stores a content within the transaction of its message, or takes over the one written ahead; gives its id. */
export const writeContent = (database: Database, { raw, structure, id: ahead }: NewContent): number => {
  if (ahead !== undefined) {
    database.prepare('UPDATE contents SET complete = 1 WHERE id = ?').run(ahead);
    return ahead;
  }
  const id = insertContent(database, raw, structure, true);
  for (let number = 0; number * ChunkSize < raw.length; number++) insertChunk(database, id, number, raw);
  return id;
};

/** Removes a content written ahead that no message came to hold. */
export const dropUnused = (database: Database, { id }: NewContent): void => {
  if (id === undefined) return;
  withStoreErrors(() => database.prepare('DELETE FROM contents WHERE id = ? AND complete = 0').run(id));
};

/** Removes what was being written ahead when the process ended. */
export const dropCutOff = (database: Database): void => {
  database.exec('DELETE FROM contents WHERE complete = 0');
};

const insertContent = (database: Database, raw: ByteSource, structure: LocatedPart, complete: boolean): number =>
  database
    .prepare('INSERT INTO contents (size, structure, complete) VALUES (?, ?, ?)')
    .run(raw.length, JSON.stringify(structure), complete).lastId;

const insertChunk = (database: Database, content: number, number: number, raw: ByteSource): void => {
  database
    .prepare('INSERT INTO chunks (content, number, bytes) VALUES (?, ?, ?)')
    .run(content, number, raw.read(number * ChunkSize, Math.min(raw.length, (number + 1) * ChunkSize)));
};

/** Facts of a content; `undefined` when its message was removed. */
export const findContent = (database: Database, id: number): Content | undefined => {
  const row = database
    .prepare('SELECT size, structure FROM contents WHERE id = ?')
    .get<{ size: number; structure: string }>(id);
  return row === undefined ? undefined : { id, size: row.size, structure: JSON.parse(row.structure) as LocatedPart };
};

/** The bytes from `start` up to `end`, in memory. Throws `notFound` when the message was removed. */
export const readRange = (database: Database, content: number, start: number, end: number): Uint8Array => {
  const bytes = new Uint8Array(Math.max(0, end - start));
  for (const piece of ranges(start, end)) bytes.set(readPiece(database, content, piece), piece.start - start);
  return bytes;
};

/**
 * Streams the bytes from `start` up to `end`, a chunk at a time. Throws `notFound` when the message
 * is removed meanwhile, and `unavailable`.
 */
export async function* streamRange(
  database: Database,
  content: number,
  start: number,
  end: number,
): AsyncIterable<Uint8Array> {
  for (const piece of ranges(start, end)) {
    yield withStoreErrors(() => readPiece(database, content, piece));
    await breathe(undefined);
  }
}

interface Piece {
  readonly start: number;
  readonly end: number;
}

/** Cuts a range at the borders of chunks. */
function* ranges(start: number, end: number): Iterable<Piece> {
  for (let at = start; at < end; ) {
    const next = Math.min(end, (Math.floor(at / ChunkSize) + 1) * ChunkSize);
    yield { start: at, end: next };
    at = next;
  }
}

const readPiece = (database: Database, content: number, { start, end }: Piece): Uint8Array => {
  const offset = start % ChunkSize;
  // SQLite counts the bytes of a blob from 1.
  const row = database
    .prepare('SELECT substr(bytes, ?, ?) AS bytes FROM chunks WHERE content = ? AND number = ?')
    .get<{ bytes: Uint8Array }>(offset + 1, end - start, content, Math.floor(start / ChunkSize));
  if (row === undefined) throw new BackendError('notFound', { detail: 'the message was removed' });
  return row.bytes;
};
