import type { Exception } from '../../../protocol/classes/event.ts';
import {
  appendComponent,
  type ContentLine,
  type LineComponent,
  lineEndIn,
  linesOf,
  makeLine,
  parameterValues,
  replaceComponent,
  replaceLines,
} from '../lines/content-lines.ts';
import { withValue } from '../lines/fields.ts';
import { DayMs } from '../zones/local-time.ts';
import { type FieldScope, type Wanted, withField } from './event-field.ts';
import { commonFields } from './event-fields.ts';
import { excludedWalls, type Override, occurrenceWall, overridesOf, rangeOf } from './event-series.ts';
import { type EventSource, sourceOf, withMaster } from './event-source.ts';
import {
  type DeviceView,
  dayOf,
  deviceWall,
  type EventSpan,
  spanOf,
  type WantedSpan,
  withSpan,
} from './event-times.ts';
import { Utc, wallAt } from './event-zones.ts';
import { parseTime } from './icalendar.ts';
import { timeParts } from './times.ts';

/** One occurrence of a series: taken out, brought back, changed. */

/** Properties of a series that its occurrences do not have. */
const SeriesOnly = ['RRULE', 'RDATE', 'EXDATE', 'EXRULE'];

export const withCalendar = (source: EventSource, calendar: LineComponent): EventSource =>
  sourceOf(calendar, source.zones) ?? source;

export const overrideAt = (source: EventSource, wall: number): Override | undefined =>
  overridesOf(source).find((override) => override.wall === wall);

const lineAt = (source: EventSource, name: string, wall: number): ContentLine => {
  const { parameters, value } = timeParts({ ...source.span.start, wall });
  return makeLine({ name, parameters, value }, lineEndIn(source.master));
};

/** Takes an occurrence out of its series (EXDATE). */
export const withoutOccurrence = (source: EventSource, wall: number): EventSource => {
  const override = overrideAt(source, wall);
  const bare =
    override === undefined
      ? source
      : withCalendar(source, replaceComponent(source.calendar, override.event, undefined));
  if (excludedWalls(bare).has(wall)) return bare;
  const last = linesOf(bare.master, 'EXDATE').at(-1);
  const line = lineAt(bare, 'EXDATE', wall);
  return withMaster(bare, replaceLines(bare.master, last === undefined ? [] : [last], last ? [last, line] : [line]));
};

/** Takes the EXDATE of an occurrence away; others of its line stay. */
const broughtBack = (source: EventSource, wall: number): EventSource => {
  const { master } = source;
  const others = (line: ContentLine): string[] =>
    line.value.split(',').filter((piece) => {
      const time = parseTime(piece.trim(), parameterValues(line, 'TZID')[0]);
      return time === undefined || occurrenceWall(source, time) !== wall;
    });
  const edited = linesOf(master, 'EXDATE').reduce((result, line) => {
    const rest = others(line);
    if (rest.length === line.value.split(',').length) return result;
    return replaceLines(result, [line], rest.length === 0 ? [] : [withValue(master, line, rest.join(','))]);
  }, master);
  return withMaster(source, edited);
};

/** An occurrence as a VEVENT of its own, as the series or an override of earlier ones has it. */
export const freshOverride = (source: EventSource, wall: number): LineComponent => {
  const { master, span, zones } = source;
  const range = rangeOf(overridesOf(source), wall);
  const base = range?.event ?? master;
  const baseSpan = spanOf(base, zones) ?? span;
  const gone = [...SeriesOnly, 'RECURRENCE-ID'].flatMap((name) => linesOf(base, name));
  const bare = replaceLines(base, gone, []);
  const shifted = range === undefined ? wall : baseSpan.start.wall + (wall - range.wall);
  const start = { ...baseSpan.start, wall: shifted };
  const timed = withSpan(bare, baseSpan, { start, length: baseSpan.length }, zones);
  const [begin] = linesOf(timed, 'DTSTART');
  const id = lineAt(source, 'RECURRENCE-ID', wall);
  return begin === undefined ? replaceLines(timed, [], [id]) : replaceLines(timed, [begin], [id, begin]);
};

/** What an exception, or a change of one occurrence, wants of it. */
export type WantedOccurrence = Wanted & { readonly set: Exception };

/** Changes one occurrence; where it is as wanted, nothing. An element that is absent stays as it is. */
export const withOccurrence = (
  source: EventSource,
  wall: number,
  wanted: WantedOccurrence,
  view: DeviceView,
  scope: FieldScope,
): EventSource => {
  const back = excludedWalls(source).has(wall) ? broughtBack(source, wall) : source;
  const old = overrideAt(back, wall);
  const event = old?.event ?? freshOverride(back, wall);
  const timed = withTimes(back, event, wanted, view);
  const edited = commonFields.reduce((result, field) => withField(result, field, wanted, scope), timed);
  if (edited === event) return back;
  return withCalendar(
    back,
    old === undefined ? appendComponent(back.calendar, edited) : replaceComponent(back.calendar, event, edited),
  );
};

const withTimes = (source: EventSource, event: LineComponent, { set }: WantedOccurrence, view: DeviceView) => {
  const before = spanOf(event, source.zones);
  const wanted = before === undefined ? undefined : wantedTimes(source, before, set, view);
  return wanted === undefined ? event : withSpan(event, before, wanted, source.zones);
};

/** Begin and length that a device wants; `undefined`: it says nothing of them, or what is so. */
const wantedTimes = (
  source: EventSource,
  before: EventSpan,
  { startTime, endTime, allDayEvent }: Exception,
  view: DeviceView,
): WantedSpan | undefined => {
  if (startTime === undefined && endTime === undefined && allDayEvent === undefined) return undefined;
  const allDay = allDayEvent ?? before.allDay;
  const begin = startTime ?? new Date(before.startAt);
  const wallOf = (at: Date): number => deviceWall(view, at, true);
  const unmoved = startTime === undefined ? before.start.wall : wallOf(startTime);
  const wall = allDay ? dayOf(unmoved) : wallAt(zoneFor(source, before).clock, begin.getTime());
  const end = endTime ?? new Date(begin.getTime() + before.length);
  const given = !allDay ? end.getTime() - begin.getTime() : endTime === undefined ? before.length : wallOf(end) - wall;
  const length = Math.max(allDay ? DayMs : 0, given);
  const isSame = allDay === before.allDay && wall === before.start.wall && length === before.length;
  return isSame ? undefined : { start: startOf(source, before, allDay, wall), length };
};

/** The zone of an occurrence that has a time: its own, else that of the series, else the user's. */
const zoneFor = ({ span, zones }: EventSource, before: EventSpan) => {
  if (!before.start.isDate) return before.start.isUtc ? Utc : before.zone;
  return span.start.isDate ? zones.home : span.zone;
};

const startOf = (source: EventSource, before: EventSpan, allDay: boolean, wall: number) => {
  if (allDay) return { wall, isDate: true, isUtc: false, tzid: undefined };
  if (!before.start.isDate) return { ...before.start, wall };
  const zone = zoneFor(source, before);
  const { start } = source.span;
  return { wall, isDate: false, isUtc: start.isUtc || zone === Utc, tzid: start.isDate ? zone.tzid : start.tzid };
};
