// `npm test`: system packages, types, lint, then all tests; arguments are passed on to jest.
//   --no-install   installs no system packages, only says which are missing
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensurePackages } from './system-packages.mjs';
import { runTests } from './test-run.mjs';

const root = join(import.meta.dirname, '..');
const NoInstall = '--no-install';
const jestArguments = process.argv.slice(2).filter((argument) => argument !== NoInstall);

if (!ensurePackages({ install: !process.argv.includes(NoInstall) })) process.exit(1);

const tool = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0;

const Steps = [
  ['types', () => tool('node_modules/typescript/bin/tsc', '--noEmit')],
  ['lint', () => tool('node_modules/@biomejs/biome/bin/biome', 'check', '--max-diagnostics=50', '.')],
  ['tests', () => runTests(root, jestArguments)],
];

/** Runs all steps, also after a failed one: who fixes things wants to see everything. */
const results = Steps.map(([name, run]) => {
  const started = Date.now();
  const passed = run();
  return { name, passed, seconds: (Date.now() - started) / 1_000 };
});

for (const { name, passed, seconds } of results) {
  console.log(`${passed ? 'passed' : 'FAILED'}  ${name.padEnd(6)} ${seconds.toFixed(1).padStart(6)} s`);
}
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
