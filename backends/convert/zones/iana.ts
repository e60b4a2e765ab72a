import { findIana, findWindows } from 'windows-iana';
import { DayMs, MinuteMs } from './local-time.ts';

/** Zones of the tz database as the system knows them, by name: their offsets, and when these change. */

/** A zone that can be asked for its offset. */
export interface ZoneClock {
  /** Minutes to add to UTC to get local time, at this moment (milliseconds since 1970). */
  offsetAt(ms: number): number;
}

/** Characters of a zone's name at most; the longest in use have 32. */
const MaxZoneName = 64;

const NameForm = /^[A-Za-z][\w+-]*(?:\/[\w+-]+){0,3}$/;

/**
 * The clock of a zone of the tz database; `undefined` when there is no such zone. Making one takes some
 * tenths of a millisecond, asking it some microseconds.
 */
export const ianaClock = (name: string): ZoneClock | undefined => {
  if (name.length > MaxZoneName || !NameForm.test(name)) return undefined;
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
    return { offsetAt: (ms) => offsetBy(format, ms) };
  } catch {
    return undefined;
  }
};

const offsetBy = (format: Intl.DateTimeFormat, ms: number): number => {
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const [year, month, day, hour, minute, second] = (['year', 'month', 'day', 'hour', 'minute', 'second'] as const).map(
    (type) => Number(parts.get(type)),
  );
  const wall = new Date(0);
  wall.setUTCFullYear(parts.get('era') === 'BC' ? 1 - (year ?? 0) : (year ?? 0), (month ?? 1) - 1, day);
  wall.setUTCHours(hour ?? 0, minute ?? 0, second ?? 0);
  // Offsets before 1972 have seconds; a TimeZone has not.
  return Math.round((wall.getTime() - Math.floor(ms / 1_000) * 1_000) / MinuteMs);
};

/** The zone of the tz database that a Windows name stands for, `W. Europe Standard Time`. */
export const ianaOfWindows = (windows: string): string | undefined =>
  windows === 'UTC' ? 'Etc/UTC' : findIana(windows)[0];

/** The Windows name of a zone of the tz database. */
export const windowsOfIana = (iana: string): string | undefined => findWindows(iana)[0];

/**
 * The zone of the tz database that a TZID means: such a name itself, one behind a path
 * (`/freeassociation.sourceforge.net/Europe/Berlin`), or a Windows name; `undefined` for anything else.
 */
export const ianaOfTzid = (tzid: string): string | undefined => {
  const name = tzid.trim();
  if (name.length > 4 * MaxZoneName) return undefined;
  const windows = ianaOfWindows(name);
  if (windows !== undefined) return windows;
  const pieces = name.split('/').filter((piece) => piece !== '');
  const candidates = [3, 2, 1].map((count) => pieces.slice(-count).join('/'));
  return candidates.find((candidate) => isZoneName(candidate));
};

/** Names such as `EST5EDT` and `UTC` count; the short ones that only ICU knows (`PST`, `IST`) mean too many zones. */
const isZoneName = (name: string): boolean =>
  (name.includes('/') || /^(?:UTC|GMT|EST5EDT|CST6CDT|MST7MDT|PST8PDT|[CEMW]ET)$/.test(name)) &&
  ianaClock(name) !== undefined;

/** A change of a zone's offset. */
export interface OffsetChange {
  /** The first moment of the new offset, in milliseconds since 1970. */
  readonly at: number;
  /** Minutes from UTC before and after. */
  readonly before: number;
  readonly after: number;
}

/** Days between two looks: no zone leaves an offset and comes back to it within less (Morocco: 4 weeks). */
const StepDays = 14;

/** Changes of the offset in the year that begins at `start` (milliseconds since 1970), in order. */
export const offsetChanges = (clock: ZoneClock, start: number, end: number): OffsetChange[] => {
  const changes: OffsetChange[] = [];
  let [at, before] = [start, clock.offsetAt(start)];
  while (at < end) {
    const next = Math.min(end, at + StepDays * DayMs);
    const after = clock.offsetAt(next);
    if (after !== before) changes.push({ at: changeBetween(clock, at, next, before), before, after });
    [at, before] = [next, after];
  }
  return changes;
};

/** The first minute between two moments that has not the offset `before`. */
const changeBetween = (clock: ZoneClock, from: number, to: number, before: number): number => {
  let [low, high] = [Math.floor(from / MinuteMs), Math.ceil(to / MinuteMs)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (clock.offsetAt(middle * MinuteMs) === before) low = middle;
    else high = middle;
  }
  return high * MinuteMs;
};
