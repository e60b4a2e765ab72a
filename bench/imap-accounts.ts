import { ownMemoryOf, pause } from './support/process.ts';
import { demandInotify, openStage, print, printMachine } from './support/stage.ts';
import { allWait, preparePhones } from './support/waiting.ts';

/**
 * What a waiting account of a real Dovecot costs, one device each, and what is said to the IMAP
 * server meanwhile. Usage: `npm run bench imap-accounts idle|notify|webhook [accounts] [seconds]`.
 */
const mode = process.argv[2] ?? 'idle';
const accounts = Number(process.argv[3] ?? 500);
const seconds = Number(process.argv[4] ?? 120);
const watches = { idle: { mode: 'idle' }, notify: { mode: 'notify' }, webhook: { mode: 'none' } };
const watch = watches[mode as keyof typeof watches];
if (watch === undefined) throw new Error('idle, notify or webhook?');
const target = mode === 'webhook' ? 'at most 20 kB' : 'at most 110 kB';

printMachine();
if (mode !== 'webhook') demandInotify(accounts);
const stage = await openStage({ watch, webhook: mode === 'webhook', idleSeconds: 5 });
const { server, relay } = stage;
const collect = () => server.ask<{ heap: number; watched: number; errors: string[] }>({ kind: 'collect' });

const fresh = ownMemoryOf(server.pid);
const phones = await preparePhones(stage.url, accounts, ['INBOX', 'Sent']);
while (relay.open > 0) await pause(500);
const settle = async (): Promise<void> => {
  for (let i = 0; i < 6; i++) {
    await collect();
    await pause(2000); // V8 gives pages back bit by bit
  }
};
await settle();
const heapIdle = (await collect()).heap;
const idle = ownMemoryOf(server.pid);

await allWait(server, phones, accounts);
const expected = mode === 'webhook' ? 0 : accounts;
for (let tries = 0; relay.open !== expected && tries < 120; tries++) await pause(500); // those that looked once are closed
await settle();
const held = await collect();
const waiting = ownMemoryOf(server.pid);
const open = relay.open;
const from = relay.commands.length;
await pause(seconds * 1000);
const said = relay.commands.slice(from);
const kinds = new Map<string, number>();
for (const command of said) {
  const name = command
    .split(' ')
    .slice(0, command.startsWith('UID') ? 2 : 1)
    .join(' ');
  kinds.set(name, (kinds.get(name) ?? 0) + 1);
}

print(
  'server: fresh, idle, with the waiting',
  `${[fresh, idle, waiting].map((kB) => (kB / 1024).toFixed(1)).join(', ')} MiB (PSS, anonymous)`,
);
print(`an account waiting (${mode})`, `${((waiting - idle) / accounts).toFixed(1)} kB`, target);
print('  of it in the JS heap', `${((held.heap - heapIdle) / 1024 / accounts).toFixed(1)} kB`);
print('accounts watched, IMAP connections held', `${held.watched}, ${open}`, mode === 'webhook' ? 'none held' : '');
print(
  'IMAP commands a minute',
  `${((said.length * 60) / seconds).toFixed(0)} for ${accounts} accounts (in ${seconds} s)`,
);
for (const [name, count] of kinds) print(`  ${name}`, `${((count * 60) / seconds).toFixed(0)} a minute`);
const reports = await phones.all<{ failures: string[] }>({ kind: 'report' });
for (const failure of reports.flatMap(({ failures }) => failures).slice(0, 3)) print('failure', failure);
if (held.errors.length > 0) print('errors', `${held.errors.length}, for instance ${held.errors[0]}`);
await phones.stop();
await stage.stop();
