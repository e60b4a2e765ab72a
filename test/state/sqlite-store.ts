import { openSqliteState, type SqliteState } from '../../src/state/sqlite.ts';

/** Opens the store at a location of the form `driver|file`; also called by a child process. */
export const openStore = async (location: string): Promise<SqliteState> => {
  const [driver, file] = location.split('|') as ['node' | 'libsql', string];
  return openSqliteState(file, { driver });
};
