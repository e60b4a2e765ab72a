import { openSqliteState } from '../../src/state/sqlite.ts';
import { lostAnswers } from './lost-answers.ts';

lostAnswers('on SQLite', async () => openSqliteState(':memory:'));
