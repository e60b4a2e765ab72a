import { type ByteSource, readAll } from '../../../protocol/wbxml/bytes.ts';
import type { MailComposer } from '../../contract/composer.ts';
import type { MeetingMessage, MeetingPerson } from '../../contract/meetings.ts';
import { MaxCalendarLength } from '../calendar/icalendar.ts';
import { decodeText } from './charset.ts';
import { textLeaf } from './compose-text.ts';
import { base64Lines, encodeWords, headerField, parameter } from './encode-text.ts';
import { type Leaf, multipart, writeTree } from './entity.ts';
import { htmlToText } from './html.ts';
import { addressField } from './outgoing-header.ts';
import { calendarPart, smimeKind } from './segments.ts';
import { locateParts } from './source-structure.ts';
import { textSource } from './sources.ts';
import type { LocatedPart } from './structure.ts';
import { decodeTransfer } from './transfer.ts';

/** Mails about meetings (iMIP, RFC 6047): a text for people beside one for calendars. */

/** The mail of a message; who sends it, and when, is written by whoever sends it. */
export const meetingMail = (message: MeetingMessage, seed: string, words?: Words): ByteSource => {
  const list = (people: readonly MeetingPerson[]) => people.map(({ email, name = '' }) => ({ name, address: email }));
  const fields = [
    ...(message.sender === undefined ? [] : [addressField('From', list([message.sender]))]),
    addressField('To', list(message.recipients)),
    headerField('Subject', encodeWords(message.subject)),
    'MIME-Version: 1.0\r\n',
  ];
  const parts = [textLeaf('plain', textWith(message, words)), calendarLeaf(message)];
  return writeTree({ header: Buffer.from(fields.join(''), 'latin1'), root: multipart('alternative', seed, parts) });
};

const textWith = ({ text }: MeetingMessage, words: Words | undefined): string => {
  if (words === undefined || words.text.trim() === '') return text;
  const own = words.form === 'html' ? htmlToText(words.text) : words.text;
  return `${own.trim()}\n\n${text}`;
};

/** The calendar of a message, as a file where it has a name. In base64: no mail server touches a line of it. */
export const calendarLeaf = ({ method, calendar }: MeetingMessage, name?: string): Leaf => {
  const type = `Content-Type: text/calendar; charset=utf-8; method=${method}`;
  const file = name === undefined ? '' : `Content-Disposition: attachment;\r\n ${parameter('filename', name)}\r\n`;
  return {
    fields: Buffer.from(`${type}\r\n${file}Content-Transfer-Encoding: base64\r\n`),
    body: textSource(base64Lines(Buffer.from(calendar, 'utf8'))),
  };
};

/** What the sender writes above. */
type Words = NonNullable<Parameters<MailComposer['meetingMail']>[2]>;

/** Bytes of an encoded calendar part that are read. */
const MaxEncoded = 3 * MaxCalendarLength;

export const meetingIn = (message: ByteSource): string | undefined => {
  const { structure } = locateParts(message);
  // A part that was found lies in the message.
  const found = smimeKind(structure) === undefined ? calendarPart(structure) : undefined;
  if (found === undefined) return undefined;
  const { bodyStart, end, encoding, parameters } = found.part as LocatedPart;
  if (end - bodyStart > MaxEncoded) return undefined;
  const bytes = decodeTransfer(readAll(message.slice(bodyStart, end)), encoding);
  return withMethod(decodeText(bytes, parameters.charset ?? 'utf-8'), found.method);
};

const withMethod = (text: string, method: string | undefined): string =>
  method === undefined || /^METHOD:/im.test(text)
    ? text
    : text.replace(
        /^BEGIN:VCALENDAR[ \t]*(\r?\n)/im,
        (begin, end: string) => `${begin}METHOD:${method.toUpperCase()}${end}`,
      );
