import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

test('docs/conformance.md lists the requirements that tests cite', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/conformance.mjs', '--check'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
