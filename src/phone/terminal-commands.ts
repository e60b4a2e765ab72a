import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Email } from '../../protocol/classes/email.ts';
import { Email as EmailPage } from '../../protocol/code-pages/index.ts';
import type { TreeNode } from '../../protocol/schema/index.ts';
import { can } from '../../protocol/versions.ts';
import type { Device } from './device.ts';
import { FoundMails } from './found-mails.ts';
import { emailOf, fetchAttachment, fetchMail, getAttachment } from './mail-commands.ts';
import type { Phone } from './phone.ts';
import { FolderDesk } from './terminal-folders.ts';
import { GroupwareDesk } from './terminal-groupware.ts';
import { answerMail } from './terminal-meetings.ts';
import {
  attachmentsOf,
  folderTree,
  foundList,
  type Look,
  mailList,
  type NumberedMail,
  oneLine,
  wholeMail,
} from './terminal-view.ts';
import { type MailAtHand, WritingDesk } from './terminal-writing.ts';
import { UserMistake } from './user-mistake.ts';

/** What the desk needs of a terminal. */
export interface Talk {
  print(text: string): void;
  /** The next line; `undefined`: the user has left. */
  ask(prompt: string): Promise<string | undefined>;
}

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
  readonly #found: FoundMails;
  readonly #folders: FolderDesk;
  readonly #writing: WritingDesk;
  readonly #groupware: GroupwareDesk;
  #folderId: string;
  /** ServerIds by number, the first is 1. */
  #numbers: string[] = [];

  constructor(device: Device, phone: Phone, terminal: Talk, look: Look, now: () => number, folderId: string) {
    this.#device = device;
    this.#found = new FoundMails(device);
    this.#phone = phone;
    this.#folders = new FolderDesk(device, phone);
    this.#writing = new WritingDesk(device, terminal);
    this.#groupware = new GroupwareDesk(device, phone, look, now);
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
    search: (words) => this.#search(words),
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
    move: (rest) => this.#move(rest),
    mkdir: async (names) => this.#say(await this.#folders.make(names)),
    rename: async (names) => this.#say(await this.#folders.rename(names)),
    rmdir: (name) => this.#removeFolder(name),
    send: async () => this.#say(await this.#writing.send()),
    reply: (rest) => this.#reply(rest),
    answer: (rest) => this.#answer(rest),
    forward: async (number) => this.#say(await this.#writing.forward(this.#atHand(number))),
    contacts: async (rest) => this.#say(await this.#groupware.run('contacts', rest)),
    agenda: async (rest) => this.#say(await this.#groupware.run('agenda', rest)),
    tasks: async (rest) => this.#say(await this.#groupware.run('tasks', rest)),
    notes: async (rest) => this.#say(await this.#groupware.run('notes', rest)),
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
    this.#folderId = this.#folders.find(name).serverId;
    await this.#sync();
    this.list();
  }

  async #search(words: string): Promise<void> {
    if (words === '') throw new UserMistake('Search for what? Name some words');
    const { mails, total, status } = await this.#found.search(words);
    if (status !== 1 && mails.length === 0) throw new UserMistake(`The server did not search: Status ${status}`);
    this.#say(foundList(this.#look, mails, total, this.#now()));
  }

  async #read(number: string): Promise<void> {
    const found = this.#found.find(number);
    if (found !== undefined) {
      this.#say(wholeMail(this.#look, await this.#found.read(found)));
      return;
    }
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
    const email =
      this.#found.find(number)?.email ??
      emailOf(this.#device, this.#collection.item(this.#serverId(number))?.fields ?? []);
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

  async #move(rest: string): Promise<void> {
    const [number = '', ...name] = rest.split(' ');
    this.#say(await this.#folders.move(this.#folderId, this.#serverId(number), name.join(' ')));
  }

  async #removeFolder(name: string): Promise<void> {
    const removed = await this.#folders.remove(name);
    if (removed === this.#folderId) {
      this.#folderId = this.#phone.mailbox.folders.byRole('inbox')?.serverId ?? this.#folderId;
    }
    this.#say(`Removed ${name}`);
  }

  /** The mail of a number, in the folder or among those found. */
  #atHand(number: string): MailAtHand {
    const found = this.#found.find(number);
    if (found !== undefined) return { email: found.email, source: { longId: found.longId } };
    const itemId = this.#serverId(number);
    const email = emailOf(this.#device, this.#collection.item(itemId)?.fields ?? []);
    return { email, source: { folderId: this.#folderId, itemId } };
  }

  async #reply(rest: string): Promise<void> {
    const [number = '', whom] = rest.split(' ');
    this.#say(await this.#writing.reply(this.#atHand(number), whom === 'all'));
  }

  async #answer(rest: string): Promise<void> {
    const [number = '', word = ''] = rest.split(' ');
    this.#say(await answerMail({ device: this.#device, now: this.#now }, this.#atHand(number), word));
    await this.#sync();
  }
}

const received = ({ dateReceived }: Email): number => dateReceived?.getTime() ?? 0;

const Help = `  list               the newest mails
  read N             read mail N with its attachments
  search WORDS       find mails in all folders; they are then mails ?1, ?2 …
  save N @M [FILE]   save attachment M of mail N
  seen N, unseen N   mark mail N as read or unread
  flag N, unflag N   follow mail N up, or no more
  delete N           delete mail N
  move N FOLDER      move mail N to another folder
  send               write a mail
  reply N [all]      answer mail N: its sender, or everybody who got it
  answer N accept, answer N maybe, answer N decline
                     answer the invitation that mail N is
  forward N          pass mail N on, with all that is attached to it
  folders            all folders
  open FOLDER        go to another folder
  mkdir NAME         make a folder; mkdir FOLDER > NAME makes it below another one
  rename FOLDER > NAME, rmdir FOLDER
                     give a folder another name; remove it with all that is in it
  contacts, agenda, tasks, notes
                     show them; with add TEXT, set N TEXT or delete N behind it, change them, as in
                     contacts add Mia Keller mia@example.org, tasks done 2
                     agenda add 2026-11-24 15:00 60 Dentist (date, time in UTC, minutes)
                     agenda answer 3 maybe answers the meeting
  sync               look for changes now (new mail comes by itself)
  quit               leave (also Ctrl-C)`;
