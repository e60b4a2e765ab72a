import type { MailQuery, SearchField, SearchTerm } from '../contract/search.ts';
import type { Connection } from './connection.ts';
import { searchDay, uidSearch } from './fetch.ts';
import type { Root } from './search-judge.ts';
import { type Argument, atom, literal, quoted, sequence } from './tokens.ts';

const Day = 86_400_000;

/** What a server finds out without opening a message: by flags and, to the day, by when it was received. */
export const stateCriteria = ({ terms, since, before }: MailQuery): readonly Argument[] => [
  atom('UNDELETED'),
  ...terms.flatMap(flagCriterion),
  // A server goes by the day of its own time zone (RFC 9051, 6.4.4), so a day is added on either side.
  ...(since === undefined ? [] : [atom('SINCE'), atom(searchDay(new Date(since.getTime() - Day)))]),
  ...(before === undefined ? [] : [atom('BEFORE'), atom(searchDay(new Date(before.getTime() + 2 * Day)))]),
];

const flagCriterion = (term: SearchTerm): Argument[] => {
  if ('read' in term) return [atom(term.read ? 'SEEN' : 'UNSEEN')];
  return 'flagged' in term ? [atom(term.flagged ? 'FLAGGED' : 'UNFLAGGED')] : [];
};

const Keys: Readonly<Record<SearchField, string>> = {
  any: 'TEXT',
  body: 'BODY',
  from: 'FROM',
  to: 'TO',
  cc: 'CC',
  bcc: 'BCC',
  subject: 'SUBJECT',
};

/** What a server must look into messages for; empty: nothing of the kind is asked. */
export const contentCriteria = (
  { terms, conversation }: MailQuery,
  connection: Pick<Connection, 'has'> & Partial<Pick<Connection, 'serverName'>>,
  root: Root | undefined,
): readonly Argument[] => [
  ...(conversation === undefined || root === undefined ? [] : conversationCriteria(root)),
  ...terms.flatMap((term) => termCriteria(term, hasIndex(connection))),
];

/** Cyrus names FUZZY whether it has an index or not, and finds nothing by it where it has none. */
const hasIndex = (connection: Pick<Connection, 'has'> & Partial<Pick<Connection, 'serverName'>>): boolean =>
  connection.has('SEARCH=FUZZY') && connection.serverName?.startsWith('Cyrus') !== true;

const termCriteria = (term: SearchTerm, isFuzzy: boolean): readonly Argument[] => {
  // Only a message of several parts has attachments; which of those that have is looked at afterwards.
  if ('attachments' in term) return term.attachments ? header('Content-Type', 'multipart/') : [];
  if (!('text' in term)) return [];
  const text = searchable(term.text);
  if (text === '') return [];
  // FUZZY lets the server's index find other forms of a word (RFC 6203, 3); an address has none.
  const fuzzy = isFuzzy && (term.field === 'any' || term.field === 'body') ? [atom('FUZZY')] : [];
  return [...fuzzy, atom(Keys[term.field]), textArgument(text)];
};

/** Mails that name the first Message-ID of a conversation, and those of its subject where there is none. */
const conversationCriteria = (root: Root): readonly Argument[] => {
  if ('thread' in root) return [atom('THREADID'), quoted(root.thread)];
  const { first } = root;
  const fields = ['Message-ID', 'References', 'In-Reply-To'].flatMap((name) => [atom('OR'), ...header(name, first)]);
  return [...fields, atom('SUBJECT'), textArgument(searchable(first))];
};

const header = (name: string, text: string): Argument[] => [atom('HEADER'), atom(name), textArgument(searchable(text))];

/** A text without what no SEARCH can hold; a line end in it could otherwise begin another command. */
const searchable = (text: string): string => text.replace(/[\p{Cc}\p{Surrogate}]+/gu, ' ').trim();

/** Quoted where that is plain, else a literal: bytes that are counted cannot be taken for anything else. */
const textArgument = (text: string): Argument =>
  /^[ -~]*$/.test(text) && !/["\\]/.test(text) ? quoted(text) : literal(Buffer.from(text, 'utf8'));

const isLiteral = (argument: Argument): boolean =>
  typeof argument === 'object' && 'type' in argument && argument.type === 'LITERAL';

/** Those of `uids` (ascending) that a SEARCH with `content` finds; one command, however scattered they are. */
export const uidSearchWithin = async (
  connection: Connection,
  uids: readonly number[],
  query: MailQuery,
  content: readonly Argument[],
): Promise<readonly number[]> => {
  const charset = content.some(isLiteral) ? [atom('CHARSET'), atom('UTF-8')] : [];
  const range = [atom('UID'), sequence(`${uids[0]}:${uids.at(-1)}`)];
  const asked = new Set(uids);
  const found = await uidSearch(connection, [...charset, ...range, ...stateCriteria(query), ...content]);
  return found.filter((uid) => asked.has(uid));
};
