import { stripVTControlCharacters } from 'node:util';
import type { Attachment } from '../../protocol/classes/air-sync-base.ts';
import type { Email } from '../../protocol/classes/email.ts';
import { stringOf } from '../../protocol/schema/index.ts';
import { type FolderLine, roleOfFolder } from './folder-tree.ts';

/** How the output looks: its width in characters, and whether it has colours. */
export interface Look {
  readonly width: number;
  readonly colours: boolean;
}

/** A mail and the number by which the user names it. */
export interface NumberedMail {
  readonly number: number;
  readonly email: Email;
}

const Styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** Text in a style, where the output has styles. */
export const styled = (look: Look, style: keyof typeof Styles, text: string): string =>
  look.colours ? `\u001b[${Styles[style]}m${text}\u001b[0m` : text;

/** What strangers wrote, without anything that would act on a terminal; one line. */
export const oneLine = (text: string): string => printable(text).replace(/\s+/g, ' ').trim();

/** What strangers wrote, without anything that would act on a terminal; lines stay. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that act on terminals
  stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');

/** Characters of East Asia and pictures, which take two columns; marks take none. */
const Wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const NoWidth = /\p{Mark}|\p{Format}/u;

const columnsOf = (character: string): number => (NoWidth.test(character) ? 0 : Wide.test(character) ? 2 : 1);

/** Cuts to a width in columns and fills up to it. */
export const fitted = (text: string, width: number): string => {
  const characters = [...text];
  const total = characters.reduce((sum, character) => sum + columnsOf(character), 0);
  if (total <= width) return text + ' '.repeat(width - total);
  let [kept, columns] = ['', 0];
  for (const character of characters) {
    if (columns + columnsOf(character) > width - 1) break;
    kept += character;
    columns += columnsOf(character);
  }
  return `${kept}…${' '.repeat(width - 1 - columns)}`;
};

const AgeUnits: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400 * 365, 'y'],
  [86_400 * 7, 'w'],
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
];

/** How long ago something was, short: `5 min`, `3 d`. */
export const age = (then: Date | undefined, now: number): string => {
  if (then === undefined) return '';
  const seconds = Math.max(0, (now - then.getTime()) / 1000);
  const [size, unit] = AgeUnits.find(([least]) => seconds >= least) ?? [1, ''];
  return unit === '' ? 'now' : `${Math.floor(seconds / size)} ${unit}`;
};

/** Milliseconds for people: `84 ms`, `1.2 s`. */
export const duration = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

/** Name of the sender, or the address when there is none. */
export const senderName = (from: string | undefined): string => {
  const text = oneLine(from ?? '');
  const name = /^"?([^"<]*)"?\s*</.exec(text)?.[1]?.trim();
  return name || text.replace(/^<|>$/g, '') || '(unknown)';
};

const SenderWidth = 22;
const AgeWidth = 7;
/** Number, marks, age and the gaps between. */
const FixedWidth = 4 + 3 + AgeWidth + 4;

/** One line of the list: number, marks, sender, subject, age. */
export const mailLine = (
  look: Look,
  { number, email }: { readonly number: number | string; readonly email: Email },
  now: number,
): string => {
  const subjectWidth = Math.max(10, look.width - FixedWidth - SenderWidth);
  const subject = fitted(oneLine(email.subject ?? '') || '(no subject)', subjectWidth);
  const text = `${fitted(senderName(email.from), SenderWidth)} ${subject}`;
  const dated = styled(look, 'dim', age(email.dateReceived, now).padStart(AgeWidth));
  return `${String(number).padStart(4)} ${marks(look, email)} ${email.read ? text : styled(look, 'bold', text)} ${dated}`;
};

/** Unread, flagged, with attachments. */
const marks = (look: Look, { read, flag, attachments }: Email): string =>
  [
    read ? ' ' : styled(look, 'cyan', '*'),
    flag?.status === 2 ? styled(look, 'red', '!') : ' ',
    attachments?.length ? '@' : ' ',
  ].join('');

/** Mails that a list shows, so that the newest fit on a screen. */
const ListLength = 20;

/** The list, the newest first; the title counts all. */
export const mailList = (look: Look, folder: string, mails: readonly NumberedMail[], now: number): string => {
  const unread = mails.filter(({ email }) => !email.read).length;
  const title = styled(look, 'bold', `${oneLine(folder)}: ${mails.length} mails, ${unread} unread`);
  const lines = mails.slice(0, ListLength).map((mail) => mailLine(look, mail, now));
  const older = mails.length - lines.length;
  return [title, ...lines, ...(older > 0 ? [styled(look, 'dim', `     … and ${older} older`)] : [])].join('\n');
};

/** What a search found, the newest first; each is read under the number that is shown. */
export const foundList = (look: Look, mails: readonly Email[], total: number, now: number): string => {
  const title = styled(look, 'bold', total === 1 ? 'Found 1 mail' : `Found ${total} mails`);
  const lines = mails.map((email, index) => mailLine(look, { number: `?${index + 1}`, email }, now));
  const more = total - mails.length;
  return [title, ...lines, ...(more > 0 ? [styled(look, 'dim', `     … and ${more} more`)] : [])].join('\n');
};

/** The folders as a tree. */
export const folderTree = (look: Look, lines: readonly FolderLine[]): string =>
  lines
    .map(({ folder, depth }) => {
      const role = roleOfFolder(folder.type);
      return `${'  '.repeat(depth + 1)}${oneLine(folder.displayName)}${role === '' ? '' : styled(look, 'dim', `  (${role})`)}`;
    })
    .join('\n');

/** The attachments that a server lists; a draft's changes are none. */
export const attachmentsOf = ({ attachments }: Email): readonly Attachment[] =>
  (attachments ?? []).flatMap((each) => (each.kind === 'attachment' ? [each] : []));

/** A mail to read: headers, text, attachments. */
export const wholeMail = (look: Look, email: Email): string => {
  const header = (name: string, value: string | undefined): string[] =>
    value === undefined || value === '' ? [] : [`${styled(look, 'dim', `${name}:`.padEnd(9))}${oneLine(value)}`];
  const attachments = attachmentsOf(email).map(
    (each, index) =>
      `  @${index + 1} ${oneLine(each.displayName ?? 'attachment')} (${each.estimatedDataSize ?? '?'} bytes)`,
  );
  return [
    ...header('From', email.from),
    ...header('To', email.to),
    ...header('Cc', email.cc),
    ...header('Date', email.dateReceived?.toISOString()),
    ...header('Subject', email.subject),
    '',
    printable(stringOf(email.body?.data ?? '')).trimEnd(),
    ...(email.body?.truncated ? [styled(look, 'dim', '(cut: the mail is longer)')] : []),
    ...(attachments.length === 0 ? [] : ['', 'Attachments (save NUMBER @NUMBER):', ...attachments]),
  ].join('\n');
};

/** The line of a mail that has just come. */
export const newMailLine = (look: Look, mail: NumberedMail, milliseconds: number, now: number): string => {
  const since = mail.email.dateReceived === undefined ? undefined : now - mail.email.dateReceived.getTime();
  // Clocks of two machines differ, and the header counts whole seconds: only a sensible time is shown.
  const sinceReceived =
    since !== undefined && since >= 0 && since < 3_600_000 ? `, ${duration(since)} after it was received` : '';
  const line = `New mail ${mail.number}: ${senderName(mail.email.from)}: ${oneLine(mail.email.subject ?? '')}`;
  return `${styled(look, 'green', line)} ${styled(look, 'dim', `(shown ${duration(milliseconds)} after the push${sinceReceived})`)}`;
};
