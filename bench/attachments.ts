/**
 * What an attachment of 100 MB costs: `npm run bench attachments`. Time to the whole answer, and by how much the
 * server's memory grows, from the local store and from a Dovecot. MEGABYTES asks for another size.
 */
import { createHash } from 'node:crypto';
import { imap } from '../backends/imap/backend.ts';
import type { ProtocolVersion } from '../protocol/versions.ts';
import { readAll } from '../protocol/wbxml/bytes.ts';
import { Device } from '../src/phone/device.ts';
import { fetchAttachment, getAttachment, sendMail } from '../src/phone/mail-commands.ts';
import { searchMail } from '../src/phone/search-commands.ts';
import { startDovecot } from '../test/servers/dovecot.ts';
import { canRunPostfix, startPostfix } from '../test/servers/postfix.ts';
import { Client } from '../test/support/client.ts';
import { largeMail } from '../test/support/large-mail.ts';
import { type Measured, startMeasured } from '../test/support/measured.ts';
import { quietLog } from '../test/support/system.ts';
import { until } from '../test/support/until.ts';
import { print, printMachine } from './support/stage.ts';

const megabytes = Number(process.env.MEGABYTES ?? '100');
const size = megabytes * 1024 * 1024;
const large = largeMail(size);
const user = 'anna@example.test';
const login = { account: user, user, password: 'secret' };
const patience = { timeout: 300_000 };

const openDevice = async (server: Measured, version: ProtocolVersion, of = user): Promise<Device> => {
  const deviceId = `b${version.replace('.', '')}`;
  const device = new Device({ url: server.url, user: of, password: 'secret', deviceId, version });
  await new Client(undefined, of, device).folderSync();
  return device;
};

const deviceAt = async (server: Measured, version: ProtocolVersion, of = user) => {
  const device = await openDevice(server, version, of);
  const found = () => searchMail(device, { freeText: 'large', rebuildResults: true }, patience);
  await until(async () => (await found()).mails.length > 0, 120_000);
  const [mail] = (await found()).mails;
  const [attachment] = mail?.email.attachments ?? [];
  if (attachment?.kind !== 'attachment') throw new Error('the mail has no attachment');
  return { device, reference: attachment.fileReference };
};

/** Runs one way of fetching; prints how long it took, and what it cost the server. */
const measure = (server: Measured, what: string, fetch: () => Promise<Uint8Array>): Promise<void> =>
  measureWork(server, what, async () => {
    const data = await fetch();
    return () => createHash('sha256').update(data).digest('hex') === large.digest;
  });

/** @param work gives what tells whether it was done right, which is not measured */
const measureWork = async (server: Measured, what: string, work: () => Promise<() => boolean>): Promise<void> => {
  const before = server.cpu();
  let [milliseconds, cpu, isRight] = [0, 0, false];
  const growth = await server.growth(async () => {
    const started = performance.now();
    const check = await work();
    milliseconds = performance.now() - started;
    cpu = server.cpu() - before;
    isRight = check();
  });
  const figure = `${(milliseconds / 1_000).toFixed(1)} s, ${cpu.toFixed(1)} s CPU, grown by ${growth.toFixed(0)} MB`;
  print(what, isRight ? figure : `${figure}, NOT THE SAME BYTES`, 'below 48 MB');
};

const measureAll = async (name: string, server: Measured): Promise<void> => {
  const newer = await deviceAt(server, '16.1');
  const older = await deviceAt(server, '12.1');
  const { reference } = newer;
  await measure(server, `${name}: ItemOperations, multipart`, async () => {
    return (await fetchAttachment(newer.device, reference, { multipart: true }, patience)).data;
  });
  await measure(server, `${name}: GetAttachment`, async () => {
    return (await getAttachment(older.device, older.reference, patience)).data;
  });
  await measure(server, `${name}: … in ten ranges`, async () => {
    const step = Math.ceil(size / 10);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < size; at += step) {
      const wish = { multipart: true, range: `${at}-${at + step - 1}` };
      pieces.push((await fetchAttachment(newer.device, reference, wish, patience)).data);
    }
    return Buffer.concat(pieces);
  });
  // The phone's own reader takes strings of 32 MB at most.
  if (megabytes <= 24) {
    await measure(server, `${name}: ItemOperations, base64`, async () => {
      return (await fetchAttachment(newer.device, reference, {}, patience)).data;
    });
  }
  newer.device.close();
  older.device.close();
  for (const error of await server.errors()) console.log(error);
};

printMachine();
const local = await startMeasured({ attachmentBytes: size });
await measureAll('local store', local);
await local.close();

const dovecot = await startDovecot();
const backend = imap.open(imap.settings.parse({ url: `imap://127.0.0.1:${dovecot.port}` }), {
  log: quietLog(),
  now: Date.now,
  dataFolder: '',
});
const { folders, mail } = backend.account(login);
const inbox = (await folders?.list())?.find(({ role }) => role === 'inbox')?.id ?? '';
const started = performance.now();
await mail?.append(inbox, large.source, {}, 'a'.repeat(64));
print('Dovecot: APPEND', `${((performance.now() - started) / 1_000).toFixed(1)} s`);
await backend.close();
const fronted = await startMeasured({ imapPort: dovecot.port });
await measureAll('Dovecot', fronted);
await fronted.close();

/** A phone sends the mail by Postfix, and a copy goes to Sent; who gets it fetches what is attached. */
const measureSending = async (): Promise<void> => {
  const { port, saslPort, lmtpPort } = dovecot;
  const extra = 'message_size_limit = 0\nmailbox_size_limit = 0\n';
  const postfix = await startPostfix({ saslPort, lmtpPort, domains: ['example.test'], extra });
  const server = await startMeasured({ imapPort: port, smtpPort: postfix.port });
  const device = await openDevice(server, '16.1');
  const mime = readAll(large.source);
  await measureWork(server, 'Postfix and Dovecot: SendMail, with a copy in Sent', async () => {
    await sendMail(device, mime, { clientId: 'large', saveInSentItems: true }, patience);
    return () => true;
  });
  device.close();
  const { device: receiver, reference } = await deviceAt(server, '16.1', 'ben@example.test');
  const { data } = await fetchAttachment(receiver, reference, { multipart: true }, patience);
  const isWhole = createHash('sha256').update(data).digest('hex') === large.digest;
  print('… what arrived', isWhole ? 'the same bytes' : 'NOT THE SAME BYTES');
  receiver.close();
  for (const error of await server.errors()) console.log(error);
  await server.close();
  await postfix.stop();
};

if (canRunPostfix()) await measureSending();
else console.log('Sending is not measured: Postfix runs as root only.');
await dovecot.stop();
