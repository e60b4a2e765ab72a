// Unpacks Courier IMAP out of its Debian packages into node_modules/.cache and prints where. It cannot be installed
// beside Dovecot: Debian allows one IMAP server on a machine. Nothing outside that folder changes.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const Cache = join(import.meta.dirname, '../node_modules/.cache/postrider');
const Target = join(Cache, 'courier');
/** What the tests run; libraries that they need and that are not installed come along. */
const Packages = ['courier-imap', 'gamin'];

const output = (program, args, cwd) => execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe' });

/** Names of the packages and of all that they depend on, less what is installed already (`Inst name [version] ...`). */
const missingPackages = () => {
  const plan = output('apt-get', ['install', '--simulate', '--no-install-recommends', ...Packages], '/');
  return [...plan.matchAll(/^Inst (\S+) \(/gm)].map(([, name]) => name);
};

/**
 * Makes sure that Courier is unpacked and returns the folder. Throws when apt-get cannot download it.
 * @returns {string}
 */
export const unpackCourier = () => {
  if (existsSync(Target)) return Target;
  mkdirSync(Cache, { recursive: true });
  const work = mkdtempSync(join(Cache, 'unpacking-'));
  try {
    output('apt-get', ['download', ...missingPackages()], work);
    const root = join(work, 'root');
    for (const file of readdirSync(work)) output('dpkg', ['-x', file, root], work);
    if (!existsSync(Target)) renameSync(root, Target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return Target;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(unpackCourier());
