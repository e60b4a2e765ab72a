import type { SearchField, SearchTerm } from '../../backends/contract/search.ts';

/**
 * What people type into a phone's search field: words and "phrases" that must all be there, and `name:value`
 * for where they must be. It is the part of the Keyword Query Language that phones pass on
 * ([MS-ASCMD] 2.2.3.80, [MS-KQL] 2.1); a name that is none of these is a part of the word.
 */

/** Characters of a free text that are looked at: longer ones are pasted, and nothing is found by them. */
const MaxFreeText = 1_000;

/** Words looked for at most: each costs the mail server a look into every message. */
const MaxTerms = 16;

/** Characters of one word or phrase. */
const MaxTerm = 200;

/** A name with a word or phrase, or a word or phrase alone. A quote that is not closed ends with the text. */
const Piece = /(?:([a-z]{1,20}):)?(?:"([^"]*)"?|([^\s"]+))/giu;

/** Names of fields; `participants` is everybody whom a message names. */
const FieldNames: ReadonlyMap<string, SearchField> = new Map<string, SearchField>([
  ['from', 'from'],
  ['sender', 'from'],
  ['to', 'to'],
  ['cc', 'cc'],
  ['bcc', 'bcc'],
  ['subject', 'subject'],
  ['body', 'body'],
  ['participants', 'any'],
]);

/** Makes a term of a state out of its value. */
type StateTerm = (value: boolean) => SearchTerm;

const StateNames: ReadonlyMap<string, StateTerm> = new Map<string, StateTerm>([
  ['hasattachment', (attachments) => ({ attachments })],
  ['hasattachments', (attachments) => ({ attachments })],
  ['isread', (read) => ({ read })],
  ['isflagged', (flagged) => ({ flagged })],
]);

const Values: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
]);

/** The terms of a free text; none for a text of blanks. */
export const parseFreeText = (text: string): readonly SearchTerm[] => {
  const terms: SearchTerm[] = [];
  for (const match of text.slice(0, MaxFreeText).matchAll(Piece)) {
    const [whole, name, phrase, word] = match;
    const value = phrase ?? word ?? '';
    // All terms must hold anyway: an AND between them says nothing new.
    if (whole !== 'AND') terms.push(...termOf(name?.toLowerCase(), value, whole));
  }
  return terms.slice(0, MaxTerms);
};

const termOf = (name: string | undefined, value: string, whole: string): readonly SearchTerm[] => {
  const field = name === undefined ? 'any' : FieldNames.get(name);
  if (field !== undefined) return textTerm(field, value);
  const [state, wanted] = [StateNames.get(name ?? ''), Values.get(value.toLowerCase())];
  return state !== undefined && wanted !== undefined ? [state(wanted)] : textTerm('any', whole);
};

/** Wildcards are left out: parts of words are found, or words that begin so, without them. */
const textTerm = (field: SearchField, value: string): readonly SearchTerm[] => {
  const text = value
    .replace(/\*+$/, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MaxTerm);
  return text === '' ? [] : [{ field, text }];
};
