import { join } from 'node:path';
import type { Abilities, Backend } from '../../backends/contract/backend.ts';
import { readOutgoing } from '../../backends/convert/mail/outgoing-source.ts';
import { LocalSettings, openLocal } from '../../backends/local/backend.ts';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { createPolicy } from '../../src/devices/policy.ts';
import { createServer } from '../../src/server.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { quietLog, systemClock, systemRandom } from '../support/system.ts';
import type { Order, Step } from './killable.ts';

/** A server that kills itself at a step that it was told: `server-child.ts <folder> <port>`. */

const [folder = '', port = ''] = process.argv.slice(2);
let armed: Extract<Order, { kind: 'arm' }> | undefined;
let left = 0;
let counting = false;

const strike = (step: Step, when: 'before' | 'after'): void => {
  if (!counting || armed?.step !== step || armed.when !== when || --left > 0) return;
  process.kill(process.pid, 'SIGKILL');
  for (;;);
};

/** The same object, with some of its methods as steps. */
const withSteps = <T extends object>(target: T, steps: Partial<Record<keyof T, Step>>): T =>
  new Proxy(target, {
    get: (object, name) => {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== 'function') return value;
      const step = steps[name as keyof T];
      if (step === undefined) return value.bind(object);
      return async (...args: unknown[]) => {
        strike(step, 'before');
        const result: unknown = await Reflect.apply(value, object, args);
        strike(step, 'after');
        return result;
      };
    },
  });

const killable = (abilities: Abilities): Abilities => ({
  ...abilities,
  ...(abilities.mail && {
    mail: withSteps(abilities.mail, { update: 'update', remove: 'remove', append: 'append' }),
  }),
  ...(abilities.submission && { submission: withSteps(abilities.submission, { submit: 'submit' }) }),
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
  const server = await createServer({
    http: { host: '127.0.0.1', port: Number(port) },
    auth: { accounts: { domains: ['example.test'], upstreamUser: '{address}' } },
    policy: createPolicy({ provisioning: 'required' }),
    backend: backend as Parameters<typeof createServer>[0]['backend'],
    state: withSteps(openSqliteState(join(folder, 'state.db')), { commit: 'commit' }),
    readOutgoing,
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
  if (order.kind === 'arm') {
    armed = order;
    left = order.nth;
  }
  if (order.kind === 'count') counting = order.on;
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
