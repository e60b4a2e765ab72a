import { afterEach } from '@jest/globals';
import type { SMTPServerOptions } from 'smtp-server';
import type { Backend, Login } from '../../../backends/contract/backend.ts';
import type { OutgoingMail, Submission } from '../../../backends/contract/mail.ts';
import { smtpKind } from '../../../backends/smtp/backend.ts';
import { SmtpSettings } from '../../../backends/smtp/settings.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { type RecordingServer, startRecordingServer } from './recording-server.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The login of those who send. */
export const anna: Login = { account: 'anna@example.org', user: 'anna', password: 'secret' };

/** How a login sends. */
export const submission = (of: Backend, login = anna): Submission => {
  const { submission: found } = of.account(login);
  if (found === undefined) throw new Error('no submission');
  return found;
};

/** A mail of anna's. */
export const mail = (
  raw: string | Uint8Array = 'Subject: x\r\n\r\ntext\r\n',
  recipients = ['ben@example.org'],
): OutgoingMail => ({
  message: bytesSource(typeof raw === 'string' ? Buffer.from(raw, 'latin1') : raw),
  from: 'anna@example.org',
  recipients,
});

/** Servers and backends that are closed after each test. */
export const smtpStage = () => {
  const open: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.stop()));
  });
  const serve = async (options?: SMTPServerOptions): Promise<RecordingServer> => {
    const server = await startRecordingServer(options);
    open.unshift(server);
    return server;
  };
  const backend = (port: number, settings: object = {}): Backend => {
    const parsed = SmtpSettings.parse({ url: `smtp://127.0.0.1:${port}`, ...settings });
    const opened = smtpKind.open(parsed, { log: silent, now: () => 0, dataFolder: '/nonexistent' });
    open.push({ stop: () => opened.close() });
    return opened;
  };
  return { serve, backend };
};
