// Collects the requirement ids of the protocol documents that tests cite, and writes docs/conformance.md.
// `--check` writes nothing and fails when the page is stale.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs', 'conformance.md');

const Documents = {
  'MS-ASCMD': 'Commands',
  'MS-ASHTTP': 'HTTP and Autodiscover transport',
  'MS-ASWBXML': 'WBXML',
  'MS-ASDTYPE': 'Data types',
  'MS-ASPROV': 'Provisioning',
  'MS-ASAIRS': 'Bodies, attachments, locations',
  'MS-ASEMAIL': 'E-mail',
  'MS-ASCON': 'Conversations',
  'MS-ASCAL': 'Calendar',
  'MS-ASCNTC': 'Contacts',
  'MS-ASTASK': 'Tasks',
  'MS-ASNOTE': 'Notes',
  'MS-ASMS': 'Short messages',
  'MS-ASRM': 'Rights management',
  'MS-ASDOC': 'Document libraries',
};

const files = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });

// "MS-ASCMD_R673", "MS-ASCMD_R3227 to MS-ASCMD_R3230" (both ends are counted, not what lies between).
const Citation = /\b(MS-AS[A-Z]+)_R(\d+)\b/g;

const cited = new Map();
for (const path of files(join(root, 'test'))) {
  for (const [, document, number] of readFileSync(path, 'utf8').matchAll(Citation)) {
    const ids = cited.get(document) ?? new Map();
    const places = ids.get(Number(number)) ?? new Set();
    places.add(relative(root, path));
    cited.set(document, ids.set(Number(number), places));
  }
}

const total = [...cited.values()].reduce((sum, ids) => sum + ids.size, 0);
const lines = [
  '# Conformance',
  '',
  "Requirements of the protocol documents that a test cites by its id, as Microsoft's own interoperability suite",
  'numbers them. Made by `node scripts/conformance.mjs`; a test fails when this page is stale. A requirement that is',
  'not listed may well be met: it only means that no test names it yet.',
  '',
  `${total} requirements of ${cited.size} documents.`,
  '',
];
for (const [document, title] of Object.entries(Documents)) {
  const ids = cited.get(document);
  if (ids === undefined) continue;
  lines.push(`## ${document}: ${title} (${ids.size})`, '', '| requirement | tests |', '|---|---|');
  for (const [number, places] of [...ids].sort(([a], [b]) => a - b)) {
    lines.push(
      `| R${number} | ${[...places]
        .sort()
        .map((place) => `\`${place}\``)
        .join(', ')} |`,
    );
  }
  lines.push('');
}
const text = `${lines.join('\n').trimEnd()}\n`;

if (process.argv.includes('--check')) {
  const stored = readFileSync(page, 'utf8');
  if (stored !== text) {
    console.error('docs/conformance.md is stale: run node scripts/conformance.mjs');
    process.exit(1);
  }
} else {
  writeFileSync(page, text);
  console.log(`${total} requirements of ${cited.size} documents`);
}
