import { afterAll, expect, test } from '@jest/globals';
import { killLeftProcesses } from '../cli/cli-process.ts';
import { runCrowd } from './crowd.ts';

afterAll(() => killLeftProcesses());

test('20 accounts, active at random, Dovecot restarted once: every phone holds exactly its mailbox', async () => {
  const report = await runCrowd({ accounts: 20, seconds: 15, stepsPerSecond: 10, seed: 20, settleSeconds: 60 });
  expect(report).toMatchObject({ wrong: [], anomalies: [], wipes: 0, dead: [], bugs: [] });
  expect(report.mails).toBeGreaterThan(20);
}, 110_000);
