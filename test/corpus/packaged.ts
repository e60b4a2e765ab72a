import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { CorpusMessage } from './messages.ts';

/** Files that are whole messages: Python's `msg_01.txt`, enmime's `.raw`. */
const MessageFile = /(?:^|\/)(?:test_email\/data\/msg_\w+\.txt|testdata\/.+\.raw)$/;

/** Messages that other projects test their parsers with, out of their Debian packages (`scripts/mail-samples.mjs`). */
export const packagedMessages = (): CorpusMessage[] => {
  const script = join(import.meta.dirname, '../../scripts/mail-samples.mjs');
  const folder = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => MessageFile.test(path))
    .sort()
    .map((path) => ({ name: relative(folder, path), raw: new Uint8Array(readFileSync(path)) }));
};
