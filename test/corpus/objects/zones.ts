import { recognisedZone } from '../../../backends/convert/calendar/event-zone-match.ts';
import { ZoneBook } from '../../../backends/convert/calendar/event-zones.ts';
import { ianaClock, offsetChanges } from '../../../backends/convert/zones/iana.ts';
import { decodeTimeZone, encodeTimeZone, type TimeZone } from '../../../protocol/types/time-zone.ts';
import { clockIn, phoneOffset } from '../../backends/convert/calendar/event-support.ts';
import type { Compared } from './series.ts';

/** Every zone of the tz database, as the system knows it, against the TimeZone that devices are told, both ways. */

const Minute = 60_000;
const Hour = 60 * Minute;
const Year = 2026;

/** Hours of a year at which zones are compared: each so many, and all within a day of a change by the TimeZone. */
const hoursOf = (zone: TimeZone, step: number): number[] => {
  const [begin, end] = [Date.UTC(Year, 0, 1), Date.UTC(Year + 1, 0, 1)];
  const hours: number[] = [];
  for (let at = begin; at < end; at += step * Hour) hours.push(at);
  let before = phoneOffset(zone, begin);
  for (let day = begin; day < end; day += 24 * Hour) {
    const offset = phoneOffset(zone, day);
    if (offset !== before) hours.push(...Array.from({ length: 50 }, (_, index) => day + (index - 48) * Hour));
    before = offset;
  }
  return hours;
};

/**
 * Whether a TimeZone can say what a zone does in the year: one that changes its rules within it (Vancouver goes over to
 * summer time for good in 2026) is told as it is at the moment in question.
 */
const isRegular = (name: string): boolean => {
  const clock = ianaClock(name);
  const changes = clock === undefined ? 0 : offsetChanges(clock, Date.UTC(Year, 0, 1), Date.UTC(Year + 1, 0, 1)).length;
  return changes === 0 || changes === 2;
};

/**
 * Compares the TimeZone of each zone, and the zone that is recognised by it, with what the system says.
 *
 * @param step hours from one look to the next
 */
export const compareZones = (step: number): Compared => {
  const book = new ZoneBook();
  const at = Date.UTC(Year, 5, 1);
  const names = Intl.supportedValuesOf('timeZone');
  const wrong = names.flatMap((name) => {
    const encoded = encodeTimeZone(book.timeZone(book.home(name), at));
    const told = decodeTimeZone(encoded) as TimeZone;
    const bare = { ...told, standardName: '', daylightName: '' };
    const found = recognisedZone(bare, { preferred: [], moments: [at], book });
    const bad = (isRegular(name) ? hoursOf(told, step) : [at]).find((hour) => {
      const offset = (clockIn(name, hour) - hour) / Minute;
      return offset !== phoneOffset(told, hour) || offset !== found.clock.offsetAt(hour);
    });
    return bad === undefined ? [] : [`${name}, for ${found.iana}: ${new Date(bad).toISOString()}`];
  });
  return { compared: names.length, wrong };
};
