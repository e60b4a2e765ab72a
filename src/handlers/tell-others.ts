import type { FolderId } from '../../backends/contract/folders.ts';
import type { Context } from './context.ts';
import type { Services } from './services.ts';

/** Own writes wake the account's other devices without waiting for the backend to notice. */
export const tellOthers = ({ hub }: Services, { account }: Context, folders: Iterable<FolderId>): void => {
  for (const folder of folders) {
    hub.publish(account.name, { kind: 'moved', folder, position: undefined, arrived: false });
  }
};

/** Folders that a device made, renamed or removed bring the others to ask for the hierarchy. */
export const tellHierarchyChanged = ({ hub }: Services, { account }: Context): void => {
  hub.publish(account.name, { kind: 'hierarchy' });
};
