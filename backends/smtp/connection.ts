import { Readable } from 'node:stream';
import SMTPConnection, { type SMTPEnvelope } from 'nodemailer/lib/smtp-connection';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import type { OutgoingMail } from '../contract/mail.ts';
import { loginFailure, sendFailure, unavailable } from './failures.ts';
import type { ServerAddress } from './settings.ts';

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
}

/** Seconds within which a connection has to be there: clients of Postrider wait for half a minute at most. */
const ConnectSeconds = 10;
/** Bytes read at a time from a mail's source. */
const ChunkSize = 65_536;

/** One connection to the server, logged in; carries one mail at a time. */
export class Connection {
  readonly #smtp: SMTPConnection;
  #usable = true;
  #maxSize = 0;
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
    return { login: this.#smtp.allowsAuth, tls: this.#smtp.secure, maxSize: this.#maxSize };
  }

  /**
   * Hands a mail over to all of its recipients or to none: where the server refuses one of them the
   * message ends without its final dot, which a server must discard (RFC 5321, 4.1.1.4).
   */
  async send(mail: OutgoingMail, progress: SendProgress, signal?: AbortSignal): Promise<void> {
    const { message, from, recipients } = mail;
    const envelope: SendEnvelope = { from, to: [...recipients], size: message.length, use8BitMime: true };
    const stream = Readable.from(content(message, envelope, progress), { objectMode: false });
    const abort = (): void => this.close();
    try {
      signal?.throwIfAborted();
      signal?.addEventListener('abort', abort);
      await this.#call((done) => this.#smtp.send(envelope, stream, done));
    } catch (error) {
      this.close();
      throw sendFailure(envelope.rejectedErrors?.[0] ?? error);
    } finally {
      signal?.removeEventListener('abort', abort);
      stream.destroy();
    }
  }

  async #connect(): Promise<void> {
    await this.#call((done) => this.#smtp.connect(done)).catch((error: unknown) => Promise.reject(unavailable(error)));
    this.#maxSize = Number(/[ -]SIZE (\d+)/i.exec(this.#smtp.lastServerResponse || '')?.[1] ?? 0);
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

function* content(message: ByteSource, envelope: SendEnvelope, progress: SendProgress): Generator<Uint8Array> {
  if ((envelope.rejectedErrors?.length ?? 0) > 0) throw new Error('The server refuses a recipient');
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
