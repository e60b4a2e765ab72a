import { openSqliteState } from '../../src/state/sqlite.ts';
import { lostState } from './lost-state.ts';

lostState('on SQLite', async () => openSqliteState(':memory:'));
