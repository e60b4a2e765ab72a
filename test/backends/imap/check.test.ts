import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CheckLine } from '../../../backends/contract/backend.ts';
import { type DovecotBench, startBench } from './dovecot-account.ts';
import { openImap } from './harness.ts';

let bench: DovecotBench;
beforeAll(async () => {
  bench = await startBench({ connectionsPerUser: 3 });
}, 40_000);
afterAll(() => bench.stop());

const about = (lines: readonly CheckLine[], what: string): CheckLine | undefined =>
  lines.find((line) => line.what === what);

describe('check', () => {
  test('without a user says that the server answers, and what to do to learn more', async () => {
    const backend = openImap(bench.dovecot.port);
    const lines = await backend.check(undefined);
    expect(lines.map(({ ok }) => ok)).toEqual([true, true]);
    expect(lines[0]?.meaning).toContain('not encrypted');
    await backend.close();
  });

  test('tells how the connection is encrypted', async () => {
    const { caFile, imapsPort, port } = bench.dovecot;
    for (const [url, how] of [
      [`imaps://localhost:${imapsPort}`, 'TLS'],
      [`imap://localhost:${port}`, 'STARTTLS'],
    ] as const) {
      const backend = openImap(0, { url, caFile });
      expect((await backend.check(undefined))[0]?.meaning).toContain(`encrypted by ${how}`);
      await backend.close();
    }
  });

  test('as a user finds everything that Dovecot can do', async () => {
    const { login } = await bench.account();
    const backend = openImap(bench.dovecot.port, { maxConnections: 2 });
    const lines = await backend.check(login);
    expect(lines.filter(({ ok }) => ok !== true)).toEqual([]);
    expect(about(lines, 'IMAP push')?.meaning).toContain('any folder');
    expect(about(lines, 'IMAP QRESYNC')?.meaning).toContain('exactly');
    await backend.close();
  });

  test('says what is missed without each capability', async () => {
    const { login } = await bench.account();
    const ignoreCapabilities = [
      'QRESYNC',
      'CONDSTORE',
      'NOTIFY',
      'LIST-STATUS',
      'SPECIAL-USE',
      'MOVE',
      'UIDPLUS',
      'ESEARCH',
      'ID',
    ];
    const backend = openImap(bench.dovecot.port, { ignoreCapabilities, maxConnections: 2 });
    const lines = await backend.check(login);
    const missing = lines.filter(({ ok }) => ok === 'missing').map(({ what }) => what);
    expect(missing).toEqual([...ignoreCapabilities.map((name) => `IMAP ${name}`), 'IMAP push', 'IMAP folder ids']);
    expect(about(lines, 'IMAP UIDPLUS')?.meaning).toContain('only marked as deleted');
    await backend.close();
  });

  test('finds out that the server takes fewer connections than it is to be given', async () => {
    const { login, outside } = await bench.account();
    expect(outside.usable).toBe(true);
    const backend = openImap(bench.dovecot.port, { maxConnections: 5 });
    const line = about(await backend.check(login), 'IMAP connections');
    expect(line).toMatchObject({ ok: false, meaning: expect.stringContaining('mail_max_userip_connections') });
    await backend.close();
  });

  test('names folders that are missing', async () => {
    const { login } = await bench.account();
    const backend = openImap(bench.dovecot.port, { maxConnections: 2, folders: { roles: { archive: 'Sent' } } });
    expect(about(await backend.check(login), 'IMAP folders')).toMatchObject({
      ok: 'missing',
      meaning: expect.stringContaining('sent'),
    });
    await backend.close();
  });

  test('tells a refused password from a server that is away', async () => {
    const { login } = await bench.account();
    const backend = openImap(bench.dovecot.port);
    const refused = about(await backend.check({ ...login, password: 'wrong' }), 'IMAP login');
    expect(refused).toMatchObject({ ok: false, meaning: 'The server refuses this user or password.' });
    await backend.close();
    const away = openImap(1);
    expect(await away.check(login)).toEqual([
      expect.objectContaining({ ok: false, meaning: expect.stringContaining('ECONNREFUSED') }),
    ]);
    await away.close();
  });
});
