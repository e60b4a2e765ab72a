import { describe, expect, test } from '@jest/globals';
import { kindOf, SlowingSteps } from '../../src/devices/loop-guard.ts';
import { LoopWatch, loadSlowed } from '../../src/devices/loop-watch.ts';
import { StateUnavailable } from '../../src/state/contract.ts';
import { partnershipPartition } from '../../src/state/partitions.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { encode, lineOf, ask as post, recordingLog, startServer, testCommand } from '../http/fixture.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';

const Asker = { account: 'anna@example.org', device: 'PHONE1' };
const Partition = partnershipPartition(Asker.account, Asker.device);
const Asked = { command: 'Sync', kind: kindOf('Sync', true), digest: 'key 5' };

const stage = () => {
  const [state, clock, log] = [openSqliteState(':memory:'), new FakeClock(), recordingLog()];
  const commits: string[] = [];
  const commit = state.commit.bind(state);
  state.commit = (partition, writes) => {
    commits.push(...writes.map(({ name }) => name));
    return commit(partition, writes);
  };
  const watch = new LoopWatch({ state, clock, log });
  const repeat = (times: number, asker = Asker): void => {
    for (let i = 0; i < times; i++) {
      watch.arrived(asker, Asked);
      watch.answered(asker, Asked);
    }
  };
  return { state, clock, log, watch, repeat, commits };
};

describe('what is stored of slowed devices', () => {
  test('nothing, as long as nobody is slowed', () => {
    const { watch, repeat, commits } = stage();
    repeat(14);
    expect([commits, watch.slowed]).toEqual([[], 0]);
  });

  test('a note at each step, and not at each request', async () => {
    const { state, clock, log, watch, repeat, commits } = stage();
    repeat(45);
    await settle();
    expect(commits).toEqual(['slowed', 'slowed', 'slowed', 'slowed']);
    expect(watch.slowed).toBe(1);
    expect(await loadSlowed(state, Partition, clock.now())).toEqual({
      step: 4,
      command: 'Sync',
      since: clock.now(),
      until: clock.now() + 450_000,
    });
    expect(log.entries.at(-1)).toMatchObject({ level: 'warn', facts: { step: 4, command: 'Sync' } });
  });

  test('goes with the first answer after the device came to rest', async () => {
    const { state, clock, watch, repeat, commits } = stage();
    repeat(20);
    clock.move(600_000);
    await settle();
    expect(watch.slowed).toBe(0);
    expect(await loadSlowed(state, Partition, clock.now())).toBeUndefined();
    repeat(1);
    await settle();
    expect(commits.length).toBe(2);
    expect((await state.load(Partition, ['slowed'])).size).toBe(0);
  });

  test('is of one device of one account, and never of one that only tries out an account', async () => {
    const { state, watch, repeat, commits } = stage();
    repeat(14);
    repeat(14, { ...Asker, device: 'PHONE2' });
    repeat(14, { ...Asker, account: 'ben@example.org' });
    repeat(100, { ...Asker, device: 'validate' });
    expect(watch.slowed).toBe(0);
    expect(commits).toEqual([]);
    await state.close();
  });

  test('a store that fails is logged, and keeps nobody from being slowed', async () => {
    const { state, log, watch, repeat } = stage();
    state.commit = () => Promise.reject(new StateUnavailable('full'));
    repeat(20);
    await settle();
    expect(watch.arrived(Asker, Asked).step).toBe(1);
    expect(log.entries.some(({ message }) => message.includes('could not be stored'))).toBe(true);
  });
});

describe('at the door', () => {
  const quick = SlowingSteps.map((step, index) => ({ ...step, from: 3 * (index + 1) }));

  const open = async () => {
    const [state, clock, log] = [openSqliteState(':memory:'), new FakeClock(), recordingLog()];
    const loops = new LoopWatch({ state, clock, log, steps: quick });
    const handled: string[] = [];
    const command = (name: string) =>
      testCommand(name, async () => {
        handled.push(name);
        return { kind: 'document', value: { status: 1 } };
      });
    const ambient = { state, clock, log, random: () => new Uint8Array(8) };
    const fixture = await startServer({
      commands: [command('Sync'), command('FolderSync')],
      services: { loops, ambient },
    });
    const send = (syncKey: string, path = lineOf('Sync', 'PHONE1')) =>
      post(fixture.url, { path, body: encode({ syncKey }) });
    return { ...fixture, clock, loops, handled, send };
  };

  test('a loop waits, then is told when to come again: 503 and never 401 (MS-ASHTTP_R273, MS-ASHTTP_R287)', async () => {
    const { server, clock, handled, served, send } = await open();
    for (let i = 0; i < 3; i++) expect((await send('5')).status).toBe(200);
    // The time that passes forgives a little, so that each step takes one request more.
    for (const delay of [2000, 2000, 2000, 2000, 10_000, 10_000, 10_000, 10_000]) {
      const before = handled.length;
      const slowed = send('5');
      await until(() => clock.pending > 0);
      expect([clock.waits, handled.length]).toEqual([[delay], before]);
      clock.move(delay);
      expect((await slowed).status).toBe(200);
    }
    const refused = await send('5');
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '60']);
    expect(refused.headers['www-authenticate']).toBeUndefined();
    await until(() => served.length === 12);
    const steps = served.map(({ slowed }) => slowed);
    expect(steps).toEqual([undefined, undefined, undefined, 1, 1, 1, 1, 2, 2, 2, 2, 3]);
    expect(handled).toHaveLength(11);
    expect((await send('6')).status).toBe(200);
    await server.close();
  });

  test('a body that nobody understands counts as well', async () => {
    const { server, url, clock } = await open();
    const send = () => post(url, { path: lineOf('Sync', 'PHONE1'), body: Buffer.from('nonsense') });
    for (let i = 0; i < 3; i++) await send();
    const slowed = send();
    await until(() => clock.pending > 0);
    clock.move(2000);
    expect((await slowed).status).toBe(200);
    await server.close();
  });
});
