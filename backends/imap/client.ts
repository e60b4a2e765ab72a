import { isIP } from 'node:net';
import { ImapFlow } from 'imapflow';
import type { ConnectionOptions, Credentials } from './connection.ts';

/** Longest literal that is taken in one answer: content is asked for in pieces far below it. */
const MaxLiteralBytes = 64 * 1_048_576;

/** An imapflow client that has not connected yet and does nothing by itself. */
export const newClient = (credentials: Credentials | undefined, options: ConnectionOptions): ImapFlow => {
  const { address, ca, timeoutSeconds, quietSeconds } = options;
  const patience = timeoutSeconds * 1_000;
  return new ImapFlow({
    host: address.host,
    port: address.port,
    secure: address.secure,
    doSTARTTLS: address.secure ? undefined : address.startTls,
    tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
    auth: credentials === undefined ? undefined : authOf(credentials),
    clientInfo: clientInfo(options),
    logger: false,
    disableAutoIdle: true,
    disableAutoEnable: true,
    disableCompression: true,
    connectionTimeout: patience,
    greetingTimeout: patience,
    // A watch is silent by nature, and looks itself whether its commands are answered in time.
    socketTimeout: quietSeconds === undefined ? patience : quietSeconds * 1_000 + 2 * patience,
    maxLiteralSize: MaxLiteralBytes,
    maxResponseSize: 2 * MaxLiteralBytes,
  });
};

const authOf = ({ user, password, authzid }: Credentials) => ({
  user,
  pass: password,
  ...(authzid === undefined ? {} : { authzid, loginMethod: 'AUTH=PLAIN' }),
});

/** Dovecot takes the client's address from ID where it trusts the sender (`login_trusted_networks`). */
const clientInfo = ({ clientAddress }: ConnectionOptions) => ({
  name: 'Postrider',
  version: false as const,
  vendor: false as const,
  'support-url': false as const,
  ...(clientAddress !== undefined && isIP(clientAddress) !== 0 ? { 'x-originating-ip': clientAddress } : {}),
});
