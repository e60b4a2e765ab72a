import type { ItemId } from '../contract/items.ts';
import type { MailQuery } from '../contract/search.ts';
import { attachmentsOf } from '../convert/mail/attachments.ts';
import { conversationId, threadTopic } from '../convert/mail/conversation.ts';
import { type HeaderFields, headerText, messageIds, parseHeaders } from '../convert/mail/headers.ts';
import type { OpenMailbox } from './account.ts';
import { structureOf } from './content.ts';
import { type Fetched, secondsOfDate, uidFetch } from './fetch.ts';
import { type Argument, atom, bytesOf, listOf, peekHeaders, textOf } from './tokens.ts';

/** A mail that a search found, in its folder. */
export interface Judged {
  readonly id: ItemId;
  readonly at: number;
}

/** What tells the conversation of a mail; THREADID comes with OBJECTID (RFC 8474, 5.2). */
const conversationItems = ({ connection }: OpenMailbox): readonly Argument[] => [
  peekHeaders(['Message-ID', 'References', 'In-Reply-To', 'Subject']),
  ...(connection.has('OBJECTID') ? [atom('THREADID')] : []),
];

/** By what the server can find the mails of a conversation: its own name of it, or the first Message-ID (the topic). */
export type Root = { readonly thread: string } | { readonly first: string };

/** Looks closer at what SEARCH found: at the instant it was received, its attachments, its conversation. */
export const judge = async (
  mailbox: OpenMailbox,
  uids: readonly number[],
  query: MailQuery,
): Promise<readonly Judged[]> => {
  if (uids.length === 0) return [];
  const { connection, epoch } = mailbox;
  const attachments = query.terms.flatMap((term) => ('attachments' in term ? [term.attachments] : []));
  const items: Argument[] = [atom('INTERNALDATE')];
  if (attachments.length > 0) items.push(atom('BODYSTRUCTURE'));
  if (query.conversation !== undefined) items.push(...conversationItems(mailbox));
  const judged: Judged[] = [];
  await uidFetch(connection, uids, items, ({ uid, values }) => {
    const at = secondsOfDate(textOf(values.get('INTERNALDATE')));
    const fits =
      isWithin(at, query) &&
      attachments.every((wanted) => wanted === hasAttachments(values)) &&
      (query.conversation === undefined || isSame(values, query.conversation));
    if (fits) judged.push({ id: `${epoch}.${uid}`, at });
  });
  return judged;
};

const isWithin = (at: number, { since, before }: MailQuery): boolean =>
  (since === undefined || at * 1_000 >= since.getTime()) && (before === undefined || at * 1_000 < before.getTime());

const hasAttachments = (values: Fetched['values']): boolean => {
  const structure = structureOf(values);
  if (structure === undefined) return false;
  return attachmentsOf(structure).some((each) => each.kind === 'attachment' && each.isInline !== true);
};

const headersOf = (values: Fetched['values']): HeaderFields =>
  parseHeaders(bytesOf(values.get('BODY[HEADER.FIELDS]')) ?? new Uint8Array(0));

const threadOf = (values: Fetched['values']): string | undefined => textOf(listOf(values.get('THREADID'))[0]);

const isSame = (values: Fetched['values'], conversation: Uint8Array): boolean => {
  const id = conversationId(headersOf(values), threadOf(values));
  return id !== undefined && Buffer.compare(id, conversation) === 0;
};

/** How the wanted conversation is found, if one of these mails is of it. */
export const rootOf = async (
  mailbox: OpenMailbox,
  uids: readonly number[],
  conversation: Uint8Array,
): Promise<Root | undefined> => {
  let root: Root | undefined;
  await uidFetch(mailbox.connection, uids, conversationItems(mailbox), ({ values }) => {
    if (root !== undefined || !isSame(values, conversation)) return;
    const thread = threadOf(values);
    root = thread === undefined ? { first: firstOf(headersOf(values)) } : { thread };
  });
  return root;
};

const firstOf = (headers: HeaderFields): string =>
  ['references', 'in-reply-to', 'message-id'].map((name) => messageIds(headers.get(name))[0]).find(Boolean) ??
  threadTopic(headerText(headers.get('subject') ?? ''));
