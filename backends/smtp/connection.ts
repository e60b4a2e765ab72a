import { Readable } from 'node:stream';
import SMTPConnection, { type SMTPEnvelope } from 'nodemailer/lib/smtp-connection';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import type { OutgoingMail, RefusedRecipient } from '../contract/mail.ts';
import type { ServerAddress } from '../contract/server-address.ts';
import { loginFailure, refusalOf, sendFailure, unavailable } from './failures.ts';
import { asciiAddress, forServer } from './wire.ts';

/** How to connect. */
export interface ConnectionOptions {
  readonly address: ServerAddress;
  /** Certificate authorities to trust instead of the system's, PEM. */
  readonly ca: string | undefined;
  readonly timeoutSeconds: number;
}

/** Who logs in. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
  /** `user`: the sender, where a login is offered; `fixed`: the configuration's, always. */
  readonly whose: 'user' | 'fixed';
}

/** What a server said it can do. */
export interface ServerAbilities {
  readonly login: boolean;
  readonly tls: boolean;
  /** Largest message in bytes; 0: not told. */
  readonly maxSize: number;
  /** 8BITMIME: bodies beyond ASCII (RFC 6152). */
  readonly eightBit: boolean;
  /** SMTPUTF8: addresses and headers beyond ASCII (RFC 6531). */
  readonly utf8: boolean;
}

/** Seconds within which a connection has to be there: clients of Postrider wait for half a minute at most. */
const ConnectSeconds = 10;
/** Bytes read at a time from a mail's source. */
const ChunkSize = 65_536;

/** One connection to the server, logged in; carries one mail at a time. */
export class Connection {
  readonly #smtp: SMTPConnection;
  #usable = true;
  /** What the server said to EHLO. */
  #greeting = '';
  /** Ends what is waited for when the connection ends. */
  #onEnd: ((error: unknown) => void) | undefined;

  private constructor(options: ConnectionOptions) {
    this.#smtp = new SMTPConnection(connectionOptions(options));
    const end = (error?: unknown): void => {
      this.#usable = false;
      this.#onEnd?.(error ?? new Error('the connection was closed'));
    };
    this.#smtp.on('error', end);
    this.#smtp.on('end', () => end());
  }

  /** Connects and logs in. Throws `unavailable` and `loginRefused`. */
  static async open(credentials: Credentials | undefined, options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(options);
    try {
      await connection.#connect();
      if (credentials !== undefined) await connection.#login(credentials);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Whether another mail can be sent. */
  get usable(): boolean {
    return this.#usable;
  }

  get abilities(): ServerAbilities {
    const offers = (extension: string): boolean => new RegExp(`[ -]${extension}\\b`, 'i').test(this.#greeting);
    return {
      login: this.#smtp.allowsAuth,
      tls: this.#smtp.secure,
      maxSize: Number(/[ -]SIZE (\d+)/i.exec(this.#greeting)?.[1] ?? 0),
      eightBit: offers('8BITMIME'),
      utf8: offers('SMTPUTF8'),
    };
  }

  /**
   * Hands a mail over; gives the recipients whom the server refuses for good. Where it may take one
   * of them later nobody gets the mail now: the message ends without its final dot, which a server must discard
   * (RFC 5321, 4.1.1.4).
   */
  async send(mail: OutgoingMail, progress: SendProgress, signal?: AbortSignal): Promise<readonly RefusedRecipient[]> {
    const { abilities } = this;
    const { message, use8BitMime } = await forServer(mail.message, abilities);
    const inEnvelope = (address: string): string => (abilities.utf8 ? address : asciiAddress(address));
    const names = new Map(mail.recipients.map((address) => [inEnvelope(address), address]));
    const from = inEnvelope(mail.from);
    const envelope: SendEnvelope = { from, to: [...names.keys()], size: message.length, use8BitMime };
    const stream = Readable.from(content(message, envelope, progress), { objectMode: false });
    const abort = (): void => this.close();
    try {
      signal?.throwIfAborted();
      signal?.addEventListener('abort', abort);
      await this.#call((done) => this.#smtp.send(envelope, stream, done));
      return refusalsOf(envelope, names);
    } catch (error) {
      this.close();
      const deferred = envelope.rejectedErrors?.find((each) => !isForGood(each));
      const refused = deferred === undefined ? refusalsOf(envelope, names) : [];
      throw sendFailure(deferred ?? envelope.rejectedErrors?.[0] ?? error, refused);
    } finally {
      signal?.removeEventListener('abort', abort);
      stream.destroy();
    }
  }

  async #connect(): Promise<void> {
    await this.#call((done) => this.#smtp.connect(done)).catch((error: unknown) => Promise.reject(unavailable(error)));
    this.#greeting = this.#smtp.lastServerResponse || '';
  }

  /** A server that offers no login gets none, unless the configuration names one. */
  async #login({ user, password, whose }: Credentials): Promise<void> {
    if (!this.#smtp.allowsAuth && whose === 'user') return;
    try {
      await this.#call((done) => this.#smtp.login({ credentials: { user, pass: password } }, done));
    } catch (error) {
      throw loginFailure(error, whose);
    }
  }

  /** Waits for the answer to one call, or for the end of the connection. */
  async #call(start: (done: (error?: unknown) => void) => void): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#onEnd = reject;
        start((error) => (error ? reject(error) : resolve()));
      });
    } finally {
      this.#onEnd = undefined;
    }
  }

  /** Takes leave of the server. */
  quit(): void {
    this.#usable = false;
    this.#smtp.quit();
  }

  close(): void {
    this.#usable = false;
    this.#smtp.close();
  }
}

/** How far a mail has come. */
export interface SendProgress {
  /** Whether the server asked for the message: from then on it must not be sent a second time. */
  started: boolean;
}

/** The connection notes in the envelope whom the server refuses. */
type SendEnvelope = SMTPEnvelope & { readonly rejectedErrors?: readonly unknown[] };

const isForGood = (error: unknown): boolean => refusalOf(error).code >= 500;

/** The refused recipients by the names that the caller has for them. */
const refusalsOf = ({ rejectedErrors = [] }: SendEnvelope, names: ReadonlyMap<string, string>): RefusedRecipient[] =>
  rejectedErrors.map((error) => {
    const { recipient, reply } = refusalOf(error);
    return { address: names.get(recipient) ?? recipient, reply };
  });

function* content(message: ByteSource, envelope: SendEnvelope, progress: SendProgress): Generator<Uint8Array> {
  if (envelope.rejectedErrors?.some((error) => !isForGood(error))) throw new Error('The server defers a recipient');
  progress.started = true;
  for (let at = 0; at < message.length; at += ChunkSize) {
    yield message.read(at, Math.min(at + ChunkSize, message.length));
  }
}

const connectionOptions = ({ address, ca, timeoutSeconds }: ConnectionOptions): object => ({
  host: address.host,
  port: address.port,
  secure: address.secure,
  requireTLS: address.startTls,
  // On loopback nobody listens, and certificates there carry any name.
  ignoreTLS: !address.secure && !address.startTls,
  connectionTimeout: ConnectSeconds * 1_000,
  greetingTimeout: ConnectSeconds * 1_000,
  dnsTimeout: ConnectSeconds * 1_000,
  socketTimeout: timeoutSeconds * 1_000,
  tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
});
