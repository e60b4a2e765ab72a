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
  connection.selected = { wireName, state, at: performance.now() };
  connection.hasRemovals = false;
  return state;
};

/** Leaves the selected mailbox, where the server can do so without expunging anything (RFC 3691). */
export const unselect = async (connection: Connection): Promise<void> => {
  if (connection.selected === undefined || !connection.has('UNSELECT')) return;
  connection.selected = undefined;
  await connection.run('UNSELECT', false);
};

const selectParameters = (connection: Connection, resync: Resync | undefined): Argument[] => {
  if (resync !== undefined) {
    return [[atom('QRESYNC'), [atom(resync.uidValidity.toString()), atom(resync.modSeq.toString())]]];
  }
  return connection.tracking === 'condstore' ? [[atom('CONDSTORE')]] : [];
};

/**
 * Brings a mailbox that is selected already up to date, which costs a server with large Maildirs a
 * fraction of selecting it: NOOP, and STATUS where its state is wanted. UIDVALIDITY cannot change
 * while a mailbox is selected. `undefined`: it is to be selected.
 *
 * A mailbox that another program deletes looks, to those who have it selected, as if all of its
 * messages were removed: it must not be taken for an empty one.
 */
export const selectedAlready = async (
  connection: Connection,
  wireName: string,
  wantsState: boolean,
): Promise<Selected | undefined> => {
  const held = connection.selected;
  const isYoung = held !== undefined && performance.now() - held.at < SelectedFor;
  if (!isYoung || held.wireName !== wireName || held.state.highestModSeq === undefined) return undefined;
  try {
    await connection.run('NOOP', false);
    if (!wantsState) return connection.hasRemovals ? undefined : held.state;
    const told = await askState(connection, wireName);
    if (told?.uidValidity !== held.state.uidValidity || told.modSeq === undefined) return undefined;
    const { uidNext = 0, exists = 0, modSeq } = told;
    if (exists === 0 && connection.hasRemovals) return undefined;
    return { ...held.state, uidNext, exists, highestModSeq: modSeq };
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
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
