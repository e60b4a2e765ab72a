// Validates recorded responses with XML schemas: node scripts/validate-responses.mjs <schemas> <responses>
// A response is a file `<Command>Response-<anything>.xml`; its schema is `<Command>Response.xsd`. Prints what is wrong and, on
// the last line, `N valid, N invalid, N without schema`; fails when one is invalid.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const [schemas, responses] = process.argv.slice(2);
if (schemas === undefined || responses === undefined) {
  console.error('Usage: node scripts/validate-responses.mjs <folder of schemas> <folder of responses>');
  process.exit(2);
}

/**
 * Where the schemas differ from the documents: 16.x BusyStatus 4, heartbeats over 900 s, MIME of 2.5, Forwardee, and
 * Class in a Collection of 12.1 (MS-ASCMD_R1327, MS-ASCMD_R6319), which the schemas of later versions lack.
 */
const KnownLimits = [
  /element Class: .*'\{AirSync\}Class': This element is not expected\.$/,
  /element BusyStatus: .*'4'/,
  /element HeartbeatInterval: .*(maximum|maxInclusive|'900')/,
  /element MIME(Data|Size|Truncated): .*not expected/,
  /element Forwardee(Name|Email)?: /,
];
/** Files a call: command lines have an end. */
const Batch = 200;

const byCommand = new Map();
for (const file of readdirSync(responses).sort()) {
  const command = /^([A-Za-z]+)Response-.+\.xml$/.exec(file)?.[1];
  if (command !== undefined) byCommand.set(command, [...(byCommand.get(command) ?? []), join(responses, file)]);
}

/** The lines about each invalid file, known limits left out. */
const faults = (schema, files) => {
  const { stderr, error } = spawnSync('xmllint', ['--noout', '--schema', schema, ...files], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (error !== undefined) throw error;
  const lines = stderr.split('\n');
  if (lines.some((line) => line.includes('failed to compile')))
    throw new Error(`${schema} does not compile:\n${stderr}`);
  return files.flatMap((file) => {
    if (lines.includes(`${file} validates`)) return [];
    const about = lines.filter((line) => line.startsWith(`${file}:`) && !line.includes('namespace warning'));
    const wrong = about.filter((line) => !KnownLimits.some((limit) => limit.test(line)));
    return about.length > 0 && wrong.length === 0 ? [] : [[`${file} is invalid`, ...wrong].join('\n')];
  });
};

let [valid, invalid, unknown] = [0, 0, 0];
for (const [command, files] of byCommand) {
  const schema = join(schemas, `${command}Response.xsd`);
  if (!existsSync(schema)) {
    unknown += files.length;
    continue;
  }
  for (let at = 0; at < files.length; at += Batch) {
    const batch = files.slice(at, at + Batch);
    const wrong = faults(schema, batch);
    for (const fault of wrong) console.error(fault);
    invalid += wrong.length;
    valid += batch.length - wrong.length;
  }
}
console.log(`${valid} valid, ${invalid} invalid, ${unknown} without schema`);
process.exitCode = invalid > 0 ? 1 : 0;
