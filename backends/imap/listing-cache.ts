import type { Listing } from '../contract/items.ts';
import type { OpenMailbox } from './account.ts';

/** Listings kept of one account: a few devices with one or two filters on the folders they sync. */
const KeptListings = 32;

/**
 * The last listings of an account's folders. A listing holds as long as the mailbox is in the state
 * in which it was made, so several devices, or the filter's floor of the same day, cost one search.
 */
export class ListingCache {
  readonly #kept = new Map<string, { readonly state: string; readonly listing: Listing }>();

  /** The listing of a mailbox as it is selected; made anew when there is none of this state. */
  async get(
    { folder, selected }: OpenMailbox,
    since: Date | undefined,
    make: () => Promise<Listing>,
  ): Promise<Listing> {
    const { uidValidity, highestModSeq, uidNext, exists } = selected;
    if (highestModSeq === undefined) return make();
    const key = `${folder.id} ${since?.getTime() ?? ''}`;
    const state = `${uidValidity} ${highestModSeq} ${uidNext} ${exists}`;
    const kept = this.#kept.get(key);
    if (kept?.state === state) return kept.listing;
    const listing = await make();
    this.#kept.delete(key);
    this.#kept.set(key, { state, listing });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KeptListings && oldest !== undefined) this.#kept.delete(oldest);
    return listing;
  }
}
