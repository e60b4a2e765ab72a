import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FolderSyncRequest } from '../../protocol/commands/folder-sync.ts';
import { writeDocument } from '../../protocol/schema/index.ts';
import { until } from '../support/until.ts';

/** Blocks of 1,024 bytes that a file may have: less than a large mail, and less than SQLite's log grows to. */
const Blocks = 400;

const folder = mkdtempSync(join(tmpdir(), 'postrider-full-'));
const script = join(import.meta.dirname, 'full-disk-child.ts');
const lines: { url?: string; message?: string; reason?: string }[] = [];
let child: ChildProcess;
let url = '';

beforeAll(async () => {
  const run = `ulimit -f ${Blocks}; exec "${process.execPath}" --no-warnings --import tsx "${script}" "${folder}"`;
  child = spawn('bash', ['-c', run], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.stdout === null) throw new Error('no output');
  url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const entry = JSON.parse(line) as (typeof lines)[number];
      lines.push(entry);
      if (entry.url !== undefined) resolve(entry.url);
    });
  });
}, 30_000);

afterAll(() => {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const post = (command: string, device: string, type: string, body: Uint8Array): Promise<Response> =>
  fetch(`${url}/Microsoft-Server-ActiveSync?Cmd=${command}&User=anna&DeviceId=${device}&DeviceType=Phone`, {
    method: 'POST',
    headers: {
      'MS-ASProtocolVersion': '14.1',
      'Content-Type': type,
      Authorization: `Basic ${Buffer.from('anna:secret').toString('base64')}`,
    },
    body: Buffer.from(body),
  });

test('a mail that finds no room is put off with 503, and the log says what to mend', async () => {
  const mail = Buffer.from(`Subject: Large\r\n\r\n${'x'.repeat(3 * 1024 * 1024)}\r\n`);
  const answer = await post('SendMail', 'SPOOL', 'message/rfc822', mail);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30']);
  expect(await answer.text()).toBe('There is no room for a large request\n');
  await until(() => lines.some(({ reason }) => reason?.includes('EFBIG')));
  expect(lines.at(-1)?.message).toBe('Postrider cannot store anything: phones are told to come again');
});

test('a state store that finds no room puts off whoever needs it written, and nobody is told to start over', async () => {
  const body = Buffer.concat(writeDocument(FolderSyncRequest, { syncKey: '0' }, '14.1') as Uint8Array[]);
  const statuses = new Set<number>();
  for (let i = 0; i < 500 && !statuses.has(503); i++) {
    const answer = await post('FolderSync', `PHONE${i}`, 'application/vnd.ms-sync.wbxml', body);
    statuses.add(answer.status);
    await answer.arrayBuffer();
  }
  expect([...statuses]).toEqual([200, 503]);
  await until(() => lines.some(({ reason }) => /database|SQLite|disk/i.test(reason ?? '')));
  expect(lines.filter(({ message }) => message?.startsWith('A bug'))).toEqual([]);
}, 30_000);
