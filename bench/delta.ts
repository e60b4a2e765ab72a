import { join } from 'node:path';
import { openDatabase } from '../sqlite/database.ts';
import { BenchPhone, HeaderOptions, HtmlOptions } from './support/bench-phone.ts';
import { Lmtp, PlainImap } from './support/line-client.ts';
import { fillFolder } from './support/maildir.ts';
import { seeded, smallMail } from './support/mails.ts';
import { quantile } from './support/process.ts';
import { openStage, print, printMachine, userOf } from './support/stage.ts';

/**
 * Sync after one new mail, the connections warm, beside the time that Dovecot itself takes for the
 * same commands from a plain IMAP client; and the state that is stored for the folder.
 * Usage: `npm run bench delta [messages] [rounds] [holes]`, for instance `2000` and `100000`
 * (which takes some minutes to be loaded by the phone first).
 */
const count = Number(process.argv[2] ?? 2000);
const rounds = Number(process.argv[3] ?? 100);
const holes = Number(process.argv[4] ?? count / 10);

printMachine();
const stage = await openStage({ idleSeconds: 600 });
fillFolder(stage.dovecot, userOf(0), 'INBOX', count, smallMail);
const lmtp = await Lmtp.open(stage.dovecot.lmtpPort);
const plain = await PlainImap.open(stage.dovecot.port, userOf(0), 'secret');
await plain.run('ENABLE QRESYNC');
await plain.run('SELECT INBOX'); // a warm connection has the folder open
const phone = new BenchPhone({ url: stage.url, user: userOf(0), deviceId: 'phone' });
await phone.folderSync();
const inbox = phone.idOf('INBOX');
const begun = performance.now();
const loaded = await phone.load(inbox, 512, HeaderOptions);
print('loaded by the phone', `${loaded} messages in ${((performance.now() - begun) / 1000).toFixed(0)} s`);

const ours: number[] = [];
const dovecots: number[] = [];
const empty: number[] = [];
let said: readonly string[] = [];

/** The commands of the round before, for the next mail: its UID and the mailbox's mod-sequence are one higher. */
const forNext = (command: string): string =>
  command.replace(/(?<=^UID FETCH |CHANGEDSINCE )\d+(?!:)/g, (number) => String(Number(number) + 1));

const byPhone = async (): Promise<number> => {
  const from = stage.relay.commands.length;
  const { collection, milliseconds } = await phone.sync(inbox, 100, HtmlOptions);
  const count = collection?.commands?.length;
  if (count !== 1) throw new Error(`${count} commands instead of one Add`);
  said = stage.relay.commands.slice(from);
  return milliseconds;
};

const byPlainClient = async (commands: readonly string[]): Promise<number> => {
  const start = performance.now();
  for (const command of commands) await plain.run(command);
  return performance.now() - start;
};

// Whoever asks first makes Dovecot look at its files, so they take turns.
for (let round = 0; round < rounds + 5; round++) {
  await lmtp.deliver(userOf(0), smallMail(1_000_000 + round));
  const expected = said.map(forNext);
  const early = round % 2 === 1 ? await byPlainClient(expected) : undefined;
  const milliseconds = await byPhone();
  if (early !== undefined && expected.join() !== said.join()) throw new Error(`${expected} were not ${said}`);
  const alone = early ?? (await byPlainClient(said));
  const quiet = await phone.sync(inbox, 100, HtmlOptions);
  if (round < 5) continue; // what is done for the first time is compiled and cached
  ours.push(milliseconds);
  dovecots.push(alone);
  empty.push(quiet.milliseconds);
}

const stored = (): number => {
  const database = openDatabase(join(stage.folder, 'state.db'));
  const rows = database
    .prepare('SELECT name, length(value) AS bytes FROM documents')
    .all<{ name: Uint8Array | string; bytes: number }>();
  database.close();
  return rows.find(({ name }) => Buffer.from(name as string).toString() === `collection/${inbox}`)?.bytes ?? Number.NaN;
};

const of = (values: readonly number[], share: number): string => quantile(values, share).toFixed(1);
print(
  `one new mail in ${count}: median, 95 %`,
  `${of(ours, 0.5)}, ${of(ours, 0.95)} ms`,
  count <= 2000 ? 'at most 15 ms' : 'at most 5 ms more + Dovecot',
);
print('Dovecot alone, the same commands', `${of(dovecots, 0.5)}, ${of(dovecots, 0.95)} ms`);
print('nothing new: median, 95 %', `${of(empty, 0.5)}, ${of(empty, 0.95)} ms`);
print('round trips to Dovecot', `${said.length}`, 'the same in any folder');
for (const command of said) console.log(`    ${command.slice(0, 150)}`);

const before = stored();
const random = seeded(1);
const uids = new Set(Array.from({ length: holes }, () => 1 + Math.floor(random() * count)));
await plain.run('SELECT INBOX');
const gone = [...uids];
for (let i = 0; i < gone.length; i += 500) {
  const set = gone.slice(i, i + 500).join(',');
  await plain.run(`UID STORE ${set} +FLAGS.SILENT (\\Deleted)`);
  await plain.run(`UID EXPUNGE ${set}`);
}
await phone.catchUp(inbox, 512, HtmlOptions);
await lmtp.deliver(userOf(0), smallMail(2_000_000)); // the state as it is in everyday life
await phone.sync(inbox, 512, HtmlOptions);
print('stored state of the folder', `${before} bytes`, 'at most 4 kB');
print(
  `after ${uids.size} messages are gone`,
  `${stored()} bytes, ${((stored() - before) / uids.size).toFixed(2)} a hole`,
  `at most ${4096 + 2 * uids.size}: 4 kB and 2 bytes a hole`,
);
phone.close();
plain.close();
lmtp.close();
await stage.stop();
