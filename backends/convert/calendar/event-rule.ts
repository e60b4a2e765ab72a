import type { Recurrence } from '../../../protocol/classes/event.ts';
import { RecurrenceType } from '../../../protocol/classes/recurrence.ts';
import { type LineComponent, linesOf } from '../lines/content-lines.ts';
import { localTime, weekday } from '../zones/local-time.ts';
import { type RuleParts, ruleParts } from './event-occurrences.ts';
import { type DeviceView, dayOf, deviceInstant, deviceWall, type EventSpan } from './event-times.ts';
import type { EventZones } from './event-zones.ts';
import type { CalendarTime } from './icalendar.ts';
import { recurrenceOf } from './recurrence.ts';
import { AllowedInEvents, checkRecurrence, refusedRecurrence } from './recurrence-check.ts';
import { rruleOf } from './rrule.ts';
import { dateText, timeText } from './times.ts';

/** RRULE as Recurrence and back ([MS-ASCAL] 2.2.2.37), for what both can say. */

/** Largest Interval and Occurrences ([MS-ASCAL] 2.2.2.25, 2.2.2.32). */
const MaxNumber = 999;

/** The rules of a series. */
export const rulesOf = (master: LineComponent): RuleParts[] =>
  linesOf(master, 'RRULE').map(({ value }) => ruleParts(value));

/** The local time of UNTIL, which is in UTC for times and a date for days (RFC 5545 3.3.10). */
export const untilWall = (span: EventSpan, zones: EventZones, until: CalendarTime): number =>
  until.isUtc ? zones.wallIn(span.zone, until) : until.wall;

const entries = (parts: RuleParts, name: string): readonly string[] => {
  const value = parts[name];
  return typeof value === 'string' ? [value] : (value ?? []);
};

/** What recurrenceOf would say although it means something else: a fifth Monday, working days of every other day. */
const isOtherwise = (parts: RuleParts): boolean =>
  entries(parts, 'byday').some((day) => /^\+?5/.test(day)) ||
  entries(parts, 'bysetpos').some((position) => Number(position) === 5) ||
  (parts.freq === 'DAILY' && parts.byday !== undefined && Number(parts.interval ?? 1) > 1) ||
  (parts.freq === 'WEEKLY' && entries(parts, 'byday').some((day) => /\d/.test(day))) ||
  Number(parts.interval ?? 1) > MaxNumber;

/** Whether a device can be told this rule. */
const untilDate =
  (span: EventSpan, zones: EventZones, view: DeviceView) =>
  (until: CalendarTime): Date => {
    const wall = untilWall(span, zones, until);
    return deviceInstant(view, span.allDay ? dayOf(wall) : wall, span.allDay);
  };

/**
 * A rule as a device is told it; `undefined`: it cannot be told.
 *
 * @param last the last occurrence, for a COUNT that is too large to be told
 */
export const deviceRecurrence = (
  parts: RuleParts,
  span: EventSpan,
  zones: EventZones,
  view: DeviceView,
  last: number,
): Recurrence | undefined => {
  const { year, month, day } = localTime(span.start.isUtc ? span.startAt : span.start.wall);
  const start = { month, day, dayOfWeek: weekday(year, month, day) };
  const found = isOtherwise(parts) ? undefined : recurrenceOf(parts, start, untilDate(span, zones, view));
  if (found?.occurrences === undefined || found.occurrences <= MaxNumber) return found;
  return { ...found, occurrences: undefined, until: deviceInstant(view, last, span.allDay) };
};

/** The local time of Until, which does not count beside Occurrences (MS-ASCAL_R53911). */
const wantedUntil = ({ until, occurrences }: Recurrence, view: DeviceView, allDay: boolean): number | undefined => {
  if (until === undefined || occurrences !== undefined) return undefined;
  const wall = deviceWall(view, until, allDay);
  return allDay ? dayOf(wall) : wall;
};

/** What a recurrence means, whatever a device leaves out that is so anyway. `''`: it does not repeat. */
export const meaningOf = (recurrence: Recurrence | undefined, view: DeviceView, allDay: boolean): string => {
  if (recurrence?.type === undefined) return '';
  const until = wantedUntil(recurrence, view, allDay);
  // The first day of the week counts only where weeks are skipped.
  const isSkipping = recurrence.type === RecurrenceType.weekly && (recurrence.interval ?? 1) > 1;
  const firstDayOfWeek = isSkipping ? recurrence.firstDayOfWeek : undefined;
  return rruleOf({ ...recurrence, firstDayOfWeek }, until === undefined ? undefined : timeText(until)) ?? 'nothing';
};

/** The value of RRULE for a device's recurrence. Throws BackendError `rejected` for one that means nothing. */
export const wantedRule = (recurrence: Recurrence, view: DeviceView, span: EventSpan, zones: EventZones): string => {
  checkRecurrence(recurrence, AllowedInEvents);
  const wall = wantedUntil(recurrence, view, span.allDay);
  const rule = rruleOf(recurrence, wall === undefined ? undefined : untilText(wall, span, zones));
  if (rule === undefined) throw refusedRecurrence('the recurrence says too little');
  return rule;
};

const untilText = (wall: number, { start }: EventSpan, zones: EventZones): string => {
  if (start.isDate) return dateText(wall);
  if (!start.isUtc && start.tzid === undefined) return timeText(wall);
  return `${timeText(start.isUtc ? wall : zones.utc({ ...start, wall }))}Z`;
};
