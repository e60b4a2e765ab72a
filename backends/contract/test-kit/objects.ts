import { objectChangesContract } from './object-changes.ts';
import { objectFoldersContract } from './object-folders.ts';
import { objectItemsContract } from './object-items.ts';
import { type OpenObjectHarness, objectSuite } from './object-suite.ts';

/** Everything that a store of objects and the folders of its objects promise, as tests. */
export const objectStoreContract = (name: string, open: OpenObjectHarness): void => {
  const suite = objectSuite(name, open);
  objectFoldersContract(suite);
  objectChangesContract(suite);
  objectItemsContract(suite);
};
