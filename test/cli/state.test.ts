import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bytesSource } from '../../protocol/wbxml/bytes.ts';
import { lockFolder } from '../../src/cli/folder-lock.ts';
import { readConfigFile } from '../../src/cli/serve.ts';
import { stateExport, stateImport } from '../../src/cli/state.ts';
import { stateLines } from '../../src/cli/state-check.ts';
import { Device } from '../../src/phone/device.ts';
import { openLocalStore, type Running, run } from '../../src/wiring.ts';
import { freePort, stopAfterTests } from '../servers/process.ts';
import { type Redis, startRedis } from '../servers/redis.ts';
import { Client } from '../support/client.ts';
import { message } from '../support/local-server.ts';
import { quietLog } from '../support/system.ts';

const keep = stopAfterTests();
let folder: string;
let redis: Redis;
let port: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postrider-move-'));
  [redis, port] = await Promise.all([keep(startRedis()), freePort()]);
  const common = {
    listen: { address: `127.0.0.1:${port}` },
    dataFolder: folder,
    domains: ['example.test'],
    logins: { upstreamUser: '{address}' },
    backends: { mail: { kind: 'local' } },
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'sqlite.yaml'), JSON.stringify(common));
  writeFileSync(join(folder, 'redis.yaml'), JSON.stringify({ ...common, redis: { url: redis.url } }));
}, 30_000);

afterAll(() => rmSync(folder, { recursive: true }));

const configOf = (name: string) => join(folder, `${name}.yaml`);
const log = quietLog();
const serve = (name: string): Promise<Running> => run(readConfigFile(configOf(name), { env: {} }), { log });

/** Runs a command with what is typed, and gives what it wrote. */
const withConsole = async (
  work: (io: Parameters<typeof stateExport>[2]) => Promise<number>,
  input = '',
): Promise<{ code: number; output: string; errors: string }> => {
  const [output, errors] = [new PassThrough(), new PassThrough()];
  const code = await work({ input: Readable.from([Buffer.from(input)]), output, errors, env: {} });
  const textOf = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString() ?? '';
  return { code, output: textOf(output), errors: textOf(errors) };
};

const deliver = async (subject: string): Promise<void> => {
  const local = openLocalStore(folder, log);
  const recipients = ['anna@example.test'];
  await local.deliver({ from: 'carl@example.test', recipients, message: bytesSource(Buffer.from(message(subject))) });
  await local.close();
};

/** Serves for as long as the work takes. */
const served = async (name: string, work: () => Promise<void>): Promise<void> => {
  const running = await serve(name);
  try {
    await work();
  } finally {
    await running.close();
  }
};

describe('state that moves', () => {
  test('from SQLite to Redis and back: the phone goes on and notices nothing', async () => {
    const local = openLocalStore(folder, log);
    await local.accounts.create('anna@example.test', 'secret', 'anna');
    await local.close();
    for (const subject of ['one', 'two', 'three']) await deliver(subject);
    const url = `http://127.0.0.1:${port}`;
    const phone = new Client(
      undefined,
      'anna',
      new Device({ url, user: 'anna', password: 'secret', deviceId: 'mover', version: '16.1' }),
    );
    await served('sqlite', async () => {
      await phone.device.provision();
      await phone.folderSync();
      await phone.load(phone.inbox);
      await phone.sync(phone.inbox, { commands: [phone.change(phone.idOf(phone.inbox, 'one'), { read: true })] });
    });

    const file = join(folder, 'state.export');
    expect((await withConsole((io) => stateExport(file, { config: configOf('sqlite') }, io))).errors).toMatch(
      /^Exported \d+ documents from SQLite .*state\.db\.\n$/,
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const imported = await withConsole((io) => stateImport(file, { config: configOf('redis') }, io));
    expect(imported.output).toMatch(/^Imported \d+ documents into redis:\/\/127\.0\.0\.1:\d+\. Start the servers\.\n$/);

    await deliver('four');
    await served('redis', async () => {
      const news = await phone.sync(phone.inbox);
      expect(news).toMatchObject({ status: 1 });
      expect(news?.commands).toHaveLength(1);
      expect(phone.subjects(phone.inbox)).toEqual(['four', 'one', 'three', 'two']);
      await phone.sync(phone.inbox, { commands: [phone.change(phone.idOf(phone.inbox, 'two'), { read: true })] });
      expect(await phone.sync(phone.inbox)).toBeUndefined();
      expect(await phone.folderSync()).toBe(1);
    });

    const all = await withConsole((io) => stateExport('-', { config: configOf('redis') }, io));
    const back = { config: configOf('sqlite') };
    await expect(withConsole((io) => stateImport('-', back, io), all.output)).rejects.toThrow(
      /already holds state of phones\. With --replace/,
    );
    expect((await withConsole((io) => stateImport('-', { ...back, replace: true }, io), all.output)).code).toBe(0);
    await deliver('five');
    await served('sqlite', async () => {
      expect((await phone.sync(phone.inbox))?.commands).toHaveLength(1);
      expect(await phone.sync(phone.inbox)).toBeUndefined();
    });
    expect(phone.subjects(phone.inbox)).toHaveLength(5);
    expect(phone.mailbox.anomalies).toEqual([]);
    expect(phone.mailbox.wipes).toBe(0);
    expect(log.errors).toEqual([]);
  }, 60_000);

  test('a truncated file is refused, and nothing of it is written', async () => {
    const file = join(folder, 'truncated');
    const whole = readFileSync(join(folder, 'state.export'), 'utf8');
    writeFileSync(file, whole.slice(0, -100));
    const options = { config: configOf('redis'), replace: true };
    const before = await withConsole((io) => stateExport('-', options, io));
    await expect(withConsole((io) => stateImport(file, options, io))).rejects.toThrow(/no whole export.*Nothing was/);
    expect(await withConsole((io) => stateExport('-', options, io))).toEqual(before);
  }, 30_000);

  test('nothing is exported or imported while a server has the folder; no file, no folder: told in words', async () => {
    const options = { config: configOf('sqlite') };
    const unlock = lockFolder(folder);
    await expect(withConsole((io) => stateExport('-', options, io))).rejects.toThrow(/Another Postrider runs/);
    await expect(withConsole((io) => stateImport('-', options, io))).rejects.toThrow(/Another Postrider runs/);
    unlock();
    await expect(withConsole((io) => stateImport(join(folder, 'none'), options, io))).rejects.toThrow(
      /ENOENT.*Name a file that can be used/,
    );
    await expect(withConsole((io) => stateExport(join(folder, 'no', 'x'), options, io))).rejects.toThrow(/ENOENT/);
  }, 30_000);

  test('check looks at Redis and what is in it', async () => {
    const config = readConfigFile(configOf('redis'), { env: {} });
    const [first, ...more] = await stateLines(config);
    expect(first).toEqual({
      ok: true,
      what: 'Redis',
      meaning: `redis://127.0.0.1:${redis.port} can be used; it knows 1 phones`,
    });
    const marks = more.map(({ ok, what }) => [what.replace(/^\S+ /, ''), ok]);
    expect(marks).toEqual([
      ['version', true],
      ['appendonly', true],
      ['maxmemory-policy', true],
      ['replicas', 'missing'],
      ['memory', true],
    ]);
  }, 30_000);
});
