// Unpacks Cyrus with its CalDAV and CardDAV and prints where.
import { pathToFileURL } from 'node:url';
import { unpack } from './unpack.mjs';

/**
 * Makes sure that Cyrus is unpacked and returns the folder. Throws when apt-get cannot download it.
 * @returns {string}
 */
export const unpackCyrusDav = () => unpack('cyrus-dav', ['cyrus-imapd', 'cyrus-caldav']);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(unpackCyrusDav());
