import { beforeAll } from '@jest/globals';
import { type Cyrus, startCyrus } from '../servers/cyrus.ts';
import { stopAfterTests } from '../servers/process.ts';
import { imapContracts } from './imap-contracts.ts';

const keep = stopAfterTests();
let cyrus: Cyrus;

beforeAll(async () => {
  cyrus = await keep(startCyrus());
}, 120_000);

// Cyrus has object ids and QRESYNC but no NOTIFY, and its folders lie below INBOX.
imapContracts('imap on Cyrus', () => cyrus.port, {
  followUpDates: false,
  brokenMessages: false,
  anyFolderName: false,
  searchesParts: false,
});
