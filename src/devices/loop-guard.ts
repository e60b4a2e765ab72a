/**
 * The rules by which a device is slowed that asks the same again and again without getting on. Pure:
 * a record of what a device asked lately goes in with each request, and what to do comes out.
 */

/** What a request tells of a device's progress. */
export type RequestKind =
  /** Names SyncKeys: another body than before means that the device got on. */
  | 'goes on'
  /** The same at any time (Ping, an empty Sync): a repeat only if the device did not get on in between. */
  | 'waits'
  /** Anything else: what follows it is no progress. */
  | 'asks';

/** What a request is, by its command and whether it has a body. */
export const kindOf = (command: string, hasBody: boolean): RequestKind => {
  if (command === 'Ping' || (command === 'Sync' && !hasBody)) return 'waits';
  return command === 'Sync' || command === 'FolderSync' ? 'goes on' : 'asks';
};

/** A request as the rules see it. */
export interface Asked {
  readonly command: string;
  readonly kind: RequestKind;
  /** Digest of its body, which holds its SyncKey. */
  readonly digest: string;
}

/** How often a device asked one thing. */
export interface Repeats extends Asked {
  /** Repeats that count: answered whole, less those that time has forgiven. */
  readonly count: number;
  /** When `count` was true, in milliseconds since 1970. */
  readonly at: number;
}

/** What is remembered of a device, the latest last. */
export type LoopRecord = readonly Repeats[];

/** What is done to a device that repeats itself. */
export interface SlowingStep {
  /** From this number of repeats on. */
  readonly from: number;
  /** Milliseconds that the request waits before it is served. */
  readonly delay?: number | undefined;
  /** It is not served, but told to come again after so many seconds (HTTP 503). */
  readonly retryAfter?: number | undefined;
}

/**
 * Milliseconds that forgive one repeat. Who asks the same twice a minute or less polls, and is never
 * slowed, however long it goes on.
 */
export const Forgiven = 30_000;

/**
 * The steps. A user who pulls to refresh, an app that tries again, and answers lost on the way make a
 * handful of repeats; a window that a device cannot take is narrowed down to its item within a dozen
 * (src/sync/stuck.ts), so slowing begins after that. Delays stay below the 30 s after which clients
 * hang up. Then 503 with Retry-After: clients back off on it, and unlike 401 it asks nobody for a
 * password, unlike Status 3 it costs no folder ([MS-ASHTTP] 3.1.5.2.3).
 */
export const SlowingSteps: readonly SlowingStep[] = [
  { from: 15, delay: 2_000 },
  { from: 25, delay: 10_000 },
  { from: 35, retryAfter: 60 },
  { from: 45, retryAfter: 300 },
  { from: 60, retryAfter: 900 },
];

/** Repeats counted at most: after the worst loop a device that behaves again is free within half an hour. */
const MaxCount = 75;

/** Different requests of a device that are remembered: a loop over more of them is not found, and hardly one. */
export const MaxRemembered = 16;

/** Repeats that still count at a time. */
export const countAt = ({ count, at }: Pick<Repeats, 'count' | 'at'>, now: number): number =>
  Math.max(0, count - Math.max(0, now - at) / Forgiven);

/** The step for a number of repeats, counted from 1; 0: served as usual. */
export const stepOf = (count: number, steps: readonly SlowingStep[] = SlowingSteps): number =>
  steps.findLastIndex(({ from }) => count >= from) + 1;

const same = (a: Asked, b: Asked): boolean => a.command === b.command && a.digest === b.digest;

/**
 * The record with a request that has just come. One with SyncKeys not seen before is progress: waits
 * that were repeated until now led to something. It has no repeats of its own yet, so whoever gets on
 * is served at once, whatever it was stuck at. What it was stuck at is kept: a device that starts over
 * and over, or goes round in a ring, gets a new key each time and nowhere.
 */
export const arrived = (record: LoopRecord, { command, kind, digest }: Asked, now: number): LoopRecord => {
  const counting = record.filter((one) => countAt(one, now) > 0);
  const asked = { command, kind, digest };
  if (counting.some((one) => same(one, asked))) return counting;
  const kept = kind === 'goes on' ? counting.filter((one) => one.kind !== 'waits') : counting;
  return [...withRoom(kept, now), { ...asked, count: 0, at: now }];
};

/** Makes room for one more: what was repeated least goes. */
const withRoom = (record: LoopRecord, now: number): LoopRecord => {
  if (record.length < MaxRemembered) return record;
  const least = record.reduce((a, b) => (countAt(b, now) < countAt(a, now) ? b : a));
  return record.filter((one) => one !== least);
};

/** The record after an answer to `asked` left whole: the next of the same is a repeat. */
export const answered = (record: LoopRecord, asked: Asked, now: number): LoopRecord =>
  record.map((one) => (same(one, asked) ? { ...one, count: Math.min(MaxCount, countAt(one, now) + 1), at: now } : one));

/** Repeats of a request that count now. */
export const repeatsOf = (record: LoopRecord, asked: Asked, now: number): number => {
  const found = record.find((one) => same(one, asked));
  return found === undefined ? 0 : countAt(found, now);
};

/** Milliseconds after which a device that no longer repeats itself counts as free. */
const Rest = 120_000;

/** What a device is slowed for now, if anything: what it repeats most, as long as it goes on with that. */
export const worstOf = (
  record: LoopRecord,
  now: number,
  steps: readonly SlowingStep[] = SlowingSteps,
): { readonly step: number; readonly command: string; readonly until: number } | undefined => {
  const slowed = record.map((one) => {
    const step = stepOf(countAt(one, now), steps);
    const rest = Math.max(Rest, 1500 * (steps[step - 1]?.retryAfter ?? 0));
    return { step, command: one.command, until: one.at + rest };
  });
  const [worst] = slowed.filter(({ step, until }) => step > 0 && until > now).sort((a, b) => b.step - a.step);
  return worst;
};
