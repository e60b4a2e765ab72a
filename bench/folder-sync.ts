import { BenchPhone } from './support/bench-phone.ts';
import { PlainImap } from './support/line-client.ts';
import { quantile } from './support/process.ts';
import { openStage, print, printMachine, userOf } from './support/stage.ts';

/**
 * FolderSync of a mailbox of 50 folders on a real Dovecot: the first of a new device, and repeated
 * ones under the same SyncKey. Usage: `npm run bench folder-sync [rounds]`.
 */
const Folders = 50;
const rounds = Number(process.argv[2] ?? 40);

printMachine();
const stage = await openStage();
const imap = await PlainImap.open(stage.dovecot.port, userOf(0), 'secret');
await imap.run('LIST "" "*"');
// Inbox and five special folders are there; the eight projects come into being with their parts.
for (let i = 0; i < Folders - 14; i++) await imap.run(`CREATE "Project ${i % 8}/Part ${i}"`);

const cold: number[] = [];
const first: number[] = [];
const repeated: number[] = [];
for (let i = 0; i < rounds; i++) {
  const phone = new BenchPhone({ url: stage.url, user: userOf(0), deviceId: `phone${i}` });
  // A device that begins asks once before: the password is proved then, and the connection warm.
  if (i === 0) cold.push(await phone.folderSync());
  else {
    first.push(await phone.folderSync());
    for (let k = 0; k < 3; k++) repeated.push(await phone.folderSync());
  }
  phone.close();
}
const commands = stage.relay.commands.length;
const more = new BenchPhone({ url: stage.url, user: userOf(0), deviceId: 'more' });
await more.folderSync();
const ofFirst = stage.relay.commands.slice(commands);
const milliseconds = (values: readonly number[], share: number): string => quantile(values, share).toFixed(1);

print('folders of the mailbox', `${more.folders.size}`);
print('first, with the login at the IMAP server', `${cold[0]?.toFixed(1)} ms`);
print(
  'first of a device, median / 95 %',
  `${milliseconds(first, 0.5)} / ${milliseconds(first, 0.95)} ms`,
  'at most 30 ms',
);
print(
  'repeated, median / 95 %',
  `${milliseconds(repeated, 0.5)} / ${milliseconds(repeated, 0.95)} ms`,
  'at most 10 ms',
);
print('IMAP commands of a FolderSync', `${ofFirst.length}`);
for (const command of ofFirst) console.log(`    ${command.slice(0, 150)}`);
imap.close();
more.close();
await stage.stop();
