import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { BackendError } from '../contract/errors.ts';
import type { FolderRole } from '../contract/folders.ts';
import type { MailFacts } from '../convert/mail/email.ts';
import { parseStructure } from '../convert/mail/structure.ts';
import { insertFolder } from './folders.ts';
import { insertMessage } from './messages.ts';
import { freshState } from './state.ts';
import type { FolderRow, LocalStore } from './store.ts';

/** A message to be stored together with others. */
export interface ImportedMail {
  /** Special use of the folder, or its name at the top; a name that is not there is made. */
  readonly folder: { readonly role: FolderRole } | { readonly name: string };
  readonly raw: Uint8Array;
  readonly received: Date;
  /** What is not told is as in a message that nobody has touched. */
  readonly state?: Partial<MailFacts>;
}

/**
 * Stores many messages in one transaction, in their order. Throws `loginRefused` for an unknown
 * account, `notFound` for a special use that it has no folder of.
 */
export const importMail = (store: LocalStore, account: string, mail: Iterable<ImportedMail>): void => {
  store.change((touched) => {
    for (const { folder, raw, received, state } of mail) {
      const target = folderFor(store, account, folder);
      insertMessage(store, target, {
        content: { raw: bytesSource(raw), structure: parseStructure(raw).structure },
        state: { ...freshState, ...state },
        received,
      });
      touched.folder(account, target.id);
    }
    touched.hierarchy(account);
  });
};

const folderFor = (store: LocalStore, account: string, folder: ImportedMail['folder']): FolderRow => {
  if ('role' in folder) {
    const row = store.folderOfRole(account, folder.role);
    if (row === undefined) throw new BackendError('notFound', { detail: `no folder of role ${folder.role}` });
    return row;
  }
  const known = store.database
    .prepare(`SELECT folders.id FROM folders JOIN accounts ON accounts.id = account
      WHERE accounts.name = ? AND parent IS NULL AND folders.name = ? AND item_class = 'Email'`)
    .get<{ id: number }>(account, folder.name);
  const id = known?.id ?? insertFolder(store, account, { parent: null, name: folder.name, role: 'user' });
  return store.folder(account, String(id));
};
