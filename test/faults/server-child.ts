import { join } from 'node:path';
import type { Abilities, Backend } from '../../backends/contract/backend.ts';
import { mailComposer } from '../../backends/convert/mail/composer.ts';
import { LocalSettings, openLocal } from '../../backends/local/backend.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { createPolicy } from '../../src/devices/policy.ts';
import { createServer } from '../../src/server.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { openStore } from '../state/redis-store.ts';
import { quietLog, systemClock, systemRandom } from '../support/system.ts';
import type { Order } from './killable.ts';
import { Striker } from './striking.ts';

/** A server that kills itself at a step that it was told: `server-child.ts <folder> <port> <store>`. */

const [folder = '', port = '', location = ''] = process.argv.slice(2);
const striker = new Striker();
striker.counting = false;

const killable = (abilities: Abilities): Abilities => ({
  ...abilities,
  ...(abilities.mail && {
    mail: striker.over(abilities.mail, { update: 'update', remove: 'remove', move: 'move', append: 'append' }),
  }),
  ...(abilities.folders && {
    folders: striker.over(abilities.folders, { create: 'folder', update: 'folder', remove: 'folder' }),
  }),
  ...(abilities.submission && { submission: striker.over(abilities.submission, { submit: 'submit' }) }),
});

const open = async () => {
  const log = quietLog();
  const local = openLocal(LocalSettings.parse({ passwordCost: 10 }), { log, now: Date.now, dataFolder: folder });
  for (const name of ['anna@example.test', 'ben@example.test']) {
    if (!(await local.accounts.has(name))) await local.accounts.create(name, 'secret');
  }
  const backend: Backend & Pick<typeof local, 'prove'> = {
    ...local,
    prove: (login) => local.prove?.(login) ?? Promise.resolve(false),
    account: (login) => killable(local.account(login)),
  };
  const state = location === '' ? openSqliteState(join(folder, 'state.db')) : await openStore(location);
  const server = await createServer({
    http: { host: '127.0.0.1', port: Number(port) },
    auth: { accounts: { domains: ['example.test'], upstreamUser: '{address}' } },
    policy: createPolicy({ provisioning: 'required' }),
    backend: backend as Parameters<typeof createServer>[0]['backend'],
    state: striker.over(state, { commit: 'commit' }),
    composer: mailComposer,
    clock: systemClock,
    random: systemRandom,
    log,
  });
  await server.http.listen();
  return { local, log };
};

let opened: ReturnType<typeof open> | undefined;

const obey = async (order: Order): Promise<readonly string[]> => {
  opened ??= open();
  const { local, log } = await opened;
  if (order.kind === 'arm') striker.arm(order);
  if (order.kind === 'count') striker.counting = order.on;
  if (order.kind === 'deliver') {
    const message = bytesSource(new TextEncoder().encode(order.raw));
    await local.deliver({ from: 'carl@example.test', recipients: [order.to], message });
  }
  return log.errors;
};

process.on('message', (order: Order) => {
  obey(order).then(
    (errors) => process.send?.({ errors }),
    (error) => process.send?.({ errors: [String(error)] }),
  );
});
process.on('disconnect', () => process.exit());
