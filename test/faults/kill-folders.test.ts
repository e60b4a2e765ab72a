import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Device } from '../../src/phone/device.ts';
import { createFolder, deleteFolder, moveItems, updateFolder } from '../../src/phone/folder-commands.ts';
import { Client } from '../support/client.ts';
import { message } from '../support/local-server.ts';
import { KillableServer } from './killable.ts';

let folder: string;
let server: KillableServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postrider-kill-folders-'));
  server = await KillableServer.start(folder);
}, 30_000);

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const clientOf = async (user: string, deviceId: string): Promise<Client> => {
  const device = new Device({ url: server.url, user, password: 'secret', deviceId, version: '16.1' });
  const client = new Client(undefined, user, device);
  await client.device.provision();
  await client.folderSync();
  return client;
};

test('MoveItems: killed anywhere and repeated, each item is moved once, and said to be', async () => {
  const phone = await clientOf('anna', 'killmove');
  const { inbox } = phone;
  const trash = phone.folder('trash');
  await phone.load(inbox);
  await phone.load(trash);
  const moved: string[] = [];
  const deaths = await server.dyingAtEach(['move', 'commit'], async (attempt, { step, when, nth }) => {
    const subjects = ['one', 'two'].map((name) => `${step} ${when} ${nth} ${name}`);
    for (const subject of subjects) {
      await server.tell({ kind: 'deliver', to: 'anna@example.test', raw: message(subject) });
    }
    await phone.catchUp(inbox);
    const moves = subjects.map((subject) => ({
      srcMsgId: phone.idOf(inbox, subject),
      srcFldId: inbox,
      dstFldId: trash,
    }));
    const answers = await attempt(() => moveItems(phone.device, moves));
    expect(answers.map(({ status }) => status)).toEqual([3, 3]);
    // Only what was moved and not yet recorded when the server died has no new id to tell.
    const unrecorded = ['move after 1', 'commit before 2'].includes(`${step} ${when} ${nth}`);
    expect(answers.map(({ dstMsgId }) => dstMsgId === undefined)).toEqual([unrecorded, unrecorded]);
    await phone.catchUp(inbox);
    await phone.catchUp(trash);
    moved.push(...subjects);
    expect(phone.subjects(inbox)).toEqual([]);
    expect(phone.subjects(trash)).toEqual([...moved].sort());
  });
  expect(new Set(deaths.map(({ step, when }) => `${step} ${when}`)).size).toBe(4);
  expect(deaths.length).toBeGreaterThanOrEqual(6);
  expect(phone.mailbox.anomalies).toEqual([]);
  expect(phone.mailbox.wipes).toBe(0);
}, 60_000);

test('FolderCreate, FolderUpdate and FolderDelete: killed anywhere and repeated, each is done once', async () => {
  const phone = await clientOf('ben', 'killfolder');
  const names = (): string[] => phone.mailbox.folders.all().map(({ displayName }) => displayName);
  const { device, mailbox } = phone;
  let runs = 0;
  const deaths = await server.dyingAtEach(['folder', 'commit'], async (attempt) => {
    const name = `folder ${++runs}`;
    const place = { parentId: '0', displayName: name };
    const id = await attempt(() => createFolder(device, mailbox, place));
    await attempt(() => updateFolder(device, mailbox, id, { parentId: '0', displayName: `${name} renamed` }));
    const { syncKey } = mailbox.folders;
    await phone.folderSync();
    expect(mailbox.folders.syncKey).toBe(syncKey);
    expect(names().filter((each) => each.startsWith('folder '))).toEqual([`${name} renamed`]);
    await attempt(() => deleteFolder(device, mailbox, id));
  });
  expect(new Set(deaths.map(({ step, when }) => `${step} ${when}`)).size).toBe(4);
  expect(deaths.length).toBe(12);
  expect(mailbox.anomalies).toEqual([]);
}, 60_000);
