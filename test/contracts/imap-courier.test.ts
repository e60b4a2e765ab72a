import { beforeAll } from '@jest/globals';
import {
  folderStoreContract,
  mailStoreContract,
  searchContract,
  watchContract,
} from '../../backends/contract/test-kit/index.ts';
import { type ImapHarness, openImapHarness } from '../backends/imap/harness.ts';
import { type Courier, startCourier } from '../servers/courier.ts';
import { stopAfterTests } from '../servers/process.ts';

const keep = stopAfterTests();
let courier: Courier;
let users = 0;

beforeAll(async () => {
  courier = await keep(startCourier());
}, 60_000);

/** Courier has neither CONDSTORE nor object ids, and its folders lie below INBOX. */
const open = (): Promise<ImapHarness> =>
  openImapHarness({
    port: courier.port,
    user: `user${users++}`,
    pollSeconds: 1,
    limits: { followUpDates: false, stableFolderIds: false },
  });

mailStoreContract('imap on Courier', open);
folderStoreContract('imap on Courier', open);
watchContract('imap on Courier', open);
searchContract('imap on Courier', open);
