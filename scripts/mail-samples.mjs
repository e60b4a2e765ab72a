// Unpacks the messages that other projects test their mail parsers with, and prints where.
import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { unpack } from './unpack.mjs';

/** The tests of the newest Python that Debian or Ubuntu has here: `libpython3.11-testsuite`. */
const testsOfPython = () => {
  const names = execFileSync('apt-cache', ['pkgnames', 'libpython3.'], { encoding: 'utf8' }).split('\n');
  const minor = (name) => Number(/^libpython3\.(\d+)-testsuite$/.exec(name)?.[1] ?? -1);
  return names
    .filter((name) => minor(name) >= 0)
    .sort((a, b) => minor(b) - minor(a))
    .slice(0, 1);
};

/**
 * Makes sure that the samples are unpacked and returns the folder. Throws when apt-get cannot download them.
 * @returns {string}
 */
export const unpackMailSamples = () =>
  unpack('mail-samples', [...testsOfPython(), 'golang-github-jhillyerd-enmime-dev'], { alone: true });

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(unpackMailSamples());
