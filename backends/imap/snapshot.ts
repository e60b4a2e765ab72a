import { IdSet } from '../contract/id-set.ts';

/**
 * What a mailbox without mod-sequences looked like: which messages were there and which had each
 * flag, as one set of ids `<flag>.<uid>`; messages that are there stand under {@link There}.
 */
export type Snapshot = IdSet;

/** Name under which a snapshot lists every message; no flag is called so. */
export const There = '';

/** A snapshot out of the UIDs that have each flag; `there` are all messages. */
export const takeSnapshot = (there: readonly number[], flagged: ReadonlyMap<string, readonly number[]>): Snapshot => {
  let snapshot = IdSet.numbered(There, there);
  for (const [flag, uids] of flagged) {
    if (flag === There) throw new RangeError('a flag without a name');
    snapshot = snapshot.union(IdSet.numbered(flag, uids));
  }
  return snapshot;
};

/** UIDs that are new or have other flags now, and those that are gone. */
export const compareSnapshots = (
  before: Snapshot,
  now: Snapshot,
): { readonly changed: readonly number[]; readonly gone: readonly number[] } => {
  const difference = before.xor(now);
  const changed = new Set<number>();
  for (const flag of difference.prefixes()) {
    for (const uid of difference.numbers(flag)) if (now.has(`${There}.${uid}`)) changed.add(uid);
  }
  const gone = [...difference.numbers(There)].filter((uid) => before.has(`${There}.${uid}`));
  return { changed: [...changed].sort((a, b) => a - b), gone };
};

/** UIDs of the messages that are there. */
export const uidsThere = (snapshot: Snapshot): number[] => [...snapshot.numbers(There)];
