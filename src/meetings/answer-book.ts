import { createHash } from 'node:crypto';
import type { Partition, StateStore } from '../state/contract.ts';
import { editJson, type JsonDocument, loadJson } from '../state/json-document.ts';

/** The last answer of a device to one meeting. */
export interface GivenAnswer {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Digest of the whole request: another one is another answer. */
  readonly request: string;
  /** Answers given before this one. */
  readonly earlier: number;
  /** `false`: it was begun, and nothing is known of how far it got. */
  readonly done: boolean;
  readonly calendarId?: string | undefined;
  /** The meeting whose organizer was told by the calendar's server. */
  readonly toldUid?: string | undefined;
}

/** Answers by what the device answered: a mail, an event, or an occurrence. */
export type AnswerBook = Readonly<Record<string, GivenAnswer>>;

/** Milliseconds for which an answer is remembered: a device repeats what it got no answer for within days. */
const AnswerMemory = 7 * 24 * 3_600_000;

/** Answers remembered a partnership at most: a whole request of the largest size. 150 bytes each, the oldest go first. */
const AnswersRemembered = 100;

const Answers: JsonDocument<AnswerBook> = { name: 'meeting-answers', empty: {} };

/** A digest of what a device asks for. */
export const requestDigest = (request: unknown): string =>
  createHash('sha256').update(JSON.stringify(request)).digest('base64url').slice(0, 22);

/** The answers that a device gave lately. */
export const loadAnswers = async (store: StateStore, partition: Partition): Promise<AnswerBook> =>
  (await loadJson(store, partition, Answers)).value;

/** Remembers an answer. */
export const rememberAnswer = (
  store: StateStore,
  partition: Partition,
  key: string,
  answer: GivenAnswer,
): Promise<void> =>
  editJson(store, partition, Answers, (book) => {
    const young = Object.entries(book).filter(([other, { at }]) => other !== key && at > answer.at - AnswerMemory);
    return Object.fromEntries([...young.slice(1 - AnswersRemembered), [key, answer]]);
  });
