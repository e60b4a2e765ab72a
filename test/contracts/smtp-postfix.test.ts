import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, test } from '@jest/globals';
import { type SubmissionHarness, submissionContract } from '../../backends/contract/test-kit/submission.ts';
import { smtpKind } from '../../backends/smtp/backend.ts';
import { SmtpSettings } from '../../backends/smtp/settings.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { elsewhere } from '../servers/mail.ts';
import { canRunPostfix, type Postfix, startPostfix } from '../servers/postfix.ts';
import { stopAfterTests } from '../servers/process.ts';

const keep = stopAfterTests();
const [sender, ben, eva] = ['anna@example.org', 'ben@example.org', 'eva@example.org'] as const;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
/** Largest message that Postfix takes here, in bytes. */
const Largest = 2_000_000;

let dovecot: Dovecot;
let postfix: Postfix;
const startServers = async (): Promise<void> => {
  dovecot = await keep(startDovecot());
  const { saslPort, lmtpPort } = dovecot;
  const extra = `message_size_limit = ${Largest}`;
  postfix = await keep(startPostfix({ saslPort, lmtpPort, recipients: [sender, ben, eva], extra }));
};

/** All messages of an Inbox that contain `marker`. */
const inbox = (user: string, marker: string): Promise<Uint8Array[]> =>
  elsewhere(dovecot.port, user, 'secret', async (client) => {
    await client.mailboxOpen('INBOX');
    const found: Uint8Array[] = [];
    for await (const { source } of client.fetch('1:*', { source: true })) {
      if (source?.includes(marker)) found.push(source);
    }
    return found;
  });

const open = (url: () => string) => async (): Promise<SubmissionHarness> => {
  const settings = SmtpSettings.parse({ url: url(), caFile: postfix.caFile });
  const backend = smtpKind.open(settings, { log: silent, now: Date.now, dataFolder: postfix.folder });
  const { submission } = backend.account({ account: sender, user: sender, password: 'secret' });
  if (submission === undefined) throw new Error('no submission');
  return {
    submission,
    sender,
    recipients: [ben, eva],
    unknownRecipient: 'unknown@example.org',
    tooLarge: Largest + 1,
    arrived: async (recipient, marker, count) => {
      for (let i = 0; i < 200 && count > 0 && (await inbox(recipient, marker)).length < count; i++) await wait(50);
      return inbox(recipient, marker);
    },
    close: () => backend.close(),
  };
};

if (canRunPostfix()) {
  beforeAll(startServers, 60_000);
  submissionContract(
    'smtp with STARTTLS on Postfix',
    open(() => `smtp://127.0.0.1:${postfix.port}`),
  );
  submissionContract(
    'smtps on Postfix',
    open(() => `smtps://127.0.0.1:${postfix.smtpsPort}`),
  );
} else {
  test.skip('Postfix runs as root only', () => {});
}
