import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createProgram } from '../../src/cli/program.ts';
import { LoopWatch } from '../../src/devices/loop-watch.ts';
import { loadPartnership, type Partnership, updatePartnership } from '../../src/devices/partnership.ts';
import { partnershipPartition } from '../../src/state/partitions.ts';
import { openSqliteState, type SqliteState } from '../../src/state/sqlite.ts';
import { readSetAside, SetAsideDocument, writeSetAside } from '../../src/sync/set-aside.ts';
import { settle } from '../support/fake-clock.ts';
import { quietLog, systemClock } from '../support/system.ts';

const folder = mkdtempSync(join(tmpdir(), 'postrider-device-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = join(folder, 'config.yaml');
writeFileSync(
  config,
  `listen: { address: 127.0.0.1:0 }\ndomains: example.org\nbackends: { mail: { kind: local } }\ndataFolder: ${folder}\n`,
);

/** The store as a running server has it open. */
let state: SqliteState;
beforeEach(() => {
  state = openSqliteState(join(folder, 'state.db'));
});
afterEach(async () => {
  for await (const partition of state.partitions('partnership/')) await state.drop(partition);
  await state.close();
});

/** Runs the command line in this process; a failure gives its message. */
const run = async (...args: string[]): Promise<string> => {
  const output = new PassThrough();
  const io = { input: process.stdin, output, errors: output, env: {} };
  let work: Promise<number> = Promise.resolve(0);
  const program = createProgram(io, async (given) => {
    work = given;
    await given.catch(() => undefined);
  });
  await program.parseAsync(['node', 'postrider', 'device', args[0] ?? '', '--config', config, ...args.slice(1)]);
  return work.then(
    () => String(output.read() ?? ''),
    (error: Error) => error.message,
  );
};

const Now = Date.UTC(2026, 10, 23, 9, 30);

const visit = (account: string, id: string, more: Partial<Partnership> = {}) =>
  updatePartnership(
    state,
    account,
    { device: { id, type: 'iPhone', userAgent: 'Apple-iPhone/1' }, version: '16.1', now: Now },
    (partnership) => ({ ...partnership, ...more }),
  );

const Anna = 'anna@example.org';
const problem = {
  folder: 'f1',
  how: 'notice',
  reason: 'its structure cannot be told',
  since: Now,
  release: '0.1.0',
} as const;

const store = async (id: string, items: Parameters<typeof writeSetAside>[0]): Promise<void> => {
  await state.commit(partnershipPartition(Anna, id), [writeSetAside(items, undefined)]);
};

describe('postrider device list', () => {
  test('tells what is known of each device, while the server runs', async () => {
    await visit(Anna, 'PHONE1', { information: { model: 'iPhone 15' } });
    await visit('ben@example.org', 'TABLET', { permanentKey: { key: 1, policy: 'p', from: 2 } });
    const text = await run('list');
    expect(text).toContain('anna@example.org  PHONE1\n  iPhone, iPhone 15, Apple-iPhone/1, EAS 16.1\n');
    expect(text).toContain('first seen 2026-11-23 09:30, last 2026-11-23 09:30 UTC; not provisioned');
    expect(text).toContain('ben@example.org  TABLET');
    expect(text).toContain('; provisioned');
    expect(text).toContain('2 devices');
  });

  test('of one user, as JSON', async () => {
    await visit(Anna, 'PHONE1');
    await visit('ben@example.org', 'TABLET');
    expect(JSON.parse(await run('list', '--user', Anna, '--json'))).toEqual({
      account: Anna,
      device: 'PHONE1',
      type: 'iPhone',
      userAgent: 'Apple-iPhone/1',
      version: '16.1',
      firstSeen: '2026-11-23T09:30:00.000Z',
      lastSeen: '2026-11-23T09:30:00.000Z',
      policy: 'not provisioned',
      problems: 0,
    });
  });

  test('tells who is slowed, and what cannot be given whole', async () => {
    await visit(Anna, 'PHONE1');
    await store('PHONE1', { 5: { 'e1.1': problem, 'e1.2': problem } });
    const loops = new LoopWatch({ state, clock: systemClock, log: quietLog() });
    const [asker, asked] = [
      { account: Anna, device: 'PHONE1' },
      { command: 'Sync', kind: 'goes on', digest: 'x' } as const,
    ];
    for (let i = 0; i < 16; i++) {
      loops.arrived(asker, asked);
      loops.answered(asker, asked);
    }
    await settle();
    const text = await run('list', '--device', 'PHONE1');
    expect(text).toMatch(/slowed: repeats Sync since .*, step 1 of 5 \(each waits 2 s\)/);
    expect(text).toContain('2 problems: postrider device problems --device PHONE1');
    expect(JSON.parse(await run('list', '--json'))).toMatchObject({
      slowed: { step: 1, command: 'Sync' },
      problems: 2,
    });
  });

  test('a user of no domain that is served is told so', async () => {
    expect(await run('list', '--user', 'anna@elsewhere.org')).toContain('Served are example.org');
  });
});

describe('postrider device problems', () => {
  test('names folder, item, date and reason', async () => {
    await visit(Anna, 'PHONE1');
    await store('PHONE1', { 5: { 'e1.1': problem, 'e1.2': { ...problem, how: 'leftOut', since: Now + 60_000 } } });
    expect(await run('problems', '--user', Anna)).toBe(
      [
        'anna@example.org  PHONE1  folder f1  item e1.2',
        '  since 2026-11-23 09:31 UTC with Postrider 0.1.0; the device has nothing',
        '  its structure cannot be told',
        'anna@example.org  PHONE1  folder f1  item e1.1',
        '  since 2026-11-23 09:30 UTC with Postrider 0.1.0; the device has a notice, with the original attached',
        '  its structure cannot be told',
        '2 problems',
        '',
      ].join('\n'),
    );
    const [first = ''] = (await run('problems', '--json')).split('\n');
    expect(JSON.parse(first)).toMatchObject({ account: Anna, device: 'PHONE1', collectionId: '5', item: 'e1.2' });
    expect(await run('problems', '--device', 'OTHER')).toBe('0 problems\n');
  });

  test('are tried again when the administrator says so', async () => {
    await visit(Anna, 'PHONE1');
    await store('PHONE1', { 5: { 'e1.1': problem } });
    expect(await run('retry', '--user', Anna, '--device', 'PHONE1')).toContain('1 item is tried again');
    const stored = (await state.load(partnershipPartition(Anna, 'PHONE1'), [SetAsideDocument])).get(SetAsideDocument);
    expect(readSetAside(stored)).toEqual({ 5: { 'e1.1': { ...problem, release: '' } } });
    expect(await run('problems')).toContain('to be tried again');
  });
});

describe('postrider device remove', () => {
  test('removes one device with all its state, and no other', async () => {
    for (const id of ['PHONE1', 'PHONE2']) await visit(Anna, id);
    await state.commit(partnershipPartition(Anna, 'PHONE1'), [{ name: 'hierarchy', value: Uint8Array.of(1) }]);
    expect(await run('remove', '--user', Anna, '--device', 'PHONE1')).toContain(
      'PHONE1 of anna@example.org is removed',
    );
    expect((await state.list(partnershipPartition(Anna, 'PHONE1'), '')).size).toBe(0);
    expect(await loadPartnership(state, Anna, 'PHONE2')).toBeDefined();
  });

  test('a device that is not there is told so', async () => {
    expect(await run('remove', '--user', Anna, '--device', 'NONE')).toMatch(/has no device NONE.*device list --user/s);
  });

  test('not one that is to be wiped, unless forced: it would never hear of it', async () => {
    await visit(Anna, 'PHONE1', { wipe: { kind: 'device', state: 'requested', at: Now } });
    expect(await run('remove', '--user', Anna, '--device', 'PHONE1')).toContain('--force');
    expect(await loadPartnership(state, Anna, 'PHONE1')).toBeDefined();
    expect(await run('list')).toContain('wipe of the device requested');
    expect(await run('remove', '--user', Anna, '--device', 'PHONE1', '--force')).toContain('is removed');
  });
});
