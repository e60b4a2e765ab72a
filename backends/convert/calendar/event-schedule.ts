import type { CalendarEvent, Recurrence } from '../../../protocol/classes/event.ts';
import {
  type ContentLine,
  componentsOf,
  type LineComponent,
  lineEndIn,
  linesOf,
  makeLine,
  parameterValues,
  replaceComponent,
  replaceLines,
} from '../lines/content-lines.ts';
import { lineIn } from '../lines/fields.ts';
import type { ZoneClock } from '../zones/iana.ts';
import { DayMs } from '../zones/local-time.ts';
import { clockOfTimeZone } from '../zones/time-zone.ts';
import type { Wanted } from './event-field.ts';
import { type EventView, eventView } from './event-read.ts';
import { meaningOf, wantedRule } from './event-rule.ts';
import {
  type DeviceSeries,
  deviceSeries,
  hasOccurrence,
  isRepeating,
  isSlotted,
  occurrenceWall,
} from './event-series.ts';
import { type EventContext, type EventSource, sourceOf, withMaster } from './event-source.ts';
import { deviceInstant, deviceWall, type WantedSpan, withSpan } from './event-times.ts';
import { decodedZone, recognisedZone, withTzid } from './event-zone-match.ts';
import { type EventZone, EventZones, Utc, wallAt } from './event-zones.ts';
import { type CalendarTime, parseTime } from './icalendar.ts';
import { timeOfLine, timeParts } from './times.ts';

/** When an event is and how it repeats, as a device wants it. */

/** What a device wants of the schedule of an event, beside what it is. */
export interface Schedule {
  readonly source: EventSource;
  readonly set: CalendarEvent;
  readonly cleared: Wanted['cleared'];
  readonly context: EventContext;
  /** How the device was told the event. */
  readonly view: EventView;
  /** How it tells times itself. */
  readonly wantedView: EventView;
  readonly series: DeviceSeries | undefined;
}

/** The zone that a device says beside an event decides what its times mean. */
const sentView = (view: EventView, set: CalendarEvent): EventView => {
  const timeZone = decodedZone(set.timezone);
  return timeZone === undefined ? view : { ...view, timeZone, clock: clockOfTimeZone(timeZone) };
};

export const scheduleOf = (
  source: EventSource,
  { set, cleared }: { readonly set: CalendarEvent; readonly cleared: Wanted['cleared'] },
  form: EventView['form'],
  context: EventContext,
): Schedule => {
  const view = eventView(source, { preferences: [], form }, context);
  const wantedView = sentView(view, set);
  const { span, master } = source;
  const first = set.startTime === undefined ? undefined : deviceWall(wantedView, set.startTime, span.allDay);
  const series = isRepeating(master) ? deviceSeries(source, view, context.now, first) : undefined;
  return { source, set, cleared, context, view, wantedView, series };
};

/** The recurrence after the change; `undefined`: it does not repeat. A recurrence without a type is none. */
const wantedRecurrence = ({ set, cleared, series }: Schedule): Recurrence | undefined => {
  const recurrence = set.recurrence ?? (cleared.includes('recurrence') ? undefined : series?.recurrence);
  return recurrence?.type === undefined ? undefined : recurrence;
};

const NoTime: CalendarTime = { wall: 0, isDate: true, isUtc: false, tzid: undefined };

/** Begin and length after the change; `undefined`: the device says nothing of them. */
const wantedSpan = (schedule: Schedule): WantedSpan | undefined => {
  const { source, set, cleared } = schedule;
  const { span } = source;
  const isTouched = [set.startTime, set.endTime, set.allDayEvent, set.timezone].some((value) => value !== undefined);
  if (!isTouched) return undefined;
  // Up to 14.1 a device that says when an event is and not that it takes days says that it takes none.
  const isTimed = set.startTime !== undefined && cleared.includes('allDayEvent');
  const allDay = set.allDayEvent ?? (isTimed ? false : span.allDay);
  const startTime = set.startTime ?? startTold(schedule);
  const endTime = set.endTime ?? new Date(startTime.getTime() + span.length);
  return allDay ? wantedDays(schedule, startTime, endTime) : wantedTime(schedule, startTime, endTime);
};

/** What the device has for StartTime. */
const startTold = ({ source: { span }, view, series }: Schedule): Date =>
  series === undefined && !span.allDay
    ? new Date(span.startAt)
    : deviceInstant(view, series?.first ?? span.start.wall, span.allDay);

/** Days of the first zone in which both ends are midnight: devices send those of the event, of themselves, or of UTC. */
const wantedDays = (schedule: Schedule, startTime: Date, endTime: Date): WantedSpan => {
  const { source, wantedView } = schedule;
  const { span, zones } = source;
  const isMidnight = (clock: ZoneClock) =>
    [startTime, endTime].every((at) => wallAt(clock, at.getTime()) % DayMs === 0);
  const clocks = [wantedView.clock, zones.home.clock, span.zone.clock, Utc.clock];
  const clock = clocks.find(isMidnight) ?? wantedView.clock;
  const [begin, end] = [startTime, endTime].map((at) => deviceWall({ ...wantedView, clock }, at, true)) as [
    number,
    number,
  ];
  const wall = unslotted(schedule, begin);
  const length = Math.max(DayMs, end - begin);
  const isSame = span.allDay && wall === span.start.wall && length === span.length;
  return { start: isSame ? span.start : { ...NoTime, wall }, length };
};

/** The begin of a series that is told one by one lies as many days before what the device has. */
const unslotted = ({ source, series }: Schedule, wall: number): number => {
  if (series?.slots === undefined) return wall;
  return wall - (series.first - source.span.start.wall);
};

const wantedTime = (schedule: Schedule, startTime: Date, endTime: Date): WantedSpan => {
  const { source, wantedView } = schedule;
  const { span } = source;
  const zone = wantedZone(schedule, startTime);
  // A series is told by the rules of one year; a single event by its moment.
  const isSeries = schedule.series !== undefined || wantedRecurrence(schedule) !== undefined;
  const begin = isSeries ? deviceWall(wantedView, startTime, false) : wallAt(zone.clock, startTime.getTime());
  const wall = unslotted(schedule, begin);
  const length = Math.max(0, endTime.getTime() - startTime.getTime());
  // A single event is at its moment, in whichever zone a device names it.
  if (!isSeries && !span.allDay && startTime.getTime() === span.startAt) return { start: span.start, length };
  if (zone === span.zone && !span.start.isDate) {
    return { start: { ...span.start, wall }, length };
  }
  return { start: { wall, isDate: false, isUtc: zone.tzid === undefined, tzid: zone.tzid }, length };
};

/** The event's own zone, if the device's rules are its; else the user's; else the one that has them. */
const wantedZone = ({ source: { span, zones }, set, context }: Schedule, startTime: Date): EventZone => {
  const own = span.start.isDate ? [] : [span.zone];
  const preferred = [...own, zones.home];
  const sent = decodedZone(set.timezone);
  if (sent === undefined) return preferred[0] as EventZone;
  const moments = [startTime.getTime(), span.startAt, context.now, context.now - 366 * DayMs];
  return recognisedZone(sent, { preferred, moments, book: context.book });
};

/**
 * Changes begin, length and recurrence. What becomes of exceptions: from 16.0 on they are gone
 * (MS-ASCAL_R2097, MS-ASCAL_R2114, MS-ASCAL_R2180, MS-ASCAL_R2202); before, they stay (MS-ASCMD_R876) and move along with
 * their series, as far as it still has such an occurrence.
 */
export const withSchedule = (schedule: Schedule): EventSource => {
  const { source, wantedView } = schedule;
  const span = wantedSpan(schedule);
  const defined = withDefinition(schedule, span);
  const timed =
    span === undefined ? source : withMaster(defined, withSpan(source.master, source.span, span, defined.zones));
  const ruled = withMaster(timed, withRule(schedule, timed));
  if (ruled.master === source.master || !isRepeating(source.master)) return ruled;
  const isGone = wantedView.form === 'days' || !isRepeating(ruled.master);
  return isGone ? withoutExceptions(ruled) : withMovedExceptions(source, ruled);
};

/** The zone that an event is moved to is defined in its calendar. */
const withDefinition = ({ source, set, context }: Schedule, span: WantedSpan | undefined): EventSource => {
  const { start } = span ?? source.span;
  if (start.tzid === undefined || start.tzid === source.span.start.tzid) return source;
  const { book, now } = context;
  const calendar = withTzid(source.calendar, start.tzid, decodedZone(set.timezone), { book, at: now });
  return sourceOf(calendar, new EventZones(calendar, source.zones.home, book)) ?? source;
};

const withRule = (schedule: Schedule, timed: EventSource): LineComponent => {
  const { source, series, view, wantedView } = schedule;
  const { master } = timed;
  const wanted = wantedRecurrence(schedule);
  const told = ['RRULE', 'RDATE'].flatMap((name) => linesOf(master, name));
  if (wanted === undefined) return told.length === 0 ? master : replaceLines(master, told, []);
  if (series?.slots !== undefined && isSlotted(wanted)) return master;
  const filled = { ...wanted, firstDayOfWeek: wanted.firstDayOfWeek ?? series?.recurrence.firstDayOfWeek };
  const isSame =
    meaningOf(filled, wantedView, timed.span.allDay) === meaningOf(series?.recurrence, view, source.span.allDay);
  const shifted = isSame ? shiftedUntil(filled, schedule, timed) : filled;
  if (shifted === undefined) return master;
  const rule = lineIn(master, 'RRULE', wantedRule(shifted, wantedView, timed.span, timed.zones));
  return replaceLines(master, told, [rule]);
};

/** A rule that is to stay still has to change with its begin: UNTIL counts to the last one; `undefined`: nothing to change. */
const shiftedUntil = (
  recurrence: Recurrence,
  { source, wantedView }: Schedule,
  timed: EventSource,
): Recurrence | undefined => {
  const [before, after] = [source.span.start, timed.span.start];
  const delta = after.wall - before.wall;
  if (recurrence.until === undefined || (delta === 0 && before.isDate === after.isDate)) return undefined;
  const wall = deviceWall(wantedView, recurrence.until, source.span.allDay) + (Math.abs(delta) < DayMs ? delta : 0);
  return { ...recurrence, until: deviceInstant(wantedView, wall, timed.span.allDay) };
};

const overridesIn = (calendar: LineComponent): LineComponent[] =>
  componentsOf(calendar, 'VEVENT').filter((event) => linesOf(event, 'RECURRENCE-ID').length > 0);

const withoutExceptions = (source: EventSource): EventSource => {
  const bare = withMaster(source, replaceLines(source.master, linesOf(source.master, 'EXDATE'), []));
  const calendar = overridesIn(bare.calendar).reduce(
    (left, event) => replaceComponent(left, event, undefined),
    bare.calendar,
  );
  return sourceOf(calendar, source.zones) ?? bare;
};

/** Each exception at the time at which its occurrence now is. */
const withMovedExceptions = (before: EventSource, after: EventSource): EventSource => {
  const delta = after.span.start.wall - before.span.start.wall;
  const isSameStart = timeText(before.span.start) === timeText(after.span.start);
  const isSameRule = ruleText(before.master) === ruleText(after.master);
  if (isSameStart && isSameRule) return after;
  const move = (time: CalendarTime): string | undefined => {
    const wall = occurrenceWall(before, time) + delta;
    if (!hasOccurrence(after, wall)) return undefined;
    return timeParts({ ...after.span.start, wall }).value;
  };
  return withMovedOverrides(withMovedDates(after, move), move);
};

type Move = (time: CalendarTime) => string | undefined;

const timeText = (time: CalendarTime): string => JSON.stringify(time);
const ruleText = (master: LineComponent): string =>
  linesOf(master, 'RRULE')
    .map(({ value }) => value)
    .join('\n');

const movedLine = ({ master, span }: EventSource, line: ContentLine, value: string): ContentLine => {
  const { parameters } = timeParts(span.start);
  const kept = line.parameters.filter(({ name }) => name !== 'VALUE' && name !== 'TZID');
  return makeLine({ name: line.name, parameters: [...parameters, ...kept], value }, lineEndIn(master));
};

const withMovedDates = (source: EventSource, move: Move): EventSource =>
  withMaster(
    source,
    linesOf(source.master, 'EXDATE').reduce((master, line) => {
      const values = line.value.split(',').flatMap((piece) => {
        const time = parseTime(piece.trim(), parameterValues(line, 'TZID')[0]);
        return time === undefined ? [] : (move(time) ?? []);
      });
      return replaceLines(master, [line], values.length === 0 ? [] : [movedLine(source, line, values.join(','))]);
    }, source.master),
  );

const withMovedOverrides = (source: EventSource, move: Move): EventSource => {
  const calendar = overridesIn(source.calendar).reduce((result, event) => {
    const [line] = linesOf(event, 'RECURRENCE-ID');
    const time = timeOfLine(line);
    const value = line === undefined || time === undefined ? undefined : move(time);
    if (line === undefined || value === undefined) return replaceComponent(result, event, undefined);
    return replaceComponent(result, event, replaceLines(event, [line], [movedLine(source, line, value)]));
  }, source.calendar);
  return sourceOf(calendar, source.zones) ?? source;
};
