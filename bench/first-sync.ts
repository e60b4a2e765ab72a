import { BenchPhone } from './support/bench-phone.ts';
import { type FirstSync, firstSync } from './support/first-sync.ts';
import { fillFolder } from './support/maildir.ts';
import { largeMail, mixedMail } from './support/mails.ts';
import { cpuOf, memoryOf, pause, quantile } from './support/process.ts';
import { openStage, print, printMachine, resetPeak, residentOf, userOf } from './support/stage.ts';

/**
 * First Sync of a folder of mixed mail on a real Dovecot: WindowSize 100, HTML to 32 kB, gzip as
 * phones ask for it. Usage: `npm run bench first-sync [messages] [MB of one attachment] [rounds]`,
 * for instance `2000`, `2000 50` and `20000 0 1`. PROFILE=file writes a CPU profile of the last round.
 */
const count = Number(process.argv[2] ?? 2000);
const attachment = Number(process.argv[3] ?? 0);
const rounds = Number(process.argv[4] ?? 4);
const { PROFILE } = process.env;

printMachine();
const stage = await openStage();
const { server } = stage;
fillFolder(stage.dovecot, userOf(0), 'INBOX', count, (i) =>
  attachment > 0 && i === count >> 1 ? largeMail(i, attachment * 1_048_576) : mixedMail(i),
);

const load = async (device: number): Promise<FirstSync & { cpu: number; peak: number; idle: number }> => {
  const phone = new BenchPhone({ url: stage.url, user: userOf(0), deviceId: `phone${device}` });
  await phone.folderSync();
  // Once: a collection asked for throws away most of what V8 has compiled, and the next device would pay for it again.
  if (device === 0) await server.ask({ kind: 'collect' });
  await pause(300);
  resetPeak(server.pid);
  const idle = residentOf(server.pid).now;
  const cpu = cpuOf(server.pid);
  const result = await firstSync(phone, phone.idOf('INBOX'), 100, device === 0);
  const used = cpuOf(server.pid) - cpu;
  phone.close();
  return { ...result, cpu: used, peak: residentOf(server.pid).peak, idle };
};

const tell = (name: string, { seconds, cpu, peak, idle, rounds: times }: Awaited<ReturnType<typeof load>>): void => {
  const [rate, each] = [(count / seconds).toFixed(0), ((cpu * 2000) / count).toFixed(2)];
  print(`${name}: rate`, `${rate} messages/s (${seconds.toFixed(2)} s)`, 'at least 800');
  print(`${name}: CPU of our process`, `${cpu.toFixed(2)} s, ${each} s for 2,000`, 'at most 2 s for 2,000');
  print(
    `${name}: memory over idle at the peak`,
    `${(peak - idle).toFixed(0)} MB (${idle.toFixed(0)} to ${peak.toFixed(0)})`,
    'at most 64 MB',
  );
  print(
    `${name}: a window, median / slowest`,
    `${quantile(times, 0.5).toFixed(0)} / ${Math.max(...times).toFixed(0)} ms`,
  );
};

print('fresh server', `${memoryOf(server.pid)} kB (PSS)`);
const cold = await load(0);
tell('mail that Dovecot never parsed', cold);
let best = cold;
for (let round = 1; round < rounds; round++) {
  const profiled = PROFILE !== undefined && round === rounds - 1;
  if (profiled) await server.ask({ kind: 'profileStart' });
  const result = await load(round);
  if (profiled) await server.ask({ kind: 'profileStop', file: PROFILE });
  tell(`device ${round + 1}`, result);
  if (result.seconds < best.seconds) best = result;
}
print('best rate', `${(count / best.seconds).toFixed(0)} messages/s`, 'at least 800');

/** That all of it came, once each and readable, is seen when nothing is measured any more. */
const phone = new BenchPhone({ url: stage.url, user: userOf(0), deviceId: 'reader' });
const commands = cold.answers.flatMap(
  (body) => phone.device.channel.read('Sync', body).collections?.collection[0]?.commands ?? [],
);
const ids = new Set(commands.map(({ serverId }) => serverId));
print('messages received', `${commands.length}, ${ids.size} different`, `${count}`);
print(
  'bytes received, unpacked',
  `${(cold.answers.reduce((all, { length }) => all + length, 0) / 1_048_576).toFixed(1)} MB`,
);
const { errors } = await server.ask<{ errors: string[] }>({ kind: 'collect' });
if (errors.length > 0) console.log(`errors    ${errors.length}, for instance ${errors[0]}`);
await stage.stop();
