import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CommandName } from '../../protocol/http/command-codes.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import type { RequestOf } from '../../src/phone/channel.ts';
import { Device } from '../../src/phone/device.ts';
import { Client, emailNodes } from '../support/client.ts';
import { message } from '../support/local-server.ts';
import { KillableServer } from './killable.ts';

let folder: string;
let server: KillableServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postrider-kill-'));
  server = await KillableServer.start(folder);
}, 30_000);

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const deviceOf = (user: string, deviceId: string, version: ProtocolVersion = '16.1'): Device =>
  new Device({ url: server.url, user, password: 'secret', deviceId, version });

const clientOf = async (user: string, deviceId: string): Promise<Client> => {
  const client = new Client(undefined, user, deviceOf(user, deviceId));
  await client.device.provision();
  await client.folderSync();
  return client;
};

const deliver = (to: string, subject: string): Promise<void> =>
  server.tell({ kind: 'deliver', to: `${to}@example.test`, raw: message(subject) });

/** What a device gets that has nothing yet: subjects with their marks. */
const held = async (client: Client, role: string): Promise<string[]> => {
  const fresh = new Client(undefined, client.user, client.device);
  await fresh.folderSync();
  await fresh.load(fresh.folder(role), { windowSize: 512 });
  return marks(fresh, role);
};

const marks = (client: Client, role: string): string[] =>
  [...client.emails(client.folder(role)).values()]
    .map(({ subject, read, flag }) => `${subject}${read ? ' read' : ''}${flag === undefined ? '' : ' flagged'}`)
    .sort();

test('Sync with commands: killed anywhere and repeated, each is done once and nothing is lost', async () => {
  const phone = await clientOf('anna', 'killsync');
  const auditor = await clientOf('anna', 'killaudit');
  const { inbox } = phone;
  await phone.load(inbox);
  const trashed: string[] = [];
  const deaths = await server.dyingAtEach(['update', 'remove', 'commit'], async (attempt, { step, when, nth }) => {
    const name = `${step} ${when} ${nth}`;
    for (const subject of [`${name} keep`, `${name} drop`]) await deliver('anna', subject);
    await phone.catchUp(inbox);
    await deliver('anna', `${name} new`);
    const [keep, drop] = [phone.idOf(inbox, `${name} keep`), phone.idOf(inbox, `${name} drop`)];
    const collection = phone.mailbox.collection(inbox);
    collection.change(keep, emailNodes({ read: true, flag: { status: 2, flagType: 'x' } }));
    collection.delete(drop);
    const request = phone.request({ [inbox]: { commands: collection.takeCommands() } });
    const answer = await attempt(() => phone.send(request));
    expect(answer?.collections?.collection[0]).toMatchObject({ status: 1 });
    expect(answer?.collections?.collection[0]?.responses).toBeUndefined();
    await phone.catchUp(inbox);
    trashed.push(`${name} drop`);
    expect(marks(phone, 'inbox')).toEqual(await held(auditor, 'inbox'));
    expect(await held(auditor, 'trash')).toEqual([...trashed].sort());
    expect(marks(phone, 'inbox').filter((mark) => mark.startsWith(`${name} `))).toEqual([
      `${name} keep read flagged`,
      `${name} new`,
    ]);
  });
  expect(new Set(deaths.map(({ step, when }) => `${step} ${when}`)).size).toBe(6);
  expect(phone.mailbox.anomalies).toEqual([]);
  expect(phone.mailbox.wipes).toBe(0);
}, 60_000);

test('a first load: killed at any commit and repeated, each mail comes once', async () => {
  const subjects = Array.from({ length: 5 }, (_, i) => `load ${i}`);
  for (const subject of subjects) await deliver('ben', subject);
  let runs = 0;
  const deaths = await server.dyingAtEach(['commit'], async (attempt) => {
    const phone = await clientOf('ben', `load${++runs}`);
    const { inbox } = phone;
    const begin = phone.request({ [inbox]: { syncKey: '0' } });
    await attempt(() => phone.send(begin));
    for (let more: boolean | undefined = true; more; ) {
      const next = phone.request({ [inbox]: { windowSize: 2 } });
      const answer = await attempt(() => phone.send(next));
      more = answer?.collections?.collection[0]?.moreAvailable;
    }
    expect(phone.subjects(inbox)).toEqual(subjects);
    expect(phone.mailbox.anomalies).toEqual([]);
    expect(phone.mailbox.wipes).toBe(0);
  });
  expect(deaths.length).toBeGreaterThanOrEqual(6);
}, 60_000);

test('SendMail: killed anywhere and repeated, it is sent once, but for the one window that is stated', async () => {
  const phone = await clientOf('ben', 'killsend');
  const auditor = await clientOf('anna', 'sendaudit');
  let sent = 0;
  const deaths = await server.dyingAtEach(['submit', 'commit', 'append'], async (attempt, { step, when, nth }) => {
    const subject = `sent ${++sent}`;
    const mime = Buffer.from(`To: anna@example.test\r\nSubject: ${subject}\r\n\r\nx\r\n`);
    const request = { clientId: subject, saveInSentItems: true, mime };
    const answer = await attempt(() => phone.device.command('SendMail', request));
    expect([undefined, 118]).toContain(answer?.status);
    const count = (list: readonly string[]) => list.filter((mark) => mark.startsWith(subject)).length;
    // The window: accepted by the mail system, and not yet recorded here.
    const window = nth === 1 && ['submit after', 'commit before'].includes(`${step} ${when}`);
    expect(count(await held(auditor, 'inbox'))).toBe(window ? 2 : 1);
    expect(count(await held(phone, 'sent'))).toBe(1);
  });
  expect(new Set(deaths.map(({ step, when }) => `${step} ${when}`)).size).toBe(6);
}, 60_000);

test('Provision: killed at any commit and repeated, the device ends with a key that counts', async () => {
  let devices = 0;
  const ask = <Name extends CommandName>(device: Device, name: Name, request: RequestOf<Name>, policyKey: number) =>
    device.channel.ask(name, request, { policyKey });
  const deaths = await server.dyingAtEach(['commit'], async (attempt) => {
    const device = deviceOf('anna', `killprovision${++devices}`);
    const policyType = 'MS-EAS-Provisioning-WBXML';
    const first = { deviceInformation: { set: { model: 'test' } }, policies: [{ policyType }] };
    const offered = await attempt(() => ask(device, 'Provision', first, 0));
    const temporary = offered?.policies?.[0]?.policyKey ?? '';
    const second = { policies: [{ policyType, policyKey: temporary, status: 1 }] };
    const acknowledged = await attempt(() => ask(device, 'Provision', second, Number(temporary)));
    const key = Number(acknowledged?.policies?.[0]?.policyKey);
    expect(await ask(device, 'FolderSync', { syncKey: '0' }, key)).toMatchObject({ status: 1 });
  });
  expect(deaths.length).toBeGreaterThanOrEqual(4);
}, 60_000);
