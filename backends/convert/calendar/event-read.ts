import type { CalendarEvent, Exception } from '../../../protocol/classes/event.ts';
import { encodeTimeZone, type TimeZone } from '../../../protocol/types/time-zone.ts';
import type { ObjectRequest } from '../../contract/groupware.ts';
import { BodyType } from '../../contract/mail.ts';
import type { LineComponent } from '../lines/content-lines.ts';
import { single } from '../lines/fields.ts';
import { DayMs } from '../zones/local-time.ts';
import { clockOfTimeZone, utcOfLocal } from '../zones/time-zone.ts';
import { type EventPart, type FieldScope, isEqual } from './event-field.ts';
import { commonFields, masterFields } from './event-fields.ts';
import {
  type DeviceSeries,
  deviceSeries,
  excludedWalls,
  isEndless,
  isRepeating,
  lastWall,
  MaxExceptions,
  type Override,
  overridesOf,
  rangeOf,
  seriesWalls,
} from './event-series.ts';
import type { EventContext, EventSource } from './event-source.ts';
import { type DeviceView, deviceInstant, type EventSpan, spanOf } from './event-times.ts';

/** An event as a device is told it. */

/** How a device sees one event. */
export interface EventView extends DeviceView {
  /** Value of Timezone; `undefined`: a day has none from 16.0 on (MS-ASCAL_R2006, MS-ASCAL_R2007). */
  readonly timeZone: TimeZone | undefined;
}

/**
 * How a device sees an event. A TimeZone has one rule for all years: that of the event, of a series that goes on the
 * one of today, and every time of the series is told so that this rule gives its local time.
 */
export const eventView = (source: EventSource, { form }: ObjectRequest, context: EventContext): EventView => {
  const { span, master, zones } = source;
  const last = !isRepeating(master) ? span.startAt : isEndless(master) ? context.now : lastInstant(source);
  const zone = span.start.isDate ? zones.home : span.zone;
  const timeZone = context.book.timeZone(zone, Math.max(span.startAt, Math.min(context.now, last)));
  const isPlain = form === 'days' && span.allDay;
  return { form, clock: clockOfTimeZone(timeZone), timeZone: isPlain ? undefined : timeZone };
};

const lastInstant = (source: EventSource): number => {
  const { start } = source.span;
  return source.zones.utc({ ...start, wall: lastWall(source) });
};

const Uid = single('UID');

/** Characters of a UID ([MS-ASCAL] 2.2.2.46). */
const MaxUid = 300;

/** Values of fields. */
const partOf = (event: LineComponent, scope: FieldScope, fields = commonFields): EventPart =>
  Object.assign({}, ...fields.map(({ read }) => read(event, scope)));

/** An event with all that a device is told. */
export const deviceEvent = (source: EventSource, request: ObjectRequest, context: EventContext): CalendarEvent => {
  const { master, span, zones } = source;
  const scope: FieldScope = { request, context, zones };
  const view = eventView(source, request, context);
  const part = partOf(master, scope);
  const series = isRepeating(master) ? deviceSeries(source, view, context.now) : undefined;
  const exceptions = series === undefined ? [] : exceptionsOf({ source, view, scope, series, part });
  return {
    timezone: view.timeZone === undefined ? undefined : encodeTimeZone(view.timeZone),
    ...timesAt(view, span, series?.first ?? span.start.wall, series === undefined ? span.startAt : undefined),
    ...part,
    ...partOf(master, scope, masterFields),
    uid: Uid.read(master)?.slice(0, MaxUid),
    recurrence: series?.recurrence,
    exceptions: exceptions.length === 0 ? undefined : exceptions,
  };
};

/** Times of an event or an occurrence; `instant` where the moment is known better than by its local time. */
const timesAt = (view: DeviceView, { allDay, length }: EventSpan, wall: number, instant?: number): EventPart => {
  if (allDay) {
    const [startTime, endTime] = [wall, wall + length].map((at) => deviceInstant(view, at, true));
    return { allDayEvent: true, startTime, endTime };
  }
  const startTime = instant === undefined ? deviceInstant(view, wall, false) : new Date(instant);
  return { allDayEvent: false, startTime, endTime: new Date(startTime.getTime() + length) };
};

interface Telling {
  readonly source: EventSource;
  readonly view: EventView;
  readonly scope: FieldScope;
  readonly series: DeviceSeries;
  /** What the series says. */
  readonly part: EventPart;
}

/** All occurrences that are gone or differ; of too many the latest. */
const exceptionsOf = (telling: Telling): Exception[] => {
  const { source, series } = telling;
  const told = series.slots === undefined ? ownExceptions(telling) : slotExceptions(telling);
  const sorted = told.sort((a, b) => a.slot - b.slot).slice(-MaxExceptions);
  return sorted.map(({ slot, exception }) => ({ ...idOf(telling.view, slot, source.span.allDay), ...exception }));
};

interface Told {
  /** The local time that a device has for the occurrence. */
  readonly slot: number;
  readonly exception: Exception;
}

const idOf = (view: DeviceView, slot: number, allDay: boolean): Exception => {
  const id = deviceInstant(view, slot, allDay);
  return view.form === 'days' ? { instanceId: id } : { exceptionStartTime: id };
};

/** Of a series that the device computes: EXDATE, RECURRENCE-ID, and what a RANGE of these covers. */
const ownExceptions = (telling: Telling): Told[] => {
  const { source } = telling;
  const excluded = excludedWalls(source);
  const overrides = overridesOf(source).filter(({ wall }) => !excluded.has(wall));
  const ranged = overrides.some(({ isRange }) => isRange) ? rangedWalls(source, overrides) : [];
  const own = [
    ...[...excluded].map((slot) => ({ slot, exception: { deleted: true } })),
    ...overrides.map((override) => ({ slot: override.wall, exception: overridden(telling, override) })),
    ...ranged
      .filter(({ wall }) => !excluded.has(wall))
      .map(({ wall, override }) => ({ slot: wall, exception: followed(telling, override, wall) })),
  ];
  const known = new Set(own.map(({ slot }) => slot));
  const mistold = mistoldWalls(telling).filter((wall) => !known.has(wall));
  return [
    ...own,
    ...nearest(mistold, telling.scope.context.now, MaxExceptions - own.length).map((slot) => toldAt(telling, slot)),
  ];
};

const toldAt = (telling: Telling, slot: number): Told => ({
  slot,
  exception: timesAt(telling.view, telling.source.span, slot, instantOf(telling.source, slot)),
});

/** Of too many occurrences those since a year ago; what room is left is for the last ones before. */
const nearest = (walls: readonly number[], now: number, room: number): number[] => {
  const since = walls.findIndex((wall) => wall >= now - YearMs);
  const [before, after] = since < 0 ? [walls, []] : [walls.slice(0, since), walls.slice(since)];
  const left = Math.max(0, room - after.length);
  return [...(left === 0 ? [] : before.slice(-left)), ...after.slice(0, Math.max(0, room))];
};

const YearMs = 366 * DayMs;

/** Years before and after today in which a zone is looked at that has other rules than its TimeZone. */
const [YearsBack, YearsAhead] = [5, 10];

/**
 * Occurrences that a device would show at a wrong time, because a TimeZone cannot say when its zone changes the clock,
 * with Ramadan, or on the first Sunday after the first, or because the zone had other rules. They are told as exceptions.
 */
const mistoldWalls = ({ source, view, scope }: Telling): number[] => {
  const { span, zones } = source;
  const { book, now } = scope.context;
  const thisYear = new Date(now).getUTCFullYear();
  const years = Array.from({ length: YearsBack + YearsAhead + 1 }, (_, index) => thisYear - YearsBack + index);
  const { timeZone } = view;
  const odd = new Set(timeZone === undefined ? [] : years.filter((year) => !book.fits(timeZone, span.zone, year)));
  const [first, last] = [Math.min(...odd), Math.max(...odd)];
  if (span.allDay || odd.size === 0) return [];
  const found: number[] = [];
  for (const wall of seriesWalls(source, Date.UTC(first, 0, 1))) {
    if (wall >= Date.UTC(last + 1, 0, 1)) break;
    const isOdd = odd.has(new Date(wall).getUTCFullYear());
    if (isOdd && zones.utc({ ...span.start, wall }) !== utcOfLocal(view.clock, wall)) found.push(wall);
  }
  return found;
};

/** Occurrences after an override that holds for them, too; as many as can be told. */
const rangedWalls = (source: EventSource, overrides: readonly Override[]): { wall: number; override: Override }[] => {
  const own = new Set(overrides.map(({ wall }) => wall));
  const first = overrides.find(({ isRange }) => isRange)?.wall ?? 0;
  const found: { wall: number; override: Override }[] = [];
  for (const wall of seriesWalls(source, first)) {
    const override = own.has(wall) ? undefined : rangeOf(overrides, wall);
    if (override !== undefined) found.push({ wall, override });
    if (found.length >= MaxExceptions) break;
  }
  return found;
};

/** Of a series that is told one by one: each day says which occurrence it is. */
const slotExceptions = (telling: Telling): Told[] => {
  const { source, series, view } = telling;
  const excluded = excludedWalls(source);
  const overrides = overridesOf(source);
  return (series.slots ?? []).flatMap(({ slot, wall }): Told[] => {
    if (excluded.has(wall)) return [{ slot, exception: { deleted: true } }];
    const own = overrides.find((one) => one.wall === wall);
    if (own !== undefined) return [{ slot, exception: overridden(telling, own) }];
    const range = rangeOf(overrides, wall);
    if (range !== undefined) return [{ slot, exception: followed(telling, range, wall) }];
    const instant = instantOf(source, wall);
    const isTold = slot === wall && (instant === undefined || instant === utcOfLocal(view.clock, slot));
    return isTold ? [] : [{ slot, exception: timesAt(view, source.span, wall, instant) }];
  });
};

/** The moment of an occurrence; of a day there is none but what the device makes of it. */
const instantOf = ({ span, zones }: EventSource, wall: number): number | undefined =>
  span.allDay ? undefined : zones.utc({ ...span.start, wall });

/** What an override says and the series does not. */
const overridden = (telling: Telling, { event }: Override): Exception => {
  const { source, view } = telling;
  const span = spanOf(event, source.zones) ?? source.span;
  return { ...timesAt(view, span, span.start.wall, span.startAt), ...differences(telling, event) };
};

/** What an occurrence is by an override of an earlier one: as long after its time as that one. */
const followed = (telling: Telling, { event, wall: since }: Override, wall: number): Exception => {
  const { source, view } = telling;
  const span = spanOf(event, source.zones) ?? source.span;
  const at = span.start.wall + (wall - since);
  const instant = span.allDay ? undefined : source.zones.utc({ ...span.start, wall: at });
  return { ...timesAt(view, span, at, instant), ...differences(telling, event) };
};

/** How an element says that an occurrence has none of what the series has ([MS-ASCAL] 3.2.5.3.2). */
const Emptied: EventPart = {
  subject: '',
  locationText: '',
  location: {},
  reminder: null,
  attendees: [],
  categories: [],
  body: { type: BodyType.plain, estimatedDataSize: 0, data: '' },
  attachments: [],
  onlineMeetingConfLink: '',
  onlineMeetingExternalLink: '',
};

/** MS-ASCAL_R539, MS-ASCAL_R543. */
const differences = ({ part, scope }: Telling, event: LineComponent): EventPart => {
  const own = partOf(event, scope);
  const names = new Set([...Object.keys(part), ...Object.keys(own)]) as Set<keyof EventPart>;
  return Object.fromEntries(
    [...names].flatMap((name) => {
      if (isEqual(own[name], part[name])) return [];
      const value = own[name] === undefined ? Emptied[name] : own[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
};
