import type { OpenHarness } from './harness.ts';
import { mailChangesContract } from './mail-changes.ts';
import { mailItemsContract } from './mail-items.ts';

export { folderStoreContract } from './folders.ts';
export type { HarnessLimits, MailHarness, OpenHarness, OutsideFlags } from './harness.ts';
export { type NoteHarness, noteStoreContract, type OpenNoteHarness } from './notes.ts';
export type { ObjectHarness, ObjectLimits, OpenObjectHarness } from './object-suite.ts';
export { objectStoreContract } from './objects.ts';
export { searchContract } from './search.ts';
export { type SubmissionHarness, submissionContract } from './submission.ts';
export { watchContract } from './watch.ts';

/** Everything that a mail store promises, as tests. `open` is called once for each of two suites. */
export const mailStoreContract = (name: string, open: OpenHarness): void => {
  mailChangesContract(name, open);
  mailItemsContract(name, open);
};
