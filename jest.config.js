const swc = {
  jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

export default {
  testEnvironment: 'node',
  // Real servers answer slowly beside everything else that runs: what hangs is told from what is slow.
  testTimeout: 15_000,
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  globalSetup: '<rootDir>/scripts/build-children.mjs',
  testSequencer: '<rootDir>/scripts/long-tests-first.mjs',
  // Modules of each test file stay in a worker's memory: one that has grown is replaced.
  workerIdleMemoryLimit: '1GB',
  // Property tests draw the same values in each run; POSTRIDER_SEED=n draws others.
  moduleNameMapper: { '^fast-check$': '<rootDir>/test/support/fast-check.ts' },
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
};
