import {
  folderStoreContract,
  type HarnessLimits,
  mailStoreContract,
  searchContract,
  watchContract,
} from '../../backends/contract/test-kit/index.ts';
import { openImapHarness } from '../backends/imap/harness.ts';

/** All that the IMAP backend promises, on a server without NOTIFY; each suite has a user of its own. */
export const imapContracts = (name: string, port: () => number, limits: HarnessLimits): void => {
  let users = 0;
  const open = () => openImapHarness({ port: port(), user: `user${users++}`, pollSeconds: 1, limits });
  mailStoreContract(name, open);
  folderStoreContract(name, open);
  searchContract(name, open);
  watchContract(name, open);
};
