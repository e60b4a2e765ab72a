import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Device } from '../../src/phone/device.ts';
import { responseRecorder } from '../support/record.ts';
import { scriptedServer } from './scripted-server.ts';

test('each decoded response is written as XML under the name of its command', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'postrider-record-'));
  const server = await scriptedServer({ Ping: () => ({ document: { status: 2, folders: ['5'] } }), Sync: () => ({}) });
  const onExchange = responseRecorder(folder);
  const device = new Device({ url: server.url, user: 'a', password: 'b', deviceId: 'Phone1', onExchange });
  try {
    await device.ping(undefined);
    await device.sync({});
    const [file, ...more] = await readdir(folder);
    expect(more).toEqual([]);
    expect(file).toMatch(/^PingResponse-.*\.xml$/);
    expect(await readFile(join(folder, file ?? ''), 'utf8')).toContain(
      '<Ping xmlns="Ping"><Status>2</Status><Folders><Folder>5</Folder></Folders></Ping>',
    );
  } finally {
    device.close();
    await server.close();
    await rm(folder, { recursive: true });
  }
});

test('without the variable nothing is recorded', () => {
  expect(responseRecorder('')).toBeUndefined();
});
