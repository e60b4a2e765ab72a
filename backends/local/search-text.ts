import type { Email } from '../../protocol/classes/email.ts';
import type { MailRequest } from '../contract/mail.ts';
import type { SearchField, SearchTerm } from '../contract/search.ts';
import type { MessageRow } from './messages.ts';
import { emailOf } from './render.ts';
import type { LocalStore } from './store.ts';

/** Raised when texts are made in another way: older ones are made anew as searches come to them. */
export const TextForm = 1;

/** Bytes of a mail's text that are searched: hardly anybody looks for what stands on page 30. */
const MaxText = 64 * 1024;

/** What a search compares of a message. */
export interface SearchText {
  /** Fields, folded, in the order of {@link Fields}, each after a separator. */
  readonly text: string;
  /** Whether it has an attachment that is not shown within its text. */
  readonly attachments: boolean;
  /** ConversationId in hex; empty: none. */
  readonly conversation: string;
}

/** Stands between fields; folded text holds no control characters. */
const Separator = '\u0001';

const Fields = ['from', 'to', 'cc', 'bcc', 'subject', 'body'] as const satisfies readonly SearchField[];

const TextRequest: MailRequest = { preferences: [{ type: 1, truncationSize: MaxText }], mimeSupport: 0 };

/** Makes the text of a stored message. Throws `notFound` when it was removed. */
export const searchTextOf = (store: LocalStore, row: MessageRow): SearchText => {
  const email = emailOf(store, row, TextRequest);
  const files = (email.attachments ?? []).filter((each) => each.kind === 'attachment');
  const data = email.body?.data;
  const names = files.map(({ displayName = '' }) => displayName);
  const texts: Record<(typeof Fields)[number], string> = {
    from: `${email.from ?? ''} ${email.sender ?? ''}`,
    to: email.to ?? '',
    cc: email.cc ?? '',
    bcc: email.bcc ?? '',
    subject: email.subject ?? '',
    body: [typeof data === 'string' ? data : '', ...names].join(' '),
  };
  return {
    text: Fields.map((field) => Separator + fold(texts[field])).join(''),
    attachments: files.some(({ isInline }) => isInline !== true),
    conversation: hexOf(email.conversationId),
  };
};

/** A ConversationId as a search compares it. */
export const hexOf = (id: Email['conversationId']): string =>
  id instanceof Uint8Array ? Buffer.from(id).toString('hex') : '';

/** Text as it is compared: one form of each letter, and one blank between words. */
export const fold = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .trim();

/** Whether a message has what the texts of a query ask for; `needle` of each term is folded. */
export const hasTexts = (text: string, terms: readonly TextTerm[]): boolean => {
  const fields = text.split(Separator).slice(1);
  return terms.every(({ field, needle }) => (fieldText(text, fields, field) ?? '').includes(needle));
};

const fieldText = (text: string, fields: readonly string[], field: SearchField): string | undefined =>
  field === 'any' ? text : fields[Fields.indexOf(field)];

/** A text of a query, folded. */
export interface TextTerm {
  readonly field: SearchField;
  readonly needle: string;
}

/** The texts that a query asks for. */
export const textTerms = (terms: readonly SearchTerm[]): readonly TextTerm[] =>
  terms
    .flatMap((term) => ('text' in term ? [{ field: term.field, needle: fold(term.text) }] : []))
    .filter(({ needle }) => needle !== '');
