import type { SearchHit } from '../../backends/contract/search.ts';
import { BoundedMap } from '../auth/bounded-map.ts';

/** Results kept at once. One is at most {@link MaxHits} hits of some 100 bytes, so that all are 20 MB at most. */
const MaxResults = 200;

/** Milliseconds for which a result is kept: as long as somebody turns its pages. */
const KeptFor = 5 * 60_000;

/** Mails of one result; whoever wants more asks for something narrower. */
export const MaxHits = 1_000;

/** The result of a search: what the pages of it are cut from. */
export interface KeptResult {
  /** What was searched for, as a digest. */
  readonly query: string;
  readonly hits: readonly SearchHit[];
  /** Whether all there is was found. */
  readonly complete: boolean;
}

/**
 * The last result of each device, so that its pages fit together ([MS-ASCMD] 2.2.3.144): without it, mail that
 * comes while somebody turns pages would move the others. A result that was dropped is found again.
 */
export class ResultMemory {
  readonly #results = new BoundedMap<KeptResult & { readonly until: number }>(MaxResults);

  /** The result of this search on this partnership, while it is kept. */
  get(partition: string, query: string, now: number): KeptResult | undefined {
    const kept = this.#results.get(partition);
    return kept === undefined || kept.query !== query || kept.until <= now ? undefined : kept;
  }

  /** Keeps a result in place of the last one of this partnership. */
  keep(partition: string, result: KeptResult, now: number): void {
    this.#results.set(partition, { ...result, until: now + KeptFor });
  }
}
