import { componentsOf, type LineComponent, linesOf, replaceComponent, replaceLines } from '../lines/content-lines.ts';
import { lineIn } from '../lines/fields.ts';
import { isOwn } from './event-people.ts';
import type { CalendarUser } from './event-source.ts';
import { timeText } from './times.ts';

/** What a change leaves behind: LAST-MODIFIED, and SEQUENCE for one that the people of a meeting must know of. */

/** Properties whose change makes a new revision (RFC 5546 2.1.4). */
const Significant = ['DTSTART', 'DTEND', 'DURATION', 'RRULE', 'RDATE', 'EXDATE', 'STATUS'];

const scheduleText = (event: LineComponent): string =>
  Significant.flatMap((name) => linesOf(event, name).map(({ raw }) => raw)).join('');

const identity = (event: LineComponent): string => linesOf(event, 'RECURRENCE-ID')[0]?.value ?? '';

/** The events that differ from those before are stamped. */
export const stamped = (before: LineComponent, after: LineComponent, me: CalendarUser, now: number): LineComponent => {
  const old = componentsOf(before, 'VEVENT');
  return componentsOf(after, 'VEVENT')
    .filter((event) => !old.includes(event))
    .reduce((calendar, event) => {
      const known = old.find((one) => identity(one) === identity(event));
      const isRevised = known === undefined || scheduleText(known) !== scheduleText(event);
      const counted = isRevised && isOwn(event, me) ? revised(event) : event;
      return replaceComponent(calendar, event, modified(counted, now));
    }, after);
};

const modified = (event: LineComponent, now: number): LineComponent =>
  replaceLines(event, linesOf(event, 'LAST-MODIFIED'), [lineIn(event, 'LAST-MODIFIED', `${timeText(now)}Z`)]);

/** An event of which nobody else knows needs no revisions, unless it counts them. */
const revised = (event: LineComponent): LineComponent => {
  const old = linesOf(event, 'SEQUENCE');
  if (old.length === 0 && linesOf(event, 'ATTENDEE').length === 0) return event;
  const next = (Number.parseInt(old[0]?.value ?? '0', 10) || 0) + 1;
  return replaceLines(event, old, [lineIn(event, 'SEQUENCE', String(next))]);
};
