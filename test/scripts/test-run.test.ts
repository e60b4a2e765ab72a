import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';

const Root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'postrider-test-run-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A project with one test file that passes and one with the given body. */
const project = (name: string, body: string): string => {
  const root = join(folder, name);
  mkdirSync(root);
  symlinkSync(join(Root, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'package.json'), '{}');
  writeFileSync(join(root, 'jest.config.json'), '{ "testMatch": ["**/*.check.js"] }');
  writeFileSync(join(root, 'good.check.js'), `test('good', () => {});`);
  writeFileSync(join(root, 'doubtful.check.js'), `const { existsSync, writeFileSync } = require('node:fs');\n${body}`);
  return root;
};

interface Outcome {
  readonly passed: boolean;
  readonly text: string;
  readonly results: { numPassedTests: number; numFailedTests: number; numRuntimeErrorTestSuites: number };
}

const runTests = (root: string): Outcome => {
  const output = join(root, 'out.json');
  const script = `
    import { runTests } from ${JSON.stringify(join(Root, 'scripts/test-run.mjs'))};
    process.exitCode = runTests(process.cwd(), ['--json', '--outputFile=${output}']) ? 0 : 1;`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
  });
  return { passed: status === 0, text: stdout + stderr, results: JSON.parse(readFileSync(output, 'utf8')) };
};

describe('the runner of the tests', () => {
  test('runs a file that failed beside the others once more, alone, and says so', () => {
    const root = project(
      'late',
      `test('second time', () => { const was = existsSync('seen'); writeFileSync('seen', ''); expect(was).toBe(true); });`,
    );
    const { passed, text, results } = runTests(root);
    expect(passed).toBe(true);
    expect(text).toMatch(/Failed beside the others, now alone:\n {2}.*doubtful/);
    expect(text).toMatch(/passed only alone: .*doubtful/);
    expect(results).toMatchObject({ numPassedTests: 2, numFailedTests: 0, numRuntimeErrorTestSuites: 0 });
  }, 30_000);

  test('tells of what fails alone too, and of a file that cannot be run', () => {
    const bad = runTests(project('bad', `test('never', () => { expect(1).toBe(2); });`));
    expect(bad.passed).toBe(false);
    expect(bad.results).toMatchObject({ numPassedTests: 1, numFailedTests: 1, numRuntimeErrorTestSuites: 0 });
    const broken = runTests(project('broken', `throw new Error('no tests here');`));
    expect(broken.passed).toBe(false);
    expect(broken.results).toMatchObject({ numPassedTests: 1, numFailedTests: 0, numRuntimeErrorTestSuites: 1 });
  }, 60_000);
});
