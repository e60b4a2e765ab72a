import type { FolderId } from '../../backends/contract/folders.ts';
import type { ChangeEvent } from './hub.ts';

/** Why a wait ends without anything found. */
export type EndReason =
  | 'expired'
  /** A newer request of the same device takes its place. */
  | 'superseded'
  /** The client hung up. */
  | 'gone'
  /** The server is being stopped. */
  | 'closing';

/** Why a waiter looks, or goes. */
export type Wake =
  /** A folder moved on from the position that the device knows. */
  | { readonly reason: 'moved'; readonly folder: FolderId; readonly arrived: boolean }
  /** Something may have moved unseen: look at every folder. */
  | { readonly reason: 'unsure' }
  | { readonly reason: 'hierarchy' }
  | { readonly reason: EndReason };

const EndReasons: ReadonlySet<string> = new Set<EndReason>(['expired', 'superseded', 'gone', 'closing']);

/** Whether a wake ends the wait. */
export const isEnd = (wake: Wake): wake is { readonly reason: EndReason } => EndReasons.has(wake.reason);

/** The wake that an event means. */
export const wakeOf = (event: ChangeEvent): Exclude<Wake, { reason: EndReason }> =>
  event.kind === 'moved' ? { reason: 'moved', folder: event.folder, arrived: event.arrived } : { reason: event.kind };

/** Which of two wakes that nobody has heard yet must not be missed, by rank; of equals the first. */
const Ranks = { moved: 0, hierarchy: 0, unsure: 1, expired: 3, closing: 3, superseded: 4, gone: 4 } as const;

/** Joins two wakes that nobody has heard yet into one that misses neither. */
export const strongerWake = (first: Wake | undefined, second: Wake): Wake => {
  if (first === undefined) return second;
  if (first.reason === 'moved' && second.reason === 'moved') {
    if (first.folder !== second.folder) return { reason: 'unsure' };
    return first.arrived ? first : second;
  }
  // Who looks at every folder looks at the hierarchy as well, where that is new.
  if (Ranks[first.reason] === 0 && Ranks[second.reason] === 0 && first.reason !== second.reason) {
    return { reason: 'unsure' };
  }
  return Ranks[second.reason] > Ranks[first.reason] ? second : first;
};
