import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CommandTable } from '../../protocol/commands/index.ts';
import { type BatchResult, type FuzzPlan, fuzzBatch, loadCorpus } from '../fuzz/fuzzer.ts';
import { mutated } from '../fuzz/mutate.ts';
import { Chance } from '../support/chance.ts';
import { type Measured, startMeasured } from '../support/measured.ts';

/** A short run of what `npm run fuzz` does at length. */

/** Milliseconds that the run lasts. */
const Lasts = 6_000;

let server: Measured;

beforeAll(async () => {
  server = await startMeasured({ attachmentBytes: 2_000 });
}, 60_000);
afterAll(() => server.close());

describe('mutated requests', () => {
  test('of every command get a proper status and an answer of the right form, and leave no bug', async () => {
    const users = ['anna@example.test', 'ben@example.test'];
    const now = (): number => server.cpu() * 1000;
    const plan: FuzzPlan = { url: server.url, users, seed: 20_261_123, batchSize: 120, slowest: 2_000, now };
    const started = performance.now();
    const results: BatchResult[] = [];
    for (let batch = 0; results.length < 5 || performance.now() - started < Lasts; batch++) {
      results.push(await fuzzBatch(plan, batch));
      if (results.length >= 40) break;
    }
    expect(results.flatMap(({ findings, slow }) => [...findings, ...slow])).toEqual([]);
    expect(await server.errors()).toEqual([]);
  }, 120_000);

  test('are the same for the same seed, so that a finding can be met again', () => {
    const [first, second] = [new Chance(7), new Chance(7)];
    const body = Uint8Array.from({ length: 100 }, (_, i) => i);
    for (let i = 0; i < 200; i++) expect(mutated(first, body, body)).toEqual(mutated(second, body, body));
    expect(mutated(new Chance(8), body, body)).not.toEqual(mutated(new Chance(7), body, body));
  });

  test('are made of real requests of every command that has a document', () => {
    const names = new Set(loadCorpus().map(({ command }) => command));
    const described = Object.entries(CommandTable).flatMap(([name, { request }]) =>
      request === undefined ? [] : [name],
    );
    expect([...names].sort()).toEqual(described.sort());
  });
});
