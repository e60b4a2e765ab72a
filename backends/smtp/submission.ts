import { BackendError, isBackendError } from '../contract/errors.ts';
import type { OutgoingMail, RefusedRecipient, Submission } from '../contract/mail.ts';
import type { SendProgress } from './connection.ts';
import type { ConnectionPool } from './pool.ts';

/** An address without anything that SMTP could take for the end of a line or of the address. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is kept out
const Address = /^[^\s<>\u0000-\u001f\u007f]+@[^\s<>@\u0000-\u001f\u007f]+$/;

/** Sends mail of one login through its connections. */
export class SmtpSubmission implements Submission {
  readonly keepsSentCopy: boolean;
  readonly #pool: () => ConnectionPool;

  constructor(pool: () => ConnectionPool, keepsSentCopy: boolean) {
    this.#pool = pool;
    this.keepsSentCopy = keepsSentCopy;
  }

  async submit(mail: OutgoingMail, signal?: AbortSignal): Promise<readonly RefusedRecipient[]> {
    checkEnvelope(mail);
    if (signal?.aborted) throw new BackendError('unavailable', { detail: 'given up before it began' });
    const progress: SendProgress = { started: false };
    let reused = false;
    const send = (fresh: boolean): Promise<readonly RefusedRecipient[]> =>
      this.#pool().use((connection, used) => {
        reused = used;
        return connection.send(mail, progress, signal);
      }, fresh);
    try {
      return await send(false);
    } catch (error) {
      // A kept connection may have been closed by the server; as long as it asked for nothing, a new one may try.
      const stale = reused && !progress.started && !signal?.aborted && isBackendError(error, 'unavailable');
      if (!stale) throw error;
      return send(true);
    }
  }
}

const checkEnvelope = ({ from, recipients }: OutgoingMail): void => {
  if (recipients.length === 0) throw new BackendError('rejected', { detail: 'no recipient' });
  // The sender of a bounce is empty (RFC 5321, 4.5.5).
  const addresses = from === '' ? recipients : [from, ...recipients];
  if (!addresses.every((address) => Address.test(address))) {
    throw new BackendError('rejected', { detail: 'an address of the envelope is none' });
  }
};
