// Unpacks Courier IMAP and prints where.
import { pathToFileURL } from 'node:url';
import { unpack } from './unpack.mjs';

/**
 * Makes sure that Courier is unpacked and returns the folder. Throws when apt-get cannot download it.
 * @returns {string}
 */
export const unpackCourier = () => unpack('courier', ['courier-imap', 'gamin']);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(unpackCourier());
