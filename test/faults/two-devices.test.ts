import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Stage } from '../campaign/stage.ts';
import { traceInto } from '../campaign/trace.ts';
import { runTwoDevices, stageForTwo } from './two-devices.ts';

/** Longer runs with other seeds: `POSTRIDER_TWO_DEVICES=7:3000,8:3000 npm run test:only -- test/faults/two-devices`. */
const Runs = (process.env.POSTRIDER_TWO_DEVICES ?? '1:100,2:100')
  .split(',')
  .map((run) => run.split(':').map(Number) as [number, number]);

/** Steps between two looks at everything. */
const RestEvery = 100;

const trace = process.env.POSTRIDER_TRACE === undefined ? undefined : traceInto(process.env.POSTRIDER_TRACE);
let stage: Stage;

beforeAll(async () => {
  stage = await stageForTwo();
}, 120_000);
afterAll(() => stage?.close(), 60_000);

test.each(Runs)(
  'two devices and an IMAP client at random: at rest all hold the same, and nothing was told twice (seed %i, %i steps)',
  async (seed, steps) => {
    const report = await runTwoDevices(stage, { seed, steps, restEvery: RestEvery, trace });
    expect(report.wrong).toEqual([]);
    expect(report).toMatchObject({ steps });
    expect(report.restarts).toBeGreaterThan(0);
    expect(report.held).toBeGreaterThan(0);
  },
  3_600_000,
);
