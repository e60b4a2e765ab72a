import { describe, expect, test } from '@jest/globals';
import { runCampaign } from './campaign.ts';
import { chanceAt, planStep, type StepTable } from './plan.ts';
import type { StoreKind } from './stage.ts';

/** Other seeds than those below: `POSTRIDER_FAULT_SEEDS=7,8,9 npm run test:only -- test/campaign`. */
const seedsOf = (seeds: readonly number[]): readonly number[] => {
  const own = process.env.POSTRIDER_FAULT_SEEDS;
  return own === undefined ? seeds : own.split(',').map(Number);
};

const Short = { kills: 1_000, users: 2, isLong: false } as const;

const run = async (store: StoreKind, seed: number, rounds: number) => {
  const report = await runCampaign({ ...Short, store, seed, rounds, restEvery: rounds });
  expect(report).toMatchObject({ seed, rounds, rests: 3 });
  expect(report.kills).toBeGreaterThanOrEqual(rounds / 4);
  expect(report.held).toBeGreaterThan(0);
};

test.each(seedsOf([20]))(
  'one node on SQLite, killed and lied to: at rest every phone holds its mailbox (seed %i)',
  (seed) => run('sqlite', seed, 8),
  280_000,
);

test.each(seedsOf([30]))(
  'two nodes on Redis, killed and lied to: at rest every phone holds its mailbox (seed %i)',
  (seed) => run('cluster', seed, 6),
  280_000,
);

describe('the plan', () => {
  const table: StepTable<null> = Object.fromEntries(
    [1, 2, 3, 4].map((weight) => {
      const plan = (chance: ReturnType<typeof chanceAt>) => ({
        text: `${weight} ${chance.below(1_000)}`,
        take: async () => undefined,
      });
      return [String(weight), { weight, possible: weight !== 3, plan }];
    }),
  );
  const planOf = (seed: number): readonly string[] =>
    Array.from({ length: 300 }, (_, round) => planStep(table, chanceAt(seed, round)).text);

  test('is the same for the same seed and another one for another', () => {
    expect(planOf(1)).toEqual(planOf(1));
    expect(planOf(2)).not.toEqual(planOf(1));
  });

  test('chooses by weight, and nothing that is not possible', () => {
    const chosen = planOf(3).map((text) => text[0]);
    const count = (name: string): number => chosen.filter((each) => each === name).length;
    expect(count('3')).toBe(0);
    expect(count('1')).toBeGreaterThan(0);
    expect(count('4')).toBeGreaterThan(count('2'));
    expect(count('2')).toBeGreaterThan(count('1'));
  });
});
