import { afterAll, expect, test } from '@jest/globals';
import { killLeftProcesses } from '../cli/cli-process.ts';
import { runCrowd } from './crowd.ts';

afterAll(() => killLeftProcesses());

test('200 accounts through nginx with TLS, active at random for two minutes, Dovecot restarted once', async () => {
  const report = await runCrowd({ accounts: 200, seconds: 120, stepsPerSecond: 12, seed: 200, settleSeconds: 60 });
  expect(report).toMatchObject({ wrong: [], anomalies: [], wipes: 0, dead: [], bugs: [] });
  expect(report.mails).toBeGreaterThan(200);
}, 200_000);
