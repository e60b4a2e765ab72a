import type { IdempotencyName, Revision } from '../contract/items.ts';
import type { LocalStore } from './store.ts';

/** Days for which the name of a create is remembered: longer than any phone repeats a request. */
const NameDays = 30;

/** What was made under a name. */
export interface Append {
  readonly uid: number;
  readonly revision: Revision;
}

/** What was made under a name in a folder; `undefined`: nothing that is remembered. */
export const appendedUid = (store: LocalStore, folder: number, name: IdempotencyName): Append | undefined =>
  store.database.prepare('SELECT uid, revision FROM appends WHERE folder = ? AND name = ?').get<Append>(folder, name);

/** Remembers what was made under a name, and forgets what is too old. */
export const rememberAppend = (
  store: LocalStore,
  folder: number,
  { name, uid, revision }: Append & { readonly name: IdempotencyName },
): void => {
  const now = Math.floor(store.now() / 1000);
  store.database.prepare('DELETE FROM appends WHERE made < ?').run(now - NameDays * 86_400);
  store.database
    .prepare('INSERT INTO appends (folder, name, uid, revision, made) VALUES (?, ?, ?, ?, ?)')
    .run(folder, name, uid, revision, now);
};
