import type { CalendarEvent } from '../../../protocol/classes/event.ts';
import type { TimeZone } from '../../../protocol/types/time-zone.ts';
import { BackendError } from '../../contract/errors.ts';
import { type LineComponent, makeComponent, makeLine } from '../lines/content-lines.ts';
import { escapeText } from '../lines/text-values.ts';
import { MinuteMs } from '../zones/local-time.ts';
import type { EventContext } from './event-source.ts';
import { decodedZone, recognisedZone, withTzid } from './event-zone-match.ts';
import { type EventZone, wallAt } from './event-zones.ts';
import { timeParts, timeText } from './times.ts';

/** What a new event starts from. */

const HalfHour = 30 * MinuteMs;

const refused = (detail: string): BackendError => new BackendError('rejected', { detail });

/** An event with both ends; what is missing is taken from the clock ([MS-ASCAL] 3.2.4.4). */
export const withDefaults = (set: CalendarEvent, now: number): CalendarEvent => {
  const rounded = Math.round(now / HalfHour) * HalfHour;
  const { startTime, endTime } = set;
  if (startTime === undefined) {
    const end = endTime?.getTime() ?? rounded + HalfHour;
    if (end < rounded) throw refused('it has no StartTime and ended before now');
    return { ...set, startTime: new Date(rounded), endTime: new Date(end) };
  }
  if (endTime !== undefined) return set;
  if (startTime.getTime() > now) throw refused('it has no EndTime and begins after now');
  return { ...set, endTime: new Date(rounded + HalfHour) };
};

/** Devices send UIDs with a zero at their end. */
const cleanUid = (uid: string | undefined): string | undefined =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these must go
  uid?.replace(/[\u0000-\u001f\u007f]/g, '').trim() || undefined;

/** The zone that a device says, the user's own if that has the same rules. */
const zoneOfNew = (sent: TimeZone | undefined, at: number, { home, book, now }: EventContext): EventZone =>
  sent === undefined ? home : recognisedZone(sent, { preferred: [home], moments: [at, now], book });

/** A calendar with an event that begins when the device says, in the zone in which it says it. */
export const calendarOfNew = (set: CalendarEvent, name: string, context: EventContext): LineComponent => {
  const { now } = context;
  const at = set.startTime?.getTime() ?? now;
  const sent = decodedZone(set.timezone);
  const { clock, tzid } = zoneOfNew(sent, at, context);
  const start = { wall: wallAt(clock, at), isDate: false, isUtc: tzid === undefined, tzid };
  const stamp = `${timeText(now)}Z`;
  const lines = [
    { name: 'UID', value: escapeText(cleanUid(set.uid) ?? name) },
    { name: 'DTSTAMP', value: stamp },
    { name: 'CREATED', value: stamp },
    { name: 'LAST-MODIFIED', value: stamp },
    { name: 'DTSTART', ...timeParts(start) },
  ];
  const head = [
    { name: 'VERSION', value: '2.0' },
    { name: 'PRODID', value: '-//Postrider//EN' },
  ];
  const event = makeComponent(
    'VEVENT',
    lines.map((line) => makeLine(line)),
  );
  const calendar = makeComponent('VCALENDAR', [...head.map((line) => makeLine(line)), event]);
  // A day has no zone.
  return set.allDayEvent === true ? calendar : withTzid(calendar, tzid, sent, { book: context.book, at });
};
