import { createHash } from 'node:crypto';
import { flagOfJson } from '../../protocol/classes/email.ts';
import type { EmailFlag, MailPatch } from '../contract/mail.ts';
import type { MailFacts } from '../convert/mail/email.ts';

/** The changeable part of a message, as its row holds it. */
export interface StateRow {
  readonly seen: number;
  readonly answered: number;
  readonly forwarded: number;
  readonly flagged: number;
  readonly draft: number;
  /** JSON list of names. */
  readonly categories: string;
  /** JSON of the follow-up flag as the device set it. */
  readonly follow_up: string | null;
  /** Seconds since 1970. */
  readonly last_verb_at: number | null;
}

/** State of a message that nobody has touched. */
export const freshState: MailFacts = {
  seen: false,
  answered: false,
  forwarded: false,
  flagged: false,
  draft: false,
  categories: [],
};

/** What a row tells. */
export const stateOfRow = (row: StateRow): MailFacts => ({
  seen: row.seen === 1,
  answered: row.answered === 1,
  forwarded: row.forwarded === 1,
  flagged: row.flagged === 1,
  draft: row.draft === 1,
  categories: JSON.parse(row.categories) as string[],
  flag: row.follow_up === null ? undefined : flagOfJson(JSON.parse(row.follow_up)),
  lastVerbAt: row.last_verb_at === null ? undefined : new Date(row.last_verb_at * 1000),
});

/** The columns of a state, in the order of {@link stateColumns}. */
export const stateValues = (state: MailFacts): (string | number | boolean | null)[] => [
  state.seen,
  state.answered,
  state.forwarded,
  state.flagged,
  state.draft,
  JSON.stringify(state.categories),
  state.flag === undefined ? null : JSON.stringify(state.flag),
  state.lastVerbAt === undefined ? null : Math.floor(state.lastVerbAt.getTime() / 1000),
];

/** Names of the columns that hold a state. */
export const stateColumns = [
  'seen',
  'answered',
  'forwarded',
  'flagged',
  'draft',
  'categories',
  'follow_up',
  'last_verb_at',
] as const;

/**
 * The state after a patch, at `now` (milliseconds). A flag without content, or of status 0, is a
 * cleared one ([MS-ASEMAIL] 2.2.2.34, 2.2.2.72). The time of the last verb is when it was first told,
 * so that the same patch twice changes nothing.
 */
export const patched = (state: MailFacts, patch: MailPatch, now: number): MailFacts => {
  const verbIsNew = (patch.answered === true && !state.answered) || (patch.forwarded === true && !state.forwarded);
  return {
    ...state,
    seen: patch.read ?? state.seen,
    answered: patch.answered ?? state.answered,
    forwarded: patch.forwarded ?? state.forwarded,
    categories: patch.categories ?? state.categories,
    ...(patch.flag === undefined ? {} : flagState(patch.flag)),
    lastVerbAt: verbIsNew ? new Date(now) : state.lastVerbAt,
  };
};

const flagState = (flag: EmailFlag | null): Pick<MailFacts, 'flagged' | 'flag'> =>
  flag === null || flag.status === 0 || Object.values(flag).every((value) => value === undefined)
    ? { flagged: false, flag: undefined }
    : { flagged: true, flag };

/**
 * Digest of what a device can see of a state: 96 bits in 16 characters. Categories are a set; the
 * time of the last verb goes with `answered` and `forwarded`.
 */
export const revisionOf = (state: MailFacts): string => {
  const { seen, answered, forwarded, flagged, draft, categories, flag } = state;
  const flagFields = Object.entries(flag ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const visible = [seen, answered, forwarded, flagged, draft, [...new Set(categories)].sort(), flagFields];
  return createHash('sha256').update(JSON.stringify(visible)).digest('base64url').slice(0, 16);
};
