import { BackendError } from '../contract/errors.ts';
import type { OutgoingMail, RefusedRecipient, Submission } from '../contract/mail.ts';
import { hasAccount, isAddress } from './accounts.ts';
import { dropUnused, type NewContent, writeAhead } from './content.ts';
import { insertMessage } from './messages.ts';
import { freshState } from './state.ts';
import type { LocalStore } from './store.ts';

/** Delivers mail to the accounts of this store; there is no way out of it. */
export class LocalSubmission implements Submission {
  readonly keepsSentCopy = false;
  readonly #store: LocalStore;

  constructor(store: LocalStore) {
    this.#store = store;
  }

  async submit(mail: OutgoingMail): Promise<readonly RefusedRecipient[]> {
    const refused = this.#store.read(() => strangers(this.#store, mail.recipients));
    const recipients = mail.recipients.filter((address) => !refused.includes(address));
    const refusals = refused.map((address) => ({ address, reply: '550 5.1.1 No such account on this server' }));
    if (refused.length > 0 && recipients.length === 0) {
      throw new BackendError('rejected', { detail: 'no recipient has an account on this server', refused: refusals });
    }
    await deliver(this.#store, { ...mail, recipients });
    return refusals;
  }
}

/**
 * Puts a message, as it is, into the Inbox of every recipient, or of none. Throws `rejected` when
 * there is no recipient or one without an account here, `tooLarge`, `unavailable`.
 */
export const deliver = async (store: LocalStore, mail: OutgoingMail): Promise<void> => {
  if (mail.message.length > store.maxMessageSize) throw new BackendError('tooLarge');
  const recipients = [...new Set(mail.recipients.map((address) => address.toLowerCase()))];
  checkEnvelope(mail.from, recipients);
  store.read(() => checkKnown(store, recipients));
  const contents: NewContent[] = [];
  try {
    for (const _ of recipients) contents.push(await writeAhead(store.database, mail.message));
    store.change((touched) => {
      checkKnown(store, recipients);
      for (const [index, name] of recipients.entries()) {
        const [inbox, content] = [store.folderOfRole(name, 'inbox'), contents[index]];
        if (inbox === undefined || content === undefined) throw new BackendError('rejected', { detail: 'no Inbox' });
        insertMessage(store, inbox, { content, state: freshState, received: new Date(store.now()) });
        touched.folder(name, inbox.id);
      }
    });
  } finally {
    for (const content of contents) dropUnused(store.database, content);
  }
};

const checkEnvelope = (from: string, recipients: readonly string[]): void => {
  if (recipients.length === 0) throw new BackendError('rejected', { detail: 'no recipient' });
  // The sender of a bounce is empty (RFC 5321, 4.5.5).
  if (!recipients.every(isAddress) || (from !== '' && !isAddress(from))) {
    throw new BackendError('rejected', { detail: 'an address of the envelope is none' });
  }
};

/** Usable addresses without an account here. */
const strangers = (store: LocalStore, recipients: readonly string[]): string[] =>
  recipients.filter(
    (address) => isAddress(address.toLowerCase()) && !hasAccount(store.database, address.toLowerCase()),
  );

const checkKnown = (store: LocalStore, recipients: readonly string[]): void => {
  const unknown = strangers(store, recipients).length;
  if (unknown === 0) return;
  const detail = `${unknown} of ${recipients.length} recipients have no account on this server`;
  throw new BackendError('rejected', { detail });
};
