const swc = {
  jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  testSequencer: '<rootDir>/scripts/long-tests-first.mjs',
  // Modules of each test file stay in a worker's memory: one that has grown is replaced.
  workerIdleMemoryLimit: '1GB',
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
};
