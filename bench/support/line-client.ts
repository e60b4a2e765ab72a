import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client of a line protocol that does nothing but write and wait: what is measured is the server. */
export class LineClient {
  readonly #socket: Socket;
  #received = '';
  #wanted: { readonly pattern: RegExp; readonly resolve: (text: string) => void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.#received += bytes.toString('latin1');
      this.#check();
    });
  }

  /** Connects and reads the greeting. */
  static async open(port: number, greeting: RegExp): Promise<LineClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new LineClient(socket);
    await client.#until(greeting);
    return client;
  }

  /** Sends and resolves with all that came up to and with what matches. */
  async ask(text: string, answer: RegExp): Promise<string> {
    const answered = this.#until(answer);
    this.#socket.write(text);
    return answered;
  }

  close(): void {
    this.#socket.destroy();
  }

  #until(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      this.#wanted = { pattern, resolve };
      this.#check();
    });
  }

  #check(): void {
    const wanted = this.#wanted;
    const match = wanted?.pattern.exec(this.#received);
    if (wanted === undefined || match === null || match === undefined) return;
    const end = match.index + match[0].length;
    const text = this.#received.slice(0, end);
    this.#received = this.#received.slice(end);
    this.#wanted = undefined;
    wanted.resolve(text);
  }
}

/** A plain IMAP client, logged in. */
export class PlainImap {
  readonly #client: LineClient;
  #tag = 0;

  private constructor(client: LineClient) {
    this.#client = client;
  }

  static async open(port: number, user: string, password: string): Promise<PlainImap> {
    const imap = new PlainImap(await LineClient.open(port, /^\* OK.*\r\n/));
    await imap.run(`LOGIN ${user} ${password}`);
    return imap;
  }

  /** Runs a command; throws unless it is answered OK. */
  async run(command: string): Promise<string> {
    const tag = `p${++this.#tag}`;
    const text = await this.#client.ask(`${tag} ${command}\r\n`, new RegExp(`(^|\\r\\n)${tag} [^\\r]*\\r\\n`));
    if (!new RegExp(`(^|\\r\\n)${tag} OK`).test(text)) throw new Error(`${command}: ${text}`);
    return text;
  }

  close(): void {
    this.#client.close();
  }
}

/** A mail server that delivers by LMTP over one kept connection. */
export class Lmtp {
  readonly #client: LineClient;

  private constructor(client: LineClient) {
    this.#client = client;
  }

  static async open(port: number): Promise<Lmtp> {
    const client = await LineClient.open(port, /^220 .*\r\n/);
    await client.ask('LHLO bench\r\n', /^250 .*\r\n/m);
    return new Lmtp(client);
  }

  /** Delivers; gives the time when the last byte of the message was handed over, and when it was acknowledged. */
  async deliver(recipient: string, message: Uint8Array): Promise<{ readonly sent: number; readonly taken: number }> {
    await this.#client.ask('MAIL FROM:<world@example.net>\r\n', /^250.*\r\n/);
    await this.#client.ask(`RCPT TO:<${recipient}>\r\n`, /^250.*\r\n/);
    await this.#client.ask('DATA\r\n', /^354.*\r\n/);
    const sent = now();
    await this.#client.ask(`${Buffer.from(message).toString('latin1')}\r\n.\r\n`, /^250.*\r\n/);
    return { sent, taken: now() };
  }

  close(): void {
    this.#client.close();
  }
}

/** Milliseconds since 1970 in fractions; the same for all processes of a machine. */
export const now = (): number => performance.timeOrigin + performance.now();
