// Unpacks the calendars and contacts that other projects test their programs with, and prints where.
import { pathToFileURL } from 'node:url';
import { unpack } from './unpack.mjs';

/** Packages of 500 kB together, out of which nothing is run. */
const Packages = [
  'evolution-data-server-tests',
  'golang-github-arran4-golang-ical-dev',
  'php-horde-icalendar',
  'python3-icalendar',
];

/**
 * Makes sure that the samples are unpacked and returns the folder. Throws when apt-get cannot download them.
 * @returns {string}
 */
export const unpackGroupwareSamples = () => unpack('groupware-samples', Packages, { alone: true });

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(unpackGroupwareSamples());
