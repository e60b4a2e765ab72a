import type { Abilities } from '../../backends/contract/backend.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { Context } from './context.ts';
import { type Services, tellMoved } from './services.ts';

/** Own writes wake the account's other devices without waiting for the backend to notice. */
export const tellOthers = (services: Services, context: Context, folders: Iterable<FolderId>): void => {
  const { members } = context.backend;
  for (const folder of folders) {
    tellMoved(services, context, folder);
    if (members !== undefined) tellMembers(services, context, folder, members);
  }
};

/** A folder that shows several may have been written to in any of them; who waits for those looks by itself. */
const tellMembers = (
  services: Services,
  context: Context,
  folder: FolderId,
  membersOf: NonNullable<Abilities['members']>,
): void => {
  membersOf(folder)
    .then((members) => {
      for (const member of members) if (member !== folder) tellMoved(services, context, member);
    })
    .catch((error: unknown) => context.log.debug({ error: String(error) }, 'Other devices could not be told'));
};

/** Folders that a device made, renamed or removed bring the others to ask for the hierarchy. */
export const tellHierarchyChanged = ({ hub }: Services, { account }: Context): void => {
  hub.publish(account.name, { kind: 'hierarchy' });
};
