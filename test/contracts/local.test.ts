import type { SubmissionHarness } from '../../backends/contract/test-kit/index.ts';
import {
  folderStoreContract,
  mailStoreContract,
  searchContract,
  submissionContract,
  watchContract,
} from '../../backends/contract/test-kit/index.ts';
import { loginOf, openLocalHarness, openTestStore } from '../backends/local/harness.ts';

const [anna, ben] = ['anna@postrider.test', 'ben@postrider.test'];

const openSubmission = async (): Promise<SubmissionHarness> => {
  const local = await openTestStore({ maxMessageSize: 1024 * 1024 });
  const { submission } = local.account(loginOf(anna));
  if (submission === undefined) throw new Error('The local store submits mail');
  return {
    submission,
    sender: anna,
    recipients: [ben, anna],
    arrived: async (recipient, marker) => {
      const { folders, mail } = local.account(loginOf(recipient));
      const inbox = (await folders?.list())?.find(({ role }) => role === 'inbox')?.id ?? '';
      const found: Uint8Array[] = [];
      for (const id of (await mail?.list(inbox, undefined))?.ids ?? []) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of (await mail?.message(inbox, id))?.open() ?? []) chunks.push(chunk);
        const raw = Buffer.concat(chunks);
        if (raw.includes(marker)) found.push(raw);
      }
      return found;
    },
    unknownRecipient: 'nobody@postrider.test',
    tooLarge: 1024 * 1024 + 1,
    close: () => local.close(),
  };
};

mailStoreContract('local', openLocalHarness);
folderStoreContract('local', openLocalHarness);
watchContract('local', openLocalHarness);
searchContract('local', openLocalHarness);
submissionContract('local', openSubmission);
