import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerAddress, type SMTPServerDataStream } from 'smtp-server';
import { isBackendError } from '../../backends/contract/errors.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { DemoDomain, owners, people } from './people.ts';
import type { DemoStore } from './store.ts';

/** How the demo's SMTP listener is started. */
export interface DemoSmtpOptions {
  readonly store: Pick<DemoStore, 'accounts' | 'deliver'>;
  /** 0: any free one. */
  readonly port: number;
  /** Loopback address to listen on; `127.0.0.1` unless told. */
  readonly host?: string;
  /** Bytes of the largest message that is taken; 32 MB unless told, as most mail servers do. */
  readonly maxMessageSize?: number;
  /** Told what goes wrong with a connection; never the content of a mail. */
  readonly onError: (error: Error) => void;
}

/** A running listener. */
export interface DemoSmtp {
  readonly port: number;
  /** Ends it; connections that are idle are cut. */
  close(): Promise<void>;
}

const DefaultMaxMessageSize = 32 * 1024 * 1024;

/** Recipients of one mail: there are two mailboxes. */
const MaxRecipients = 100;

/**
 * Listens for mail to the demo accounts, without authentication: on loopback only, and for no other
 * recipients, so that it relays nothing.
 */
export const startDemoSmtp = async (options: DemoSmtpOptions): Promise<DemoSmtp> => {
  const limit = options.maxMessageSize ?? DefaultMaxMessageSize;
  const server = new SMTPServer({
    name: DemoDomain,
    banner: 'Postrider demo: mail for its two accounts, and nobody else',
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: limit,
    disableReverseLookup: true,
    logger: false,
    onRcptTo: (recipient, session, done) => {
      checkRecipient(options.store, recipient, session.envelope.rcptTo.length).then(() => done(), done);
    },
    onData: (stream, session, done) => {
      const recipients = session.envelope.rcptTo.map(({ address }) => address);
      const from = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
      receive(options.store, stream, from, recipients, limit).then(() => done(null, 'Delivered'), done);
    },
  });
  server.on('error', options.onError);
  await new Promise<void>((listening, failed) => {
    server.server.once('error', failed);
    server.listen(options.port, options.host ?? '127.0.0.1', () => listening());
  });
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((closed) => server.close(() => closed())),
  };
};

/** A refusal with its SMTP code (RFC 5321, 4.2.3). */
const refusal = (responseCode: number, text: string): Error => Object.assign(new Error(text), { responseCode });

const checkRecipient = async (
  store: Pick<DemoStore, 'accounts'>,
  { address }: SMTPServerAddress,
  before: number,
): Promise<void> => {
  if (before >= MaxRecipients) throw refusal(452, `4.5.3 At most ${MaxRecipients} recipients a mail`);
  if (await store.accounts.has(address)) return;
  const known = owners.map((owner) => people[owner].address).join(' and ');
  throw refusal(550, `5.1.1 No such mailbox here. This demo server has ${known}`);
};

const receive = async (
  store: Pick<DemoStore, 'deliver'>,
  stream: SMTPServerDataStream,
  from: string,
  recipients: readonly string[],
  limit: number,
): Promise<void> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    // The rest is read to its end without being kept, so that the refusal reaches the sender.
    if (size <= limit) chunks.push(chunk);
  }
  if (size > limit) throw refusal(552, `5.3.4 The mail is larger than the ${limit} bytes that this server takes`);
  try {
    await store.deliver({ message: bytesSource(Buffer.concat(chunks)), from, recipients });
  } catch (error) {
    throw deliveryFailure(error);
  }
};

const deliveryFailure = (error: unknown): Error => {
  if (isBackendError(error, 'tooLarge')) return refusal(552, '5.3.4 The mail is larger than the mailbox takes');
  if (isBackendError(error, 'rejected')) return refusal(554, `5.7.1 ${error.message}`);
  return refusal(451, '4.3.0 The mailbox cannot be written now; try again later');
};
