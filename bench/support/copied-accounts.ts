import { openDatabase } from '../../sqlite/database.ts';

/**
 * Makes accounts of a local store that are copies of its first one: deriving a key for each would take half an hour for
 * 15,000 and tell nothing.
 *
 * @param file the store's database of mail
 * @param names addresses of the new accounts
 */
export const copyAccounts = (file: string, names: readonly string[]): void => {
  const database = openDatabase(file);
  database.transaction(() => {
    const account = database.prepare(
      'INSERT INTO accounts (name, password) SELECT ?, password FROM accounts WHERE id = 1',
    );
    const folders = database.prepare(`INSERT INTO folders (account, parent, name, role, item_class, epoch)
      SELECT ?, parent, name, role, item_class, epoch FROM folders WHERE account = 1`);
    for (const name of names) folders.run(account.run(name).lastId);
  });
  database.close();
};
