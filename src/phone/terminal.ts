import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import type { PhoneItem } from './collection.ts';
import { demoAccount, type PhoneAccount } from './demo-account.ts';
import { Device } from './device.ts';
import { emailOf } from './mail-commands.ts';
import { Phone, type PhoneEvent } from './phone.ts';
import { Desk } from './terminal-commands.ts';
import { askSecret, lookOf, type PhoneIo, Terminal } from './terminal-io.ts';
import { folderTree, type Look, type NumberedMail, newMailLine, oneLine, senderName, styled } from './terminal-view.ts';
import type { Trust } from './trust.ts';
import { UserMistake } from './user-mistake.ts';

/** What the command line said. */
export interface PhoneCommandOptions {
  /** Address of a server; the demo's when absent. */
  readonly url?: string | undefined;
  readonly user?: string | undefined;
  readonly trust?: Trust | undefined;
  readonly version?: ProtocolVersion | undefined;
  /** Prints folders and Inbox and leaves. */
  readonly once?: boolean | undefined;
  /** One JSON object a line instead of text, for programs. */
  readonly json?: boolean | undefined;
  /** Where the demo keeps its accounts. */
  readonly demoFile: string;
}

/** What `--json` prints, a line each. */
type JsonEvent = Readonly<Record<string, unknown>> & { readonly event: string };

/** Mail of the last month, newest windows of fifty, the beginning of each text. */
const Wish = {
  filterType: 5,
  windowSize: 50,
  bodyPreferences: [{ type: 1, truncationSize: 2048 }],
  deletesAsMoves: true,
};

/**
 * A phone in the terminal: provisions, shows folders and Inbox, prints each new mail as it comes,
 * and takes commands.
 *
 * @returns the exit code of the process
 */
export const runPhone = async (options: PhoneCommandOptions, io: PhoneIo): Promise<number> => {
  try {
    const account = await accountOf(options, io);
    if (account === undefined) return 130;
    return await new TerminalPhone(account, options, io).run();
  } catch (error) {
    io.output.write(
      options.json ? `${JSON.stringify({ event: 'error', message: messageOf(error) })}\n` : `${messageOf(error)}\n`,
    );
    return 1;
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Who logs in where; `undefined`: the user left instead of telling the password. */
const accountOf = async (
  { url, user, demoFile }: PhoneCommandOptions,
  io: PhoneIo,
): Promise<PhoneAccount | undefined> => {
  if (url === undefined) return demoAccount(demoFile, user);
  if (user === undefined) throw new Error('Name the account: --user anna@example.org');
  const password = io.env.POSTRIDER_PASSWORD ?? (await askSecret(io, `Password of ${user}: `));
  return password === undefined ? undefined : { url, user, password };
};

const factsOf = ({ number, email: { from, subject, read, dateReceived } }: NumberedMail) => ({
  number,
  from,
  subject,
  read,
  dateReceived,
});

/** Id of this terminal as a device: the same at each start, so that no new partnership is made. */
export const terminalDeviceId = (user: string, host: string): string =>
  `PRT${createHash('sha256').update(`${host} ${user}`).digest('hex').slice(0, 24).toUpperCase()}`;

class TerminalPhone {
  readonly #options: PhoneCommandOptions;
  readonly #io: PhoneIo;
  readonly #look: Look;
  readonly #device: Device;
  readonly #phone: Phone;
  readonly #end = new AbortController();
  readonly #terminal: Terminal;
  #desk: Desk | undefined;

  constructor(account: PhoneAccount, options: PhoneCommandOptions, io: PhoneIo) {
    this.#options = options;
    this.#io = io;
    this.#look = lookOf(io);
    this.#terminal = new Terminal(io, () => this.#end.abort());
    const deviceId = terminalDeviceId(account.user, hostname());
    const { version, trust, url } = options;
    // Servers of others write other orders than ours, which phones accept, too.
    this.#device = new Device({ ...account, deviceId, version: version ?? 'newest', trust, strict: url === undefined });
    this.#phone = new Phone(this.#device, {
      wish: Wish,
      folders: ({ type, serverId }) => type === 2 || serverId === this.#desk?.folderId,
      onEvent: (event) => this.#onEvent(event),
    });
  }

  async run(): Promise<number> {
    const stop = (): void => this.#end.abort();
    this.#io.signal?.addEventListener('abort', stop);
    if (this.#io.signal?.aborted) stop();
    try {
      await this.#begin();
      if (!this.#options.once) await this.#live();
      return 0;
    } catch (error) {
      if (this.#end.signal.aborted) return 0;
      throw error;
    } finally {
      this.#terminal.close();
      this.#io.signal?.removeEventListener('abort', stop);
      this.#device.close();
    }
  }

  async #begin(): Promise<void> {
    const { signal } = this.#end;
    const { user, url } = this.#device.channel.options;
    this.#say('connecting', `Connecting to ${url} as ${user} …`, { url, user });
    await this.#phone.provision(signal);
    const { version } = this.#device;
    this.#say('provisioned', `Provisioned: version ${version}, policy key ${this.#device.policyKey || 'none'}`, {
      version,
    });
    await this.#phone.folderSync(signal);
    const { folders } = this.#phone.mailbox;
    this.#say('folders', folderTree(this.#look, folders.lines()), { folders: folders.all() });
    const inbox = folders.byRole('inbox');
    if (inbox === undefined) throw new Error('The account has no Inbox: the server behind shows none to this user');
    await this.#phone.syncFolder(inbox.serverId, undefined, signal);
    this.#showInbox(inbox.serverId);
  }

  #showInbox(inboxId: string): void {
    const talk = {
      print: (text: string) => this.#say('output', text, { text }),
      ask: (prompt: string) => this.#terminal.ask(prompt),
    };
    this.#desk = new Desk(this.#device, this.#phone, talk, this.#look, Date.now, inboxId);
    if (!this.#options.json) this.#desk.list();
    else this.#print({ event: 'inbox', mails: this.#desk.mails().map(factsOf) });
  }

  /** Waits for mail and for the user, until either ends it. */
  async #live(): Promise<void> {
    const { signal } = this.#end;
    signal.addEventListener('abort', () => this.#terminal.close());
    const life = this.#phone.run(signal).finally(() => this.#end.abort());
    if (!this.#options.json)
      this.#terminal.print('New mail appears here by itself. Type help for what this phone can do.');
    await Promise.all([life, this.#talk()]);
  }

  /** Takes commands. Where programs read, the end of the input does not end the waiting for mail. */
  async #talk(): Promise<void> {
    const ask = (): Promise<string | undefined> => this.#terminal.ask('phone> ');
    for (let line = await ask(); line !== undefined; line = await ask()) {
      if (!(await this.#obey(line))) {
        this.#end.abort();
        return;
      }
    }
    if (!this.#options.json) this.#end.abort();
  }

  async #obey(line: string): Promise<boolean> {
    try {
      return (await this.#desk?.run(line)) ?? false;
    } catch (error) {
      if (this.#end.signal.aborted) return false;
      const colour = error instanceof UserMistake ? 'yellow' : 'red';
      this.#say('failed', styled(this.#look, colour, messageOf(error)), { message: messageOf(error) });
      return true;
    }
  }

  #onEvent(event: PhoneEvent): void {
    if (event.kind === 'newMail') this.#showNewMail(event.collectionId, event.item, event.milliseconds);
    if (event.kind === 'waiting' && this.#options.json) this.#print({ event: 'waiting', seconds: event.seconds });
    if (event.kind === 'backingOff') {
      const text = `${event.error.message}. Trying again in ${Math.ceil(event.milliseconds / 1000)} s`;
      this.#say('backingOff', styled(this.#look, 'yellow', text), {
        message: event.error.message,
        milliseconds: event.milliseconds,
      });
    }
  }

  #showNewMail(collectionId: string, { serverId, fields }: PhoneItem, milliseconds: number): void {
    const email = emailOf(this.#device, fields);
    const number = collectionId === this.#desk?.folderId ? this.#desk.welcome(serverId) : 0;
    const { from, subject, dateReceived } = email;
    const facts = {
      collectionId,
      serverId,
      from,
      sender: senderName(from),
      subject: oneLine(subject ?? ''),
      dateReceived,
      milliseconds,
    };
    this.#say('newMail', newMailLine(this.#look, { number, email }, milliseconds, Date.now()), facts);
  }

  #say(event: string, text: string, facts: Readonly<Record<string, unknown>>): void {
    if (this.#options.json) this.#print({ event, ...facts });
    else this.#terminal.print(text);
  }

  #print(event: JsonEvent): void {
    this.#io.output.write(`${JSON.stringify(event)}\n`);
  }
}
