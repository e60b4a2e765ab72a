import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** What the server was given. */
export interface Received {
  readonly from: string;
  readonly mailArguments: object;
  readonly recipients: readonly string[];
  readonly raw: Buffer;
  /** User who logged in; `undefined`: nobody. */
  readonly user: string | undefined;
  readonly secure: boolean;
  /** Which connection brought it. */
  readonly session: string;
}

/** An SMTP server that keeps what it is given. */
export interface RecordingServer {
  readonly port: number;
  readonly received: readonly Received[];
  /** Open connections. */
  connections(): number;
  stop(): Promise<void>;
}

/** Starts one; everybody logs in with the password `secret`. */
export const startRecordingServer = async (options: SMTPServerOptions = {}): Promise<RecordingServer> => {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, callback) =>
      password === 'secret' ? callback(null, { user: username }) : callback(new Error('Wrong')),
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          mailArguments: mailFrom === false || mailFrom.args === false ? {} : mailFrom.args,
          recipients: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks),
          user: session.user === undefined ? undefined : String(session.user),
          secure: session.secure,
          session: session.id,
        });
        callback();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    connections: () => server.connections.size,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
};
