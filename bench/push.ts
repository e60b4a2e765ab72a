import { Lmtp } from './support/line-client.ts';
import { smallMail } from './support/mails.ts';
import { type Part, pause, quantile, startPart } from './support/process.ts';
import { demandInotify, openStage, print, printMachine, type Stage, userOf } from './support/stage.ts';
import { allWait, preparePhones, type Report } from './support/waiting.ts';

/**
 * From the last byte of a message given to LMTP until the answer to the Ping is at the phone.
 * Usage: `npm run bench push webhook|idle|notify|local [accounts] [deliveries] [a second]`.
 * `local` is the local store, which takes the message in its own process.
 */
const mode = process.argv[2] ?? 'webhook';
const accounts = Number(process.argv[3] ?? 500);
const deliveries = Number(process.argv[4] ?? 1000);
const aSecond = Number(process.argv[5] ?? 20);

interface Target {
  readonly median: number;
  readonly most: number;
}

const Targets: Readonly<Record<string, Target>> = {
  webhook: { median: 50, most: 200 },
  idle: { median: 600, most: 1000 },
  notify: { median: 600, most: 1000 },
  local: { median: 20, most: 200 },
};
const Watches: Readonly<Record<string, { mode: string }>> = {
  webhook: { mode: 'none' },
  idle: { mode: 'idle' },
  notify: { mode: 'notify' },
};

/** What is delivered to: gives the time of the last byte, and of the acknowledgement. */
interface Deliverer {
  readonly server: Part;
  readonly url: string;
  readonly folders: readonly string[];
  deliver(account: number, folder: string, index: number): Promise<{ readonly sent: number; readonly taken: number }>;
  stop(): Promise<void>;
}

const dovecot = async (): Promise<Deliverer> => {
  if (mode !== 'webhook') demandInotify(accounts);
  const stage: Stage = await openStage({ watch: Watches[mode], webhook: mode === 'webhook' });
  const lmtp = await Lmtp.open(stage.dovecot.lmtpPort);
  const recipient = (account: number, folder: string): string =>
    folder === 'INBOX' ? userOf(account) : userOf(account).replace('@', `+${folder}@`);
  return {
    server: stage.server,
    url: stage.url,
    folders: ['INBOX', 'Sent'],
    deliver: (account, folder, index) => lmtp.deliver(recipient(account, folder), smallMail(index, `news ${index}`)),
    stop: async () => {
      lmtp.close();
      await stage.stop();
    },
  };
};

const local = async (): Promise<Deliverer> => {
  const server = await startPart(import.meta.url, './support/bench-server');
  const { url } = await server.ask<{ url: string }>({ kind: 'accounts', count: accounts, mails: 1 });
  return {
    server,
    url,
    folders: ['INBOX'],
    deliver: (account, _folder, index) => server.ask({ kind: 'deliver', user: account, subject: `news ${index}` }),
    stop: async () => server.kill('SIGTERM'),
  };
};

printMachine();
const place = await (mode === 'local' ? local() : dovecot());
const phones = await preparePhones(place.url, accounts, place.folders);
await allWait(place.server, phones, accounts);
await pause(5000);

const sent = new Map<string, { readonly folder: string; readonly sent: number; readonly taken: number }>();
const arrived = new Map<string, number>();
const failures: string[] = [];
const gather = async (): Promise<void> => {
  for (const report of await phones.all<Report>({ kind: 'report' })) {
    for (const { subject, at } of report.got) if (sent.has(subject)) arrived.set(subject, at);
    failures.push(...report.failures);
  }
};

/** Every second mail goes to another folder; where Postrider looks there once a minute, every twentieth. */
const folderOf = (index: number): string => {
  const other = mode === 'idle' ? index % 20 === 0 : index % 2 === 0;
  return (other ? place.folders[1] : undefined) ?? 'INBOX';
};

const begun = performance.now();
for (let i = 0; i < deliveries; i++) {
  const early = begun + (i * 1000) / aSecond - performance.now();
  if (early > 0) await pause(early);
  const folder = folderOf(i);
  sent.set(`news ${i}`, { folder, ...(await place.deliver((i * 7) % accounts, folder, i)) });
}
for (let waited = 0; waited < 75 && arrived.size < sent.size; waited++) {
  await gather();
  await pause(1000);
}

const latencies = (folder: string, from: 'sent' | 'taken'): number[] =>
  [...sent].flatMap(([subject, delivery]) => {
    const at = arrived.get(subject);
    return at === undefined || delivery.folder !== folder ? [] : [at - delivery[from]];
  });
const tell = (folder: string, target: Target | undefined): void => {
  const [all, after] = [latencies(folder, 'sent'), latencies(folder, 'taken')];
  if (all.length === 0) return;
  const of = (values: readonly number[], share: number): string => quantile(values, share).toFixed(0);
  const bound = target === undefined ? '' : `at most ${target.median}, under ${target.most} ms`;
  print(`${mode}, ${folder}: median, 99 %`, `${of(all, 0.5)}, ${of(all, 0.99)} ms`, bound);
  print('  95 %, slowest, deliveries', `${of(all, 0.95)}, ${Math.max(...all).toFixed(0)} ms, ${all.length}`);
  print('  counted from the acknowledgement: median, 99 %', `${of(after, 0.5)}, ${of(after, 0.99)} ms`);
};
tell('INBOX', Targets[mode]);
if (place.folders[1] !== undefined) tell(place.folders[1], mode === 'idle' ? undefined : Targets[mode]);
print('accounts waiting, deliveries, lost', `${accounts}, ${sent.size}, ${sent.size - arrived.size}`, 'none lost');
for (const failure of failures.slice(0, 3)) print('failure', failure);
await phones.stop();
await place.stop();
process.exit(0);
