import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { makeAuthority } from './certificates.ts';
import { answers, freePort, freePorts, makeFolder, run, startServer, stopAfterTests } from './process.ts';

const keep = stopAfterTests();

/** A process with a child that holds the port and ignores polite requests. */
const stubborn = (port: number): readonly [string, ...string[]] => [
  'sh',
  '-c',
  `${process.execPath} -e "process.on('SIGTERM', () => {}); require('net').createServer().listen(${port}, '127.0.0.1')"; :`,
];

describe('a server of the tests', () => {
  test('takes its children along when it stops', async () => {
    const port = await freePort();
    const folder = makeFolder('stubborn');
    const server = await keep(
      startServer({ name: 'x', folder, ports: [port], patience: 100, command: stubborn(port) }),
    );
    expect(await answers(port)).toBe(true);
    await server.stop();
    expect(await answers(port)).toBe(false);
    expect(existsSync(folder)).toBe(false);
  }, 20_000);

  test('that ends at once is told with its log, and leaves nothing', async () => {
    const folder = makeFolder('failing');
    const starting = startServer({
      name: 'The failing one',
      folder,
      ports: [await freePort()],
      command: ['sh', '-c', 'echo wrong setting; exit 3'],
    });
    await expect(starting).rejects.toThrow(/The failing one ended with 3\.[\s\S]*wrong setting/);
    expect(existsSync(folder)).toBe(false);
  }, 20_000);

  test('whose program does not exist is told', async () => {
    const folder = makeFolder('absent');
    const starting = startServer({ name: 'x', folder, ports: [await freePort()], command: ['/no/such/program'] });
    await expect(starting).rejects.toThrow(/ENOENT/);
  }, 20_000);

  test('dies with the process of the tests, however that dies', async () => {
    const port = await freePort();
    const script = `
      import { makeFolder, startServer } from ${JSON.stringify(join(import.meta.dirname, 'process.ts'))};
      const folder = makeFolder('orphan');
      await startServer({ name: 'x', folder, ports: [${port}], command: ${JSON.stringify(stubborn(port))} });
      console.log(folder);
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
    let folder = '';
    child.stdout.on('data', (bytes: Buffer) => {
      folder += bytes.toString();
    });
    const [, signal] = await once(child, 'close');
    expect(signal).toBe('SIGKILL');
    expect(folder.trim()).toContain('orphan');
    const left = async () => existsSync(folder.trim()) || (await answers(port));
    for (let i = 0; i < 500 && (await left()); i++) await wait(20);
    expect(existsSync(folder.trim())).toBe(false);
    expect(await answers(port)).toBe(false);
  }, 30_000);
});

test('ports are free, different and below those of outgoing connections', async () => {
  const ports = Object.values(await freePorts('a', 'b', 'c', 'd'));
  expect(new Set(ports).size).toBe(4);
  for (const port of ports) {
    expect(await answers(port)).toBe(false);
    expect(port).toBeLessThan(32_768);
  }
});

test('certificates are valid for their names, by their CA only', async () => {
  const folder = makeFolder('certificates');
  const authority = await makeAuthority(folder);
  const { certificateFile } = await authority.issue('mail.example.org', '127.0.0.1');
  await run('openssl', ['verify', '-CAfile', authority.caFile, certificateFile]);
  const text = await run('openssl', ['x509', '-noout', '-ext', 'subjectAltName', '-in', certificateFile]);
  expect(text).toContain('DNS:mail.example.org');
  expect(text).toContain('IP Address:127.0.0.1');
  const otherFolder = makeFolder('certificates');
  const other = await makeAuthority(otherFolder);
  await expect(run('openssl', ['verify', '-CAfile', other.caFile, certificateFile])).rejects.toThrow();
});
