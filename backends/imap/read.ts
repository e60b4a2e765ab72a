import type { Email } from '../../protocol/classes/email.ts';
import type { Spooled } from '../../protocol/wbxml/bytes.ts';
import type { ItemId, ReadResult } from '../contract/items.ts';
import type { MailRequest } from '../contract/mail.ts';
import { buildEmail, buildFlags, planMail } from '../convert/mail/email.ts';
import { fallbackEmail } from '../convert/mail/fallback.ts';
import { EmailHeaderNames, parseHeaders } from '../convert/mail/headers.ts';
import { findPart, type MimePart } from '../convert/mail/structure.ts';
import type { OpenMailbox } from './account.ts';
import type { Connection } from './connection.ts';
import { structureOf } from './content.ts';
import { Refusal } from './failures.ts';
import { type Fetched, secondsOfDate, uidFetch } from './fetch.ts';
import { type FlagState, readFlags } from './flags.ts';
import { nameSections, withNames } from './part-names.ts';
import { uidsOf } from './sequence.ts';
import { type Argument, atom, bytesOf, listOf, numberOf, peek, peekHeaders, textOf, wordsOf } from './tokens.ts';

/** Bytes of one section that are read at most, even when all of it is asked for: it is held in memory. */
const SectionLimit = 8 * 1_048_576;

/** Bytes of content that are held in memory at a time while a batch is read, beside one larger message. */
const RoundBytes = 4 * 1_048_576;

/** What reading a batch needs beside the mailbox. */
export interface BatchOptions {
  readonly request: MailRequest;
  /** Bytes of MIME that are held in memory; larger messages are streamed. */
  readonly memoryBytes: number;
  /** Streams the first `length` bytes of a message. */
  readonly stream: (id: ItemId, length: number) => Spooled;
}

type Result = ReadResult<Email>;

/** A message that was read and is converted when it is wanted: conversion is the greater part of the work. */
export type Convertible = () => Result;

/** A section to fetch: at most `maxBytes` of it. */
interface Piece {
  readonly section: string;
  readonly maxBytes: number;
}

/** A message whose content is still to be read. */
interface Pending {
  readonly id: ItemId;
  readonly uid: number;
  readonly flags: FlagState;
  readonly at: number;
  readonly size: number;
  readonly header: Uint8Array;
  /** `undefined`: what the server tells of it cannot be used, and it is served as a notice. */
  readonly structure: MimePart | undefined;
  readonly thread: string | undefined;
  readonly pieces: readonly Piece[];
  /** Bytes of MIME to stream, when they are too many for memory. */
  readonly streamed: number | undefined;
}

type Contents = ReadonlyMap<string, Uint8Array>;

/** Reads messages of an open mailbox; each id answers once, in the order of `ids`. Reading never sets \Seen. */
export const readBatch = async (
  mailbox: OpenMailbox,
  ids: readonly ItemId[],
  options: BatchOptions,
): Promise<readonly Convertible[]> => {
  const { epoch } = mailbox;
  const results = new Map<number, Convertible>();
  const pending: Pending[] = [];
  const refuse = (uid: number, reason: string) =>
    results.set(uid, () => ({ id: `${epoch}.${uid}`, outcome: 'unreadable', reason }));
  const items = options.request.flagsOnly === true ? FlagItems : messageItems(mailbox.connection);
  await fetchGently(mailbox, uidsOf(epoch, ids), items, refuse, (fetched) => {
    const result = guarded(`${epoch}.${fetched.uid}`, () => lookAt(epoch, fetched, options));
    if ('outcome' in result) results.set(fetched.uid, () => result);
    else pending.push(result);
  });
  for (const round of rounds(pending)) {
    const contents = await readContents(mailbox, round, refuse);
    for (const message of round) {
      const sections = contents.get(message.uid);
      if (sections === undefined) continue;
      results.set(message.uid, () => guarded(message.id, () => build(message, sections, options)));
    }
  }
  return ids.map((id) => results.get(uidsOf(epoch, [id])[0] ?? 0) ?? (() => ({ id, outcome: 'missing' })));
};

const FlagItems: readonly Argument[] = [atom('FLAGS'), atom('INTERNALDATE')];
const MessageItems: readonly Argument[] = [
  ...FlagItems,
  atom('RFC822.SIZE'),
  atom('BODYSTRUCTURE'),
  peekHeaders(EmailHeaderNames),
];

/** THREADID comes with OBJECTID (RFC 8474, 5.2). */
const messageItems = (connection: Connection): readonly Argument[] =>
  connection.has('OBJECTID') ? [...MessageItems, atom('THREADID')] : MessageItems;

/** One message that the server or we cannot read must not keep the others from being read. */
const fetchGently = async (
  mailbox: OpenMailbox,
  uids: readonly number[],
  items: readonly Argument[],
  refuse: (uid: number, reason: string) => void,
  take: (fetched: Fetched) => void,
): Promise<void> => {
  try {
    await uidFetch(mailbox.connection, uids, items, take);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const half = uids.length >> 1;
    if (half === 0) return refuse(uids[0] as number, `the server answers ${error.message}`);
    await fetchGently(mailbox, uids.slice(0, half), items, refuse, take);
    await fetchGently(mailbox, uids.slice(half), items, refuse, take);
  }
};

const guarded = <T>(id: ItemId, action: () => T): T | Result => {
  try {
    return action();
  } catch (error) {
    return { id, outcome: 'unreadable', reason: error instanceof Error ? error.message : String(error) };
  }
};

/** Judges a message by its flags and structure: done already, or which sections are needed. */
const lookAt = (epoch: string, { uid, values }: Fetched, options: BatchOptions): Pending | Result => {
  const id = `${epoch}.${uid}`;
  const flags = readFlags(wordsOf(values.get('FLAGS')));
  const at = secondsOfDate(textOf(values.get('INTERNALDATE')));
  if (flags.deleted) return { id, outcome: 'missing' };
  if (options.request.flagsOnly) {
    return { id, outcome: 'item', item: buildFlags(flags.facts), revision: flags.revision, at };
  }
  const structure = options.request.notice === undefined ? structureOf(values) : undefined;
  const size = numberOf(values.get('RFC822.SIZE')) ?? 0;
  const header = bytesOf(values.get('BODY[HEADER.FIELDS]')) ?? new Uint8Array(0);
  const needs = structure === undefined ? { pieces: [], streamed: undefined } : piecesOf(structure, size, options);
  const thread = textOf(listOf(values.get('THREADID'))[0]);
  return { id, uid, flags, at, size, header, structure, thread, ...needs };
};

const piecesOf = (
  structure: MimePart,
  size: number,
  { request, memoryBytes }: BatchOptions,
): Pick<Pending, 'pieces' | 'streamed'> => {
  const plan = planMail(structure, request, size);
  const sections = plan.sections.map(({ part, maxBytes }) => ({
    section: part,
    maxBytes: Math.min(maxBytes ?? SectionLimit, findPart(structure, part)?.size || SectionLimit, SectionLimit),
  }));
  const pieces = [...sections, ...nameSections(structure)];
  if (plan.mime === undefined) return { pieces, streamed: undefined };
  const mimeBytes = Math.min(plan.mime.maxBytes ?? size, size);
  if (mimeBytes > memoryBytes) return { pieces, streamed: mimeBytes };
  return { pieces: [...pieces, { section: '', maxBytes: mimeBytes }], streamed: undefined };
};

/** Splits messages into rounds whose content fits into memory together. */
const rounds = (pending: readonly Pending[]): Pending[][] => {
  const all: Pending[][] = [];
  let room = 0;
  for (const message of pending) {
    const bytes = message.pieces.reduce((total, { maxBytes }) => total + maxBytes, 0);
    if (bytes > room || all.length === 0) {
      all.push([]);
      room = RoundBytes;
    }
    all.at(-1)?.push(message);
    room -= bytes;
  }
  return all;
};

/** Fetches what messages need; those that need the same sections are asked for in one command. */
const readContents = async (
  mailbox: OpenMailbox,
  round: readonly Pending[],
  refuse: (uid: number, reason: string) => void,
): Promise<ReadonlyMap<number, Contents>> => {
  const contents = new Map<number, Contents>();
  for (const messages of groupBySections(round)) {
    const pieces = largest(messages);
    if (pieces.length === 0) for (const { uid } of messages) contents.set(uid, new Map());
    else {
      const items = pieces.map(({ section, maxBytes }) => peek(section, { from: 0, count: maxBytes }));
      const uids = messages.map(({ uid }) => uid);
      await fetchGently(mailbox, uids, items, refuse, ({ uid, values }) =>
        contents.set(uid, sectionsIn(pieces, values)),
      );
    }
  }
  return contents;
};

const groupBySections = (messages: readonly Pending[]): Pending[][] => {
  const groups = new Map<string, Pending[]>();
  for (const message of messages) {
    const key = message.pieces.map(({ section }) => section).join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [message]);
    else group.push(message);
  }
  return [...groups.values()];
};

/** The sections of a group, each as long as its longest. */
const largest = (messages: readonly Pending[]): readonly Piece[] =>
  (messages[0]?.pieces ?? []).map(({ section }, i) => ({
    section,
    maxBytes: Math.max(1, ...messages.map(({ pieces }) => pieces[i]?.maxBytes ?? 0)),
  }));

const sectionsIn = (pieces: readonly Piece[], values: Fetched['values']): Contents =>
  new Map(pieces.map(({ section }) => [section, bytesOf(values.get(`BODY[${section}]`)) ?? new Uint8Array(0)]));

const build = (message: Pending, contents: Contents, options: BatchOptions): Result => {
  const { id, flags, at } = message;
  let problem: string | undefined;
  const item = convert(message, contents, options, (reason) => {
    problem = reason;
  });
  return { id, outcome: 'item', item, revision: flags.revision, at, problem };
};

/** A mail is never left out: one that cannot be converted goes as its header, a notice and the message attached. */
const convert = (
  message: Pending,
  contents: Contents,
  { request, stream }: BatchOptions,
  onProblem: (reason: string) => void,
): Email => {
  const { id, flags, at, size, header, structure, thread, streamed } = message;
  const received = new Date(at * 1_000);
  const input = { headers: parseHeaders(header), facts: flags.facts, received, size, thread, request };
  const asNotice = (reason: string): Email => {
    onProblem(reason);
    return fallbackEmail({ ...input, reason });
  };
  if (structure === undefined) return asNotice(request.notice ?? 'its structure cannot be told');
  try {
    const sections = new Map([...contents].filter(([section]) => section !== ''));
    const mime = streamed === undefined ? contents.get('') : stream(id, streamed);
    return buildEmail({ ...input, structure: withNames(structure, contents), sections, mime });
  } catch (error) {
    return asNotice(error instanceof Error ? error.message : 'it cannot be converted');
  }
};
