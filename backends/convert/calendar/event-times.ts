import type { ObjectRequest } from '../../contract/groupware.ts';
import { type LineComponent, lineEndIn, linesOf, makeLine, replaceLines } from '../lines/content-lines.ts';
import { withValue } from '../lines/fields.ts';
import type { ZoneClock } from '../zones/iana.ts';
import { DayMs } from '../zones/local-time.ts';
import { utcOfLocal } from '../zones/time-zone.ts';
import { type EventZone, type EventZones, wallAt } from './event-zones.ts';
import { type CalendarTime, durationMs } from './icalendar.ts';
import { timeOfLine, timeParts } from './times.ts';

/** When an event begins and how long it takes, as iCalendar says it and as a device does ([MS-ASCAL] 2.2.2.1). */

/** Begin and length of a VEVENT. */
export interface EventSpan {
  readonly start: CalendarTime;
  /** The zone of `start`; the user's for a day. */
  readonly zone: EventZone;
  readonly allDay: boolean;
  /** Milliseconds since 1970; of an event of days the user's midnight. */
  readonly startAt: number;
  /** Milliseconds; whole days of an event of days. */
  readonly length: number;
}

/** Properties in which Outlook marks events of days that it writes with times. */
const OutlookAllDay = 'X-MICROSOFT-CDO-ALLDAYEVENT';

/** Midnight of the day of a local time. */
export const dayOf = (wall: number): number => Math.floor(wall / DayMs) * DayMs;

const isMarked = (event: LineComponent): boolean =>
  linesOf(event, OutlookAllDay)[0]?.value.trim().toUpperCase() === 'TRUE';

/** Begin and length of a VEVENT; `undefined`: it has no DTSTART that can be read. */
export const spanOf = (event: LineComponent, zones: EventZones): EventSpan | undefined => {
  const start = timeOfLine(linesOf(event, 'DTSTART')[0]);
  if (start === undefined) return undefined;
  const zone = start.isDate ? zones.home : zones.zoneOf(start);
  const startAt = zones.utc(start);
  const length = lengthOf(event, start, zone, zones);
  const allDay = start.isDate || (isMarked(event) && start.wall % DayMs === 0);
  if (!allDay) return { start, zone, allDay, startAt, length };
  return { start, zone, allDay, startAt, length: Math.max(DayMs, Math.ceil(length / DayMs) * DayMs) };
};

/** DTEND, else DURATION, else a day or no time at all (RFC 5545 3.6.1); days are counted on the calendar. */
const lengthOf = (event: LineComponent, start: CalendarTime, zone: EventZone, zones: EventZones): number => {
  const end = timeOfLine(linesOf(event, 'DTEND')[0]);
  if (end === undefined) return Math.max(0, durationMs(linesOf(event, 'DURATION')[0]?.value) ?? 0);
  const isOfDays = start.isDate || (isMarked(event) && start.wall % DayMs === 0);
  if (isOfDays) return Math.max(0, zones.wallIn(zone, end) - start.wall);
  return Math.max(0, zones.utc(end) - zones.utc(start));
};

/** How a device reads times: the clock that it computes with. */
export interface DeviceView {
  readonly form: ObjectRequest['form'];
  readonly clock: ZoneClock;
}

/** The instant that a device is told for a local time: of a day the day itself in UTC, or its midnight. */
export const deviceInstant = ({ form, clock }: DeviceView, wall: number, allDay: boolean): Date =>
  new Date(allDay && form === 'days' ? dayOf(wall) : utcOfLocal(clock, wall));

/** The local time that a device means by an instant; of a day its midnight, the nearest if it is none. */
export const deviceWall = ({ form, clock }: DeviceView, instant: Date, allDay: boolean): number => {
  if (!allDay) return wallAt(clock, instant.getTime());
  return form === 'days' ? dayOf(instant.getTime()) : dayOf(wallAt(clock, instant.getTime()) + DayMs / 2);
};

const isSameTime = (a: CalendarTime, b: CalendarTime | undefined): boolean =>
  a.wall === b?.wall && a.isDate === b.isDate && a.isUtc === b.isUtc && a.tzid === b.tzid;

/** Puts a time where a property has another one; parameters beside VALUE and TZID stay. */
export const withTime = (event: LineComponent, name: string, time: CalendarTime): LineComponent => {
  const [old, ...rest] = linesOf(event, name);
  if (isSameTime(time, timeOfLine(old))) return event;
  const { parameters, value } = timeParts(time);
  const kept = old?.parameters.filter((one) => one.name !== 'VALUE' && one.name !== 'TZID') ?? [];
  const line = makeLine({ name, value, parameters: [...parameters, ...kept] }, lineEndIn(event));
  return replaceLines(event, old === undefined ? [] : [old, ...rest], [line]);
};

/** `PT1H30M` */
const durationText = (ms: number, isDate: boolean): string => {
  if (isDate) return `P${Math.round(ms / DayMs)}D`;
  const seconds = Math.round(ms / 1_000);
  const pieces = [
    [Math.floor(seconds / 3_600), 'H'],
    [Math.floor((seconds % 3_600) / 60), 'M'],
    [seconds % 60, 'S'],
  ] as const;
  const text = pieces.map(([count, unit]) => (count === 0 ? '' : `${count}${unit}`)).join('');
  return `PT${text || '0S'}`;
};

/** What a device wants of begin and end. */
export interface WantedSpan {
  readonly start: CalendarTime;
  readonly length: number;
}

/**
 * Writes begin and length where they differ. What had a DURATION keeps one; an end in a zone of its own
 * stays in it, one in the zone of the begin follows that.
 */
export const withSpan = (
  event: LineComponent,
  before: EventSpan | undefined,
  { start, length }: WantedSpan,
  zones: EventZones,
): LineComponent => {
  const isSameKind = before?.start.isDate === start.isDate;
  const begun = unmarked(withTime(event, 'DTSTART', start), start);
  const [duration] = linesOf(event, 'DURATION');
  const oldEnd = timeOfLine(linesOf(event, 'DTEND')[0]);
  const isSameLength = isSameKind && before?.length === length;
  if (isSameLength && oldEnd === undefined) return begun;
  if (duration !== undefined && oldEnd === undefined) {
    return replaceLines(begun, [duration], [withValue(begun, duration, durationText(length, start.isDate))]);
  }
  return withTime(begun, 'DTEND', endTime(start, length, isSameKind ? oldEnd : undefined, before, zones));
};

const endTime = (
  start: CalendarTime,
  length: number,
  old: CalendarTime | undefined,
  before: EventSpan | undefined,
  zones: EventZones,
): CalendarTime => {
  if (start.isDate) return { ...start, wall: start.wall + length };
  const instant = zones.utc(start) + length;
  const isFollowing = old === undefined || (old.tzid === before?.start.tzid && old.isUtc === before?.start.isUtc);
  const like = isFollowing ? start : old;
  return { ...like, isDate: false, wall: like.isUtc ? instant : wallAt(zones.zoneOf(like).clock, instant) };
};

/** Outlook's mark would say the contrary of times that are none of a day. */
const unmarked = (event: LineComponent, start: CalendarTime): LineComponent => {
  const [mark] = linesOf(event, OutlookAllDay);
  if (mark === undefined || start.isDate || !isMarked(event) || start.wall % DayMs === 0) return event;
  return replaceLines(event, [mark], [withValue(event, mark, 'FALSE')]);
};
