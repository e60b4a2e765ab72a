import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import nodemailer from 'nodemailer';

/** Delivers a message as the world's mail servers do: by LMTP into the mailbox of `recipients`. */
export const deliverLmtp = async (
  port: number,
  recipients: string | readonly string[],
  raw: string | Uint8Array,
  sender = 'world@example.net',
): Promise<void> => {
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port, lmtp: true, ignoreTLS: true });
  const to = typeof recipients === 'string' ? [recipients] : [...recipients];
  try {
    const result = await transport.sendMail({ envelope: { from: sender, to }, raw: Buffer.from(raw) });
    if (result.rejected.length > 0) throw new Error(`LMTP refused ${result.rejected.join(', ')}`);
  } finally {
    transport.close();
  }
};

/** A short message, valid as it is. */
export const plainMessage = (subject: string, text = 'Text.', headers: Readonly<Record<string, string>> = {}): string =>
  Object.entries({
    From: 'World <world@example.net>',
    To: 'Anna <anna@example.org>',
    Subject: subject,
    Date: 'Mon, 05 Jan 2026 10:00:00 +0000',
    'Message-ID': `<${encodeURIComponent(subject)}@example.net>`,
    'MIME-Version': '1.0',
    'Content-Type': 'text/plain; charset=utf-8',
    ...headers,
  })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .concat('\r\n', text, '\r\n')
    .join('');

/** Logs in as another mail program of the same user would. The caller logs out. */
export const connectImap = async (
  port: number,
  user: string,
  password: string,
  options: Partial<ImapFlowOptions> = {},
): Promise<ImapFlow> => {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass: password },
    logger: false,
    ...options,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
};

/** Does something as another mail program of the same user, with a connection of its own. */
export const elsewhere = async <T>(
  port: number,
  user: string,
  password: string,
  action: (client: ImapFlow) => Promise<T>,
): Promise<T> => {
  const client = await connectImap(port, user, password);
  try {
    return await action(client);
  } finally {
    await client.logout();
  }
};
