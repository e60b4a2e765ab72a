import type { ImapResponse } from 'imapflow';
import { type ByteSource, readAll } from '../../protocol/wbxml/bytes.ts';
import { BackendError } from '../contract/errors.ts';
import type { FolderId } from '../contract/folders.ts';
import type { IdempotencyName, ItemId, Revision } from '../contract/items.ts';
import type { AppendOptions } from '../contract/mail.ts';
import { parseHeaders } from '../convert/mail/headers.ts';
import type { OpenMailbox } from './account.ts';
import { catenation } from './catenate.ts';
import { flagsOf } from './change.ts';
import { fetchOne, PieceBytes } from './content.ts';
import { Refusal } from './failures.ts';
import { searchDay, uidFetch, uidSearch } from './fetch.ts';
import { readFlags } from './flags.ts';
import type { ListedFolder } from './folder-listing.ts';
import { type Argument, atom, bigintOf, bytesOf, literal, numberOf, peek, quoted, responseCode } from './tokens.ts';

/** A message as it was stored. */
export interface Appended {
  readonly id: ItemId;
  readonly revision: Revision;
}

/** Names of appended messages that are remembered: enough for every request that may still be repeated. */
const RememberedNames = 2_000;

/**
 * Which message a name stands for, as far as this process stored it. IMAP has no place for such a
 * name that would not stay there for ever: a keyword of its own would be kept in the mailbox's
 * list of keywords even after its message is gone.
 */
export class AppendMemory {
  readonly #ids = new Map<string, ItemId>();
  readonly #running = new Map<string, Promise<Appended>>();

  /** Stores under a name what `store` stores; two at once under one name are one. */
  async once(mailbox: string, name: IdempotencyName, store: () => Promise<Appended>): Promise<Appended> {
    const key = `${mailbox} ${name}`;
    const running = this.#running.get(key) ?? store().finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }

  /** The message stored under a name in a mailbox. */
  idOf(mailbox: string, name: IdempotencyName): ItemId | undefined {
    return this.#ids.get(`${mailbox} ${name}`);
  }

  /** Whether a message is known to be stored under another name. */
  belongsToOther(mailbox: string, name: IdempotencyName, id: ItemId): boolean {
    return [...this.#ids].some(
      ([key, known]) => known === id && key.startsWith(`${mailbox} `) && key !== `${mailbox} ${name}`,
    );
  }

  remember(mailbox: string, name: IdempotencyName, id: ItemId): void {
    this.#ids.set(`${mailbox} ${name}`, id);
    const [oldest] = this.#ids.keys();
    if (this.#ids.size > RememberedNames && oldest !== undefined) this.#ids.delete(oldest);
  }
}

/** What one append is about. */
export interface AppendJob {
  readonly message: ByteSource;
  readonly options: AppendOptions;
  readonly name: IdempotencyName;
  /** Name of the mailbox in the memory: account and folder. */
  readonly place: string;
  readonly memory: AppendMemory;
  /** What is known of another folder of the account. */
  known(folder: FolderId): ListedFolder | undefined;
  readonly now: Date;
}

/**
 * Stores a message, or finds the one stored before under the same name: the one that this process
 * remembers, else (after a restart, or from another node) a recent one of exactly the same bytes.
 */
export const appendOnce = async (mailbox: OpenMailbox, job: AppendJob): Promise<Appended> => {
  const { memory, place, name } = job;
  const known = memory.idOf(place, name);
  const id =
    (known && (await stillThere(mailbox, known))) ?? (await findTwin(mailbox, job)) ?? (await append(mailbox, job));
  memory.remember(place, name, id);
  // Not as it is by now: whoever stored it knows nothing of what others did to it since.
  return { id, revision: readFlags(flagsOfNew(job.options)).revision };
};

const flagsOfNew = ({ read, draft }: AppendOptions): string[] => [
  ...(read ? ['\\Seen'] : []),
  ...(draft ? ['\\Draft'] : []),
];

const stillThere = async (mailbox: OpenMailbox, id: ItemId): Promise<ItemId | undefined> => {
  try {
    await flagsOf(mailbox, id);
    return id;
  } catch (error) {
    if (error instanceof BackendError && error.code === 'notFound') return undefined;
    throw error;
  }
};

const Day = 86_400_000;

/** Bytes at the start of a message in which its Message-ID is looked for. */
const HeaderBytes = 65_536;

/** A request is repeated within hours, so only messages as young as that are looked at. */
const findTwin = async (mailbox: OpenMailbox, job: AppendJob): Promise<ItemId | undefined> => {
  const { message, options, now, memory, place, name } = job;
  const from = new Date(Math.min(now.getTime(), options.date?.getTime() ?? now.getTime()) - 2 * Day);
  const candidates = await uidSearch(mailbox.connection, [
    atom('SINCE'),
    atom(searchDay(from)),
    atom('UNDELETED'),
    ...sameMessage(message),
  ]);
  const sized: number[] = [];
  await uidFetch(mailbox.connection, candidates.slice(-20), [atom('RFC822.SIZE')], ({ uid, values }) => {
    if (numberOf(values.get('RFC822.SIZE')) === message.length) sized.push(uid);
  });
  for (const uid of sized) {
    const id = `${mailbox.epoch}.${uid}`;
    if (!memory.belongsToOther(place, name, id) && (await hasSameBytes(mailbox, id, message))) return id;
  }
  return undefined;
};

const sameMessage = (message: ByteSource): Argument[] => {
  const start = message.read(0, Math.min(message.length, HeaderBytes));
  const messageId = parseHeaders(start).get('Message-ID')?.trim();
  if (messageId !== undefined && /^[\x21-\x7e]{3,200}$/.test(messageId)) {
    return [atom('HEADER'), quoted('Message-ID'), quoted(messageId)];
  }
  return [
    atom('LARGER'),
    atom(String(Math.max(0, message.length - 1))),
    atom('SMALLER'),
    atom(String(message.length + 1)),
  ];
};

const hasSameBytes = async (mailbox: OpenMailbox, id: ItemId, message: ByteSource): Promise<boolean> => {
  for (let from = 0; from < message.length; from += PieceBytes) {
    const count = Math.min(PieceBytes, message.length - from);
    const values = await fetchOne(mailbox, id, [peek('', { from, count })]);
    const bytes = bytesOf(values.get('BODY[]')) ?? new Uint8Array(0);
    if (Buffer.compare(bytes, message.read(from, from + count)) !== 0) return false;
  }
  return true;
};

const append = async (mailbox: OpenMailbox, job: AppendJob): Promise<ItemId> => {
  const { connection, folder, epoch, selected } = mailbox;
  const { message, options } = job;
  if (message.length > connection.appendLimit)
    throw new BackendError('tooLarge', { detail: `${message.length} bytes` });
  const flags = flagsOfNew(options);
  const date = options.date === undefined ? [] : [internalDate(options.date)];
  const upload = { wireName: folder.wireName, flags, date, isBinary: connection.has('BINARY') && hasNul(message) };
  const response = (await appendCatenated(mailbox, job, upload)) ?? (await appendWhole(mailbox, message, upload));
  const id = appendUid(response);
  if (id !== undefined && !id.startsWith(`${epoch}.`)) throw new BackendError('notFound', { detail: 'folder' });
  await connection.freshen([folder.wireName]);
  return id ?? newestTwin(mailbox, job, selected.uidNext);
};

/** Stores a message out of what the server has got already, where it can; `undefined`: it has to be sent whole. */
const appendCatenated = async (
  { connection }: OpenMailbox,
  { message, options, known }: AppendJob,
  upload: Upload,
): Promise<ImapResponse | undefined> => {
  const parts = connection.has('CATENATE') ? catenation(message, options.stretches ?? [], known) : undefined;
  if (parts === undefined) return undefined;
  try {
    return await connection.run('APPEND', [...targetArguments(upload), atom('CATENATE'), parts]);
  } catch (error) {
    // The original may be gone, or its name mean something else there: the whole message will do.
    if (error instanceof Refusal) return undefined;
    throw error;
  }
};

const appendWhole = (
  { connection, folder }: OpenMailbox,
  message: ByteSource,
  upload: Upload,
): Promise<ImapResponse> =>
  message.length > InMemory && isPlain(folder.wireName)
    ? connection.runWithContent(appendLine(upload, message.length), message)
    : connection.run('APPEND', appendArguments(upload, message));

/** Bytes of a message up to which it is written out of memory. */
const InMemory = 1_048_576;

/** What stands before the message in APPEND. */
interface Upload {
  readonly wireName: string;
  readonly flags: readonly string[];
  readonly date: readonly string[];
  /** Whether it holds NUL, which only a literal8 may (RFC 3516, 4.4). */
  readonly isBinary: boolean;
}

const targetArguments = ({ wireName, flags, date }: Upload): Argument[] => [
  quoted(wireName),
  flags.map(atom),
  ...date.map(quoted),
];

const appendArguments = (upload: Upload, message: ByteSource): Argument[] => [
  ...targetArguments(upload),
  literal(Buffer.from(readAll(message)), upload.isBinary),
];

/** The same as a line, for a message that is written afterwards. */
const appendLine = ({ wireName, flags, date, isBinary }: Upload, length: number): string => {
  const name = `"${wireName.replace(/["\\]/g, '\\$&')}"`;
  const dates = date.map((text) => ` "${text}"`).join('');
  return `APPEND ${name} (${flags.join(' ')})${dates} ${isBinary ? '~' : ''}{${length}}`;
};

/** Whether a name can stand in a line as it is: one in modified UTF-7 can. */
const isPlain = (wireName: string): boolean => /^[ -~]+$/.test(wireName);

const hasNul = (message: ByteSource): boolean => {
  for (let at = 0; at < message.length; at += PieceBytes) {
    if (message.read(at, Math.min(at + PieceBytes, message.length)).includes(0)) return true;
  }
  return false;
};

/** `[APPENDUID <uidvalidity> <uid>]` (RFC 4315, 3). */
const appendUid = (line: ImapResponse): ItemId | undefined => {
  const code = responseCode(line);
  const [uidValidity, uid] = [bigintOf(code?.values[0]), numberOf(code?.values[1])];
  if (code?.name !== 'APPENDUID' || uidValidity === undefined || uid === undefined) return undefined;
  return `${uidValidity.toString(36)}.${uid}`;
};

/** Without UIDPLUS: the message of this size that came since the mailbox was selected. */
const newestTwin = async (mailbox: OpenMailbox, { message }: AppendJob, uidNext: number): Promise<ItemId> => {
  const since = [atom('UID'), atom(`${uidNext}:*`)];
  const uids = await uidSearch(mailbox.connection, [...since, ...sameMessage(message)]);
  const uid = uids.filter((candidate) => candidate >= uidNext).at(-1);
  if (uid === undefined) throw new BackendError('unavailable', { detail: 'the message was stored but is not found' });
  return `${mailbox.epoch}.${uid}`;
};

/** `date-time` of RFC 9051, in UTC. */
const internalDate = (date: Date): string =>
  `${searchDay(date).padStart(11, ' ')} ${date.toISOString().slice(11, 19)} +0000`;
