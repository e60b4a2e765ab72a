// Builds the programs that tests start as processes of their own, each into one file: a loader of TypeScript would cost
// every one of the hundreds of starts two seconds of CPU. Jest runs this before all tests.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');

/** Every program that a test starts. */
export const Children = [
  'src/main.ts',
  'test/campaign/node-child.ts',
  'test/contracts/state-store-writer.ts',
  'test/faults/server-child.ts',
  'test/state/redis-store.ts',
  'test/state/sqlite-store.ts',
  'test/support/measured-server.ts',
];

/** Where the program of `path` is built to. */
export const builtPath = (path) =>
  join(root, '.build/children', `${path.replaceAll('/', '-').replace(/\.ts$/, '')}.js`);

const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

/** Replaces a file whole: another run of tests may be starting it at this moment. */
const replace = (file, text) => {
  if (read(file) === text) return;
  const next = `${file}.${process.pid}`;
  writeFileSync(next, text);
  renameSync(next, file);
};

export const buildChildren = async () => {
  mkdirSync(join(root, '.build/children'), { recursive: true });
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: Children.map((path) => ({ in: path, out: path })),
    outdir: root,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  for (const { path, text } of outputFiles) replace(builtPath(path.slice(root.length + 1).replace(/\.js$/, '')), text);
};

export default buildChildren;

if (process.argv[1] === import.meta.filename) await buildChildren();
