import type { Email } from '../../protocol/classes/email.ts';
import type { Device } from './device.ts';
import { fetchMail } from './mail-commands.ts';
import { type FoundMail, searchMail } from './search-commands.ts';

/** Results that are shown at a time: a screenful. */
const Shown = 20;

/** Characters of a text that a mail is shown with. */
const ReadSize = 500_000;

/** The mails that the user's last search found; they have numbers of their own, with a question mark before them. */
export class FoundMails {
  readonly #device: Device;
  #found: readonly FoundMail[] = [];

  constructor(device: Device) {
    this.#device = device;
  }

  /** Looks in all folders; gives what was found, the newest first, and how many there are. */
  async search(
    freeText: string,
  ): Promise<{ readonly mails: readonly Email[]; readonly total: number; readonly status: number }> {
    const {
      status,
      mails,
      total = 0,
    } = await searchMail(this.#device, {
      freeText,
      range: `0-${Shown - 1}`,
      deepTraversal: true,
      rebuildResults: true,
    });
    this.#found = mails;
    return { mails: mails.map(({ email }) => email), total, status };
  }

  /** The mail of a number, `?1`; `undefined`: it is none of a result. */
  find(text: string): FoundMail | undefined {
    const number = /^\?(\d{1,3})$/.exec(text)?.[1];
    return number === undefined ? undefined : this.#found[Number(number) - 1];
  }

  /** The whole of a mail. */
  async read({ longId, email }: FoundMail): Promise<Email> {
    const bodyPreferences = [{ type: 1, truncationSize: ReadSize }];
    const fetched = await fetchMail(this.#device, { longId }, { bodyPreferences });
    return { ...email, ...fetched.email };
  }
}
