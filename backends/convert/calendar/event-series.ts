import type { Recurrence } from '../../../protocol/classes/event.ts';
import { RecurrenceType } from '../../../protocol/classes/recurrence.ts';
import { type LineComponent, linesOf, parameterValues } from '../lines/content-lines.ts';
import { DayMs } from '../zones/local-time.ts';
import { ruleWalls } from './event-occurrences.ts';
import { deviceRecurrence, rulesOf, untilWall } from './event-rule.ts';
import type { EventSource } from './event-source.ts';
import { type DeviceView, dayOf } from './event-times.ts';
import { type CalendarTime, parseTime } from './icalendar.ts';
import { timeOfLine } from './times.ts';

/**
 * A series and its occurrences, each known by the local time at which the series has it. What a device
 * cannot be told (several days of a month, RDATE, hours and so on) is told as a series of days, of which
 * each day stands for one occurrence and is an exception that says when that really is. A day counts
 * from DTSTART on and so always means the same occurrence; at most {@link MaxExceptions} are told, of an
 * endless series those from a year ago on.
 */

/** Exceptions of a response ([MS-ASCAL] 2.2.2.21). */
export const MaxExceptions = 256;

/** Occurrences that are counted through of a series that has to be told one by one. */
const MaxCounted = 10_000;

/** How far back such a series is told. */
const LookBackMs = 366 * DayMs;

export const isRepeating = (master: LineComponent): boolean =>
  linesOf(master, 'RRULE').length > 0 || linesOf(master, 'RDATE').length > 0;

/** The local time of a time that names an occurrence: of a series of days its day. */
export const occurrenceWall = ({ span, zones }: EventSource, time: CalendarTime): number => {
  const wall = zones.wallIn(seriesZone(span), time);
  return span.allDay ? dayOf(wall) : wall;
};

const seriesZone = ({ start, zone }: EventSource['span']) =>
  start.tzid === undefined ? { ...zone, tzid: undefined } : zone;

/** Times that stand in lists, `RDATE` and `EXDATE`; of a period its begin. */
export const listedTimes = (component: LineComponent, name: string): CalendarTime[] =>
  linesOf(component, name).flatMap((line) =>
    line.value
      .split(',')
      .flatMap((piece) => parseTime(piece.split('/')[0]?.trim(), parameterValues(line, 'TZID')[0]) ?? []),
  );

/** Local times in order, each once; the series' own begin is always one of them. */
function* merged(start: number, sources: readonly Iterator<number>[]): Generator<number> {
  const heads = sources.map((source) => ({ source, next: source.next() }));
  yield start;
  for (let last = start; ; ) {
    const walls = heads.flatMap(({ next }) => (next.done === true ? [] : [next.value]));
    if (walls.length === 0) return;
    const wall = Math.min(...walls);
    for (const head of heads) if (head.next.value === wall) head.next = head.source.next();
    if (wall > last) yield wall;
    last = Math.max(last, wall);
  }
}

/**
 * The local times of all occurrences in order, those among them that EXDATE takes out.
 *
 * @param from what comes before may be left out
 */
export function* seriesWalls(source: EventSource, from?: number): Generator<number> {
  const { master, span, zones } = source;
  const start = span.start.wall;
  const dates = listedTimes(master, 'RDATE')
    .map((time) => occurrenceWall(source, time))
    .sort((a, b) => a - b);
  const rules = rulesOf(master).map((parts) => ruleWalls(parts, start, (until) => untilWall(span, zones, until), from));
  let last = Number.NEGATIVE_INFINITY;
  for (const one of merged(start, [...rules, dates.values()])) {
    const wall = span.allDay ? dayOf(one) : one;
    if (wall > last) yield wall;
    last = wall;
  }
}

/** Whether a series ends. */
export const isEndless = (master: LineComponent): boolean =>
  rulesOf(master).some(({ until, count }) => until === undefined && count === undefined);

/** The last of the occurrences that are counted, at most `bound` local time. */
export const lastWall = (source: EventSource, bound = Number.POSITIVE_INFINITY): number => {
  let last = source.span.start.wall;
  let counted = 0;
  for (const wall of seriesWalls(source)) {
    if (wall > bound || ++counted > MaxCounted) break;
    last = wall;
  }
  return last;
};

/** Whether a series has an occurrence, EXDATE or not. */
export const hasOccurrence = (source: EventSource, wall: number): boolean => {
  for (const candidate of seriesWalls(source, wall)) {
    if (candidate >= wall) return candidate === wall;
  }
  return false;
};

/** Local times of the occurrences that EXDATE takes out. */
export const excludedWalls = (source: EventSource): ReadonlySet<number> =>
  new Set(listedTimes(source.master, 'EXDATE').map((time) => occurrenceWall(source, time)));

/** An occurrence that differs. */
export interface Override {
  readonly event: LineComponent;
  /** Which occurrence it is. */
  readonly wall: number;
  /** It holds for all later ones, too (RANGE=THISANDFUTURE). */
  readonly isRange: boolean;
}

/** The occurrences that differ, in order. */
export const overridesOf = (source: EventSource): Override[] =>
  source.overrides
    .flatMap((event) => {
      const [line] = linesOf(event, 'RECURRENCE-ID');
      const time = timeOfLine(line);
      if (line === undefined || time === undefined) return [];
      const isRange = parameterValues(line, 'RANGE')[0]?.toUpperCase() === 'THISANDFUTURE';
      return [{ event, wall: occurrenceWall(source, time), isRange }];
    })
    .sort((a, b) => a.wall - b.wall);

/** The override whose RANGE covers an occurrence. */
export const rangeOf = (overrides: readonly Override[], wall: number): Override | undefined =>
  overrides.findLast((one) => one.isRange && one.wall < wall);

/** Which day of a series that is told one by one stands for which occurrence. */
export interface Slot {
  readonly slot: number;
  readonly wall: number;
}

/** A series as a device is told it. */
export interface DeviceSeries {
  readonly recurrence: Recurrence;
  /** The local time of StartTime. */
  readonly first: number;
  /** `undefined`: the device computes the occurrences itself. */
  readonly slots: readonly Slot[] | undefined;
}

/**
 * A series as a device is told it.
 *
 * @param first the local time that a device has for StartTime, for a series that is told one by one
 */
export const deviceSeries = (source: EventSource, view: DeviceView, now: number, first?: number): DeviceSeries => {
  const { master, span, zones } = source;
  const rules = rulesOf(master);
  const [rule] = rules;
  if (rule !== undefined && rules.length === 1 && linesOf(master, 'RDATE').length === 0) {
    const last = Number(rule.count ?? 0) > 999 ? lastWall(source) : span.start.wall;
    const recurrence = deviceRecurrence(rule, span, zones, view, last);
    if (recurrence !== undefined) return { recurrence, first: span.start.wall, slots: undefined };
  }
  return slottedSeries(source, now, first);
};

const slottedSeries = (source: EventSource, now: number, first: number | undefined): DeviceSeries => {
  const start = source.span.start.wall;
  const told = first === undefined ? Number.NaN : (first - start) / DayMs;
  const { walls, at } = countedWalls(source, now, Number.isInteger(told) && told >= 0 ? told : undefined);
  const slots = walls
    .slice(at, at + MaxExceptions)
    .map((wall, index) => ({ slot: start + (at + index) * DayMs, wall }));
  return {
    recurrence: { type: RecurrenceType.daily, interval: 1, occurrences: slots.length },
    first: start + at * DayMs,
    slots,
  };
};

/** Occurrences, and the first of them that is told: the given one, else the first since a year ago; all if they are few. */
const countedWalls = (source: EventSource, now: number, told: number | undefined): { walls: number[]; at: number } => {
  const walls: number[] = [];
  let at = told;
  for (const wall of seriesWalls(source)) {
    walls.push(wall);
    if (at === undefined && wall >= now - LookBackMs) at = walls.length - 1;
    const isEnough = isEndless(source.master) && walls.length >= (at ?? MaxCounted) + MaxExceptions;
    if (isEnough || walls.length >= MaxCounted) return { walls, at: Math.min(at ?? walls.length, walls.length - 1) };
  }
  const latest = Math.max(0, walls.length - MaxExceptions);
  return { walls, at: Math.min(at ?? latest, told === undefined ? latest : walls.length - 1) };
};

/** Whether a device's recurrence is one that stands for occurrences one by one. */
export const isSlotted = (recurrence: Recurrence | undefined): boolean =>
  recurrence?.type === RecurrenceType.daily &&
  (recurrence.interval ?? 1) === 1 &&
  !recurrence.dayOfWeek &&
  recurrence.until === undefined &&
  (recurrence.occurrences ?? Number.POSITIVE_INFINITY) <= MaxExceptions;

/** Local times of the exceptions that a series has, those among them that are none of its occurrences. */
export const exceptionWalls = (source: EventSource): ReadonlySet<number> =>
  new Set([...excludedWalls(source), ...overridesOf(source).map(({ wall }) => wall)]);

/**
 * The occurrence that a device means; `undefined`: there is none.
 *
 * @param known the exceptions that the device was told
 */
export const meantWall = (
  source: EventSource,
  { slots }: Pick<DeviceSeries, 'slots'>,
  wall: number,
  known: ReadonlySet<number>,
): number | undefined => {
  if (slots !== undefined) return slots.find(({ slot }) => dayOf(slot) === dayOf(wall))?.wall;
  if (known.has(wall) || hasOccurrence(source, wall)) return wall;
  // Devices that compute with other rules of a zone are off by an hour: it is the one of this day.
  for (const candidate of seriesWalls(source, wall - DayMs)) {
    if (dayOf(candidate) === dayOf(wall)) return candidate;
    if (candidate > wall + DayMs) return undefined;
  }
  return undefined;
};
