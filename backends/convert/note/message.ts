import type { Body } from '../../../protocol/classes/air-sync-base.ts';
import type { Email } from '../../../protocol/classes/email.ts';
import type { Note } from '../../../protocol/classes/note.ts';
import { type ByteSource, bytesSource } from '../../../protocol/wbxml/bytes.ts';
import type { TextForm } from '../../contract/composer.ts';
import type { ItemPatch } from '../../contract/groupware.ts';
import { BodyType } from '../../contract/mail.ts';
import { writeDraft } from '../mail/draft.ts';
import { headerField } from '../mail/encode-text.ts';
import { locateFields } from '../mail/headers.ts';
import { htmlDocument, htmlToText, textToHtmlFragment } from '../mail/html.ts';
import { headerBlock, mailDate } from '../mail/outgoing-header.ts';
import { joinSources } from '../mail/sources.ts';
import { checkNote, NoteClass } from './journal.ts';

/**
 * Notes as mails, as Apple's programs keep them in the mailbox `Notes`: a mail a note, whose text is
 * the mail's, known by X-Uniform-Type-Identifier and X-Universally-Unique-Identifier. Any other mail
 * in such a mailbox is a note as well.
 */

/** A text of a note. */
export interface NoteText {
  readonly form: TextForm;
  readonly text: string;
}

/** What is changed in a note; `undefined`: nothing. */
export interface NoteChange {
  readonly subject?: string | undefined;
  readonly text?: NoteText | undefined;
}

/** The note that a mail is. */
export const noteOf = ({ subject, body, categories, dateReceived }: Email): Note => ({
  subject: subject || undefined,
  messageClass: NoteClass,
  // A note that is changed is a new mail, so when it came is when it was changed last.
  lastModifiedDate: dateReceived,
  categories: categories?.length ? categories : undefined,
  body,
});

const dataOf = (body: Body | undefined): string =>
  typeof body?.data === 'string' ? body.data.replace(/\r\n?/g, '\n') : '';

/**
 * The text that a device's body says; `undefined`: it is the one that the device was given.
 *
 * @param native form that the note has now: one of Apple's stays HTML whatever a device writes in
 */
export const sentText = (sent: Body, given: Body | undefined, native: TextForm): NoteText | undefined => {
  const text = dataOf(sent);
  const isHtml = sent.type === BodyType.html;
  if (text === dataOf(given) && (text === '' || sent.type === given?.type)) return undefined;
  const lines = text.replace(/\n/g, '\r\n');
  if (isHtml) return { form: 'html', text: lines };
  return native === 'html' && text !== ''
    ? { form: 'html', text: htmlDocument(textToHtmlFragment(lines)) }
    : { form: 'plain', text: lines };
};

/** What a patch changes in the mail that a note is, of which the device was given `seen`; `undefined`: nothing. */
export const noteChange = (
  seen: Email,
  { set, cleared }: Pick<ItemPatch<Note>, 'set' | 'cleared'>,
): NoteChange | undefined => {
  checkNote(set);
  const old = seen.subject ?? '';
  const subject = set.subject ?? (cleared.includes('subject') ? '' : old);
  const text = set.body && sentText(set.body, seen.body, seen.nativeBodyType === BodyType.plain ? 'plain' : 'html');
  return subject === old && text === undefined ? undefined : { subject: subject === old ? undefined : subject, text };
};

/** Characters of a first line that stand for the subject of a note without one: Apple's programs list notes by it. */
const MaxTitle = 100;

/** The first line of a text. */
export const titleOf = ({ form, text }: NoteText): string => {
  const plain = form === 'html' ? htmlToText(text) : text;
  const line = plain.split(/\r?\n/).find((one) => one.trim() !== '') ?? '';
  return [...line.trim()].slice(0, MaxTitle).join('');
};

/** What a new mail is known by. */
export interface NoteMailFacts {
  readonly date: Date;
  /** Hex digits; the same name and content make the same Message-ID, whenever that is. */
  readonly name: string;
}

const Domain = 'notes.postrider.invalid';

/** The Message-ID of the mail that a change of a note leads to, without brackets. */
export const noteMessageId = (name: string): string => `${name.slice(0, 40)}@${Domain}`;

/** A mail with a note changed in it; whatever else is in it, attachments among that, stays as it is. */
export const patchNoteMessage = (message: ByteSource, change: NoteChange, facts: NoteMailFacts): ByteSource =>
  draft(withoutMessageId(message), change, facts);

/** A new note as a mail. `from`: the user's address. */
export const newNoteMessage = (
  { subject, text = { form: 'plain', text: '' } }: NoteChange,
  from: string,
  facts: NoteMailFacts,
): ByteSource => {
  const fields = [
    headerField('From', from),
    headerField('X-Uniform-Type-Identifier', 'com.apple.mail-note'),
    headerField('X-Universally-Unique-Identifier', uuidOf(facts.name)),
    headerField('X-Mail-Created-Date', mailDate(facts.date)),
    '\r\n',
  ];
  return draft(bytesSource(Buffer.from(fields.join(''))), { subject: subject || titleOf(text), text }, facts);
};

const draft = (existing: ByteSource, { subject, text }: NoteChange, { date, name }: NoteMailFacts): ByteSource => {
  const change = { subject, body: text, added: [], removed: [] };
  return writeDraft(existing, change, { date, messageId: noteMessageId(name), seed: `note${name.slice(0, 24)}` })
    .message;
};

/** Each change is a new mail, and so it gets a Message-ID of its own. */
const withoutMessageId = (message: ByteSource): ByteSource => {
  const block = headerBlock(message);
  const ids = locateFields(block, 0, block.length, Number.POSITIVE_INFINITY).filter(
    ({ name }) => name === 'message-id',
  );
  let at = 0;
  const pieces = ids.map(({ start, end }) => {
    const piece = message.slice(at, start);
    at = end;
    return piece;
  });
  return joinSources([...pieces, message.slice(at, message.length)]);
};

/** A UUID in Apple's spelling, made of a name (RFC 9562, 5.8). */
const uuidOf = (name: string): string => {
  const hex = name.padEnd(32, '0').toUpperCase();
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
};
