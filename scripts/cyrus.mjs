// Unpacks Cyrus IMAP and prints where.
import { pathToFileURL } from 'node:url';
import { unpack } from './unpack.mjs';

/**
 * Makes sure that Cyrus is unpacked and returns the folder. Throws when apt-get cannot download it.
 * @returns {string}
 */
export const unpackCyrus = () => unpack('cyrus', ['cyrus-imapd']);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(unpackCyrus());
