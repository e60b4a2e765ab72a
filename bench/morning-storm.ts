import { cpuOf, pause, startPart } from './support/process.ts';
import { Domain, openStage, print, printMachine } from './support/stage.ts';

/**
 * A server that is killed and started again while all phones wait: how long until all of them wait
 * again, how fast it logs in at a real Dovecot meanwhile, and what the phones are told. Changes come
 * by webhook. Usage: `npm run bench morning-storm [accounts]`.
 */
const accounts = Number(process.argv[2] ?? 2000);

/** One process of Dovecot serves many connections: what is measured is Postrider, not the start of programs. */
const SharedProcesses = `
service imap {
  client_limit = 200
  service_count = 0
  process_min_avail = 4
}
`;

interface Report {
  readonly answers: Readonly<Record<string, number>>;
  readonly retryAfter: readonly number[];
  readonly broken: number;
}

printMachine();
const stage = await openStage({
  watch: { mode: 'none' },
  webhook: true,
  maxConnections: 2 * accounts,
  dovecot: SharedProcesses,
});
const phones = await startPart(import.meta.url, './support/storm-clients');
const waiting = async (): Promise<number> => (await stage.server.ask<{ waiting: number }>({ kind: 'waiting' })).waiting;

/** Milliseconds until all wait; with it the most logins that began in one second. */
const untilAllWait = async (): Promise<{ milliseconds: number; mostLogins: number }> => {
  const begun = Date.now();
  const logins: { at: number; count: number }[] = [];
  for (let now = 0; now < accounts; now = await waiting()) {
    logins.push({ at: Date.now(), count: stage.relay.opened });
    if (Date.now() - begun > 300_000) throw new Error(`only ${now} of ${accounts} wait after five minutes`);
    await pause(100);
  }
  const rates = logins.map(({ at, count }) => {
    const later = logins.find((one) => one.at >= at + 1000);
    return later === undefined ? 0 : ((later.count - count) * 1000) / (later.at - at);
  });
  return { milliseconds: Date.now() - begun, mostLogins: Math.max(...rates) };
};

const prepared = Date.now();
await phones.ask({ kind: 'create', url: stage.url, domain: Domain, count: accounts });
print('accounts prepared', `${accounts} in ${((Date.now() - prepared) / 1000).toFixed(0)} s`);
await phones.ask({ kind: 'wait' });
await untilAllWait();
await pause(35_000); // the connections of the set-up are closed
await phones.ask({ kind: 'report' });
const opened = stage.relay.opened;

await stage.restart();
const { milliseconds, mostLogins } = await untilAllWait();
const report = await phones.ask<Report>({ kind: 'report' });

print(`${accounts} wait again after`, `${(milliseconds / 1000).toFixed(1)} s`, 'at most 30 s');
print('logins at Dovecot', `${stage.relay.opened - opened}, at most ${mostLogins.toFixed(0)} in a second`);
print('answers to phones meanwhile', JSON.stringify(report.answers), 'no 401');
print(
  '  told to come again',
  `${report.retryAfter.length}`,
  report.retryAfter.length > 0 ? `in ${Math.min(...report.retryAfter)} to ${Math.max(...report.retryAfter)} s` : '',
);
print('connections refused while nobody listened', `${report.broken}`);
print('CPU of the server', `${cpuOf(stage.server.pid).toFixed(1)} s, its start included`);
const { errors } = await stage.server.ask<{ errors: string[] }>({ kind: 'collect' });
if (errors.length > 0) print('errors', `${errors.length}, for instance ${errors[0]}`);
await phones.ask({ kind: 'stop' });
phones.kill('SIGKILL');
await stage.stop();
