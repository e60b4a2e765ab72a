/**
 * Sets of UIDs as IMAP writes them (RFC 9051, `sequence-set`), and ids of items, which are the
 * mailbox's UIDVALIDITY in base 36, a dot and the UID.
 */

/** Digits and commas in one sequence set at most: servers cut off command lines near 8 kB (RFC 2683, 3.2.1.5). */
const LineLimit = 6_000;

/** Numbers that one response may name; a set beyond it is a fault of the server. */
const RunLimit = 2_000_000;

/** Sorted numbers as sets like `1:5,7`, each short enough for one command line. */
export const sequenceSets = (numbers: readonly number[]): string[] => runSets(runsOf(numbers));

/** Runs (start and inclusive end, alternating) as sets, each short enough for one command line. */
const runSets = (runs: readonly number[]): string[] => {
  const sets: string[] = [];
  let line = '';
  for (let i = 0; i < runs.length; i += 2) {
    const run = runs[i] === runs[i + 1] ? `${runs[i]}` : `${runs[i]}:${runs[i + 1]}`;
    if (line !== '' && line.length + run.length >= LineLimit) {
      sets.push(line);
      line = '';
    }
    line = line === '' ? run : `${line},${run}`;
  }
  return line === '' ? sets : [...sets, line];
};

/** The runs of numbers in any order. */
export const runsOf = (numbers: readonly number[]): number[] => {
  const runs: number[] = [];
  for (const n of [...numbers].sort((a, b) => a - b)) {
    const end = runs[runs.length - 1];
    if (end !== undefined && n <= end + 1) runs[runs.length - 1] = Math.max(end, n);
    else runs.push(n, n);
  }
  return runs;
};

/** Reads `1:5,7` into runs, in the order given; throws RangeError on anything else. */
export const parseRuns = (set: string): number[] => {
  const runs: number[] = [];
  for (const part of set.split(',')) {
    const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(part);
    if (match === null) throw new RangeError('not a set of message numbers');
    const [first, second] = [Number(match[1]), Number(match[2] ?? match[1])];
    runs.push(Math.min(first, second), Math.max(first, second));
    if (runs.length > RunLimit) throw new RangeError('too many message numbers');
  }
  return runs;
};

/** All numbers of runs; throws RangeError when they are unreasonably many. */
export const expandRuns = (runs: readonly number[]): number[] => {
  const numbers: number[] = [];
  for (let i = 0; i < runs.length; i += 2) {
    for (let n = runs[i] as number; n <= (runs[i + 1] as number); n++) {
      if (numbers.length >= RunLimit) throw new RangeError('too many message numbers');
      numbers.push(n);
    }
  }
  return numbers;
};

/** The epoch part of ids in a mailbox of this UIDVALIDITY. */
export const epochOf = (uidValidity: bigint): string => uidValidity.toString(36);

/** UIDs of those ids that are of the given epoch, each once, in the order of `ids`. */
export const uidsOf = (epoch: string, ids: Iterable<string>): number[] => {
  const prefix = `${epoch}.`;
  const uids = new Set<number>();
  for (const id of ids) {
    const digits = id.startsWith(prefix) ? id.slice(prefix.length) : '';
    if (/^[1-9]\d{0,9}$/.test(digits)) uids.add(Number(digits));
  }
  return [...uids];
};
