import { beforeAll } from '@jest/globals';
import {
  folderStoreContract,
  mailStoreContract,
  searchContract,
  watchContract,
} from '../../backends/contract/test-kit/index.ts';
import { type ImapHarness, openImapHarness } from '../backends/imap/harness.ts';
import { type Cyrus, startCyrus } from '../servers/cyrus.ts';
import { stopAfterTests } from '../servers/process.ts';

const keep = stopAfterTests();
let cyrus: Cyrus;
let users = 0;

beforeAll(async () => {
  cyrus = await keep(startCyrus());
}, 120_000);

/** Cyrus has object ids and QRESYNC but no NOTIFY, and its folders lie below INBOX. */
const open = (): Promise<ImapHarness> =>
  openImapHarness({
    port: cyrus.port,
    user: `user${users++}`,
    pollSeconds: 1,
    limits: { followUpDates: false, brokenMessages: false, anyFolderName: false, searchesParts: false },
  });

mailStoreContract('imap on Cyrus', open);
folderStoreContract('imap on Cyrus', open);
searchContract('imap on Cyrus', open);
watchContract('imap on Cyrus', open);
