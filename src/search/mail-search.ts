import { createHash } from 'node:crypto';
import type { MailQuery, MailSearch, SearchHit } from '../../backends/contract/search.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import { type KeptResult, MaxHits, type ResultMemory } from './result-memory.ts';

/** Milliseconds for finding: phones give up after 30 s, and what was found must still be read. */
const FindWithin = 15_000;

/** Milliseconds from its arrival in which a request's results are read; the rest is left to the next page. */
const ReadWithin = 22_000;

/** Bytes of results in one response, as in a window of Sync: they are in memory at once. */
const MaxBytes = 4 * 1024 * 1024;

/** Mails that are read at a time. */
const ReadAtOnce = 20;

/** A search of one device, and what it works with. */
export interface SearchJob<Result> {
  readonly search: MailSearch;
  readonly memory: ResultMemory;
  readonly partition: string;
  /** What tells this search from others of the device. */
  readonly name: string;
  readonly query: MailQuery;
  readonly folders: readonly DeviceFolder[];
  /** First and last result that is wanted, counted from 0. */
  readonly range: { readonly first: number; readonly last: number };
  /** Finds anew in any case. */
  readonly rebuild: boolean;
  /** Finds nothing anew: a result that is not kept any more has no further pages. */
  readonly resumesOnly?: boolean;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Reads mails of one folder in the order given; those that are gone are `undefined`. */
  read(folder: DeviceFolder, hits: readonly SearchHit[]): Promise<readonly (Found<Result> | undefined)[]>;
}

/** A result that was read. */
export interface Found<Result> {
  readonly result: Result;
  /** Bytes that it takes in the response, about. */
  readonly bytes: number;
}

/** A page of results. */
export interface SearchPage<Result> {
  readonly results: readonly Result[];
  /** First and last of them; `undefined`: there are none. */
  readonly range: { readonly first: number; readonly last: number } | undefined;
  /** Results altogether, as far as is known. */
  readonly total: number;
  /** Whether everything was looked through. */
  readonly complete: boolean;
}

/** Finds, or takes what was found before, and reads the page that is wanted. `undefined`: see `resumesOnly`. */
export const searchPage = async <Result>(job: SearchJob<Result>): Promise<SearchPage<Result> | undefined> => {
  const { memory, partition, now, range } = job;
  const started = now();
  const kept = await resultOf(job, started);
  if (kept === undefined) return undefined;
  const page = new Page<Result>(range.last - range.first + 1);
  let { hits } = kept;
  while (!page.isFull && range.first + page.results.length < hits.length) {
    if (page.results.length > 0 && now() - started > ReadWithin) break;
    const at = range.first + page.results.length;
    const asked = hits.slice(at, Math.min(range.last + 1, at + ReadAtOnce));
    const found = await readHits(job, asked);
    page.take(found);
    // A mail that was removed meanwhile is left out, and the next one takes its place (MS-ASCMD_R3757).
    const gone = new Set(asked.filter((_, i) => found[i] === undefined));
    if (gone.size > 0) hits = hits.filter((hit) => !gone.has(hit));
  }
  if (hits !== kept.hits) memory.keep(partition, { ...kept, hits }, now());
  const { results } = page;
  const extent = { first: range.first, last: range.first + results.length - 1 };
  return { results, range: results.length === 0 ? undefined : extent, total: hits.length, complete: kept.complete };
};

/** Collects results as long as there is room for them; one has room always. */
class Page<Result> {
  readonly results: Result[] = [];
  readonly #limit: number;
  #bytes = 0;
  #overflows = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.#overflows || this.results.length >= this.#limit;
  }

  take(found: readonly (Found<Result> | undefined)[]): void {
    for (const one of found) {
      if (one === undefined) continue;
      this.#overflows ||= this.results.length > 0 && this.#bytes + one.bytes > MaxBytes;
      if (this.isFull) return;
      this.#bytes += one.bytes;
      this.results.push(one.result);
    }
  }
}

const resultOf = async <Result>(job: SearchJob<Result>, now: number): Promise<KeptResult | undefined> => {
  const { memory, partition, query, folders, search, signal } = job;
  const facts = JSON.stringify([job.name, query, folders.map(({ folder }) => folder)]);
  const name = createHash('sha256').update(facts).digest('base64');
  const kept = job.rebuild ? undefined : memory.get(partition, name, now);
  if (kept !== undefined || job.resumesOnly) return kept;
  const reach = { folders: folders.map(({ folder }) => folder), limit: MaxHits, budget: FindWithin };
  const { hits, complete } = await search.search(query, reach, signal);
  const result = { query: name, hits, complete };
  memory.keep(partition, result, job.now());
  return result;
};

/** Reads mails of several folders, each folder once, and gives them in their own order. */
const readHits = async <Result>(
  { folders, read }: SearchJob<Result>,
  hits: readonly SearchHit[],
): Promise<readonly (Found<Result> | undefined)[]> => {
  const found = new Map<SearchHit, Found<Result> | undefined>();
  for (const folder of folders) {
    const own = hits.filter((hit) => hit.folder === folder.folder);
    const results = own.length === 0 ? [] : await read(folder, own);
    for (const [index, hit] of own.entries()) found.set(hit, results[index]);
  }
  return hits.map((hit) => found.get(hit));
};
