import { BenchPhone } from './support/bench-phone.ts';
import { firstSync } from './support/first-sync.ts';
import { Lmtp } from './support/line-client.ts';
import { fillFolder } from './support/maildir.ts';
import { hostileMail, mixedMail, smallMail } from './support/mails.ts';
import { cpuOf, pause, quantile, starvedOf } from './support/process.ts';
import { openStage, print, printMachine, userOf } from './support/stage.ts';
import { allWait, preparePhones, type Report } from './support/waiting.ts';

/**
 * How long the event loop of the server is held up while first Syncs of as many accounts and a
 * hostile HTML mail of 10 MB (once as HTML, once as plain text) are served, and what becomes of push (by webhook) meanwhile.
 * Usage: `npm run bench event-loop [first Syncs] [messages in each] [waiting]`.
 * PROFILE=file writes a CPU profile of it.
 */
const syncs = Number(process.argv[2] ?? 20);
const messages = Number(process.argv[3] ?? 200);
const waiting = Number(process.argv[4] ?? 50);
const HostileBytes = 10 * 1_048_576;
const { PROFILE } = process.env;

printMachine();
const stage = await openStage({ webhook: true, watch: { mode: 'none' } });
const { server } = stage;
const lmtp = await Lmtp.open(stage.dovecot.lmtpPort);
for (let i = 0; i < syncs; i++)
  fillFolder(stage.dovecot, userOf(1000 + i), 'INBOX', messages, (m) => mixedMail(i * 1000 + m));
for (const user of [2000, 2001])
  fillFolder(stage.dovecot, userOf(user), 'INBOX', 1, (i) => hostileMail(i, HostileBytes));
const phones = await preparePhones(stage.url, waiting, ['INBOX']);
await allWait(server, phones, waiting);

const open = async (account: number): Promise<BenchPhone> => {
  const phone = new BenchPhone({ url: stage.url, user: userOf(account), deviceId: `phone${account}` });
  await phone.folderSync();
  return phone;
};
const loading = await Promise.all(Array.from({ length: syncs }, (_, i) => open(1000 + i)));
const victims = await Promise.all([open(2000), open(2001)]);
await firstSync(await open(1000), loading[0]?.idOf('INBOX') ?? '', 100, false); // compiles what all use

const sent = new Map<string, number>();
const latencies: number[] = [];
const gather = async (): Promise<void> => {
  for (const { got } of await phones.all<Report>({ kind: 'report' })) {
    for (const { subject, at } of got) {
      const from = sent.get(subject);
      if (from !== undefined) latencies.push(at - from);
    }
  }
};
let loaded = false;
const deliveries = async (): Promise<void> => {
  for (let i = 0; !loaded || i < 20; i++) {
    const { sent: at } = await lmtp.deliver(userOf(i % waiting), smallMail(i, `news ${i}`));
    sent.set(`news ${i}`, at);
    await pause(50);
  }
};

await server.ask({ kind: 'delayStart' });
if (PROFILE !== undefined) await server.ask({ kind: 'profileStart' });
const [cpu, starved, begun] = [cpuOf(server.pid), starvedOf(server.pid), performance.now()];
const pushing = deliveries();
const hostile = Promise.all(victims.map((phone, i) => firstSync(phone, phone.idOf('INBOX'), 100, false, 1 + i)));
await Promise.all([...loading.map((phone) => firstSync(phone, phone.idOf('INBOX'), 100, false)), hostile]);
const seconds = (performance.now() - begun) / 1000;
loaded = true;
await pushing;
const delay = await server.ask<{ p50: number; p999: number; max: number }>({ kind: 'delayStop' });
if (PROFILE !== undefined) await server.ask({ kind: 'profileStop', file: PROFILE });
const [used, without] = [cpuOf(server.pid) - cpu, starvedOf(server.pid) - starved];
for (let i = 0; i < 10 && latencies.length < sent.size; i++) {
  await gather();
  await pause(500);
}

const total = syncs * messages;
print(
  'served meanwhile',
  `${syncs} first Syncs, ${total} messages in ${seconds.toFixed(1)} s, CPU ${used.toFixed(1)} s`,
);
print('ready to run, and no CPU to be had', `${without.toFixed(1)} s of it`, 'what others did on the machine');
const [asText, asHtml] = (await hostile).map(({ rounds }) => (rounds[0] ?? 0).toFixed(0));
print('the hostile mail, as text and as HTML', `${asText}, ${asHtml} ms until its answer was there`);
print(
  'event-loop delay: median, 99.9 %, longest',
  `${delay.p50.toFixed(1)}, ${delay.p999.toFixed(1)}, ${delay.max.toFixed(1)} ms`,
  '99.9 % under 50 ms',
);
print(
  'push meanwhile: median, 99 %',
  `${quantile(latencies, 0.5).toFixed(0)}, ${quantile(latencies, 0.99).toFixed(0)} ms`,
  'at most 50, under 200 ms',
);
print('deliveries, lost', `${sent.size}, ${sent.size - latencies.length}`, 'none lost');
const { errors } = await server.ask<{ errors: string[] }>({ kind: 'collect' });
if (errors.length > 0) print('errors', `${errors.length}, for instance ${errors[0]}`);
lmtp.close();
for (const phone of [...loading, ...victims]) phone.close();
await phones.stop();
await stage.stop();
process.exit(0);
