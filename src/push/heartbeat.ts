/**
 * Heartbeats. Some proxy between a device and this server may cut connections that are quiet for
 * too long. A wait that dies early again and again after the same time shows such a proxy; the
 * device is then told a shorter limit (Ping Status 5, Sync Status 14), below the time at which its
 * connections die.
 */
export interface HeartbeatRange {
  /** Seconds. */
  readonly min: number;
  readonly max: number;
}

/** The range without anything learnt ([MS-ASCMD] 2.2.3.88.1, product behaviour <7>). */
export const StandardHeartbeat: HeartbeatRange = { min: 60, max: 3540 };

/** What is remembered of a device's waits. */
export interface HeartbeatHistory {
  /** Seconds after which the last waits in a row died, the newest last. */
  readonly deaths: readonly number[];
  /** Limit learnt, in seconds; `undefined`: none. */
  readonly limit?: number | undefined;
}

/** Deaths in a row that show a proxy, not a person who left the house. */
const DeathsInRow = 3;

/** Seconds within which such deaths lie together. */
const DeathSpread = 5;

/** Seconds that a limit stays below the shortest of the deaths. */
const Margin = 15;

/** Nothing known yet. */
export const NoHistory: HeartbeatHistory = { deaths: [] };

/** The history after a wait died at the client's end after `seconds`. */
export const afterDeath = (history: HeartbeatHistory, seconds: number): HeartbeatHistory => {
  const deaths = [...history.deaths, Math.round(seconds)].slice(-DeathsInRow);
  const [shortest, longest] = [Math.min(...deaths), Math.max(...deaths)];
  const proxy =
    deaths.length === DeathsInRow && longest - shortest <= DeathSpread && shortest > StandardHeartbeat.min + Margin;
  return proxy ? { deaths: [], limit: shortest - Margin } : { ...history, deaths };
};

/** The history after a wait lived to be answered. */
export const afterAnswer = (history: HeartbeatHistory): HeartbeatHistory =>
  history.deaths.length === 0 ? history : { ...history, deaths: [] };

/** The range that holds for a device. */
export const rangeOf = (history: HeartbeatHistory, configured: HeartbeatRange = StandardHeartbeat): HeartbeatRange => ({
  min: configured.min,
  max: Math.max(configured.min, Math.min(configured.max, history.limit ?? configured.max)),
});

/** The value to answer instead of one out of range; `undefined`: it is within. */
export const nearestAllowed = (seconds: number, { min, max }: HeartbeatRange): number | undefined => {
  if (seconds < min) return min;
  return seconds > max ? max : undefined;
};
