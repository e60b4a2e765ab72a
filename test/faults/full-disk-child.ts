import { join } from 'node:path';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { startLocalServer } from '../support/local-server.ts';

/** A server whose files cannot grow as they should: `full-disk-child.ts <folder>` under `ulimit -f`. */
const [folder = ''] = process.argv.slice(2);

const write = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const server = await startLocalServer({
  state: openSqliteState(join(folder, 'state.db')),
  parts: {
    spoolFolder: folder,
    devicesPerAccount: 1_000_000,
    log: {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: (facts, message) => write({ message, ...facts }),
    },
  },
});
write({ url: server.url });
