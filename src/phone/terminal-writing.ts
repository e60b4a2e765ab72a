import { randomUUID } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import type { Email } from '../../protocol/classes/email.ts';
import type { Device } from './device.ts';
import { ownAddresses, type SmartWish, sendMail, smartSend } from './mail-commands.ts';
import { oneLine } from './terminal-view.ts';
import { UserMistake } from './user-mistake.ts';

/** What writing needs of a terminal. */
export interface Paper {
  print(text: string): void;
  ask(prompt: string): Promise<string | undefined>;
}

/** A mail to answer or to forward, and how the server knows it. */
export interface MailAtHand {
  readonly email: Email;
  readonly source: SmartWish['source'];
}

/** Where the user writes mails. The server adds the original to an answer or a forward, and keeps the copies. */
export class WritingDesk {
  readonly #device: Device;
  readonly #paper: Paper;

  constructor(device: Device, paper: Paper) {
    this.#device = device;
    this.#paper = paper;
  }

  /** Writes a mail of its own; gives what to tell the user. */
  async send(): Promise<string> {
    const to = await this.#askRecipient();
    const subject = (await this.#paper.ask('Subject: ')) ?? '';
    const mime = await this.#compose({ to, subject });
    await sendMail(this.#device, mime, newWish());
    return `Sent to ${to}`;
  }

  /** Answers the sender of a mail, or with `all` everybody who got it. */
  async reply({ email, source }: MailAtHand, all: boolean): Promise<string> {
    const to = email.replyTo || email.from;
    if (!to) throw new UserMistake('The mail does not say who sent it');
    const others = all ? await this.#others(email) : '';
    const mime = await this.#compose({ to, cc: others, subject: prefixed('Re: ', email.subject) });
    await smartSend(this.#device, 'SmartReply', mime, { ...newWish(), source });
    return `Answered ${oneLine(to)}`;
  }

  /** Passes a mail on, with all that is attached to it. */
  async forward({ email, source }: MailAtHand): Promise<string> {
    const to = await this.#askRecipient();
    const mime = await this.#compose({ to, subject: prefixed('Fwd: ', email.subject) });
    await smartSend(this.#device, 'SmartForward', mime, { ...newWish(), source });
    return `Forwarded to ${to}`;
  }

  async #askRecipient(): Promise<string> {
    const to = await this.#paper.ask('To: ');
    if (!to?.trim()) throw new UserMistake('Nothing was sent: a mail needs somebody to go to');
    return to;
  }

  /** To and Cc of a mail without the user himself. */
  async #others({ to, cc }: Email): Promise<string> {
    const own = (await ownAddresses(this.#device)).map((address) => address.toLowerCase());
    const list = [to, cc].filter((each) => each).join(', ');
    // Commas within quotes divide nothing.
    const mailboxes = list.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g) ?? [];
    return mailboxes.filter((mailbox) => !own.some((address) => mailbox.toLowerCase().includes(address))).join(',');
  }

  async #compose(fields: { readonly to: string; readonly cc?: string; readonly subject: string }): Promise<Uint8Array> {
    const text = await this.#askText();
    const [from] = await ownAddresses(this.#device);
    return new MailComposer({ from, ...fields, text }).compile().build();
  }

  async #askText(): Promise<string> {
    this.#paper.print('Text, and a line with a dot alone at the end:');
    const lines: string[] = [];
    for (
      let line = await this.#paper.ask('| ');
      line !== undefined && line !== '.';
      line = await this.#paper.ask('| ')
    ) {
      lines.push(line);
    }
    return `${lines.join('\r\n')}\r\n`;
  }
}

const newWish = () => ({ clientId: randomUUID().replaceAll('-', ''), saveInSentItems: true });

const prefixed = (prefix: string, subject = ''): string =>
  subject.toLowerCase().startsWith(prefix.trim().toLowerCase()) ? subject : `${prefix}${subject}`;
