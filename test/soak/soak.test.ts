import { describe, expect, test } from '@jest/globals';
import { growthOf, runSoak, type SoakSample } from './soak.ts';

test('hours of 24 phones: nothing is held that was not held before, and no phone complains', async () => {
  const report = await runSoak({ hours: 6, phones: 24, store: 'redis', seed: 72, samplesPerHour: 2 });
  expect(report.complaints).toEqual([]);
  expect(report.samples.length).toBeGreaterThanOrEqual(9);
  expect(report.samples.at(-1)).toMatchObject({ watched: 12 });
  expect(report.mails).toBeGreaterThan(30);
  expect(report.requests).toBeGreaterThan(500);
}, 110_000);

describe('growth', () => {
  const flat: SoakSample = {
    hour: 1,
    heap: 50,
    resident: 90,
    files: 40,
    resources: 60,
    timers: 25,
    watched: 12,
    stored: 70,
  };
  const samples = (change: (i: number) => Partial<SoakSample>): readonly SoakSample[] =>
    Array.from({ length: 9 }, (_, i) => ({ ...flat, ...change(i) }));

  test('what stays is none, nor what goes up and down again', () => {
    expect(growthOf(samples(() => ({})))).toEqual([]);
    expect(growthOf(samples((i) => ({ heap: 50 + 40 * (i % 2), files: 40 + (i % 3) * 20 })))).toEqual([]);
  });

  test.each(['heap', 'files', 'resources', 'timers', 'watched', 'stored'] as const)('what goes up is: %s', (name) => {
    expect(growthOf(samples((i) => ({ [name]: flat[name] * (1 + i) })))).toHaveLength(1);
  });

  test('too few samples tell nothing', () => {
    expect(growthOf([flat, flat])).toHaveLength(1);
  });
});
