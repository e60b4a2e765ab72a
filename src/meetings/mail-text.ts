import type { MailComposer, UnderstoodMail } from '../../backends/contract/composer.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { MailStore } from '../../backends/contract/mail.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';

/** Bytes of a mail in which its calendar is looked for: it stands among the texts, before what is attached. */
const MaxRead = 1_048_576;

/** A mail about a meeting. */
export interface MeetingMailText {
  /** iCalendar. */
  readonly calendar: string;
  /** Address of its author in lower case; empty where it names none or several. */
  readonly sender: string;
}

const senderOf = ({ authors }: Pick<UnderstoodMail, 'authors'>): string =>
  authors.length === 1 ? (authors[0] ?? '').toLowerCase() : '';

/** Reads what a mail says of a meeting; `undefined`: nothing. Throws `notFound`. */
export const readMeetingMail = async (
  mail: MailStore,
  composer: MailComposer,
  { folder, id }: { readonly folder: FolderId; readonly id: ItemId },
  signal?: AbortSignal,
): Promise<MeetingMailText | undefined> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (await mail.message(folder, id, signal)).open()) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MaxRead) break;
  }
  const message = bytesSource(Buffer.concat(chunks));
  const calendar = composer.meetingIn(message);
  return calendar === undefined ? undefined : { calendar, sender: senderOf(composer.read(message)) };
};
