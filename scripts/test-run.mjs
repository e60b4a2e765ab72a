// Runs jest. Test files that failed beside the others are run once more, alone: real servers on two busy cores may miss
// a deadline that has nothing to do with what is tested. Both outcomes are printed; what fails alone too has failed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

const Jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];

/** More failed files than this are no matter of deadlines: they are not run again. */
const MostAgain = 4;

/** Workers beyond the cores: some of the tests that take longest mostly wait. */
const SpareWorkers = 1;

const OutputOption = '--outputFile=';

const read = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
};

/** Test files that failed, with the reasons as jest prints them. */
export const failedFiles = (results) => results.testResults.filter(({ status }) => status === 'failed');

/** The results with those of the files that were run again in the place of the first ones, and the sums anew. */
export const mergeResults = (first, second) => {
  const again = new Map(second.testResults.map((result) => [result.name, result]));
  const testResults = first.testResults.map((result) => again.get(result.name) ?? result);
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const count = (status) => tests.filter((test) => test.status === status).length;
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return {
    ...first,
    testResults,
    success: testResults.every(({ status }) => status !== 'failed'),
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numRuntimeErrorTestSuites: broken.length,
  };
};

/** Runs the tests in `root`; `args` are those of jest. Gives whether all passed, some perhaps only alone. */
export const runTests = (root, args) => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-results-'));
  const jest = (file, ...more) => {
    const options = { cwd: root, stdio: 'inherit' };
    spawnSync(process.execPath, [...Jest, ...more, '--json', `${OutputOption}${file}`], options);
    return read(file);
  };
  try {
    const kept = args.filter((argument) => argument !== '--json' && !argument.startsWith(OutputOption));
    const first = jest(join(folder, 'first.json'), `--maxWorkers=${availableParallelism() + SpareWorkers}`, ...kept);
    const failed = first === undefined ? [] : failedFiles(first);
    const names = failed.map(({ name }) => name);
    const again = names.length > 0 && names.length <= MostAgain;
    if (again) console.log(`\nFailed beside the others, now alone:\n${names.map((name) => `  ${name}`).join('\n')}\n`);
    const second = again ? jest(join(folder, 'second.json'), '--runInBand', '--runTestsByPath', ...names) : undefined;
    const results = second === undefined ? first : mergeResults(first, second);
    for (const { name } of second?.testResults.filter(({ status }) => status === 'passed') ?? []) {
      console.log(`passed only alone: ${name}`);
    }
    const output = args.find((argument) => argument.startsWith(OutputOption))?.slice(OutputOption.length);
    if (output !== undefined && results !== undefined) writeFileSync(output, JSON.stringify(results));
    return results?.success === true;
  } finally {
    rmSync(folder, { recursive: true });
  }
};
