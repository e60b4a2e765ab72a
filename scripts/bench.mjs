// `npm run bench first-sync 2000`: builds everything and runs bench/first-sync of it. What is measured is the built
// product: a loader of TypeScript keeps its compiler and every source map in the heap of the process under measure.
import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildChildren } from './build-children.mjs';

const root = join(import.meta.dirname, '..');
const Built = '.build/bench';
const [name = '', ...args] = process.argv.slice(2);
const names = readdirSync(join(root, 'bench')).flatMap((file) => /^(.+)\.ts$/.exec(file)?.[1] ?? []);
if (!names.includes(name)) {
  console.error(`There is no bench ${JSON.stringify(name)}. There are: ${names.join(', ')}.`);
  process.exit(1);
}

const run = (...command) => spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' }).status ?? 1;

const built = run('node_modules/typescript/bin/tsc', '--outDir', Built, '--sourceMap', 'false');
if (built !== 0) process.exit(built);
await buildChildren();
copyFileSync(join(root, 'package.json'), join(root, Built, 'package.json'));
process.exit(run('--expose-gc', join(Built, 'bench', `${name}.js`), ...args));
