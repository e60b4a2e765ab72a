/**
 * A set of item ids, compact where ids are numbered: the ids `7.1` to `7.2000` cost one run.
 * Values are immutable; every operation gives a new set.
 *
 * An id of the form `<prefix>.<number>` is held as a number under its prefix (for IMAP the prefix
 * is the UIDVALIDITY epoch and the number the UID); any other id is held by name.
 */
export class IdSet {
  // By name, TypeScript 7.0 compiles this to an alias that is not yet assigned.
  static readonly empty: IdSet = new this(new Map(), new Set());

  /** Runs by prefix: start and inclusive end, alternating, ascending, never touching. */
  readonly #runs: ReadonlyMap<string, readonly number[]>;
  readonly #names: ReadonlySet<string>;

  private constructor(runs: ReadonlyMap<string, readonly number[]>, names: ReadonlySet<string>) {
    this.#runs = runs;
    this.#names = names;
  }

  /** The set of the given ids. */
  static of(ids: Iterable<string>): IdSet {
    const numbers = new Map<string, number[]>();
    const names = new Set<string>();
    for (const id of ids) {
      const numbered = splitId(id);
      if (numbered === undefined) names.add(id);
      else (numbers.get(numbered.prefix) ?? addKey(numbers, numbered.prefix)).push(numbered.number);
    }
    return new IdSet(new Map([...numbers].map(([prefix, list]) => [prefix, runsOf(list)])), names);
  }

  /** The ids `<prefix>.<number>` of the given numbers, in any order. */
  static numbered(prefix: string, numbers: readonly number[]): IdSet {
    return numbers.length === 0 ? IdSet.empty : new IdSet(new Map([[prefix, runsOf([...numbers])]]), new Set());
  }

  /** The ids `<prefix>.<from>` to `<prefix>.<to>`, inclusive. */
  static run(prefix: string, from: number, to: number): IdSet {
    return to < from ? IdSet.empty : new IdSet(new Map([[prefix, [from, to]]]), new Set());
  }

  get size(): number {
    let size = this.#names.size;
    for (const runs of this.#runs.values()) {
      for (let i = 0; i < runs.length; i += 2) size += (runs[i + 1] as number) - (runs[i] as number) + 1;
    }
    return size;
  }

  get isEmpty(): boolean {
    return this.#names.size === 0 && this.#runs.size === 0;
  }

  has(id: string): boolean {
    const numbered = splitId(id);
    if (numbered === undefined) return this.#names.has(id);
    return inRuns(this.#runs.get(numbered.prefix) ?? [], numbered.number);
  }

  union(other: IdSet): IdSet {
    return this.#combine(other, (mine, theirs) => mine || theirs);
  }

  minus(other: IdSet): IdSet {
    return this.#combine(other, (mine, theirs) => mine && !theirs);
  }

  intersect(other: IdSet): IdSet {
    return this.#combine(other, (mine, theirs) => mine && theirs);
  }

  /** Ids in exactly one of the two sets; `a.xor(a.xor(b))` is `b`. */
  xor(other: IdSet): IdSet {
    return this.#combine(other, (mine, theirs) => mine !== theirs);
  }

  equals(other: IdSet): boolean {
    return this.xor(other).isEmpty;
  }

  /** The prefixes in use, for instance to see which epochs a set holds. */
  prefixes(): string[] {
    return [...this.#runs.keys()];
  }

  /** The numbers under a prefix, ascending. */
  *numbers(prefix: string): Iterable<number> {
    const runs = this.#runs.get(prefix) ?? [];
    for (let i = 0; i < runs.length; i += 2) {
      for (let n = runs[i] as number; n <= (runs[i + 1] as number); n++) yield n;
    }
  }

  /** The runs under a prefix as start and inclusive end, alternating. */
  runs(prefix: string): readonly number[] {
    return this.#runs.get(prefix) ?? [];
  }

  /** All ids: the highest number first within a prefix (the newest mail first), then the named ones. */
  *newestFirst(): Iterable<string> {
    for (const [prefix, runs] of this.#runs) {
      for (let i = runs.length - 2; i >= 0; i -= 2) {
        for (let n = runs[i + 1] as number; n >= (runs[i] as number); n--) yield `${prefix}.${n}`;
      }
    }
    yield* this.#names;
  }

  [Symbol.iterator](): Iterator<string> {
    return this.newestFirst()[Symbol.iterator]();
  }

  /** At most `count` ids, the newest first. Cost follows `count`, not the size of the set. */
  newest(count: number): string[] {
    const taken: string[] = [];
    if (count <= 0) return taken;
    for (const id of this.newestFirst()) {
      taken.push(id);
      if (taken.length >= count) break;
    }
    return taken;
  }

  /**
   * Compact bytes: per prefix its name and its runs as variable-length gaps and lengths (about two
   * bytes a run), then the names.
   */
  encode(): Uint8Array {
    const out: number[] = [];
    putVarint(out, this.#runs.size);
    for (const [prefix, runs] of this.#runs) {
      putText(out, prefix);
      putVarint(out, runs.length / 2);
      let last = 0;
      for (let i = 0; i < runs.length; i += 2) {
        const [start, end] = [runs[i] as number, runs[i + 1] as number];
        putVarint(out, start - last);
        putVarint(out, end - start);
        last = end;
      }
    }
    putVarint(out, this.#names.size);
    for (const name of this.#names) putText(out, name);
    return Uint8Array.from(out);
  }

  /**
   * The set that {@link encode} wrote.
   *
   * @throws RangeError when the bytes are damaged
   */
  static decode(bytes: Uint8Array): IdSet {
    const input = { bytes, at: 0 };
    const runs = new Map<string, readonly number[]>();
    for (let prefixes = takeVarint(input); prefixes > 0; prefixes--) {
      const prefix = takeText(input);
      if (runs.has(prefix)) throw damaged('a prefix occurs twice');
      runs.set(prefix, takeRuns(input));
    }
    const names = new Set<string>();
    for (let count = takeVarint(input); count > 0; count--) names.add(takeText(input));
    if (input.at !== bytes.length) throw damaged('bytes follow the end');
    return new IdSet(runs, names);
  }

  #combine(other: IdSet, keep: (mine: boolean, theirs: boolean) => boolean): IdSet {
    const runs = new Map<string, readonly number[]>();
    for (const prefix of new Set([...this.#runs.keys(), ...other.#runs.keys()])) {
      const merged = combineRuns(this.#runs.get(prefix) ?? [], other.#runs.get(prefix) ?? [], keep);
      if (merged.length > 0) runs.set(prefix, merged);
    }
    const names = new Set<string>();
    for (const name of this.#names) if (keep(true, other.#names.has(name))) names.add(name);
    for (const name of other.#names) if (!this.#names.has(name) && keep(false, true)) names.add(name);
    return new IdSet(runs, names);
  }
}

/** The largest number that {@link splitId} takes. */
const MaxNumber = 999_999_999_999_999;
const NumberedId = /^(.*)\.(0|[1-9]\d{0,14})$/s;

/** Splits `<prefix>.<number>`; `undefined` for an id without a number. */
export const splitId = (id: string): { prefix: string; number: number } | undefined => {
  const match = NumberedId.exec(id);
  return match === null ? undefined : { prefix: match[1] as string, number: Number(match[2]) };
};

const addKey = (map: Map<string, number[]>, key: string): number[] => {
  const list: number[] = [];
  map.set(key, list);
  return list;
};

const runsOf = (numbers: number[]): number[] => {
  numbers.sort((a, b) => a - b);
  const runs: number[] = [];
  for (const n of numbers) {
    const end = runs[runs.length - 1];
    if (end !== undefined && n <= end + 1) runs[runs.length - 1] = Math.max(end, n);
    else runs.push(n, n);
  }
  return runs;
};

const inRuns = (runs: readonly number[], n: number): boolean => {
  let low = 0;
  let high = runs.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (n < (runs[2 * middle] as number)) high = middle - 1;
    else if (n > (runs[2 * middle + 1] as number)) low = middle + 1;
    else return true;
  }
  return false;
};

/** Sweeps over the borders of both lists; between two borders membership is constant. */
const combineRuns = (
  mine: readonly number[],
  theirs: readonly number[],
  keep: (mine: boolean, theirs: boolean) => boolean,
): number[] => {
  const out: number[] = [];
  let [i, j, kept] = [0, 0, false];
  const border = (runs: readonly number[], k: number): number =>
    k >= runs.length ? Number.POSITIVE_INFINITY : (runs[k] as number) + (k & 1);
  while (i < mine.length || j < theirs.length) {
    const at = Math.min(border(mine, i), border(theirs, j));
    while (border(mine, i) === at) i++;
    while (border(theirs, j) === at) j++;
    const now = keep((i & 1) === 1, (j & 1) === 1);
    if (now !== kept) out.push(now ? at : at - 1);
    kept = now;
  }
  return out;
};

const putVarint = (out: number[], value: number): void => {
  let rest = value;
  while (rest >= 0x80) {
    out.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  out.push(rest);
};

const putText = (out: number[], text: string): void => {
  const bytes = new TextEncoder().encode(text);
  putVarint(out, bytes.length);
  for (const byte of bytes) out.push(byte);
};

interface Input {
  readonly bytes: Uint8Array;
  at: number;
}

const damaged = (problem: string): RangeError => new RangeError(`IdSet.decode: ${problem}`);

const takeVarint = (input: Input): number => {
  let [value, factor] = [0, 1];
  for (;;) {
    const byte = input.bytes[input.at++];
    if (byte === undefined) throw damaged('the bytes end within a number');
    value += (byte & 0x7f) * factor;
    if (value > MaxNumber || factor > MaxNumber) throw damaged('a number is too large');
    if (byte < 0x80) return value;
    factor *= 0x80;
  }
};

const takeRuns = (input: Input): number[] => {
  const runs: number[] = [];
  let last = 0;
  for (let count = takeVarint(input); count > 0; count--) {
    const start = last + takeVarint(input);
    if (runs.length > 0 && start <= last + 1) throw damaged('two runs touch');
    last = start + takeVarint(input);
    if (last > MaxNumber) throw damaged('a number is too large');
    runs.push(start, last);
  }
  if (runs.length === 0) throw damaged('a prefix has no runs');
  return runs;
};

// A byte order mark at the start of a name belongs to it.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

const takeText = (input: Input): string => {
  const length = takeVarint(input);
  const start = input.at;
  input.at += length;
  if (input.at > input.bytes.length) throw damaged('the bytes end within a name');
  return utf8.decode(input.bytes.subarray(start, input.at));
};
