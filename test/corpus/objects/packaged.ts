import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Objects that other projects test their programs with, out of their Debian packages (`scripts/groupware-samples.mjs`). */

/** A whole calendar or card, or a component alone, wherever it stands in a file: in sources and programs, too. */
const Sample = /^[ \t]*BEGIN:(VCARD|VCALENDAR|VEVENT|VTODO|VJOURNAL)\r?\n[^\0]*?^[ \t]*END:\1(?=[\r\n\0"']|$)/gm;

/** A piece of a format string is no object. */
const isWhole = (text: string): boolean => !/%[ds]|""/.test(text);

const samplesIn = (path: string): string[] =>
  [...readFileSync(path, 'latin1').matchAll(Sample)]
    .map(([text]) =>
      Buffer.from(text, 'latin1')
        .toString('utf8')
        .replace(/^[ \t]+(?=BEGIN:)/, ''),
    )
    .filter(isWhole)
    .map((text) => `${text}${/\r\n/.test(text) ? '\r\n' : '\n'}`);

const componentIn = (text: string, name: string): string[] =>
  text.match(new RegExp(`^BEGIN:${name}\\r?\\n[^]*?^END:${name}\\r?\\n`, 'gm')) ?? [];

const uidOf = (component: string): string => /^UID:(.*)$/m.exec(component)?.[1]?.trim() ?? '';

/** As a server stores a calendar: an object for each UID, with the zones (RFC 4791 4.1). */
const objectsOf = (calendar: string, kind: string): string[] => {
  const lineEnd = calendar.includes('\r\n') ? '\r\n' : '\n';
  const byUid = new Map<string, string[]>();
  for (const component of componentIn(calendar, kind)) {
    byUid.set(uidOf(component), [...(byUid.get(uidOf(component)) ?? []), component]);
  }
  const head = ['BEGIN:VCALENDAR', 'VERSION:2.0', ''].join(lineEnd);
  const zones = componentIn(calendar, 'VTIMEZONE');
  return [...byUid.values()].map((own) => [head, ...zones, ...own, `END:VCALENDAR${lineEnd}`].join(''));
};

interface Sampled {
  readonly path: string;
  readonly samples: readonly string[];
}

const readSamples = (): readonly Sampled[] => {
  const script = join(import.meta.dirname, '../../../scripts/groupware-samples.mjs');
  const folder = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(folder, path), samples: samplesIn(path) }));
};

let known: readonly Sampled[] | undefined;

/** What all files hold, read once. */
const allSamples = (): readonly Sampled[] => {
  known ??= readSamples();
  return known;
};

/** All objects of a kind, each with where it is from. */
export const packagedObjects = (kind: string): { name: string; text: string }[] => {
  const found = new Map<string, string>();
  for (const { path, samples } of allSamples()) {
    const texts =
      kind === 'VCARD'
        ? samples.filter((one) => one.startsWith('BEGIN:VCARD'))
        : samples.flatMap((one) => objectsOf(one, kind));
    for (const [at, text] of texts.entries()) if (!found.has(text)) found.set(text, `${path} ${at + 1}`);
  }
  return [...found].map(([text, name]) => ({ name, text })).sort((a, b) => (a.name < b.name ? -1 : 1));
};
