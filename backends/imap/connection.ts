import type { ImapFlow, ImapResponse } from 'imapflow';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import { BackendError } from '../contract/errors.ts';
import type { ServerAddress } from '../contract/server-address.ts';
import { newClient } from './client.ts';
import { commandFailure, loginFailure } from './failures.ts';
import type { ExecOptions } from './imapflow-exec.ts';
import { hasControls } from './mailbox-name.ts';
import type { Selection } from './select.ts';
import { parseRuns } from './sequence.ts';
import { type Argument, atom, textOf } from './tokens.ts';
import type { Turns } from './turns.ts';

/** Whose name and password a connection logs in with. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
  /** SASL authorization identity: the mailbox to open with the rights of `user`. */
  readonly authzid?: string | undefined;
}

/** What opening a connection needs beside the credentials. */
export interface ConnectionOptions {
  readonly address: ServerAddress;
  /** PEM text of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined;
  readonly ignoreCapabilities: readonly string[];
  /** Seconds without an answer after which the connection counts as dead. */
  readonly timeoutSeconds: number;
  /** Seconds for which this connection will wait in IDLE, in silence, at most; for a watch. */
  readonly quietSeconds?: number | undefined;
  /** Shared by all connections. */
  readonly turns: Turns;
  /** Address of the client, told to the server by ID. */
  readonly clientAddress?: string | undefined;
}

/** Called for untagged responses, by upper-case name. */
export type Handlers = Readonly<Record<string, (line: ImapResponse) => void>>;

/** Bytes of a large literal that are in memory at a time. */
const ContentPiece = 65_536;

/** One logged-in IMAP connection. It runs one command at a time; the pool lends it to one user at a time. */
export class Connection {
  /** The mailbox that is selected. */
  selected: Selection | undefined;
  /** Messages that the server has said are gone since the state in `selected`; never too few. */
  removals = 0;
  readonly #client: ImapFlow;
  readonly #capabilities: ReadonlySet<string>;
  readonly #timeoutSeconds: number;
  /** imapflow's own watchdog has to bear the silence of IDLE; then commands are watched here. */
  readonly #isWatch: boolean;
  readonly #turns: Turns;
  #enabled: ReadonlySet<string> = new Set();
  #closed = false;
  #onClosed: ((reason: unknown) => void)[] = [];

  private constructor(client: ImapFlow, options: ConnectionOptions) {
    this.#client = client;
    this.#timeoutSeconds = options.timeoutSeconds;
    this.#isWatch = options.quietSeconds !== undefined;
    this.#turns = options.turns;
    const ignored = options.ignoreCapabilities;
    const names = [...client.capabilities.keys()].map((name) => name.toUpperCase());
    this.#capabilities = new Set(names.filter((name) => !ignored.some((other) => other.toUpperCase() === name)));
    const removed = (line: ImapResponse) => this.noteRemoval(line);
    this.listen({ VANISHED: removed, EXPUNGE: removed });
    client.on('close', () => this.#markClosed(client.byeReason ?? 'connection closed'));
  }

  /**
   * Connects, secures the connection, names the client and logs in.
   *
   * @throws BackendError `loginRefused` only when the server says that the credentials are bad,
   * else `unavailable`.
   */
  static async open(credentials: Credentials, options: ConnectionOptions): Promise<Connection> {
    if (![credentials.user, credentials.password, credentials.authzid ?? 'x'].every(isSendable)) {
      throw new BackendError('loginRefused', {
        detail: 'the user name or password is empty or holds control characters',
      });
    }
    const client = newClient(credentials, options);
    let failure: unknown;
    client.on('error', (error) => {
      failure = error;
    });
    try {
      await client.connect();
    } catch (error) {
      client.close();
      throw loginFailure(failure ?? error);
    }
    const connection = new Connection(client, options);
    try {
      await connection.#enable();
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** Whether the server offers a capability that the settings do not forbid. */
  has(capability: string): boolean {
    return this.#capabilities.has(capability);
  }

  get capabilities(): ReadonlySet<string> {
    return this.#capabilities;
  }

  /** Bytes of a message that the server takes at most, as far as it says so (RFC 7889). */
  get appendLimit(): number {
    const limit = this.has('APPENDLIMIT') ? this.#client.capabilities.get('APPENDLIMIT') : undefined;
    return typeof limit === 'number' && limit > 0 ? limit : Number.POSITIVE_INFINITY;
  }

  /** How mailboxes are followed on this connection. */
  get tracking(): 'qresync' | 'condstore' | 'none' {
    if (this.#enabled.has('QRESYNC')) return 'qresync';
    return this.has('CONDSTORE') ? 'condstore' : 'none';
  }

  /** Prefix of the user's own mailboxes on the wire, `INBOX.` on some servers. */
  get personalPrefix(): string {
    return this.#client.namespace?.prefix ?? '';
  }

  /** Name and version that the server gave in answer to ID. */
  get serverName(): string {
    const { name, version } = this.#client.serverInfo ?? {};
    return [name, version].filter((part) => typeof part === 'string').join(' ');
  }

  get isUsable(): boolean {
    return !this.#closed && this.#client.usable;
  }

  /** Calls back once when the connection ends, however it ends. */
  onClosed(callback: (reason: unknown) => void): void {
    this.#onClosed.push(callback);
    if (this.#closed) this.#markClosed('connection closed');
  }

  /**
   * Runs one command and gives its tagged OK.
   *
   * @throws Refusal for NO and BAD, BackendError `unavailable` when the connection fails, and
   * whatever a handler threw.
   */
  async run(command: string, args: readonly Argument[] | false, handlers: Handlers = {}): Promise<ImapResponse> {
    const faults: unknown[] = [];
    const untagged = Object.fromEntries(
      Object.entries(handlers).map(([name, handle]) => [name, guarded(handle, faults, this.#turns)]),
    );
    const patience = this.#isWatch ? setTimeout(() => this.destroy(), this.#timeoutSeconds * 1_000) : undefined;
    const response = await this.#exec(command, args, { untagged }).finally(() => clearTimeout(patience));
    if (faults.length > 0) throw faults[0];
    return response;
  }

  /**
   * Runs a command that ends with a literal which is too large for memory: it is read and written piece by
   * piece, as fast as the server takes it. imapflow's own literals are in memory as a whole.
   *
   * @param line the command up to and with the length of the literal, `APPEND "INBOX" {4096}`
   */
  async runWithContent(line: string, content: ByteSource): Promise<ImapResponse> {
    const onPlusTag = async (): Promise<void> => {
      try {
        for (let at = 0; at < content.length; at += ContentPiece) {
          await this.#writePiece(content.read(at, Math.min(at + ContentPiece, content.length)));
        }
        this.#client.write('');
      } catch {
        // What was promised did not come whole: the command can only end with the connection.
        this.destroy();
      }
    };
    return this.#exec(line, false, { onPlusTag });
  }

  async #writePiece(piece: Uint8Array): Promise<void> {
    const { writeSocket } = this.#client;
    if (writeSocket === false || writeSocket.destroyed) throw new BackendError('unavailable');
    if (writeSocket.write(piece)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        writeSocket.off('drain', done);
        writeSocket.off('close', done);
        resolve();
      };
      writeSocket.on('drain', done);
      writeSocket.on('close', done);
    });
  }

  /**
   * Brings what the server says of these mailboxes up to date: of the selected one STATUS tells
   * what this connection has seen of it so far, not what is there.
   */
  async freshen(wireNames: readonly string[]): Promise<void> {
    if (this.selected !== undefined && wireNames.includes(this.selected.wireName)) await this.run('NOOP', false);
  }

  /** Counts what an EXPUNGE or VANISHED says is gone; what was gone before (EARLIER) does not count. */
  noteRemoval(line: ImapResponse): void {
    const [first, second] = line.attributes ?? [];
    if (second === undefined) this.removals += countedBy(textOf(first));
  }

  /**
   * Calls back for untagged responses whenever they come, also between commands; those that a
   * command has a handler for go to that one alone.
   */
  listen(handlers: Handlers): void {
    Object.assign(this.#client.untaggedHandlers, handlers);
  }

  /**
   * Waits for what the server tells by itself (IDLE), at most for `seconds` or until `stop`. A
   * server that does not end the command when asked to is dead, and the connection is closed.
   *
   * @returns `ended` rejects when the connection fails.
   */
  idle(seconds: number): { readonly ended: Promise<void>; stop(): void } {
    let [mayWrite, stopped] = [false, false];
    let timer = setTimeout(() => stop(), seconds * 1_000);
    const done = () => {
      if (!mayWrite || !stopped || !this.isUsable) return;
      mayWrite = false;
      this.#client.write('DONE');
    };
    const stop = () => {
      if (stopped) return;
      stopped = true;
      clearTimeout(timer);
      timer = setTimeout(() => this.destroy(), this.#timeoutSeconds * 1_000);
      done();
    };
    const onPlusTag = () => {
      mayWrite = true;
      done();
    };
    const ended = this.#exec('IDLE', false, { onPlusTag }).then(() => undefined);
    return { ended: ended.finally(() => clearTimeout(timer)), stop };
  }

  /** Says goodbye and closes, within a second. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const patience = setTimeout(() => this.destroy(), 1_000);
    await this.#client.logout().catch(() => undefined);
    clearTimeout(patience);
    this.destroy();
  }

  /** Closes without a word. */
  destroy(): void {
    this.#client.close();
    this.#markClosed('closed by us');
  }

  async #exec(command: string, args: readonly Argument[] | false, options: ExecOptions): Promise<ImapResponse> {
    try {
      const result = await this.#client.exec(command, args, options);
      result.next();
      return result.response;
    } catch (error) {
      throw commandFailure(error);
    }
  }

  /** Dovecot gives HIGHESTMODSEQ of a mailbox only to those that have said they can use it (RFC 7162, 3.1). */
  async #enable(): Promise<void> {
    const wanted = ['QRESYNC', 'CONDSTORE'].filter((name) => this.has(name));
    if (wanted.length === 0 || !this.has('ENABLE')) return;
    await this.run('ENABLE', wanted.map(atom), {
      ENABLED: (line) => {
        this.#enabled = new Set((line.attributes ?? []).flatMap((word) => textOf(word)?.toUpperCase() ?? []));
      },
    });
  }

  #markClosed(reason: unknown): void {
    this.#closed = true;
    for (const callback of this.#onClosed.splice(0)) callback(reason);
  }
}

/** Messages in the set of a VANISHED; one for an EXPUNGE, which has none, and for a set that is no set. */
const countedBy = (set: string | undefined): number => {
  const runs = set === undefined ? [] : parseRuns(set);
  let count = 0;
  for (let i = 0; i < runs.length; i += 2) count += (runs[i + 1] as number) - (runs[i] as number) + 1;
  return Math.max(1, count);
};

const isSendable = (text: string): boolean => text !== '' && !hasControls(text);

/**
 * imapflow only logs what a handler throws; here the command fails with it. The next line is parsed
 * when it is this connection's turn: many long answers at once must not hold up the event loop.
 */
const guarded =
  (handle: (line: ImapResponse) => void, faults: unknown[], turns: Turns) =>
  (line: ImapResponse): Promise<void> => {
    try {
      if (faults.length === 0) handle(line);
    } catch (error) {
      faults.push(error);
    }
    return turns.next();
  };
