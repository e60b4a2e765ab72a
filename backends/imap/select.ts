import type { ImapAttribute } from 'imapflow';
import type { Connection, Handlers } from './connection.ts';
import { Refusal, unavailable } from './failures.ts';
import { readStatus } from './positions.ts';
import { type Argument, atom, bigintOf, numberOf, quoted, responseCode, wordsOf } from './tokens.ts';

/** A mailbox as SELECT found it. */
export interface Selected {
  readonly uidValidity: bigint;
  readonly uidNext: number;
  readonly exists: number;
  /** `undefined`: the mailbox keeps no mod-sequences. */
  readonly highestModSeq: bigint | undefined;
  /** Flags and keywords in use. */
  readonly flags: readonly string[];
  /** Whether new keywords may be made (`\*` in PERMANENTFLAGS). */
  readonly newKeywords: boolean;
}

/** What a connection has selected. Times are those of `performance.now`. */
export interface Selection {
  readonly wireName: string;
  readonly state: Selected;
  /** When it was selected. */
  readonly at: number;
  /** When the server was last asked for news of it. */
  readonly lookedAt: number;
}

/** What the server lets a SELECT tell about changes (RFC 7162, 3.2.5). */
export interface Resync {
  readonly uidValidity: bigint;
  readonly modSeq: bigint;
  readonly handlers: Handlers;
  /** Forgets what the handlers were given: it was about another mailbox. */
  restart(): void;
}

/**
 * Milliseconds for which a selected mailbox is used again, then it is selected anew: to whoever has
 * it selected, Dovecot goes on showing a mailbox whose name has been given to another one.
 */
const SelectedFor = 60_000;

/**
 * Milliseconds for which what a connection has seen of its mailbox is good enough for reading messages by
 * their UIDs: what is gone by then is answered with nothing, and what came later was not asked for.
 */
const SeenFor = 2_000;

/** Selects a mailbox by its name on the wire; `resync` asks for what changed since a state of it. */
export const selectMailbox = async (connection: Connection, wireName: string, resync?: Resync): Promise<Selected> => {
  const draft = { uidValidity: 0n, uidNext: 0, exists: 0, flags: [] as string[], newKeywords: false };
  let highestModSeq: bigint | undefined;
  const codes: Readonly<Record<string, (value: ImapAttribute | undefined) => void>> = {
    UIDVALIDITY: (value) => {
      draft.uidValidity = bigintOf(value) ?? 0n;
    },
    UIDNEXT: (value) => {
      draft.uidNext = numberOf(value) ?? 0;
    },
    HIGHESTMODSEQ: (value) => {
      highestModSeq = bigintOf(value);
    },
    PERMANENTFLAGS: (value) => {
      draft.newKeywords = wordsOf(value).includes('\\*');
    },
    // What came before was about the mailbox selected until now (RFC 7162, 3.2.11).
    CLOSED: () => resync?.restart(),
  };
  connection.selected = undefined;
  resync?.restart();
  await connection.run('SELECT', [quoted(wireName), ...selectParameters(connection, resync)], {
    OK: (line) => {
      const code = responseCode(line);
      if (code !== undefined) codes[code.name]?.(code.values[0]);
    },
    FLAGS: (line) => {
      draft.flags = wordsOf(line.attributes?.[0]);
    },
    EXISTS: (line) => {
      draft.exists = Number(line.command);
    },
    ...resync?.handlers,
  });
  if (draft.uidValidity === 0n) throw unavailable(undefined, 'the server gave no UIDVALIDITY');
  const state = { ...draft, highestModSeq };
  const now = performance.now();
  connection.selected = { wireName, state, at: now, lookedAt: now };
  connection.removals = 0;
  return state;
};

/** Leaves the selected mailbox, where the server can do so without expunging anything (RFC 3691). */
export const unselect = async (connection: Connection): Promise<void> => {
  if (connection.selected === undefined || !connection.has('UNSELECT')) return;
  connection.selected = undefined;
  await connection.run('UNSELECT', false);
};

const selectParameters = (connection: Connection, resync: Resync | undefined): Argument[] => {
  if (resync !== undefined && connection.tracking === 'qresync') {
    return [[atom('QRESYNC'), [atom(resync.uidValidity.toString()), atom(resync.modSeq.toString())]]];
  }
  return connection.tracking === 'condstore' ? [[atom('CONDSTORE')]] : [];
};

/**
 * Brings a mailbox that is selected already up to date, which costs a server with large Maildirs a
 * fraction of selecting it: NOOP, and STATUS where its state is wanted. `undefined`: it is to be selected.
 *
 * A mailbox that another program deletes looks, to those who have it selected, as if all of its messages
 * were removed, and where a new one is made under its name, Dovecot goes on to show that one's messages
 * under the old UIDVALIDITY; STATUS tells what the connection sees. So a mailbox of which nothing is left
 * that was there at the last look counts as another one.
 */
export const selectedAlready = async (
  connection: Connection,
  wireName: string,
  wantsState: boolean,
): Promise<Selected | undefined> => {
  const held = connection.selected;
  if (held === undefined || held.wireName !== wireName || held.state.highestModSeq === undefined) return undefined;
  const now = performance.now();
  // Of an empty mailbox nothing can be left: it is selected, which costs no more than looking at it.
  if (now - held.at > SelectedFor || held.state.exists === 0) return undefined;
  if (!wantsState && now - held.lookedAt < SeenFor) return isTheSame(connection) ? held.state : undefined;
  try {
    await connection.run('NOOP', false);
    if (!isTheSame(connection)) return undefined;
    if (wantsState) return await newState(connection, held, now);
    connection.selected = { ...held, lookedAt: now };
    return held.state;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
};

/** Whether the selected mailbox is certainly the one that was selected: something of it is still there. */
export const isTheSame = ({ selected, removals }: Connection): boolean =>
  selected !== undefined && removals < selected.state.exists;

const newState = async (connection: Connection, held: Selection, now: number): Promise<Selected | undefined> => {
  const told = await askState(connection, held.wireName);
  if (told?.uidValidity !== held.state.uidValidity || told.modSeq === undefined) return undefined;
  const { uidNext = 0, exists = 0, modSeq } = told;
  const state = { ...held.state, uidNext, exists, highestModSeq: modSeq };
  connection.selected = { ...held, state, lookedAt: now };
  connection.removals = 0;
  return state;
};

/** STATUS of the selected mailbox tells what this connection has seen of it: right after NOOP, everything. */
const askState = async (connection: Connection, wireName: string) => {
  let told: NonNullable<ReturnType<typeof readStatus>>[1] | undefined;
  const items = ['UIDVALIDITY', 'UIDNEXT', 'MESSAGES', 'HIGHESTMODSEQ'].map(atom);
  await connection.run('STATUS', [quoted(wireName), items], {
    STATUS: (line) => {
      told = readStatus(line)?.[1];
    },
  });
  return told;
};
