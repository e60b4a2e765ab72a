import type { ItemId } from '../../backends/contract/items.ts';

/**
 * The rules by which an item is found that a device, or a server behind, does not get over. Pure.
 *
 * The same SyncKey again means that the last response did not arrive, which happens. Again and again
 * it means that something in the response is at fault. The window is then narrowed until it is one
 * item; that one is served with less and less, and in the end passed over for this device.
 */

/** How an item is served. */
export type Treatment =
  /** As the device asked for it. */
  | 'whole'
  /** What tells what it is (a mail's headers) and a notice, with the original attached. */
  | 'notice'
  /** A notice alone, made without reading anything of the item; the original is attached. */
  | 'standIn'
  /** Not at all. */
  | 'leftOut';

/** A collection that does not get on. In memory of one process: after a restart the search begins anew. */
export interface Stuck {
  /** Number of the generation whose SyncKey was presented. */
  readonly generation: number;
  /** How often it came again after an answer that went out, or after one that could not be made. */
  readonly times: number;
  /** No answer to it could be made: the same SyncKey is still the current one. */
  readonly failed: boolean;
  /** Items of the collection in a response at most; absent: as many as the device wants. */
  readonly size?: number | undefined;
  /** The item that was alone in the last response, and how often it was in a row. */
  readonly suspect?: { readonly id: ItemId; readonly times: number } | undefined;
  /** Why no answer could be made. */
  readonly reason?: string | undefined;
}

/** Repeats of a SyncKey that are ordinary: lost connections, a phone that changes networks. */
export const Patience = 3;

/** A window becomes this much smaller at each repeat, and larger at each step forward: 100 is 1 after three. */
export const Shrink = 4;

/**
 * How often an item is served alone in each way before the next is tried. Whole as often as anything is
 * repeated with patience; what is left of a mail after that either works or does not.
 */
export const Treatments: readonly (readonly [Treatment, number])[] = [
  ['whole', Patience],
  ['notice', 2],
  ['standIn', 2],
];

/** How an item is served that was alone so many times before. */
export const treatmentOf = (times: number): Treatment => {
  let rest = times;
  for (const [treatment, count] of Treatments) {
    if (rest < count) return treatment;
    rest -= count;
  }
  return 'leftOut';
};

/** The same SyncKey again. `asked`: commands that the window could hold. */
export const cameAgain = (stuck: Stuck | undefined, generation: number, asked: number): Stuck => {
  const known = stuck?.generation === generation ? stuck : undefined;
  const times = (known?.times ?? 0) + 1;
  const size = stuck?.size ?? (times >= Patience ? asked : undefined);
  const smaller = size === undefined ? undefined : Math.max(1, Math.floor(Math.min(size, asked) / Shrink));
  return { generation, times, failed: false, size: smaller, suspect: stuck?.suspect, reason: known?.reason };
};

/** Another SyncKey: the device got on. `undefined`: nothing is left to remember. */
export const gotOn = (stuck: Stuck | undefined, generation: number, asked: number): Stuck | undefined => {
  if (stuck?.size === undefined || stuck.size * Shrink >= asked) return undefined;
  return { generation, times: 0, failed: false, size: stuck.size * Shrink };
};

/** How often an item was served alone until now. */
export const timesAlone = (stuck: Stuck | undefined, id: ItemId): number =>
  stuck?.suspect?.id === id ? stuck.suspect.times : 0;

/** An item was alone in the response once more. */
export const servedAlone = (stuck: Stuck, id: ItemId): Stuck => ({
  ...stuck,
  suspect: { id, times: timesAlone(stuck, id) + 1 },
});

/** No answer could be made, for items could not be read; `only`: the one that was to go alone. */
export const failedAt = (
  stuck: Stuck | undefined,
  generation: number,
  only: ItemId | undefined,
  reason: string,
): Stuck => {
  const known = stuck ?? { generation, times: 0 };
  const failed = { ...known, generation, failed: true, reason };
  return only === undefined ? failed : servedAlone(failed, only);
};
