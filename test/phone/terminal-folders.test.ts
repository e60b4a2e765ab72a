import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runPhone } from '../../src/phone/terminal.ts';
import { foldersOf } from '../support/client.ts';
import { type LocalServer, message, startLocalServer } from '../support/local-server.ts';
import { until } from '../support/until.ts';

let host: LocalServer;

beforeAll(async () => {
  host = await startLocalServer();
  await host.deliver('anna', message('to be moved'));
});

afterAll(async () => {
  await host.close();
  expect(host.errors).toEqual([]);
});

test('the terminal phone makes, renames and removes folders, and moves mails between them', async () => {
  const input = new PassThrough();
  let printed = '';
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      printed += String(chunk);
      done();
    },
  });
  const ended = runPhone(
    { url: host.url, user: 'anna', version: '16.1', demoFile: '/nonexistent' },
    { input, output, env: { POSTRIDER_PASSWORD: 'secret' } },
  );
  const says = async (line: string, answer: RegExp): Promise<void> => {
    printed = '';
    input.write(`${line}\n`);
    await until(() => answer.test(printed));
  };
  const tree = async (): Promise<string[]> => {
    const folders = await foldersOf(host, 'anna').list();
    const nameOf = (id: string | undefined): string => folders.find((folder) => folder.id === id)?.name ?? '';
    return folders.filter(({ role }) => role === 'user').map(({ name, parentId }) => `${nameOf(parentId)}/${name}`);
  };
  await until(() => printed.includes('Type help'));
  await says('mkdir Grüße', /Made Grüße/);
  await says('mkdir Grüße > Köln', /Made Köln/);
  await says('mkdir Grüße > Köln', /Status 2/);
  await says('rename Köln > Bonn am Rhein', /Renamed Köln/);
  expect(await tree()).toEqual(expect.arrayContaining(['/Grüße', 'Grüße/Bonn am Rhein']));
  await says('move 1 nowhere', /no folder nowhere/);
  await says('move 1 bonn am rhein', /Moved to Bonn am Rhein/);
  await says('move 1 Trash', /no mail 1/);
  await says('open Bonn am Rhein', /to be moved/);
  await says('rmdir Inbox', /Status 3/);
  await says('rmdir Grüße', /Removed Grüße/);
  expect((await tree()).filter((name) => /Grüße|Bonn/.test(name))).toEqual([]);
  await says('rename Grüße', /no|Which|what/);
  input.write('quit\n');
  expect(await ended).toBe(0);
}, 30_000);
