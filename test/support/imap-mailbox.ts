import type { ImapFlow } from 'imapflow';
import type { Email } from '../../protocol/classes/email.ts';
import { EmailFields } from '../../protocol/classes/email.ts';
import { readTree } from '../../protocol/schema/index.ts';
import type { Mailbox } from '../../src/phone/mailbox.ts';

/** A message by what a phone shows of it: `subject`, then `read` and `flagged` where it is. */
export type Mark = string;

const markOf = (subject: string | undefined, read: boolean, flagged: boolean): Mark =>
  [subject ?? '', read ? 'read' : '', flagged ? 'flagged' : ''].filter(Boolean).join(' ');

/** What an IMAP mailbox holds, sorted. */
export const marksOnServer = async (client: ImapFlow, path: string): Promise<Mark[]> => {
  const lock = await client.getMailboxLock(path);
  try {
    const marks: Mark[] = [];
    if (client.mailbox && client.mailbox.exists === 0) return marks;
    for await (const { envelope, flags } of client.fetch('1:*', { envelope: true, flags: true })) {
      if (!flags?.has('\\Deleted'))
        marks.push(markOf(envelope?.subject, flags?.has('\\Seen') === true, flags?.has('\\Flagged') === true));
    }
    return marks.sort();
  } finally {
    lock.release();
  }
};

/** What a phone holds of a folder, sorted. */
export const marksOnPhone = (mailbox: Mailbox, collectionId: string): Mark[] =>
  mailbox
    .collection(collectionId)
    .items()
    .map(({ fields }) => readTree(EmailFields, fields))
    .map(({ subject, read, flag }: Email) => markOf(subject, read === true, flag?.status === 2))
    .sort();
