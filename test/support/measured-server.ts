import { join } from 'node:path';
import { accountBackends } from '../../backends/account/compose.ts';
import { mailComposer } from '../../backends/convert/mail/composer.ts';
import { imap } from '../../backends/imap/backend.ts';
import { LocalSettings, openLocal } from '../../backends/local/backend.ts';
import { smtpKind } from '../../backends/smtp/backend.ts';
import { createPolicy } from '../../src/devices/policy.ts';
import { type AccountBackend, createServer } from '../../src/server.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { largeMail } from './large-mail.ts';
import { quietLog, systemClock, systemRandom } from './system.ts';

/**
 * A server in a process of its own, so that its memory is told apart from that of the test:
 * `measured-server.ts <options as JSON>`.
 */

/** How the server runs. */
export interface MeasuredOptions {
  readonly folder: string;
  /** Port of the IMAP server; absent: the local store, with the accounts anna and ben. */
  readonly imapPort?: number | undefined;
  /** Port of the SMTP server beside it; absent: nobody sends. */
  readonly smtpPort?: number | undefined;
  /** Bytes of the attachment of a mail that anna gets in the local store. */
  readonly attachmentBytes?: number | undefined;
}

const Domain = 'example.test';

/** Bytes of the largest request and message: more than any test sends. */
const MaxBytes = 256 * 1024 * 1024;

const options = JSON.parse(process.argv[2] ?? '{}') as MeasuredOptions;
const log = quietLog();

const openBackend = async (): Promise<AccountBackend> => {
  const { folder, imapPort, smtpPort, attachmentBytes } = options;
  const context = { log, now: Date.now, dataFolder: folder };
  if (imapPort !== undefined) {
    const settings = imap.settings.parse({ url: `imap://127.0.0.1:${imapPort}`, watch: { mode: 'none' } });
    const mail = imap.open(settings, context);
    if (smtpPort === undefined) return mail as AccountBackend;
    const submission = smtpKind.open(smtpKind.settings.parse({ url: `smtp://127.0.0.1:${smtpPort}` }), context);
    return accountBackends([
      { name: 'mail', backend: mail },
      { name: 'submission', backend: submission },
    ]);
  }
  const local = openLocal(LocalSettings.parse({ passwordCost: 10, maxMessageSize: MaxBytes }), context);
  for (const user of ['anna', 'ben']) await local.accounts.create(`${user}@${Domain}`, 'secret', user);
  if (attachmentBytes !== undefined) {
    const folders = (await local.account({ account: '', user: `anna@${Domain}`, password: '' }).folders?.list()) ?? [];
    const inbox = folders.find(({ role }) => role === 'inbox')?.id ?? '';
    const { mail } = local.account({ account: '', user: `anna@${Domain}`, password: '' });
    const message = largeMail(attachmentBytes).source;
    await mail?.append(inbox, message, {}, '0'.repeat(64));
  }
  return local as AccountBackend;
};

const server = await createServer({
  http: { host: '127.0.0.1', port: 0, limits: { maxBody: MaxBytes } },
  auth: { accounts: { domains: [Domain], upstreamUser: '{address}' } },
  policy: createPolicy({ provisioning: 'off' }),
  backend: await openBackend(),
  state: openSqliteState(join(options.folder, 'state.db')),
  composer: mailComposer,
  clock: systemClock,
  random: systemRandom,
  log,
  // A fuzzer's devices repeat what fails, and shall be answered at once all the same.
  slowing: [],
  spoolFolder: options.folder,
});
const url = await server.http.listen();
process.on('message', () => {
  globalThis.gc?.();
  globalThis.gc?.();
  process.send?.({ url, errors: log.errors });
});
process.on('disconnect', () => process.exit());
process.send?.({ url, errors: log.errors });
