/**
 * What an attachment of 100 MB costs: `npm run bench attachments`. Time to the whole answer, and by how much the
 * server's memory grows, from the local store and from a Dovecot. MEGABYTES asks for another size.
 */
import { createHash } from 'node:crypto';
import { imap } from '../backends/imap/backend.ts';
import type { ProtocolVersion } from '../protocol/versions.ts';
import { Device } from '../src/phone/device.ts';
import { fetchAttachment, getAttachment } from '../src/phone/mail-commands.ts';
import { searchMail } from '../src/phone/search-commands.ts';
import { startDovecot } from '../test/servers/dovecot.ts';
import { Client } from '../test/support/client.ts';
import { largeMail } from '../test/support/large-mail.ts';
import { type Measured, startMeasured } from '../test/support/measured.ts';
import { quietLog } from '../test/support/system.ts';
import { print, printMachine } from './support/stage.ts';

const megabytes = Number(process.env.MEGABYTES ?? '100');
const size = megabytes * 1024 * 1024;
const large = largeMail(size);
const user = 'anna@example.test';
const login = { account: user, user, password: 'secret' };
const patience = { timeout: 300_000 };

const deviceAt = async (server: Measured, version: ProtocolVersion) => {
  const device = new Device({
    url: server.url,
    user,
    password: 'secret',
    deviceId: `b${version.replace('.', '')}`,
    version,
  });
  await new Client(undefined, user, device).folderSync();
  const [mail] = (await searchMail(device, { freeText: 'large' }, patience)).mails;
  const [attachment] = mail?.email.attachments ?? [];
  if (attachment?.kind !== 'attachment') throw new Error('the mail has no attachment');
  return { device, reference: attachment.fileReference };
};

/** Runs one way of fetching; prints how long it took and how much the server grew. */
const measure = async (server: Measured, what: string, fetch: () => Promise<Uint8Array>): Promise<void> => {
  let [milliseconds, whole] = [0, false];
  const growth = await server.growth(async () => {
    const started = performance.now();
    const data = await fetch();
    milliseconds = performance.now() - started;
    whole = createHash('sha256').update(data).digest('hex') === large.digest;
  });
  const figure = `${(milliseconds / 1_000).toFixed(1)} s, grown by ${growth.toFixed(0)} MB`;
  print(what, whole ? figure : `${figure}, NOT THE SAME BYTES`, 'below 48 MB');
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
await dovecot.stop();
