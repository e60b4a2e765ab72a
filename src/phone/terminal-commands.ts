import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import type { Email } from '../../protocol/classes/email.ts';
import { Email as EmailPage } from '../../protocol/code-pages/index.ts';
import type { TreeNode } from '../../protocol/schema/index.ts';
import { can } from '../../protocol/versions.ts';
import type { Device } from './device.ts';
import { emailOf, fetchAttachment, fetchMail, getAttachment, ownAddresses, sendMail } from './mail-commands.ts';
import type { Phone } from './phone.ts';
import {
  attachmentsOf,
  folderTree,
  type Look,
  mailList,
  type NumberedMail,
  oneLine,
  wholeMail,
} from './terminal-view.ts';

/** What the desk needs of a terminal. */
export interface Talk {
  print(text: string): void;
  /** The next line; `undefined`: the user has left. */
  ask(prompt: string): Promise<string | undefined>;
}

/** A mistake of the user, said without a stack. */
export class UserMistake extends Error {}

/** Characters of a text that a mail is shown with. */
const ReadSize = 500_000;

const element = (tag: TreeNode['tag'], text: string): TreeNode => ({ tag, children: [], text });

/** What the user has before him: a folder, and the numbers of its mails. */
export class Desk {
  readonly #device: Device;
  readonly #phone: Phone;
  readonly #terminal: Talk;
  readonly #look: Look;
  readonly #now: () => number;
  #folderId: string;
  /** ServerIds by number, the first is 1. */
  #numbers: string[] = [];

  constructor(device: Device, phone: Phone, terminal: Talk, look: Look, now: () => number, folderId: string) {
    this.#device = device;
    this.#phone = phone;
    this.#terminal = terminal;
    this.#look = look;
    this.#now = now;
    this.#folderId = folderId;
  }

  get folderId(): string {
    return this.#folderId;
  }

  /** Numbers a mail that has just come. */
  welcome(serverId: string): number {
    const known = this.#numbers.indexOf(serverId);
    return known >= 0 ? known + 1 : this.#numbers.push(serverId);
  }

  /** The mails of the folder, the newest first, numbered anew. */
  mails(): readonly NumberedMail[] {
    const mails = this.#collection
      .items()
      .map(({ serverId, fields }) => ({ serverId, email: emailOf(this.#device, fields) }));
    mails.sort((a, b) => received(b.email) - received(a.email));
    this.#numbers = mails.map((mail) => mail.serverId);
    return mails.map(({ email }, index) => ({ number: index + 1, email }));
  }

  /** Runs one line of the user; `false`: the user wants to leave. */
  async run(line: string): Promise<boolean> {
    const [word = '', ...rest] = line.trim().split(/\s+/);
    if (word === '') return true;
    if (['quit', 'exit', 'q'].includes(word)) return false;
    const command = this.#commands[word];
    if (command === undefined) throw new UserMistake(`There is no command ${word}: type help`);
    await command(rest.join(' '));
    return true;
  }

  readonly #commands: Readonly<Record<string, (rest: string) => void | Promise<void>>> = {
    help: () => this.#say(Help),
    list: () => this.list(),
    folders: () => this.#say(folderTree(this.#look, this.#phone.mailbox.folders.lines())),
    open: (name) => this.#open(name),
    read: (number) => this.#read(number),
    save: (rest) => this.#save(rest),
    seen: (number) => this.#change(number, element(EmailPage.Read, '1')),
    unseen: (number) => this.#change(number, element(EmailPage.Read, '0')),
    flag: (number) =>
      this.#change(number, {
        tag: EmailPage.Flag,
        children: [element(EmailPage.Status, '2'), element(EmailPage.FlagType, 'Flag for follow up')],
      }),
    unflag: (number) => this.#change(number, { tag: EmailPage.Flag, children: [] }),
    delete: (number) => this.#delete(number),
    send: () => this.#send(),
    sync: () => this.#sync(),
  };

  /** Prints the newest mails. */
  list(): void {
    const mails = this.mails();
    const name = this.#phone.mailbox.folders.get(this.#folderId)?.displayName ?? 'Folder';
    this.#say(mailList(this.#look, name, mails, this.#now()));
  }

  get #collection() {
    return this.#phone.mailbox.collection(this.#folderId);
  }

  #say(text: string): void {
    this.#terminal.print(text);
  }

  #serverId(text: string): string {
    const serverId = this.#numbers[Number.parseInt(text, 10) - 1];
    if (serverId === undefined || this.#collection.item(serverId) === undefined) {
      throw new UserMistake(text === '' ? 'Which mail? Name its number' : `There is no mail ${text}: type list`);
    }
    return serverId;
  }

  async #sync(): Promise<void> {
    await this.#phone.syncFolder(this.#folderId);
  }

  async #open(name: string): Promise<void> {
    const wanted = name.toLowerCase();
    const folder = this.#phone.mailbox.folders.all().find((each) => oneLine(each.displayName).toLowerCase() === wanted);
    if (folder === undefined) throw new UserMistake(`There is no folder ${name}: type folders`);
    this.#folderId = folder.serverId;
    await this.#sync();
    this.list();
  }

  async #read(number: string): Promise<void> {
    const serverId = this.#serverId(number);
    const email = await this.#whole(serverId);
    this.#say(wholeMail(this.#look, email));
    if (!emailOf(this.#device, this.#collection.item(serverId)?.fields ?? []).read) {
      await this.#change(number, element(EmailPage.Read, '1'));
    }
  }

  async #whole(serverId: string): Promise<Email> {
    const held = emailOf(this.#device, this.#collection.item(serverId)?.fields ?? []);
    const bodyPreferences = [{ type: 1, truncationSize: ReadSize }];
    const { email } = await fetchMail(this.#device, { collectionId: this.#folderId, serverId }, { bodyPreferences });
    return { ...held, ...email };
  }

  async #save(rest: string): Promise<void> {
    const [number = '', which = '@1', target] = rest.split(' ');
    const email = emailOf(this.#device, this.#collection.item(this.#serverId(number))?.fields ?? []);
    const attachment = attachmentsOf(email)[Number.parseInt(which.replace('@', ''), 10) - 1];
    if (attachment === undefined) throw new UserMistake(`Mail ${number} has no attachment ${which}`);
    const { fileReference, displayName } = attachment;
    const fetched = can(this.#device.version, 'getAttachment')
      ? await getAttachment(this.#device, fileReference)
      : await fetchAttachment(this.#device, fileReference, { multipart: true });
    // The name comes from a stranger: never a path, never over a file that is there.
    const file = target ?? (basename(oneLine(displayName ?? '')).replace(/^\.+/, '') || 'attachment');
    await writeFile(file, fetched.data, { flag: 'wx' });
    this.#say(`Saved ${file} (${fetched.data.length} bytes)`);
  }

  async #change(number: string, field: TreeNode): Promise<void> {
    this.#collection.change(this.#serverId(number), [field]);
    await this.#sync();
  }

  async #delete(number: string): Promise<void> {
    this.#collection.delete(this.#serverId(number));
    await this.#sync();
    this.#say(`Deleted mail ${number}`);
  }

  async #send(): Promise<void> {
    const to = await this.#terminal.ask('To: ');
    const subject = await this.#terminal.ask('Subject: ');
    if (!to?.trim() || subject === undefined) throw new UserMistake('Nothing was sent: a mail needs somebody to go to');
    const text = await this.#askText();
    const [from] = await ownAddresses(this.#device);
    const mime = await new MailComposer({ from, to, subject, text }).compile().build();
    await sendMail(this.#device, mime, { clientId: randomUUID().replaceAll('-', ''), saveInSentItems: true });
    this.#say(`Sent to ${to}`);
  }

  async #askText(): Promise<string> {
    this.#say('Text, and a line with a dot alone at the end:');
    const lines: string[] = [];
    for (
      let line = await this.#terminal.ask('| ');
      line !== undefined && line !== '.';
      line = await this.#terminal.ask('| ')
    ) {
      lines.push(line);
    }
    return `${lines.join('\r\n')}\r\n`;
  }
}

const received = ({ dateReceived }: Email): number => dateReceived?.getTime() ?? 0;

const Help = `  list               the newest mails
  read N             read mail N with its attachments
  save N @M [FILE]   save attachment M of mail N
  seen N, unseen N   mark mail N as read or unread
  flag N, unflag N   follow mail N up, or no more
  delete N           delete mail N
  send               write a mail
  folders            all folders
  open FOLDER        go to another folder
  sync               look for changes now (new mail comes by itself)
  quit               leave (also Ctrl-C)`;
