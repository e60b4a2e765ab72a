import { beforeAll } from '@jest/globals';
import { type Courier, startCourier } from '../servers/courier.ts';
import { stopAfterTests } from '../servers/process.ts';
import { imapContracts } from './imap-contracts.ts';

const keep = stopAfterTests();
let courier: Courier;

beforeAll(async () => {
  courier = await keep(startCourier());
}, 60_000);

// Courier has neither CONDSTORE nor object ids, and its folders lie below INBOX.
imapContracts('imap on Courier', () => courier.port, { followUpDates: false, stableFolderIds: false });
