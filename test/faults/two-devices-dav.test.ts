import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { traceInto } from '../campaign/trace.ts';
import { type DavStage, runTwoDevicesOnDav, stageForDav } from './two-devices-dav.ts';

/** Longer runs with other seeds: `POSTRIDER_TWO_DEVICES=7:3000,8:3000 npm run test:only -- test/faults/two-devices-dav`. */
const Runs = (process.env.POSTRIDER_TWO_DEVICES ?? '1:100')
  .split(',')
  .map((run) => run.split(':').map(Number) as [number, number]);

/** Steps between two looks at everything. */
const RestEvery = 50;

const trace = process.env.POSTRIDER_TRACE === undefined ? undefined : traceInto(process.env.POSTRIDER_TRACE);
let stage: DavStage;

beforeAll(async () => {
  stage = await stageForDav(Runs.map(([seed]) => seed));
}, 120_000);
afterAll(() => stage?.close(), 60_000);

test.each(Runs)(
  'two devices and a DAV client at random: at rest all hold the same, and nothing was told twice (seed %i, %i steps)',
  async (seed, steps) => {
    const report = await runTwoDevicesOnDav(stage, { seed, steps, restEvery: RestEvery, trace });
    expect(report.wrong).toEqual([]);
    expect(report).toMatchObject({ steps });
    expect(report.restarts).toBeGreaterThan(0);
    expect(report.held).toBeGreaterThan(0);
  },
  3_600_000,
);
