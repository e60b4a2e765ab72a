import { stat } from 'node:fs/promises';
import { beforeAll } from '@jest/globals';
import { abilityOf } from '../../backends/contract/test-kit/harness.ts';
import {
  folderStoreContract,
  type HarnessLimits,
  mailStoreContract,
  noteStoreContract,
  searchContract,
  watchContract,
} from '../../backends/contract/test-kit/index.ts';
import { type ImapHarness, openImapHarness } from '../backends/imap/harness.ts';
import { type Dovecot, startDovecot } from '../servers/dovecot.ts';
import { run, stopAfterTests } from '../servers/process.ts';

const keep = stopAfterTests();
let dovecot: Dovecot;
let users = 0;

beforeAll(async () => {
  dovecot = await keep(startDovecot());
}, 40_000);

const open =
  (settings: object, limits: HarnessLimits = {}, pollSeconds?: number) =>
  (): Promise<ImapHarness> =>
    openImapHarness({
      port: dovecot.port,
      user: `user${users++}@postrider.test`,
      settings,
      pollSeconds,
      limits: { followUpDates: false, ...limits },
      resetEpoch: (user, path) => newUidValidity(dovecot, user, path),
    });

const newUidValidity = async ({ folder }: Dovecot, user: string, path: string): Promise<void> => {
  const value = String(Math.floor(Date.now() / 1_000) + 1_000 + Math.floor(Math.random() * 1_000_000));
  const { uid, gid } = await stat(`${folder}/mail`);
  const identity = ['-o', `mail_uid=${uid}`, '-o', `mail_gid=${gid}`];
  await run('doveadm', [
    ...identity,
    '-c',
    `${folder}/dovecot.conf`,
    'mailbox',
    'update',
    '-u',
    user,
    '--uid-validity',
    value,
    path,
  ]);
};

mailStoreContract('imap on Dovecot', open({}));
folderStoreContract('imap on Dovecot', open({}));
searchContract('imap on Dovecot', open({}));
noteStoreContract('imap on Dovecot', async () => {
  const harness = await open({ folders: { notes: 'Notes' } })();
  return { folders: harness.folders, notes: abilityOf(harness, 'notes'), close: harness.close };
});
watchContract('imap on Dovecot by NOTIFY', open({}));
watchContract('imap on Dovecot by IDLE', open({ watch: { mode: 'idle' } }, {}, 2));
watchContract('imap on Dovecot by looking', open({ watch: { mode: 'poll' } }, {}, 0.2));

/** As servers are that lack an extension: it is there, but the backend is told not to use it. */
const Lesser: Readonly<Record<string, readonly string[]>> = {
  'without QRESYNC': ['QRESYNC', 'ESEARCH'],
  'without CONDSTORE': ['QRESYNC', 'CONDSTORE', 'LIST-STATUS', 'MOVE'],
};
for (const [name, ignoreCapabilities] of Object.entries(Lesser)) {
  mailStoreContract(`imap ${name}`, open({ ignoreCapabilities }));
  searchContract(`imap ${name}`, open({ ignoreCapabilities }));
  // Of these LIST-STATUS alone is of folders: without it their ids hang on their names.
  if (!ignoreCapabilities.includes('LIST-STATUS')) continue;
  folderStoreContract(`imap ${name}`, open({ ignoreCapabilities }, { stableFolderIds: false }));
}
