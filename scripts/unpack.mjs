// Unpacks programs out of their Debian packages into node_modules/.cache: IMAP servers cannot be installed beside
// each other, as Debian allows one on a machine. Nothing outside that folder changes.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const Cache = join(import.meta.dirname, '../node_modules/.cache/postrider');

const output = (program, args, cwd) => execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe' });

/** Names of packages and of all that they depend on, less what is installed already (`Inst name [version] ...`). */
const missingPackages = (packages) => {
  const plan = output('apt-get', ['install', '--simulate', '--no-install-recommends', ...packages], '/');
  return [...plan.matchAll(/^Inst (\S+) \(/gm)].map(([, name]) => name);
};

/**
 * Makes sure that packages are unpacked and returns the folder. Throws when apt-get cannot download them.
 * @param {string} name of the folder
 * @param {readonly string[]} packages what the tests run; libraries that they need and that are not installed come along
 * @param {{ alone?: boolean }} [options] `alone`: only files of the packages are used, so nothing comes along
 * @returns {string}
 */
export const unpack = (name, packages, { alone = false } = {}) => {
  const target = join(Cache, name);
  if (existsSync(target)) return target;
  mkdirSync(Cache, { recursive: true });
  const work = mkdtempSync(join(Cache, 'unpacking-'));
  try {
    output('apt-get', ['download', ...(alone ? packages : missingPackages(packages))], work);
    const root = join(work, 'root');
    for (const file of readdirSync(work)) output('dpkg', ['-x', file, root], work);
    if (!existsSync(target)) renameSync(root, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return target;
};
